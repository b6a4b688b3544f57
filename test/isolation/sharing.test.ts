// What is granted is granted to read and to one project; and objects live on the upstream account they were made on, whatever account a
// project has today.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { kinds, type ResourceKind } from '../../src/catalog/kinds.ts'
import type { AccountId } from '../../src/kernel/ids.ts'
import { openDatabase, type DatabaseKind } from '../harness/database.ts'
import { startTestEmulator } from '../harness/emulator.ts'
import { startGuardedAccount, type GuardedAccount } from '../harness/guarded-account.ts'
import { startWire, type Wire } from '../harness/wire.ts'
import { inParallel, told } from './matrix.ts'
import { newId, plainWriting, spots, type Own, type Spot } from './spots.ts'

const databases: readonly DatabaseKind[] = ['sqlite', 'postgres']
const json = { 'content-type': 'application/json' }
/** Whoever names one of these in a request that generates writes into it. */
const changedByUse: ReadonlySet<ResourceKind> = new Set(['conversation', 'container', 'agent_session', 'agent_environment'])
const allKinds = (Object.keys(kinds) as ResourceKind[]).filter((kind) => kind !== 'label')

for (const database of databases)
  describe(`on ${database}, an object of another project of the tenant`, { concurrency: false }, () => {
    const undo = new AsyncDisposableStack()
    let world: GuardedAccount | null = null
    const shared = new Map<ResourceKind, string>()
    const own: Own = (kind) => ownIds.get(kind) ?? ''
    const ownIds = new Map<ResourceKind, string>()
    before(async () => {
      const opened = await openDatabase(database)
      if (opened === null) return
      undo.use(opened)
      world = undo.use(await startGuardedAccount({ databaseUrl: opened.url }))
      for (const kind of allKinds) {
        shared.set(kind, newId(kind))
        ownIds.set(kind, newId(kind))
      }
      await world.own(
        'red',
        [...shared].map(([kind, id]) => ({ kind, id })),
      )
      await world.own(
        'ops',
        [...ownIds].map(([kind, id]) => ({ kind, id })),
      )
      for (const [kind, id] of shared) await world.admin('shares.grant', { kind, id, project: 'ops', tenant: 'red' })
    })
    after(() => undo.disposeAsync())

    const isChange = ({ row, place, resource }: Spot): boolean =>
      resource.act === 'delete' || ((place === 'path' || changedByUse.has(resource.kind)) && row.permission.endsWith(':write'))

    test('that shares it can be read and named, and neither changed nor deleted', async (context) => {
      if (world === null) return context.skip('no database')
      const { send, wire } = world
      const problems: string[] = []
      const read = new Set<string>()
      wire.clear()
      await inParallel(
        spots.filter(({ row }) => row.tenants === 'owned'),
        async (spot) => {
          const id = shared.get(spot.resource.kind) ?? ''
          const { status, text } = await send('ops', plainWriting(spot, id, own))
          const isRefused = status === 403 && text.includes('shares it for reading only')
          if (isRefused !== isChange(spot)) problems.push(`${spot.row.id} ${spot.resource.at}: ${status} ${text.slice(0, 200)}`)
          else if (!isRefused) read.add(id)
        },
      )
      assert.deepEqual(problems, [])
      const sent = wire.sent().toString('latin1')
      assert.ok([...read].filter((id) => sent.includes(id)).length > 40, 'most kinds can be read')
    })

    test('is as missing for another tenant as one that nobody has, shared or not', async (context) => {
      if (world === null) return context.skip('no database')
      const { send, wire } = world
      wire.clear()
      for (const kind of ['file', 'vector_store', 'conversation', 'response'] as const) {
        const foreign = shared.get(kind) ?? ''
        const missing = newId(kind)
        const path = `/v1/${kind}s/`
        assert.equal(
          told(await send('blue', { method: 'GET', path: path + foreign }), foreign),
          told(await send('blue', { method: 'GET', path: path + missing }), missing),
        )
      }
      assert.equal(wire.sent().length, 0)
    })

    test('is missing again once it is shared no more', async (context) => {
      if (world === null) return context.skip('no database')
      const id = shared.get('file') ?? ''
      await world.admin('shares.revoke', { kind: 'file', id, project: 'ops', tenant: 'red' })
      world.wire.clear()
      const missing = newId('file')
      assert.equal(
        told(await world.send('ops', { method: 'GET', path: `/v1/files/${id}` }), id),
        told(await world.send('ops', { method: 'GET', path: `/v1/files/${missing}` }), missing),
      )
      assert.equal(world.wire.sent().length, 0)
    })

    test('can be shared with nobody of another tenant', async (context) => {
      if (world === null) return context.skip('no database')
      const id = shared.get('vector_store') ?? ''
      await assert.rejects(world.admin('shares.grant', { kind: 'vector_store', id, project: 'default', tenant: 'blue' }))
    })
  })

