// What an operator can change, on both databases: each change counts everywhere, leaves its row in the audit, or nothing at all.
import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { DirectoryError } from '../../src/identity/directory-error.ts'
import { Secret } from '../../src/kernel/secret.ts'
import type { Row } from '../../src/store/store.ts'
import { onEachStore } from '../harness/stores.ts'
import { handClock, startProcess } from './process.ts'

const actor = 'cli:tester'

/** The kind and the parameter of the error a change ends with. */
async function refused(change: Promise<unknown>): Promise<string> {
  const error: unknown = await change.then(
    () => null,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof DirectoryError, inspect(error))
  return `${error.kind} ${error.param}`
}

onEachStore('a tenant comes with a project and can be named by name or id', async (context, stage) => {
  const { directory } = await startProcess(context, stage, { clock: handClock() })
  const red = await directory.tenants.create(actor, { name: 'red' })
  assert.deepEqual(
    (await directory.tenants.list()).map(({ name }) => name),
    ['default', 'red'],
  )
  assert.deepEqual(
    (await directory.projects.list({ tenant: red.id })).map(({ name, tenantName }) => `${tenantName}/${name}`),
    ['red/default'],
  )
  const web = await directory.projects.create(actor, { name: 'web', tenant: 'red' })
  const { token } = await directory.tokens.create(actor, { project: web.id })
  assert.deepEqual([token.tenant, token.project, token.name], [red.id, web.id, 'token-1'])
  assert.deepEqual(await directory.tokens.list({ tenant: 'red', project: 'web' }), [token])
  assert.deepEqual(await directory.tokens.list({ tenant: 'default' }), [])
})

onEachStore('names are unique where they name, and what cannot be a name is told', async (context, stage) => {
  const { directory } = await startProcess(context, stage, { clock: handClock() })
  await directory.tenants.create(actor, { name: 'red' })
  assert.equal(await refused(directory.tenants.create(actor, { name: 'red' })), 'taken name')
  assert.equal(await refused(directory.projects.create(actor, { name: 'default', tenant: 'red' })), 'taken name')
  await directory.tokens.create(actor, { name: 'ci', tenant: 'red' })
  await directory.tokens.create(actor, { name: 'ci' })
  assert.equal(await refused(directory.tokens.create(actor, { name: 'ci' })), 'taken name')
  await directory.adminTokens.create(actor, { name: 'ops' })
  assert.equal(await refused(directory.adminTokens.create(actor, { name: 'ops' })), 'taken name')
  await directory.accounts.create(actor, { name: 'own', key: 'sk-1' })
  assert.equal(await refused(directory.accounts.create(actor, { name: 'own', key: 'sk-2' })), 'taken name')
  for (const name of ['', ' ci', 'a\nb', 'x'.repeat(101), 'red\u200b', 'a\u202eb', '\ud800', 'tok_1', 'ten_1', 'RELAY_TOKEN', 'deny']) {
    assert.equal(await refused(directory.tenants.create(actor, { name })), 'invalid name', name)
    assert.equal(await refused(directory.tokens.create(actor, { name })), 'invalid name', name)
  }
  assert.equal((await directory.tokens.create(actor, { name: 'Büro 3' })).token.name, 'Büro 3')
})

onEachStore('what nobody has is told, by the option that named it', async (context, stage) => {
  const { directory } = await startProcess(context, stage, { clock: handClock() })
  assert.equal(await refused(directory.tokens.create(actor, { tenant: 'blue' })), 'unknown tenant')
  assert.equal(await refused(directory.tokens.create(actor, { project: 'web' })), 'unknown project')
  assert.equal(await refused(directory.tokens.create(actor, { project: 'prj_1' })), 'unknown project')
  assert.equal(await refused(directory.tokens.revoke(actor, { token: 'ci' })), 'unknown token')
  assert.equal(await refused(directory.adminTokens.revoke(actor, { token: 'ci' })), 'unknown token')
  assert.equal(await refused(directory.members.remove(actor, { member: 'a@b.c' })), 'unknown member')
  assert.equal(await refused(directory.accounts.assign(actor, { account: 'own', tenant: 'default' })), 'unknown account')
  assert.equal(await refused(directory.accounts.assign(actor, { account: 'default' })), 'invalid tenant')
  assert.equal(await refused(directory.shares.revoke(actor, { kind: 'file', id: 'file-1', project: 'default' })), 'unknown id')
})

