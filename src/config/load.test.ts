import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { inspect } from 'node:util'
import { loadSettings, SettingsError, type Environment, type Flags, type Loaded } from './load.ts'
import { settingKeys, settingOf } from './settings.ts'

type Given = { readonly flags?: Flags; readonly env?: Environment; readonly yaml?: string }

async function load(context: TestContext, { flags = {}, env = {}, yaml }: Given): Promise<Loaded & { readonly cwd: string }> {
  const cwd = mkdtempSync(join(tmpdir(), 'relay-settings-'))
  context.after(() => rmSync(cwd, { recursive: true }))
  if (yaml !== undefined) writeFileSync(join(cwd, 'relay.yaml'), yaml)
  return { ...(await loadSettings({ flags, env, cwd })), cwd }
}

async function problems(context: TestContext, given: Given): Promise<readonly string[]> {
  const error: unknown = await load(context, given).then(
    () => null,
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof SettingsError, 'the settings were accepted')
  return error.problems
}

test('every default is a value its own kind accepts', async (context) => {
  const { settings, sources, notices } = await load(context, {})
  for (const key of settingKeys) {
    assert.notEqual(settings[key], undefined, key)
    assert.equal(sources[key], 'default')
  }
  assert.equal(settings.port, 8000)
  assert.equal(settings.host, '127.0.0.1')
  assert.equal(settings.upstreamKey, null)
  assert.deepEqual(notices, [])
})

test('no two settings share a flag or a variable, and secrets have no flag', () => {
  const names = settingKeys.flatMap((key) => [...settingOf(key).env, settingOf(key).flag ?? `none for ${key}`])
  assert.equal(new Set(names).size, names.length)
  for (const key of settingKeys) if (settingOf(key).kind.isSecret) assert.equal(settingOf(key).flag, null)
})

test('a flag wins over the environment, the environment over the file, the file over the default', async (context) => {
  const yaml = 'port: 3\nhost: file\nlog: "off"\n'
  const { settings, sources } = await load(context, { flags: { port: '1' }, env: { RELAY_PORT: '2', RELAY_HOST: 'env' }, yaml })
  assert.deepEqual([settings.port, settings.host, settings.log, settings.drainMs], [1, 'env', 'off', 600_000])
  assert.deepEqual(
    [sources.port, sources.host, sources.log, sources.drainMs],
    ['flag --port', 'environment RELAY_HOST', 'file relay.yaml', 'default'],
  )
})

test('an empty variable counts as unset', async (context) => {
  const { settings, sources } = await load(context, { env: { RELAY_PORT: '', OPENAI_API_KEY: '' } })
  assert.equal(settings.port, 8000)
  assert.equal(settings.upstreamKey, null)
  assert.equal(sources.upstreamKey, 'default')
})

test('both names the SDKs know for the organization are read, the documented one first', async (context) => {
  const one = await load(context, { env: { OPENAI_ORG_ID: 'org-b', OPENAI_PROJECT_ID: 'proj_b' } })
  assert.equal(one.settings.upstreamOrganization, 'org-b')
  assert.equal(one.sources.upstreamProject, 'environment OPENAI_PROJECT_ID')
  const both = await load(context, { env: { OPENAI_ORG_ID: 'org-b', OPENAI_ORGANIZATION: 'org-a' } })
  assert.equal(both.settings.upstreamOrganization, 'org-a')
})

