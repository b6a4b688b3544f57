// What a crash leaves behind, and how it is finished: on both databases, with the emulator as upstream.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bornOnTheWay, createReconcile, type Reconcile } from '../../src/ownership/reconcile.ts'
import { startHeartbeat } from '../../src/background/heartbeat.ts'
import { catalog } from '../../src/catalog/index.ts'
import type { Endpoint } from '../../src/catalog/endpoint.ts'
import type { ProcessId } from '../../src/kernel/ids.ts'
import { planOf } from '../../src/relay/plan.ts'
import type { Owner } from '../../src/ownership/ownership.ts'
import type { AskUpstream } from '../../src/ownership/upstream.ts'
import type { Store } from '../../src/store/store.ts'
import { blue, insertObjects, recordingOf, red, startOwnedAccount, type OwnedAccount } from '../harness/owned-account.ts'
import { onEachStore } from '../harness/stores.ts'

type Found = { readonly kind: string; readonly count: number }
type Stage = { readonly run: Reconcile; readonly orphans: Found[]; readonly errors: unknown[] }

const graceMs = 70_000
const never = new AbortController().signal

function stageOf(store: Store, upstream: OwnedAccount, ask: AskUpstream = upstream.ask): Stage {
  const orphans: Found[] = []
  const errors: unknown[] = []
  const run = createReconcile({
    ...{ store, ask, recordTold: recordingOf(store, upstream), clock: upstream.clock, graceMs },
    onOrphans: (kind, count) => orphans.push({ kind, count }),
    onError: (error) => errors.push(error),
  })
  return { run, orphans, errors }
}

let number = 0
async function intend(store: Store, upstream: OwnedAccount, whose: Owner, { kind = 'file', process = 'prc_dead' } = {}): Promise<void> {
  await store.run(
    'INSERT INTO intents (id, account, kind, tenant, project, process, sent_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ...[`int_${++number}`, upstream.account, kind, whose.tenant, whose.project, process, upstream.clock.now()],
  )
}

/** Both clocks: that of the upstream stamps objects. */
function later(upstream: OwnedAccount, ms: number): void {
  upstream.clock.advance(ms)
  upstream.emulator.running.clock.advance(ms)
}

type Left = { readonly project: unknown; readonly state: unknown }
const rowOf = async (store: Store, id: string): Promise<Left | null> => {
  const [row] = await store.all('SELECT project, state FROM objects WHERE id = ?', id)
  return row === undefined ? null : { project: row['project'], state: row['state'] }
}
const intents = async (store: Store): Promise<number> => (await store.all('SELECT id FROM intents')).length

onEachStore('an object of a create that nobody recorded is that of the tenant who sent it', async (_, { open }) => {
  const store = await open()
  await using upstream = await startOwnedAccount()
  const { run, orphans, errors } = stageOf(store, upstream)
  const early = await upstream.upload('long before')
  later(upstream, 90_000)
  await intend(store, upstream, red)
  const lost = await upstream.upload('lost')
  later(upstream, 90_000)
  const late = await upstream.upload('long after')

  await run(never)
  assert.deepEqual(await rowOf(store, lost.id), { project: red.project, state: 'live' })
  assert.deepEqual([await rowOf(store, early.id), await rowOf(store, late.id)], [null, null], 'others are not touched')
  assert.deepEqual([await intents(store), orphans, errors], [0, [], []])
  const [row] = await store.all('SELECT body, facet FROM objects WHERE id = ?', lost.id)
  assert.deepEqual([JSON.parse(String(row?.['body'])), row?.['facet']], [JSON.parse(lost.body), 'user_data'])
})

onEachStore('a create that may still be under way is left alone', async (_, { open }) => {
  const store = await open()
  await using upstream = await startOwnedAccount()
  const { run, errors } = stageOf(store, upstream)
  await intend(store, upstream, red)
  const young = await upstream.upload('young')
  later(upstream, graceMs - 1_000)
  await run(never)
  assert.deepEqual([await intents(store), await rowOf(store, young.id), errors], [1, null, []])
  assert.deepEqual(upstream.asked, [], 'and nobody looks for it')
})

onEachStore('while the process that announced a create lives, however old it is, it is left alone', async (_, { open }) => {
  const store = await open()
  await using upstream = await startOwnedAccount()
  const { run, orphans } = stageOf(store, upstream)
  const beat = async (): Promise<AsyncDisposable> =>
    startHeartbeat({ store, clock: upstream.clock, processId: 'prc_alive' as ProcessId, onError: () => {} })
  await using first = await beat()
  assert.ok(first)
  await intend(store, upstream, red, { process: 'prc_alive' })
  const made = await upstream.upload('under way')
  later(upstream, 600_000)
  const second = await beat()
  await run(never)
  assert.deepEqual([await rowOf(store, made.id), await intents(store), upstream.asked], [null, 1, []])
  await second[Symbol.asyncDispose]()
  await run(never)
  assert.deepEqual([await rowOf(store, made.id), await intents(store), orphans], [{ project: red.project, state: 'live' }, 0, []])
})