onEachStore('a scope that could mean nothing is refused', async (context, stage) => {
  const { directory } = await startProcess(context, stage, { clock: handClock() })
  const create = (scope: object): Promise<string> => refused(directory.tokens.create(actor, scope))
  assert.equal(await create({ permissions: ['files:reed'] }), 'invalid permissions')
  assert.equal(await create({ permissions: [] }), 'invalid permissions')
  assert.equal(await create({ endpoints: ['file.*'] }), 'invalid endpoints')
  assert.equal(await create({ models: ['gpt 5'] }), 'invalid models')
  assert.equal(await create({ expires: { afterMs: 0 } }), 'invalid expires')
  assert.equal(await create({ expires: { at: 1 } }), 'invalid expires')
  const scope = { permissions: ['files:*', '*:read'], endpoints: ['files.*', 'responses.create'], models: ['gpt-5*'] }
  const { token } = await directory.tokens.create(actor, { ...scope, expires: { afterMs: 1_000 } })
  assert.deepEqual((await directory.tokens.list())[0], token)
  assert.deepEqual({ ...token, ...scope, expiresAt: token.createdAt + 1_000, createdBy: actor }, token)
})

onEachStore('a token of a name that several tenants use needs its tenant', async (context, stage) => {
  const { directory } = await startProcess(context, stage, { clock: handClock() })
  await directory.tenants.create(actor, { name: 'red' })
  const red = await directory.tokens.create(actor, { name: 'ci', tenant: 'red' })
  const ours = await directory.tokens.create(actor, { name: 'ci' })
  assert.equal(await refused(directory.tokens.revoke(actor, { token: 'ci' })), 'invalid tenant')
  assert.equal(await refused(directory.tokens.revoke(actor, { token: ours.token.id, tenant: 'red' })), 'unknown token')
  assert.equal((await directory.tokens.revoke(actor, { token: 'ci', tenant: 'red' })).id, red.token.id)
  assert.equal((await directory.tokens.revoke(actor, { token: 'ci' })).id, ours.token.id)
})

onEachStore('a revoked token is revoked for good, and its name is free', async (context, stage) => {
  const { directory } = await startProcess(context, stage, { clock: handClock() })
  const first = await directory.tokens.create(actor, { name: 'ci' })
  const revoked = await directory.tokens.revoke(actor, { token: 'ci' })
  assert.ok(revoked.revokedAt !== null)
  const second = await directory.tokens.create(actor, { name: 'ci' })
  assert.deepEqual(await directory.tokens.revoke(actor, { token: first.token.id }), revoked)
  assert.deepEqual(
    (await directory.tokens.list()).map(({ id, revokedAt }) => [id, revokedAt !== null]),
    [
      [first.token.id, true],
      [second.token.id, false],
    ],
  )
})

onEachStore('a rotated token keeps its scope, and revoking by name takes both', async (context, stage) => {
  const clock = handClock()
  const { directory, roster } = await startProcess(context, stage, { clock })
  const old = await directory.tokens.create(actor, { name: 'ci', permissions: ['files:read'], expires: { afterMs: 10_000 } })
  clock.pass(4_000)
  const fresh = await directory.tokens.rotate(actor, { token: 'ci', overlapMs: 2_000 })
  assert.notEqual(fresh.secret, old.secret)
  assert.deepEqual([fresh.token.name, fresh.token.permissions], ['ci', ['files:read']])
  assert.equal(fresh.token.expiresAt, clock.now() + 10_000)
  assert.equal(await refused(directory.tokens.rotate(actor, { token: old.token.id, overlapMs: 0 })), 'invalid token')
  assert.equal((await roster.verify(old.secret))?.tokenId, old.token.id)
  assert.equal((await roster.verify(fresh.secret))?.tokenId, fresh.token.id)
  clock.pass(1_999)
  assert.equal((await roster.verify(old.secret))?.tokenId, old.token.id)
  clock.pass(1)
  assert.equal(await roster.verify(old.secret), null)
  assert.equal((await roster.verify(fresh.secret))?.tokenId, fresh.token.id)

  const last = await directory.tokens.rotate(actor, { token: fresh.token.id, overlapMs: 60_000 })
  assert.equal((await directory.tokens.revoke(actor, { token: 'ci' })).id, last.token.id)
  for (const { secret } of [fresh, last]) assert.equal(await roster.verify(secret), null)
})

onEachStore('an overlap never lets a token outlive its own end', async (context, stage) => {
  const clock = handClock()
  const { directory, roster } = await startProcess(context, stage, { clock })
  const old = await directory.tokens.create(actor, { name: 'ci', expires: { afterMs: 1_000 } })
  await directory.tokens.rotate(actor, { token: 'ci', overlapMs: 60_000 })
  clock.pass(1_000)
  assert.equal(await roster.verify(old.secret), null)
})