test('a problem names the setting, its source, the value and the fix', async (context) => {
  const cases: readonly (readonly [Given, string])[] = [
    [{ env: { RELAY_PORT: '80a' } }, 'RELAY_PORT (environment) is "80a": use a whole number from 0 to 65535.'],
    [{ env: { RELAY_PORT: '65536' } }, 'RELAY_PORT (environment) is "65536": use a whole number from 0 to 65535.'],
    [{ env: { RELAY_PORT: ' 80' } }, 'RELAY_PORT (environment) is " 80": use a whole number from 0 to 65535.'],
    [{ flags: { drainMs: '5m' } }, '--drain-ms (flag) is "5m": use a whole number of milliseconds from 0 to 2147483647, without a unit.'],
    [{ yaml: 'log: loud' }, 'log (relay.yaml) is "loud": use json or off.'],
    [{ yaml: 'port: [1]' }, 'port (relay.yaml) is a list or a mapping: write one value.'],
    [{ yaml: 'configFile: other.yaml' }, 'configFile (relay.yaml) cannot stand in a file: use --config or RELAY_CONFIG.'],
    [
      { flags: { upstreamUrl: 'ftp://files' } },
      '--upstream-url (flag) is "ftp://files": use an http or https URL without user, password, query and fragment, such as https://api.openai.com/v1.',
    ],
    [{ env: { RELAY_DATA_DIR: '~/relay' } }, 'RELAY_DATA_DIR (environment) is "~/relay": write the path out, `~` is only known to shells.'],
  ]
  for (const [given, expected] of cases) assert.deepEqual(await problems(context, given), [expected])
})

test('all problems are told at once', async (context) => {
  const found = await problems(context, {
    flags: { log: 'x' },
    env: { RELAY_PORT: 'y', OPENAI_BASE_URL: 'z' },
    yaml: 'drainMs: -1\nnonsense: 1\n',
  })
  assert.equal(found.length, 5)
})

test('a service link of Kubernetes in RELAY_PORT is explained', async (context) => {
  const [problem] = await problems(context, { env: { RELAY_PORT: 'tcp://10.0.0.1:80' } })
  assert.match(problem ?? '', /enableServiceLinks/)
})

test('a wrong secret is told without its value', async (context) => {
  const planted = 'planted-secret'
  const found = await problems(context, {
    env: {
      RELAY_TOKEN: `${planted}\n`,
      OPENAI_API_KEY: `${planted} x`,
      OPENAI_BASE_URL: `https://user:/${planted}@host/v1?key=${planted}`,
    },
  })
  assert.equal(found.length, 3)
  assert.ok(!found.join().includes(planted), found.join())
})

test('a secret that was read prints as redacted', async (context) => {
  const { settings } = await load(context, { env: { RELAY_TOKEN: 'planted', OPENAI_API_KEY: 'planted' } })
  assert.equal(settings.token?.reveal(), 'planted')
  assert.ok(!`${inspect(settings, { depth: 9 })}${JSON.stringify(settings)}`.includes('planted'))
})

test('an unknown name in the file is refused, with the setting that was meant', async (context) => {
  const found = await problems(context, { yaml: 'prot: 1\nRELAY_PORT: 1\ndata-dir: x\nquux: 1\n' })
  assert.deepEqual(found, [
    'prot (relay.yaml) is no setting: did you mean port.',
    'RELAY_PORT (relay.yaml) is no setting: did you mean port.',
    'data-dir (relay.yaml) is no setting: did you mean dataDir.',
    'quux (relay.yaml) is no setting: remove it; `relay config explain` lists the settings.',
  ])
})

test('a misspelled variable is told, and variables of others are left alone', async (context) => {
  const { notices } = await load(context, { env: { RELAY_PROT: '1', RELAY_SERVICE_HOST: '10.0.0.1', RELAY_PORT_8000_TCP_ADDR: 'x' } })
  assert.deepEqual(notices, ['RELAY_PROT (environment) is no setting and was not read: did you mean RELAY_PORT?'])
})

test('values of a file are taken as they are written', async (context) => {
  const { settings } = await load(context, { yaml: 'token: 0123\nupstreamProject: 1e3\nport: 0\nhost:\nlog: off\n' })
  assert.equal(settings.token?.reveal(), '0123')
  assert.equal(settings.upstreamProject, '1e3')
  assert.deepEqual([settings.port, settings.host, settings.log], [0, '127.0.0.1', 'off'])
})

test('broken YAML is told with its line, and a file without settings too', async (context) => {
  const [broken] = await problems(context, { yaml: 'port: 1\nlog: "json\n' })
  assert.match(broken ?? '', /^relay\.yaml is not valid YAML at line \d/)
  const [twice] = await problems(context, { yaml: 'port: 1\nport: 2\n' })
  assert.match(twice ?? '', /not valid YAML at line 2: .*unique/)
  const [list] = await problems(context, { yaml: '- port\n' })
  assert.match(list ?? '', /holds no settings/)
  assert.equal((await load(context, { yaml: '# nothing yet\n' })).settings.port, 8000)
})

