import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { operations } from '../admin/operations.ts'
import { catalog } from '../catalog/index.ts'
import { settingKeys, settingOf } from '../config/settings.ts'
import { version } from '../kernel/version.ts'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string }
type Relay = (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Ended>

/** The command in an empty folder of its own, with nothing of the developer's environment. */
function relayIn(context: TestContext): { readonly relay: Relay; readonly cwd: string } {
  const cwd = mkdtempSync(join(tmpdir(), 'relay-cli-'))
  context.after(() => rmSync(cwd, { recursive: true }))
  const relay: Relay = (args, env = {}) =>
    new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        [main, ...args],
        { cwd, env: { PATH: process.env['PATH'], ...env } },
        (error, stdout, stderr) => {
          resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
        },
      )
      child.stdin?.end()
    })
  return { relay, cwd }
}

test('the version is the one of the package, in both spellings', async (context) => {
  const { relay } = relayIn(context)
  for (const args of [['--version'], ['version'], ['-V']])
    assert.deepEqual(await relay(args), { code: 0, stdout: `${version()}\n`, stderr: '' })
})

test('every command has help that ends well, and the help of start knows every flag', async (context) => {
  const { relay } = relayIn(context)
  const ofTheTable = operations.map(({ command }) => command.split(/ [<[]/)[0] ?? '')
  const commands = ['', 'start', 'tenant', ...ofTheTable, 'endpoints', 'config', 'config explain', 'emulator']
  for (const command of commands) {
    const { code, stdout, stderr } = await relay([...command.split(' ').filter(Boolean), '--help'])
    assert.deepEqual([code, stderr], [0, ''], command)
    assert.match(stdout, /^Usage: relay/, command)
  }
  const { stdout } = await relay(['start', '--help'])
  for (const key of settingKeys) {
    const { flag, env } = settingOf(key)
    assert.ok(stdout.includes(flag ?? env[0]), key)
  }
})

test('a wrong command line is told with what was meant, exits with 2 and shows no stack', async (context) => {
  const { relay } = relayIn(context)
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['strat'], /^relay: unknown command 'strat'\n\(Did you mean start\?\)/],
    [['start', '--prot', '1'], /^relay: unknown option '--prot'\n\(Did you mean --port\?\)/],
    [['token', 'revoke'], /^relay: missing required argument 'token'/],
    [['member', 'add', 'ada@example.com'], /^relay: required option '--role <admin\|viewer>' not specified/],
    [['member', 'add', 'ada@example.com', '--role', 'boss'], /^relay: Invalid value for 'role': expected one of admin, viewer/],
    [['token', 'create', 'ci', '--expires', 'soon'], /^relay: Invalid value for 'expires': use a time such as 30d/],
    [['audit', 'list', '--limit', 'all'], /^relay: Invalid value for 'limit': expected/],
    [['account', 'create', 'eu', '--key-env', 'NOWHERE'], /^relay: There is no key in NOWHERE\./],
    [['account', 'create', 'eu'], /^relay: There is no key in standard input\./],
    [['tenant', 'list', '--url', 'http://127.0.0.1:8000'], /^relay: RELAY_ADMIN_TOKEN is not set/],
    [['endpoints', 'file'], /^relay: There is no family file\. Did you mean files\?/],
    [['start', '--port', '80a'], /^relay: --port \(flag\) is "80a": use a whole number/],
    [['emulator', '--port', '80a', '--job-ms', 'x'], /^relay: --port \(flag\) is "80a".*\nrelay: --job-ms \(flag\) is "x"/],
    [['emulator', '--record', 'a', '--replay', 'b'], /^relay: --record \(flag\) and --replay \(flag\) exclude each other/],
    [['emulator', '--strict', '--speed', 'fast'], /^relay: --speed \(flag\) is "fast": use a number.*\nrelay: --strict \(flag\) says how/],
    [['emulator', '--script', 'none.yaml'], /^relay: There is no script .*none\.yaml/],
    [['emulator', '--fault', 'overloaded'], /^relay: "overloaded" has no probability/],
    [['emulator', '--replay', 'none'], /^relay: The folder of recordings .*none cannot be read/],
    [['config', 'explain', '--config', 'none.yaml'], /^relay: --config \(flag\) names .*none\.yaml, but there is no such file/],
  ]
  for (const [args, expected] of cases) {
    const { code, stdout, stderr } = await relay(args)
    assert.match(stderr, expected)
    assert.deepEqual([code, stdout], [2, ''], args.join(' '))
    assert.doesNotMatch(stderr, /\n\s+at /)
  }
})

