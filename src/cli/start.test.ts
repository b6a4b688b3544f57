import assert from 'node:assert/strict'
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))

type Running = {
  readonly child: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  /** Waits until standard error matches, and gives the match. */
  readonly says: (pattern: RegExp) => Promise<RegExpExecArray>
  readonly ended: Promise<number | null>
}

function folder(context: TestContext): string {
  const cwd = mkdtempSync(join(tmpdir(), 'relay-start-'))
  context.after(() => rmSync(cwd, { recursive: true }))
  return cwd
}

/** A relay in a folder, with nothing of the developer's environment. */
function start(
  context: TestContext,
  cwd: string,
  env: Readonly<Record<string, string>> = {},
  args: readonly string[] = ['--port', '0'],
): Running {
  const child = spawn(process.execPath, [main, 'start', ...args], {
    cwd,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  let hasEnded = false
  child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()))
  child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()))
  const ended = once(child, 'close').then(() => {
    hasEnded = true
    return child.exitCode
  })
  context.after(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const says = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (let tries = 0; tries < 1_200; tries++) {
      const found = pattern.exec(stderr)
      if (found !== null) return found
      if (hasEnded) break
      await sleep(25)
    }
    return assert.fail(`never said ${String(pattern)}:\n${stderr}`)
  }
  return { child, stdout: () => stdout, stderr: () => stderr, says, ended }
}

const urlOf = async (relay: Running): Promise<string> => (await relay.says(/listens on (http:\S+)\n/))[1] ?? ''

const askModels = (url: string, token: string): Promise<Response> =>
  fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${token}` } })

/** An upstream that answers when it is told to. */
async function slowUpstream(context: TestContext): Promise<{ readonly url: string; readonly asked: Promise<ServerResponse> }> {
  const server = createServer()
  const asked = new Promise<ServerResponse>((resolve) => server.once('request', (_, response) => resolve(response)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked }
}

test('without a key the relay starts on its emulator, and the curl it shows works as pasted', async (context) => {
  const relay = start(context, folder(context))
  await relay.says(/no OPENAI_API_KEY: answering from the embedded emulator/)
  const curl = (await relay.says(/^ {2}curl [\s\S]*?}'$/m))[0]
  const { stdout } = await promisify(execFile)('bash', ['-c', curl])
  const answer = JSON.parse(stdout) as { readonly choices: readonly { readonly message: { readonly content: string } }[] }
  assert.equal(answer.choices[0]?.message.content, 'pong')
})

test('the first token is shown by the first start only, and stays valid', async (context) => {
  const cwd = folder(context)
  const first = start(context, cwd)
  const token = (await first.says(/token: +(rk_\S+)/))[1] ?? ''
  first.child.kill('SIGTERM')
  assert.equal(await first.ended, 0)
  const second = start(context, cwd)
  assert.equal((await askModels(await urlOf(second), token)).status, 200)
  assert.doesNotMatch(second.stderr(), /rk_|curl/)
})

test('with a token in the settings none is made', async (context) => {
  const relay = start(context, folder(context), { RELAY_TOKEN: 'of the team' })
  assert.equal((await askModels(await urlOf(relay), 'of the team')).status, 200)
  assert.doesNotMatch(relay.stderr(), /rk_|of the team/)
})

test('a base URL without a key is told, because it is not used', async (context) => {
  const relay = start(context, folder(context), { OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' })
  await relay.says(/NOT from http:\/\/127\.0\.0\.1:9\/v1 \(environment OPENAI_BASE_URL\)/)
})

test('a token made or revoked beside a running relay counts there', async (context) => {
  const cwd = folder(context)
  const url = await urlOf(start(context, cwd))
  const token = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(process.execPath, [main, 'token', ...args], { cwd, env: { PATH: process.env['PATH'] } })
    return stdout.trim()
  }
  const secret = await token('create', 'ci')
  assert.equal((await askModels(url, secret)).status, 200)
  await token('revoke', 'ci')
  let status = 200
  for (let tries = 0; tries < 400 && status !== 401; tries++) {
    status = (await askModels(url, secret)).status
    await sleep(25)
  }
  assert.equal(status, 401)
})

test('a port in use is one line with the way out', async (context) => {
  const url = await urlOf(start(context, folder(context)))
  const port = new URL(url).port
  const late = start(context, folder(context), {}, ['--port', port])
  assert.equal(await late.ended, 1)
  assert.match(late.stderr(), new RegExp(`^relay: Port ${port} on 127\\.0\\.0\\.1 is in use: [^\n]*--port \\d+\\.\n$`))
})

test('an address this machine does not have is one line too', async (context) => {
  const relay = start(context, folder(context), {}, ['--host', '203.0.113.1'])
  assert.equal(await relay.ended, 1)
  assert.match(relay.stderr(), /^relay: This machine has no address 203\.0\.113\.1: [^\n]+\n$/)
})

test('standard output holds the log and nothing else', async (context) => {
  const relay = start(context, folder(context), { RELAY_TOKEN: 't' })
  await askModels(await urlOf(relay), 't').then((answer) => answer.text())
  relay.child.kill('SIGTERM')
  assert.equal(await relay.ended, 0)
  const lines = relay.stdout().trimEnd().split('\n')
  assert.ok(lines.length > 0)
  for (const line of lines) assert.equal(typeof JSON.parse(line), 'object', line)
})

test('the first SIGTERM lets an open exchange finish', async (context) => {
  const upstream = await slowUpstream(context)
  const relay = start(context, folder(context), { RELAY_TOKEN: 't', OPENAI_API_KEY: 'sk-1', OPENAI_BASE_URL: upstream.url })
  const answer = askModels(await urlOf(relay), 't')
  const response = await upstream.asked
  relay.child.kill('SIGTERM')
  await relay.says(/draining/)
  response.end('late')
  assert.equal(await (await answer).text(), 'late')
  assert.equal(await relay.ended, 0)
})

test('the second SIGTERM ends at once', async (context) => {
  const upstream = await slowUpstream(context)
  const relay = start(context, folder(context), { RELAY_TOKEN: 't', OPENAI_API_KEY: 'sk-1', OPENAI_BASE_URL: upstream.url })
  const answer = askModels(await urlOf(relay), 't')
  await upstream.asked
  relay.child.kill('SIGTERM')
  await relay.says(/draining/)
  relay.child.kill('SIGTERM')
  await assert.rejects(answer)
  assert.equal(await relay.ended, 1)
})

test('under npm a Ctrl-C that arrives twice at once still lets an open exchange finish', async (context) => {
  const upstream = await slowUpstream(context)
  const env = { RELAY_TOKEN: 't', OPENAI_API_KEY: 'sk-1', OPENAI_BASE_URL: upstream.url, npm_lifecycle_event: 'start' }
  const relay = start(context, folder(context), env)
  const answer = askModels(await urlOf(relay), 't')
  const response = await upstream.asked
  // Two kinds, because the kernel may merge two of one kind.
  relay.child.kill('SIGINT')
  relay.child.kill('SIGTERM')
  await relay.says(/draining/)
  response.end('late')
  assert.equal(await (await answer).text(), 'late')
  assert.equal(await relay.ended, 0)
})
