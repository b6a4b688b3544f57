// What an operator must be able to rely on: secrets are told once and stand nowhere else, no change goes without its audit row, and
// a relay shows its first admin token one time.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { adminToken, askHttp, rows, type Inputs } from '../harness/admin.ts'
import { runCommand } from '../harness/command.ts'
import { startRelayProcess, type RelayProcess } from '../harness/relay-process.ts'
import { startWorld } from '../harness/world.ts'

const accountKey = 'sk-canary-ACCOUNT-9b21'

const firstAdminToken = (relay: RelayProcess): string | null => /^ {2}admin: +(rka_[\w-]{43})$/m.exec(relay.stderr())?.[1] ?? null

async function stopped(relay: RelayProcess): Promise<void> {
  relay.child.kill('SIGTERM')
  assert.equal((await relay.exited).code, 0)
}

test('secrets stand in no list, no log, no audit row, no error and no file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'relay-secrets-'))
  try {
    await using relay = await startRelayProcess({ dataDir: folder })
    const url = await relay.url
    const admin = firstAdminToken(relay) ?? assert.fail('no admin token was shown')
    const ask = async (id: Parameters<typeof askHttp>[2], inputs: Inputs): Promise<string> => (await askHttp(url, admin, id, inputs)).text()
    const tokenIn = (text: string): string => (JSON.parse(text) as { readonly token: string }).token
    await ask('tenants.create', { name: 'red' })
    const created = tokenIn(await ask('tokens.create', { name: 'ci', tenant: 'red' }))
    const rotated = tokenIn(await ask('tokens.rotate', { token: 'ci', tenant: 'red' }))
    const other = tokenIn(await ask('admin_tokens.create', { name: 'other' }))
    const said = [
      await ask('accounts.create', { name: 'eu', key: accountKey }),
      await ask('accounts.create', { name: 'eu', key: accountKey }),
      await ask('accounts.create', { name: 'eu\n', key: accountKey }),
      await ask('accounts.assign', { account: 'eu', tenant: 'red' }),
      await ask('accounts.rekey', { account: 'eu', key: accountKey }),
      await ask('accounts.rekey', { account: 'none', key: accountKey }),
    ]
    for (const { id, answers, method } of rows) if (method === 'GET' || answers === 'all') said.push(await ask(id, {}))
    said.push(await ask('audit.list', { limit: 1000 }), await (await fetch(`${url}/metrics`)).text())
    // With it, so that whatever a client says of itself is in the log too.
    for (const token of [created, rotated, other]) await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${token}` } })
    await askHttp(url, created, 'tenants.list', {})
    await stopped(relay)
    const shownOnce = relay.stderr().split(admin)
    assert.equal(shownOnce.length, 2)
    const data = join(folder, 'data')
    const files = readdirSync(data, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const kept = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    assert.match(relay.stdout(), /"endpoint":"admin\.tokens\.create"/)
    const everything = [...said, relay.stdout(), ...shownOnce, ...kept].join('\n')
    for (const secret of [admin, created, rotated, other, accountKey]) assert.ok(!everything.includes(secret), secret.slice(0, 8))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('a relay shows an admin token at its first start, and never again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'relay-first-'))
  try {
    const shown: (string | null)[] = []
    for (const env of [{ RELAY_ADMIN: 'off' }, {}, {}]) {
      await using relay = await startRelayProcess({ dataDir: folder, env })
      const url = await relay.url
      const token = firstAdminToken(relay)
      if (token !== null) assert.equal((await askHttp(url, token, 'tenants.list', {})).status, 200)
      shown.push(token)
      await stopped(relay)
    }
    assert.deepEqual(
      shown.map((token) => token !== null),
      [false, true, false],
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('a change whose audit row cannot be written does not happen', async () => {
  await using world = await startWorld({ upstream: 'emulator' })
  const token = await adminToken(world.dataDir)
  const look = async (): Promise<string> =>
    (
      await Promise.all(
        rows.filter(({ method }) => method === 'GET').map(async ({ id }) => (await askHttp(world.url, token, id, {})).text()),
      )
    ).join()
  assert.equal((await askHttp(world.url, token, 'members.add', { email: 'ada@example.com', role: 'admin' })).status, 200)
  await askHttp(world.url, token, 'tokens.create', { name: 'ci' })
  await askHttp(world.url, token, 'accounts.create', { name: 'eu', key: accountKey })
  const before = await look()
  using database = closing(new DatabaseSync(join(world.dataDir, 'relay.db'), { timeout: 5000 }))
  database.exec("CREATE TRIGGER audit_full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'disk full'); END")
  const changes: readonly (readonly [Parameters<typeof askHttp>[2], Inputs])[] = [
    ['tenants.create', { name: 'red' }],
    ['tenants.disable', { tenant: 'default' }],
    ['projects.create', { name: 'web' }],
    ['tokens.create', { name: 'cd' }],
    ['tokens.rotate', { token: 'ci' }],
    ['tokens.revoke', { token: 'ci' }],
    ['members.add', { email: 'bob@example.com', role: 'admin' }],
    ['members.remove', { member: 'ada@example.com' }],
    ['accounts.create', { name: 'us', key: accountKey }],
    ['accounts.assign', { account: 'eu', tenant: 'default' }],
    ['accounts.rekey', { account: 'eu', key: accountKey }],
    ['accounts.remove', { account: 'eu' }],
    ['admin_tokens.create', { name: 'late' }],
    ['admin_tokens.revoke', { token: 'test' }],
  ]
  for (const [id, inputs] of changes) {
    const answer = await askHttp(world.url, token, id, inputs)
    assert.equal(answer.status, 500, `${id} ${await answer.text()}`)
  }
  assert.equal(await look(), before)
  const { code, stderr } = await runCommand(['tenant', 'create', 'red'], { cwd: world.dataDir, env: { RELAY_DATA_DIR: world.dataDir } })
  assert.equal(code, 1, stderr)
  database.exec('DROP TRIGGER audit_full')
  assert.equal((await askHttp(world.url, token, 'tenants.create', { name: 'red' })).status, 200)
})

test('an audit that was tampered with is found out, and the command fails', async () => {
  await using world = await startWorld({ upstream: 'emulator' })
  const token = await adminToken(world.dataDir)
  for (const name of ['red', 'green', 'blue']) await askHttp(world.url, token, 'tenants.create', { name })
  const verify = (extra: readonly string[] = []): ReturnType<typeof runCommand> =>
    runCommand(['audit', 'verify', ...extra], { cwd: world.dataDir, env: { RELAY_DATA_DIR: world.dataDir } })
  assert.equal((await verify()).code, 0)
  using database = closing(new DatabaseSync(join(world.dataDir, 'relay.db'), { timeout: 5000 }))
  database.exec("DELETE FROM audit WHERE action = 'tenant.create' AND detail LIKE '%green%'")
  const { code, stderr } = await verify()
  assert.deepEqual([code, /^relay: The audit is broken at row \d+/.test(stderr)], [1, true], stderr)
  const forPrograms = await verify(['--json'])
  assert.deepEqual([forPrograms.code, (JSON.parse(forPrograms.stdout) as { readonly ok: boolean }).ok], [1, false])
})

const closing = (database: DatabaseSync): DatabaseSync & Disposable => Object.assign(database, { [Symbol.dispose]: () => database.close() })