onEachStore('an object is not decided upon while a living process may be making it', async (_, { open }) => {
  const store = await open()
  await using upstream = await startOwnedAccount()
  const { run, orphans } = stageOf(store, upstream)
  await using heartbeat = await startHeartbeat({ store, clock: upstream.clock, processId: 'prc_alive' as ProcessId, onError: () => {} })
  assert.ok(heartbeat)
  await intend(store, upstream, red)
  await intend(store, upstream, blue, { process: 'prc_alive' })
  const made = await upstream.upload('whose?')
  later(upstream, 80_000)
  await run(never)
  assert.deepEqual([await rowOf(store, made.id), await intents(store), orphans], [null, 2, []])
  // A process that was killed beats no more.
  later(upstream, 20_000)
  await run(never)
  assert.deepEqual([await rowOf(store, made.id), await intents(store)], [{ project: '', state: 'orphan' }, 0])
})

onEachStore('an object that came long after a create is not that of the create', async (_, { open }) => {
  const store = await open()
  await using upstream = await startOwnedAccount()
  const { run, orphans } = stageOf(store, upstream)
  await intend(store, upstream, red)
  later(upstream, 65_000)
  const operators = await upstream.upload('made on the account itself')
  later(upstream, 90_000)
  await run(never)
  assert.deepEqual([await rowOf(store, operators.id), await intents(store), orphans], [null, 0, []])
})

onEachStore('an object two tenants may have made becomes an orphan, which nobody finds', async (_, { open }) => {
  const store = await open()
  await using upstream = await startOwnedAccount()
  const { run, orphans } = stageOf(store, upstream)
  await intend(store, upstream, red)
  await intend(store, upstream, blue)
  const lost = await upstream.upload('whose?')
  later(upstream, 90_000)
  await run(never)
  assert.deepEqual(await rowOf(store, lost.id), { project: '', state: 'orphan' })
  assert.deepEqual([await intents(store), orphans], [0, [{ kind: 'file', count: 1 }]])
})

onEachStore('what a job of the upstream wrote meanwhile is nobody’s create', async (_, { open }) => {
  const store = await open()
  await using upstream = await startOwnedAccount()
  const { run } = stageOf(store, upstream)
  const line = { custom_id: '1', method: 'POST', url: '/v1/embeddings', body: { model: 'text-embedding-3-small', input: 'a' } }
  const input = await upstream.upload('in.jsonl', 'batch', JSON.stringify(line))
  later(upstream, 90_000)
  const batch = await upstream.call('POST', '/batches', { input_file_id: input.id, endpoint: '/v1/embeddings', completion_window: '24h' })
  let output: unknown = null
  for (let time = 0; time < 500 && typeof output !== 'string'; time++) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    output = (await upstream.call('GET', `/batches/${String(batch['id'])}`))['output_file_id']
  }
  // Sent at that time by a tenant whose create never reached the upstream.
  await intend(store, upstream, red)
  later(upstream, 90_000)
  await run(never)
  assert.deepEqual([await rowOf(store, String(output)), await intents(store)], [null, 0])
})

onEachStore('a container that fits a create may be one a tool made: it is an orphan', async (_, { open }) => {
  const store = await open()
  await using upstream = await startOwnedAccount()
  const { run, orphans } = stageOf(store, upstream)
  await intend(store, upstream, red, { kind: 'container' })
  const { id } = await upstream.call('POST', '/containers', { name: 'box' })
  later(upstream, 90_000)
  await run(never)
  assert.deepEqual([await rowOf(store, String(id)), orphans], [{ project: '', state: 'orphan' }, [{ kind: 'container', count: 1 }]])
})

onEachStore('while the upstream does not answer, nothing is decided', async (_, { open }) => {
  const store = await open()
  await using upstream = await startOwnedAccount()
  await intend(store, upstream, red)
  await insertObjects(store, [{ owner: red, kind: 'file', id: 'file-half', createdAt: 1, body: '', state: 'deleting' }])
  later(upstream, 90_000)
  for (const ask of [() => Promise.reject(new Error('away')), () => Promise.resolve({ status: 503, body: Buffer.from('{}') })]) {
    const { run, errors } = stageOf(store, upstream, ask)
    await run(never)
    assert.equal(errors.length, 2)
    assert.deepEqual([await intents(store), await rowOf(store, 'file-half')], [1, { project: red.project, state: 'deleting' }])
  }
})

