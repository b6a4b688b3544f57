// Adoption on both databases, with the emulator as the account that was there before.
import assert from 'node:assert/strict'
import { AdoptionError, createAdoption, type Adopt, type AdoptRequest, type AuditedChange } from '../../src/ownership/adoption.ts'
import type { Store } from '../../src/store/store.ts'
import { blue, insertObjects, owner, recordingOf, red, startOwnedAccount, type OwnedAccount } from '../harness/owned-account.ts'
import { onEachStore } from '../harness/stores.ts'

type Entry = {
  readonly actor: string
  readonly action: string
  readonly target: string
  readonly detail: Readonly<Record<string, unknown>>
}
type Stage = {
  readonly adopt: Adopt<string>
  readonly entries: Entry[]
  readonly request: (asked: Partial<AdoptRequest<string>>) => AdoptRequest<string>
}

function stageOf(store: Store, upstream: OwnedAccount): Stage {
  const entries: Entry[] = []
  const change: AuditedChange<string> = (actor, work) =>
    store.transaction(async (sql) => {
      const { result, entry } = await work(sql)
      if (entry !== null) entries.push({ actor, ...entry })
      return result
    })
  return {
    adopt: createAdoption<string>({ store, ask: upstream.ask, recordTold: recordingOf(store, upstream), change, clock: upstream.clock }),
    entries,
    request: (asked) => ({
      owner: red,
      account: upstream.account,
      kind: 'file',
      from: { query: {} },
      isDryRun: false,
      actor: 'olga',
      ...asked,
    }),
  }
}

const owners = async (store: Store): Promise<Readonly<Record<string, string>>> => {
  const rows = await store.all('SELECT id, project FROM objects ORDER BY id')
  return Object.fromEntries(rows.map((row) => [String(row['id']), String(row['project'])]))
}

onEachStore('adoption by id takes what nobody owns, and says of the rest only what the operator must know', async (_, { open }) => {
  const store = await open()
  await using upstream = await startOwnedAccount()
  const { adopt, entries, request } = stageOf(store, upstream)
  const [free, mine, foreign, siblings] = await Promise.all(['free', 'mine', 'foreign', 'siblings'].map((name) => upstream.upload(name)))
  const rows = [
    [red, mine],
    [blue, foreign],
    [owner('red', 'sibling'), siblings],
  ] as const
  await insertObjects(
    store,
    rows.map(([whose, file]) => ({ owner: whose, kind: 'file', id: file?.id ?? '', createdAt: 1, body: file?.body ?? '' })),
  )
  const before = await owners(store)
  const ids = [...[free, mine, foreign, siblings].map((file) => file?.id ?? ''), 'file-nowhere', free?.id ?? '']
  const expected = { claimed: [free?.id], theirs: [mine?.id], others: 2, missing: ['file-nowhere'], isVerified: true }

  assert.deepEqual(await adopt(request({ from: { ids }, isDryRun: true })), expected)
  assert.deepEqual([await owners(store), entries], [before, []], 'a dry run changes nothing')
  assert.deepEqual(await adopt(request({ from: { ids } })), expected)
  assert.deepEqual(await owners(store), { ...before, [free?.id ?? '']: red.project })
  assert.deepEqual(entries, [
    {
      actor: 'olga',
      action: 'object.adopt',
      target: red.project,
      detail: { account: upstream.account, kind: 'file', tenant: red.tenant, ids: [free?.id] },
    },
  ])
  const again = await adopt(request({ from: { ids: [free?.id ?? ''] } }))
  assert.deepEqual([again.claimed, again.theirs, entries.length], [[], [free?.id], 1])
  const taken = await adopt(request({ from: { ids: [free?.id ?? ''] }, owner: blue }))
  assert.deepEqual([taken.claimed, taken.others, (await owners(store))[free?.id ?? '']], [[], 1, red.project], 'an owner never changes')
  const [row] = await store.all('SELECT facet, body, created_at, state FROM objects WHERE id = ?', free?.id ?? '')
  const { created_at: seconds } = JSON.parse(free?.body ?? '{}') as { readonly created_at: number }
  assert.deepEqual([row?.['facet'], row?.['created_at'], row?.['state']], ['user_data', seconds * 1000, 'live'])
  assert.deepEqual(JSON.parse(String(row?.['body'])), JSON.parse(free?.body ?? ''))
})