describe('with an upstream account of its own for one project, an object', { concurrency: false }, () => {
  const undo = new AsyncDisposableStack()
  let world: GuardedAccount
  let second: Wire
  const made = new Map<string, string>()
  const make = async (who: 'red' | 'ops', name: string): Promise<void> => {
    const { status, text } = await world.send(who, {
      method: 'POST',
      path: '/v1/vector_stores',
      headers: json,
      body: JSON.stringify({ name }),
    })
    assert.equal(status, 200, text)
    made.set(name, (JSON.parse(text) as { readonly id: string }).id)
  }
  before(async () => {
    const other = undo.use(await startTestEmulator())
    second = undo.use(await startWire(other.url))
    world = undo.use(await startGuardedAccount())
    await make('red', 'before')
    await world.admin('accounts.create', { name: 'eu', key: 'sk-of-the-eu', url: `${second.url}/v1` })
    await world.admin('accounts.assign', { account: 'eu', tenant: 'red', project: 'web' })
    await make('red', 'after')
  })
  after(() => undo.disposeAsync())

  test('is made on that account, with its key and no other', () => {
    assert.ok(second.sent().includes('sk-of-the-eu'))
    assert.ok(!world.wire.sent().includes('sk-of-the-eu'))
    assert.ok(!second.sent().includes('sk-upstream'))
  })

  test('is asked for where it was made', async () => {
    for (const [name, there] of [
      ['before', world.wire],
      ['after', second],
    ] as const) {
      world.wire.clear()
      second.clear()
      const id = made.get(name) ?? ''
      const { status } = await world.send('red', { method: 'GET', path: `/v1/vector_stores/${id}` })
      assert.equal(status, 200)
      assert.ok(there.sent().includes(id), name)
      assert.ok(!(there === second ? world.wire : second).sent().includes(id), name)
    }
  })

  test('is never sent to the account of another one', async () => {
    world.wire.clear()
    second.clear()
    const ids = [made.get('before') ?? '', made.get('after') ?? '']
    const body = JSON.stringify({ model: 'gpt-4o-mini', input: 'a', tools: [{ type: 'file_search', vector_store_ids: ids }] })
    const got = await world.send('red', { method: 'POST', path: '/v1/responses', headers: json, body })
    assert.equal(got.status, 400, got.text)
    assert.match(got.text, /objects_of_two_accounts/)
    const file = newId('file')
    await world.own('red', [{ kind: 'file', id: file }])
    const path = `/v1/vector_stores/${ids[1]}/files`
    const mixed = await world.send('red', { method: 'POST', path, headers: json, body: JSON.stringify({ file_id: file }) })
    assert.equal(mixed.status, 400, mixed.text)
    assert.equal(world.wire.sent().length + second.sent().length, 0)
  })

  test('stands in one list with those of the other account', async () => {
    const { text } = await world.send('red', { method: 'GET', path: '/v1/vector_stores' })
    const { data } = JSON.parse(text) as { readonly data: readonly { readonly id: string }[] }
    assert.deepEqual(data.map(({ id }) => id).toSorted(), [...made.values()].toSorted())
  })

  test('is no other tenant’s, whoever uses the same account', async () => {
    const accounts = (await world.admin('accounts.list', {}))['data'] as readonly { readonly id: AccountId; readonly name: string }[]
    assert.ok(accounts.some(({ name }) => name === 'eu'))
    await world.admin('accounts.assign', { account: 'eu', tenant: 'blue' })
    second.clear()
    const id = made.get('after') ?? ''
    const missing = newId('vector_store').padEnd(id.length, '0').slice(0, id.length)
    assert.equal(
      told(await world.send('blue', { method: 'GET', path: `/v1/vector_stores/${id}` }), id),
      told(await world.send('blue', { method: 'GET', path: `/v1/vector_stores/${missing}` }), missing),
    )
    assert.equal(second.sent().length, 0)
  })
})