onEachStore('a first token is made exactly when nobody could call', async (context, stage) => {
  const withToken = await startProcess(context, stage, { token: new Secret('one') })
  assert.equal(await withToken.directory.tokens.ensureFirst(), null)
  const { directory, roster } = await startProcess(context, stage)
  const first = await directory.tokens.ensureFirst()
  assert.equal(first?.token.name, 'first')
  assert.equal((await roster.verify(first?.secret ?? ''))?.name, 'first')
  assert.equal(await directory.tokens.ensureFirst(), null)
  await directory.tokens.revoke(actor, { token: 'first' })
  assert.equal((await directory.tokens.ensureFirst())?.token.name, 'first')
})

onEachStore('of processes that start together one makes the first tokens', async (context, stage) => {
  const processes = await Promise.all([1, 2, 3, 4].map(() => startProcess(context, stage)))
  const made = await Promise.all(processes.map(({ directory }) => directory.tokens.ensureFirst()))
  const admins = await Promise.all(processes.map(({ directory }) => directory.adminTokens.ensureFirst()))
  const [first] = made.filter((each) => each !== null)
  assert.equal(made.filter((each) => each !== null).length, 1)
  assert.equal(admins.filter((each) => each !== null).length, 1)
  for (const { roster } of processes) assert.equal((await roster.verify(first?.secret ?? ''))?.name, 'first')
})

onEachStore('a member has one role, which adding again changes', async (context, stage) => {
  const { directory } = await startProcess(context, stage, { clock: handClock() })
  const ada = await directory.members.add(actor, { email: 'Ada@Example.com', role: 'viewer' })
  assert.equal(ada.email, 'ada@example.com')
  assert.deepEqual(await directory.members.add(actor, { email: 'ada@example.com', role: 'admin' }), { ...ada, role: 'admin' })
  assert.deepEqual(await directory.members.list(), [{ ...ada, role: 'admin' }])
  assert.equal(await refused(directory.members.add(actor, { email: 'ada', role: 'admin' })), 'invalid email')
  await directory.members.remove(actor, { member: 'ADA@example.com' })
  assert.deepEqual(await directory.members.list({ tenant: 'default' }), [])
})

onEachStore('an upstream account counts for the project, then for the tenant, then that of the settings', async (context, stage) => {
  const { directory, roster } = await startProcess(context, stage, { clock: handClock() })
  const { secret } = await directory.tokens.create(actor, {})
  const account = async (): Promise<string | undefined> => (await roster.verify(secret))?.account
  assert.equal(await account(), 'ups_default')
  const [a, b] = await Promise.all(
    ['a', 'b'].map((name) => directory.accounts.create(actor, { name, key: `sk-${name}`, url: 'https://x.test/v1/' })),
  )
  assert.ok(a !== undefined && b !== undefined)
  await directory.accounts.assign(actor, { account: 'a', tenant: 'default' })
  assert.equal(await account(), a.id)
  await directory.accounts.assign(actor, { account: 'b', project: 'default' })
  assert.equal(await account(), b.id)
  assert.equal(await refused(directory.accounts.remove(actor, { account: 'b' })), 'in-use account')
  await directory.accounts.assign(actor, { project: 'default' })
  assert.equal(await account(), a.id)
  await directory.accounts.remove(actor, { account: 'b' })
  assert.equal(await refused(directory.accounts.remove(actor, { account: 'default' })), 'in-use account')
  assert.deepEqual(
    (await directory.accounts.list()).map(({ name, hasKey, url }) => [name, hasKey, url]),
    [
      ['default', false, null],
      ['a', true, 'https://x.test/v1'],
    ],
  )
  assert.equal(roster.accounts().get(a.id)?.key?.reveal(), 'sk-a')
})

onEachStore('an account stays while objects are on it', async (context, stage) => {
  const { directory, store } = await startProcess(context, stage, { clock: handClock() })
  const { id } = await directory.accounts.create(actor, { name: 'own', key: 'sk-1' })
  await store.run(
    "INSERT INTO objects (account, kind, id, tenant, project, state, created_at) VALUES (?, 'file', 'file-1', 'ten_default', 'prj_default', 'live', 1)",
    id,
  )
  assert.equal(await refused(directory.accounts.remove(actor, { account: 'own' })), 'in-use account')
})