onEachStore('a filter the list does not have adopts nothing', async (_, { open }) => {
  const store = await open()
  await using upstream = await startOwnedAccount()
  const { adopt, request } = stageOf(store, upstream)
  await upstream.upload('free')
  for (const query of [{ purpse: 'batch' }, { purpose: 'user_data', limit: '1' }, { constructor: 'x' }])
    await assert.rejects(adopt(request({ from: { query } })), AdoptionError, JSON.stringify(query))
  assert.deepEqual(await owners(store), {})
})

onEachStore('what a filter of the upstream should have left out is not adopted', async (_, { open }) => {
  const store = await open()
  await using upstream = await startOwnedAccount()
  const ask: OwnedAccount['ask'] = (account, { path, ...question }) =>
    upstream.ask(account, { ...question, path: path.replace('purpose=batch', '') })
  const { adopt, request } = stageOf(store, { ...upstream, ask })
  await upstream.upload('free')
  assert.deepEqual((await adopt(request({ from: { query: { purpose: 'batch' } } }))).claimed, [])
  assert.deepEqual(await owners(store), {})
})

onEachStore('adoption by list takes all that nobody owns, or what the filter leaves', async (_, { open }) => {
  const store = await open()
  await using upstream = await startOwnedAccount()
  const { adopt, entries, request } = stageOf(store, upstream)
  const files = await Promise.all(
    Array.from({ length: 12 }, async (_file, at) => await upstream.upload(`${at}`, at % 3 === 0 ? 'batch' : 'user_data')),
  )
  const foreign = files[1]?.id ?? ''
  await insertObjects(store, [{ owner: blue, kind: 'file', id: foreign, createdAt: 1, body: '' }])

  const batch = await adopt(request({ from: { query: { purpose: 'batch' } } }))
  assert.equal(batch.claimed.length, 4)
  const rest = await adopt(request({}))
  assert.deepEqual([rest.claimed.length, rest.theirs.length, rest.others, rest.missing], [7, 4, 1, []])
  assert.equal(entries.length, 2)
  assert.equal((await owners(store))[foreign], blue.project)

  // More than one page of the upstream.
  for (let at = 0; at < 103; at++) await upstream.call('POST', '/vector_stores', { name: `store ${at}` })
  upstream.asked.length = 0
  const stores = await adopt(request({ kind: 'vector_store' }))
  assert.deepEqual([stores.claimed.length, upstream.asked.length], [103, 2])
  const names = await store.all("SELECT body FROM objects WHERE kind = 'vector_store' ORDER BY created_at DESC, seq DESC")
  const listed = (await upstream.call('GET', '/vector_stores?limit=100'))['data'] as readonly { readonly name: string }[]
  assert.deepEqual(
    names.slice(0, 100).map((row) => (JSON.parse(String(row['body'])) as { readonly name: string }).name),
    listed.map(({ name }) => name),
    'in the order of the upstream, also within a second',
  )
})

onEachStore('what is born in an adopted object is adopted with it, unless somebody owns it', async (_, { open }) => {
  const store = await open()
  await using upstream = await startOwnedAccount()
  const { request } = stageOf(store, upstream)
  const told = { id: 'batch_1', output_file_id: 'file-out', error_file_id: 'file-err', input_file_id: 'file-in' }
  await insertObjects(store, [{ owner: blue, kind: 'file', id: 'file-err', createdAt: 1, body: '' }])
  const adopt = createAdoption<string>({
    ...{ store, clock: upstream.clock, recordTold: recordingOf(store, upstream) },
    ask: () => Promise.resolve({ status: 200, body: Buffer.from(JSON.stringify(told)) }),
    change: (_actor, work) => store.transaction(async (sql) => (await work(sql)).result),
  })
  await adopt(request({ kind: 'batch', from: { ids: ['batch_1'] }, isDryRun: true }))
  assert.deepEqual(Object.keys(await owners(store)), ['file-err'])
  await adopt(request({ kind: 'batch', from: { ids: ['batch_1'] } }))
  assert.deepEqual(await owners(store), { batch_1: red.project, 'file-out': red.project, 'file-err': blue.project })
})