onEachStore('a delete that was cut off is finished upstream', async (_, { open }) => {
  const store = await open()
  await using upstream = await startOwnedAccount()
  const { run, errors } = stageOf(store, upstream)
  const there = await upstream.upload('still there')
  const box = String((await upstream.call('POST', '/containers', { name: 'box' }))['id'])
  const inBox = String((await upstream.call('POST', `/containers/${box}/files`, { file_id: there.id }))['id'])
  const row = { owner: red, createdAt: 1, body: null, state: 'deleting' }
  await insertObjects(store, [
    { ...row, kind: 'file', id: there.id },
    { ...row, kind: 'file', id: 'file-gone-upstream' },
    { ...row, kind: 'container_file', id: inBox, parent: box },
    { ...row, kind: 'file', id: 'file-alive', state: 'live' },
  ])
  await run(never)
  assert.deepEqual(errors, [])
  for (const id of [there.id, 'file-gone-upstream', inBox]) assert.equal((await rowOf(store, id))?.state, 'gone', id)
  assert.equal((await rowOf(store, 'file-alive'))?.state, 'live')
  assert.equal((await upstream.emulator.send('GET', `/v1/files/${there.id}`)).status, 404)
  assert.equal((await upstream.emulator.send('GET', `/v1/containers/${box}/files/${inBox}`)).status, 404)
})

onEachStore(
  'a delete in flight gets its turn first; one the upstream refuses gives the object back; failures wait longer each time',
  async (_, { open }) => {
    const store = await open()
    await using upstream = await startOwnedAccount()
    let status = 500
    let asked = 0
    const { run, errors } = stageOf(store, upstream, () => {
      asked++
      return Promise.resolve({ status, body: Buffer.from('{"error":{}}') })
    })
    await run(never)
    await insertObjects(store, [{ owner: red, kind: 'file', id: 'file-1', createdAt: 1, body: '{}', state: 'deleting' }])
    await run(never)
    assert.equal(asked, 0, 'its own exchange is most likely still there')
    upstream.clock.advance(60_000)
    await run(never)
    assert.deepEqual([asked, errors.length], [1, 1])
    upstream.clock.advance(30_000)
    await run(never)
    assert.equal(asked, 1, 'not again so soon')
    upstream.clock.advance(31_000)
    await run(never)
    assert.equal(asked, 2)
    status = 409
    upstream.clock.advance(3_600_000)
    await run(never)
    assert.deepEqual([asked, (await rowOf(store, 'file-1'))?.state], [3, 'live'])
  },
)

onEachStore('an id that ended is remembered for thirty days', async (_, { open }) => {
  const store = await open()
  await using upstream = await startOwnedAccount()
  const { run } = stageOf(store, upstream)
  await insertObjects(store, [
    { owner: red, kind: 'file', id: 'file-ended', createdAt: 1, body: '{}', state: 'gone' },
    { owner: red, kind: 'file', id: 'file-live', createdAt: 1, body: '{}' },
  ])
  for (const id of ['file-ended', 'file-live'])
    await store.run("INSERT INTO shares (account, kind, id, project) VALUES (?, 'file', ?, 'prj_x')", upstream.account, id)
  await run(never)
  upstream.clock.advance(29 * 24 * 3_600_000)
  await run(never)
  assert.equal((await rowOf(store, 'file-ended'))?.state, 'gone')
  upstream.clock.advance(2 * 24 * 3_600_000)
  await run(never)
  assert.equal(await rowOf(store, 'file-ended'), null)
  assert.deepEqual(
    (await store.all('SELECT id FROM shares')).map(({ id }) => id),
    ['file-live'],
  )
  assert.equal((await rowOf(store, 'file-live'))?.state, 'live')
})

test('every announced kind of which objects are also born without being announced is known', () => {
  const rows = catalog as readonly Endpoint[]
  const announced = new Set(rows.map((row) => planOf(row).intent))
  const onTheWay = rows.flatMap((row) =>
    row.resources
      .filter(({ act, kind }) => act === 'create' && row.method !== 'GET' && planOf(row).intent !== kind)
      .map(({ kind }) => kind),
  )
  // Files that jobs write are told apart by their purpose; those of tools in a container have ids of their own.
  const unsure = [...new Set(onTheWay)].filter((kind) => announced.has(kind) && kind !== 'file')
  assert.deepEqual(unsure.toSorted(), [...bornOnTheWay].toSorted())
  for (const id of ['files.create', 'uploads.complete']) {
    const row = rows.find((each) => each.id === id)
    assert.equal(row === undefined ? null : planOf(row).intent, 'file', id)
  }
})