onEachStore('read is granted to another project of the same tenant, and to nobody else', async (context, stage) => {
  const { directory, store } = await startProcess(context, stage, { clock: handClock() })
  await directory.projects.create(actor, { name: 'web' })
  await directory.tenants.create(actor, { name: 'red' })
  await store.run(
    "INSERT INTO objects (account, kind, id, tenant, project, state, created_at) VALUES ('ups_default', 'file', 'file-1', 'ten_default', 'prj_default', 'live', 1)",
  )
  const object = { kind: 'file', id: 'file-1' }
  assert.equal(await refused(directory.shares.grant(actor, { ...object, project: 'default', tenant: 'red' })), 'unknown id')
  assert.equal(await refused(directory.shares.grant(actor, { ...object, kind: 'batch', project: 'web' })), 'unknown id')
  assert.equal(await refused(directory.shares.grant(actor, { ...object, project: 'default' })), 'invalid project')
  const share = await directory.shares.grant(actor, { ...object, project: 'web' })
  assert.deepEqual(await directory.shares.grant(actor, { ...object, project: 'web' }), share)
  assert.deepEqual(await directory.shares.list({ project: 'web' }), [share])
  assert.deepEqual(await directory.shares.list({ tenant: 'red' }), [])
  await directory.shares.revoke(actor, { ...object, project: 'web' })
  assert.deepEqual(await directory.shares.list(), [])
})

onEachStore('a change that fails leaves nothing, not even its audit row', async (context, stage) => {
  const { directory, store } = await startProcess(context, stage, { clock: handClock() })
  const before = await directory.audit.list({ limit: 10 })
  await assert.rejects(
    directory.change(actor, async (sql) => {
      await sql.run("INSERT INTO tenants (id, name, created_at) VALUES ('ten_x', 'x', 1)")
      throw new Error('planted')
    }),
    /planted/,
  )
  // Without a place for its audit row, a change does not happen either.
  await store.run('INSERT INTO audit (seq, at, actor, action, target, detail, hash) VALUES (1, 1, ?, ?, ?, ?, ?)', 'a', 'b', 'c', '{}', '')
  await assert.rejects(directory.tenants.create(actor, { name: 'red' }))
  await store.run('DELETE FROM audit')
  assert.deepEqual(await directory.audit.list({ limit: 10 }), before)
  assert.deepEqual(
    (await directory.tenants.list()).map(({ name }) => name),
    ['default'],
  )
})

onEachStore('every change has its row in the audit, and what changes nothing has none', async (context, stage) => {
  const { directory } = await startProcess(context, stage, { clock: handClock() })
  await directory.tenants.create(actor, { name: 'red' })
  await directory.tenants.disable(actor, { tenant: 'red' })
  await directory.tenants.disable(actor, { tenant: 'red' })
  const { token, secret } = await directory.tokens.create(actor, { name: 'ci', tenant: 'red' })
  const rows = await directory.audit.list({ limit: 2 })
  assert.deepEqual(
    rows.map(({ seq, action, target, actor: who }) => [seq, action, target, who]),
    [
      [3, 'token.create', token.id, actor],
      [2, 'tenant.disable', token.tenant, actor],
    ],
  )
  assert.deepEqual(
    (await directory.audit.list({ limit: 2, before: 2 })).map(({ action }) => action),
    ['tenant.create'],
  )
  assert.ok(!JSON.stringify(rows).includes(secret))
  assert.deepEqual(await directory.audit.verify(), { rows: 3, brokenAt: null })
})

const damages = {
  'is changed': ["UPDATE audit SET detail = '{}' WHERE seq = 3", 3],
  'gets another author': ["UPDATE audit SET actor = 'cli:other' WHERE seq = 2", 2],
  'is removed': ['DELETE FROM audit WHERE seq = 3', 3],
  'is the newest and removed': ['DELETE FROM audit WHERE seq = 5', 5],
  'is removed and the others moved up': ['DELETE FROM audit WHERE seq = 5; UPDATE revision SET n = 4', 4],
  'is among the last, which were cut off': [
    'DELETE FROM audit WHERE seq > 3; UPDATE revision SET n = 3, audit_hash = (SELECT hash FROM audit WHERE seq = 3)',
    3,
  ],
  'is among all, which were removed': ["DELETE FROM audit; UPDATE revision SET n = 0, audit_hash = ''", 1],
  'no relay wrote': [
    'INSERT INTO audit (seq, at, actor, action, target, detail, hash) SELECT 6, at, actor, action, target, detail, hash FROM audit WHERE seq = 5',
    6,
  ],
  'is no JSON': ["UPDATE audit SET detail = 'nothing' WHERE seq = 4", 4],
} as const
for (const [what, [damage, brokenAt]] of Object.entries(damages)) {
  onEachStore(`the audit shows which row ${what}`, async (context, stage) => {
    const { directory, store } = await startProcess(context, stage, { clock: handClock() })
    for (const name of ['a', 'b', 'c', 'd', 'e']) await directory.tenants.create(actor, { name })
    assert.deepEqual(await directory.audit.verify(), { rows: 5, brokenAt: null })
    for (const statement of damage.split('; ')) await store.run(statement)
    assert.equal((await directory.audit.verify()).brokenAt, brokenAt)
    // What was done to it can be looked at.
    assert.ok((await directory.audit.list({ limit: 10 })).length <= 6)
  })
}