onEachStore('what somebody records while an adoption looks stays theirs', async (_, { open }) => {
  const store = await open()
  await using upstream = await startOwnedAccount()
  const { request } = stageOf(store, upstream)
  const { id, body } = await upstream.upload('on its way')
  const entries: unknown[] = []
  const adopt = createAdoption<string>({
    ...{ store, ask: upstream.ask, clock: upstream.clock, recordTold: recordingOf(store, upstream) },
    change: async (_actor, work) => {
      await insertObjects(store, [{ owner: blue, kind: 'file', id, createdAt: 1, body }])
      return store.transaction(async (sql) => {
        const { result, entry } = await work(sql)
        entries.push(entry)
        return result
      })
    },
  })
  assert.deepEqual((await adopt(request({ from: { ids: [id] } }))).claimed, [])
  assert.deepEqual([await owners(store), entries], [{ [id]: blue.project }, [null]])
})

onEachStore('an orphan gets an owner by adoption and in no other way', async (_, { open }) => {
  const store = await open()
  await using upstream = await startOwnedAccount()
  const { adopt, request } = stageOf(store, upstream)
  const { id, body } = await upstream.upload('orphan')
  await insertObjects(store, [{ owner: owner('', ''), kind: 'file', id, createdAt: 1, body, state: 'orphan' }])
  assert.deepEqual((await adopt(request({ from: { ids: [id] } }))).claimed, [id])
  const [row] = await store.all('SELECT project, tenant, state FROM objects WHERE id = ?', id)
  assert.deepEqual({ ...row }, { ...red, state: 'live' })
})

onEachStore('what the upstream cannot be asked about is taken by id as it is, and never by list', async (_, { open }) => {
  const store = await open()
  await using upstream = await startOwnedAccount()
  const { adopt, request } = stageOf(store, upstream)
  const prompts = await adopt(request({ kind: 'prompt', from: { ids: ['pmpt_1'] } }))
  assert.deepEqual(prompts, { claimed: ['pmpt_1'], theirs: [], others: 0, missing: [], isVerified: false })
  assert.deepEqual(upstream.asked, [])
  await assert.rejects(
    adopt(request({ kind: 'prompt' })),
    (error: unknown) => error instanceof AdoptionError && /no list of prompts/.test(error.message),
  )
  for (const id of ['../models', 'file-1/content', '', 'file-1?limit=1'])
    await assert.rejects(
      adopt(request({ from: { ids: [id] } })),
      (error: unknown) => error instanceof AdoptionError && /no id of a file/.test(error.message),
    )
  assert.deepEqual(upstream.asked, [], 'no such id gets into a path')
})

onEachStore('an upstream that does not answer adopts nothing by mistake', async (_, { open }) => {
  const store = await open()
  await using upstream = await startOwnedAccount()
  const { request } = stageOf(store, upstream)
  const change: AuditedChange<string> = () => Promise.reject(new Error('nothing may be written'))
  const recordTold = recordingOf(store, upstream)
  const answering = (status: number, body: string): Adopt<string> =>
    createAdoption<string>({
      store,
      ask: () => Promise.resolve({ status, body: Buffer.from(body) }),
      recordTold,
      change,
      clock: upstream.clock,
    })
  for (const [status, body] of [
    [401, '{"error":{}}'],
    [500, '{"error":{}}'],
    [404, '<html>'],
    [200, '{"id":"file-2"}'],
  ] as const) {
    await assert.rejects(answering(status, body)(request({ from: { ids: ['file-1'] } })), AdoptionError)
    await assert.rejects(answering(status, body)(request({})), AdoptionError)
  }
  const silent = createAdoption<string>({
    store,
    ask: () => Promise.reject(new Error('no connection')),
    recordTold,
    change,
    clock: upstream.clock,
  })
  await assert.rejects(silent(request({})), (error: unknown) => error instanceof AdoptionError && /could not be asked/.test(error.message))
  assert.deepEqual(await owners(store), {})
})