test('a token is made, listed and revoked, its secret shown once and alone on standard output', async (context) => {
  const { relay } = relayIn(context)
  const made = await relay(['token', 'create', 'ci'])
  assert.match(made.stdout, /^rk_[\w-]{43}\n$/)
  assert.match(made.stderr, /^Made the token ci \(tok_\w+\) in .*\.relay\./)
  const secret = made.stdout.trim()

  const listed = await relay(['token', 'list'])
  assert.match(listed.stdout, new RegExp(`^NAME .*\nci +tok_\\w+ +…${secret.slice(-4)} .* valid\n$`))
  assert.ok(!listed.stdout.includes(secret))

  const revoked = await relay(['token', 'revoke', 'ci'])
  assert.deepEqual([revoked.code, revoked.stdout], [0, ''])
  const [row] = JSON.parse((await relay(['token', 'list', '--json'])).stdout) as readonly Record<string, string>[]
  for (const key of ['id', 'name', 'last4', 'createdAt', 'revokedAt']) assert.ok(key in (row ?? {}), key)
  assert.ok(!Number.isNaN(Date.parse(row?.['revokedAt'] ?? '')))
})

test('programs get one JSON object for a new and for a revoked token', async (context) => {
  const { relay } = relayIn(context)
  const made = JSON.parse((await relay(['token', 'create', 'ci', '--json'])).stdout) as Record<string, string>
  assert.deepEqual([made['name'], made['revokedAt'], made['token']?.slice(0, 3)], ['ci', null, 'rk_'])
  const revoked = JSON.parse((await relay(['token', 'revoke', made['id'] ?? '', '--json'])).stdout) as Record<string, string>
  assert.equal(revoked['id'], made['id'])
  assert.equal(revoked['token'], undefined)
})

test('a token needs no name: the first that is free is given', async (context) => {
  const { relay } = relayIn(context)
  const names: unknown[] = []
  for (const args of [[], ['--name', 'token-2'], []])
    names.push((JSON.parse((await relay(['token', 'create', '--json', ...args])).stdout) as { name: string }).name)
  assert.deepEqual(names, ['token-1', 'token-2', 'token-3'])
})

test('what cannot be done with a token is told in one line and exits with 1', async (context) => {
  const { relay } = relayIn(context)
  await relay(['token', 'create', 'ci'])
  for (const args of [
    ['create', 'ci'],
    ['create', 'tok_ci'],
    ['revoke', 'nobody'],
  ]) {
    const { code, stdout, stderr } = await relay(['token', ...args])
    assert.deepEqual([code, stdout], [1, ''], args.join(' '))
    assert.match(stderr, /^relay: [^\n]+\n$/)
  }
})

test('a relay elsewhere that cannot be asked is told in one line', async (context) => {
  const { relay } = relayIn(context)
  const RELAY_ADMIN_TOKEN = 'rka_planted'
  const elsewhere = createServer((_, outgoing) => void outgoing.writeHead(302, { location: 'http://127.0.0.1:1/' }).end())
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
  context.after(() => elsewhere.close())
  const { port } = elsewhere.address() as AddressInfo
  for (const [url, code] of [
    [`http://127.0.0.1:${port}`, 1],
    ['http://relay.invalid', 1],
    ['relay.example.com', 2],
  ] as const) {
    const ended = await relay(['tenant', 'list', '--url', url], { RELAY_ADMIN_TOKEN })
    assert.deepEqual([ended.code, ended.stdout], [code, ''], ended.stderr)
    assert.match(ended.stderr, /^relay: [^\n]+\n$/)
    assert.ok(!ended.stderr.includes(RELAY_ADMIN_TOKEN))
  }
})