test('a file that was asked for must exist, relay.yaml need not', async (context) => {
  const [problem] = await problems(context, { flags: { configFile: 'missing.yaml' } })
  assert.match(problem ?? '', /^--config \(flag\) names .*missing\.yaml, but there is no such file/)
  assert.equal((await load(context, {})).settings.configFile, null)
})

test('a relative path starts from the current folder, and in a file from the folder of the file', async (context) => {
  const { settings, cwd } = await load(context, {})
  assert.equal(settings.dataDir, join(cwd, '.relay'))
  const folder = mkdtempSync(join(tmpdir(), 'relay-settings-'))
  context.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'other.yaml'), 'dataDir: state')
  const other = await load(context, { env: { RELAY_CONFIG: join(folder, 'other.yaml') } })
  assert.equal(other.settings.dataDir, join(folder, 'state'))
  assert.equal(other.settings.configFile, join(folder, 'other.yaml'))
})

test('the upstream URL loses its last slash and nothing else', async (context) => {
  const read = async (url: string): Promise<string> => (await load(context, { env: { OPENAI_BASE_URL: url } })).settings.upstreamUrl
  assert.equal(await read('https://host/v1/'), 'https://host/v1')
  assert.equal(await read('http://127.0.0.1:9000'), 'http://127.0.0.1:9000')
  assert.equal(await read('http://[::1]:9000/a/b'), 'http://[::1]:9000/a/b')
})

test('an upstream that is this relay is refused, because it would be an endless loop', async (context) => {
  const env = { OPENAI_API_KEY: 'sk-1', OPENAI_BASE_URL: 'http://localhost:8000/v1' }
  const [problem] = await problems(context, { env })
  assert.match(problem ?? '', /environment OPENAI_BASE_URL.*this relay itself/)
  assert.equal((await load(context, { env: { ...env, RELAY_HOST: '10.0.0.5' } })).settings.port, 8000)
  assert.equal((await load(context, { env: { ...env, OPENAI_API_KEY: '' } })).settings.port, 8000)
})

test('a token of a relay is refused as key of OpenAI, and taken for a relay behind this one', async (context) => {
  const [problem] = await problems(context, { env: { OPENAI_API_KEY: 'rk_abc' } })
  assert.match(problem ?? '', /is a token of a relay/)
  assert.ok((await load(context, { env: { OPENAI_API_KEY: 'rk_abc', OPENAI_BASE_URL: 'https://relay.example/v1' } })).settings.upstreamKey)
})

test('the memory for bodies must hold the largest body', async (context) => {
  const [problem] = await problems(context, { env: { RELAY_MAX_HELD_BYTES: '2048' } })
  assert.match(problem ?? '', /^maxHeldBytes \(environment RELAY_MAX_HELD_BYTES\) is 2048, less than maxJsonBytes/)
})

test('the address of the database is a Postgres, and is never printed', async (context) => {
  const given = 'postgres://relay:hunter2@db.example:5432/relay?sslmode=require'
  const loaded = await load(context, { env: { DATABASE_URL: given } })
  assert.equal(loaded.settings.databaseUrl?.reveal(), given)
  assert.ok(!(inspect(loaded, { depth: 9 }) + JSON.stringify(loaded)).includes('hunter2'))
  for (const wrong of [
    'mysql://relay:hunter2@db/relay',
    'relay.db',
    'postgres://',
    'postgres://relay:hunter2@db:x/relay',
    'postgres://db /relay',
  ]) {
    const [problem = '', ...others] = await problems(context, { env: { DATABASE_URL: wrong } })
    assert.match(problem, /^DATABASE_URL \(environment\) is not usable: use the address of a Postgres, such as postgres:/)
    assert.ok(others.length === 0 && !problem.includes('hunter2'), wrong)
  }
})