onEachStore('an audit that was cut off does not become whole by the next change', async (context, stage) => {
  const { directory, store } = await startProcess(context, stage, { clock: handClock() })
  for (const name of ['a', 'b', 'c', 'd', 'e']) await directory.tenants.create(actor, { name })
  await store.run('DELETE FROM audit WHERE seq > 3')
  await store.run('UPDATE revision SET n = 3, audit_hash = (SELECT hash FROM audit WHERE seq = 3)')
  await directory.tenants.create(actor, { name: 'f' })
  assert.deepEqual(await directory.audit.verify(), { rows: 3, brokenAt: 4 })
})

onEachStore('the audit shows a row that was written once, in another past', async (context, stage) => {
  const { directory, store } = await startProcess(context, stage, { clock: handClock() })
  const rows = (): ReturnType<typeof store.all> => store.all('SELECT * FROM audit ORDER BY seq')
  const put = (row: Row): Promise<number> =>
    store.run(`INSERT INTO audit (${Object.keys(row).join(', ')}) VALUES (${Object.keys(row).fill('?').join(', ')})`, ...Object.values(row))
  const headRow = async (): Promise<Row | undefined> => (await store.all('SELECT n, audit_hash FROM revision'))[0]
  for (const name of ['a', 'b']) await directory.tenants.create(actor, { name })
  const early = await headRow()
  for (const name of ['c', 'd']) await directory.tenants.create(actor, { name })
  const [, , third, fourth] = await rows()
  const head = await headRow()
  assert.ok(early && third && fourth && head)
  // Back to the second row, as from a backup, and on from there in another way.
  await store.run('DELETE FROM audit WHERE seq > 2')
  await store.run('UPDATE revision SET n = 2, audit_hash = ?', early['audit_hash'] ?? null)
  await directory.tenants.create(actor, { name: 'other' })
  assert.deepEqual(await directory.audit.verify(), { rows: 3, brokenAt: null })
  await put(fourth)
  await store.run('UPDATE revision SET n = ?, audit_hash = ?', head['n'] ?? null, head['audit_hash'] ?? null)
  assert.equal((await directory.audit.verify()).brokenAt, 4)
})

onEachStore('changes of several processes at once are one chain', async (context, stage) => {
  const processes = await Promise.all([1, 2, 3].map(() => startProcess(context, stage)))
  await Promise.all(
    processes.flatMap(({ directory }, process) =>
      Array.from({ length: 8 }, (_, count) => directory.tokens.create(`cli:${process}`, { name: `${process}-${count}` })),
    ),
  )
  const [{ directory }] = processes as [(typeof processes)[0]]
  assert.deepEqual(await directory.audit.verify(), { rows: 24, brokenAt: null })
  assert.equal((await directory.tokens.list()).length, 24)
})

onEachStore('neither the tables nor anything answered holds a secret', async (context, stage) => {
  const { directory, store } = await startProcess(context, stage, { clock: handClock() })
  const { secret } = await directory.tokens.create(actor, { name: 'ci' })
  const admin = await directory.adminTokens.create(actor, { name: 'ops' })
  await directory.accounts.create(actor, { name: 'own', key: 'sk-planted-key' })
  const tables = await Promise.all(
    ['tokens', 'admin_tokens', 'accounts', 'audit', 'revision'].map((table) => store.all(`SELECT * FROM ${table}`)),
  )
  const bytes = tables
    .flat()
    .flatMap((row) => Object.values(row))
    .map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value)))
    .join('\n')
  const answered = JSON.stringify([
    await directory.tokens.list(),
    await directory.adminTokens.list(),
    await directory.accounts.list(),
    await directory.audit.list({ limit: 100 }),
  ])
  assert.ok(bytes.includes('ci') && answered.includes('ops'))
  for (const planted of [secret, admin.secret, 'sk-planted-key']) assert.ok(!bytes.includes(planted) && !answered.includes(planted))
})