test('looking at the tokens of an empty folder leaves it empty', async (context) => {
  const { relay, cwd } = relayIn(context)
  const people = await relay(['token', 'list'])
  assert.deepEqual([people.code, people.stdout], [0, ''])
  assert.match(people.stderr, /There are no tokens in .*\.relay/)
  assert.equal((await relay(['token', 'list', '--json'])).stdout, '[]\n')
  assert.equal((await relay(['token', 'revoke', 'ci'])).code, 1)
  assert.equal(existsSync(join(cwd, '.relay')), false)
})

test('the endpoints are the catalog', async (context) => {
  const { relay } = relayIn(context)
  assert.deepEqual(JSON.parse((await relay(['endpoints', '--json'])).stdout), catalog)
  const files = JSON.parse((await relay(['endpoints', 'files', '--json'])).stdout) as readonly { readonly id: string }[]
  assert.deepEqual(
    files.map(({ id }) => id),
    catalog.map(({ id }) => id).filter((id) => id.startsWith('files.')),
  )
  const { stdout } = await relay(['endpoints'])
  assert.equal(stdout.trimEnd().split('\n').length, catalog.length + 1)
})

test('a reader that leaves early is no failure', async (context) => {
  const { cwd } = relayIn(context)
  for (const args of ['endpoints --json', 'start --help', '--version']) {
    const command = `'${process.execPath}' '${main}' ${args} | true; exit \${PIPESTATUS[0]}`
    const code = await new Promise<number>((resolve) => {
      execFile('bash', ['-c', command], { cwd }, (error) => resolve(error === null ? 0 : Number(error.code)))
    })
    assert.equal(code, 0, args)
  }
})

test('every setting is explained with its value and source, for people and programs, without secrets', async (context) => {
  const { relay, cwd } = relayIn(context)
  writeFileSync(join(cwd, 'relay.yaml'), 'unlisted: passthrough\n')
  const env = { OPENAI_API_KEY: 'planted', RELAY_TOKEN: 'planted', RELAY_HOST: '::1', RELAY_PROT: '1' }
  const people = await relay(['config', 'explain', '--port', '0'], env)
  const lines = people.stdout.split('\n').map((line) => line.split(/ {2,}/).slice(0, 3))
  for (const line of [
    ['port', '0', 'flag --port'],
    ['host', '::1', 'environment RELAY_HOST'],
    ['unlisted', 'passthrough', 'file relay.yaml'],
    ['upstreamKey', 'set', 'environment OPENAI_API_KEY'],
    ['upstreamProject', 'unset', 'default'],
  ]) {
    assert.ok(
      lines.some((each) => each.join() === line.join()),
      line.join(),
    )
  }
  assert.match(people.stderr, /RELAY_PROT .* did you mean RELAY_PORT/)
  const programs = await relay(['config', 'explain', '--json'], env)
  assert.equal((JSON.parse(programs.stdout) as readonly unknown[]).length, settingKeys.length)
  assert.ok(!`${people.stdout}${programs.stdout}`.includes('planted'))
})

test('all problems of the settings are told at once', async (context) => {
  const { relay } = relayIn(context)
  const { code, stderr } = await relay(['start', '--log', 'loud'], { RELAY_PORT: 'x', OPENAI_BASE_URL: 'y' })
  assert.equal(code, 2)
  assert.equal(stderr.trimEnd().split('\n').length, 3)
})
