import assert from 'node:assert/strict'
import { test } from 'node:test'
import type OpenAI from 'openai'
import { refusal, startTestEmulator } from '../../../../test/harness/emulator.ts'
import type { TestEmulator } from '../../../../test/harness/emulator.ts'

const apples = 'Our apples are red and sweet. They are harvested in September.'
const taxes = 'The tax law of 2024 changed the rates for small companies.'
const shipping = 'Shipping takes three days within Europe and ten days overseas.'

async function upload({ client }: TestEmulator, name: string, content: string): Promise<string> {
  return (await client.files.create({ file: new File([content], name), purpose: 'assistants' })).id
}

/** A store of these files, once all of them have been read. */
async function storeOf(emulator: TestEmulator, contents: Readonly<Record<string, string>>): Promise<OpenAI.VectorStore> {
  const ids = await Promise.all(Object.entries(contents).map(([name, content]) => upload(emulator, name, content)))
  const { id } = await emulator.client.vectorStores.create({ name: 'shop', file_ids: ids })
  return untilRead(emulator, id)
}

async function untilRead({ client }: TestEmulator, id: string): Promise<OpenAI.VectorStore> {
  for (;;) {
    const store = await client.vectorStores.retrieve(id)
    if (store.status !== 'in_progress') return store
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

const day = 86_400_000

test('a store reads its files over time, counts them, and is still there after a restart', async () => {
  await using emulator = await startTestEmulator()
  const fileIds = [await upload(emulator, 'apples.txt', apples), await upload(emulator, 'taxes.md', taxes)]
  const created = await emulator.client.vectorStores.create({
    name: 'shop',
    file_ids: fileIds,
    chunking_strategy: { type: 'static', static: { max_chunk_size_tokens: 100, chunk_overlap_tokens: 20 } },
    metadata: { team: 'blue' },
  })
  assert.match(created.id, /^vs_[0-9a-f]{32}$/)
  assert.deepEqual(
    [created.object, created.name, created.status, created.metadata, created.usage_bytes, created.expires_at],
    ['vector_store', 'shop', 'in_progress', { team: 'blue' }, 0, null],
  )
  assert.deepEqual(created.file_counts, { in_progress: 2, completed: 0, failed: 0, cancelled: 0, total: 2 })
  await emulator.restart()
  const store = await untilRead(emulator, created.id)
  assert.deepEqual([store.status, store.file_counts.completed, store.file_counts.total], ['completed', 2, 2])
  const files = await emulator.client.vectorStores.files.list(store.id)
  assert.deepEqual(
    files.data.map(({ id, status }) => [id, status]),
    fileIds.toReversed().map((id) => [id, 'completed']),
  )
  assert.deepEqual(files.data[0]?.chunking_strategy, {
    type: 'static',
    static: { max_chunk_size_tokens: 100, chunk_overlap_tokens: 20 },
  })
  assert.equal(
    store.usage_bytes,
    files.data.reduce((sum, file) => sum + file.usage_bytes, 0),
  )
  assert.ok(store.usage_bytes > apples.length + taxes.length)
})

test('an empty store is complete at once', async () => {
  await using emulator = await startTestEmulator()
  const store = await emulator.client.vectorStores.create({})
  assert.deepEqual([store.status, store.name, store.metadata, store.file_counts.total], ['completed', null, {}, 0])
})

test('search finds what the question is about, best first', async () => {
  await using emulator = await startTestEmulator()
  const { id } = await storeOf(emulator, { 'apples.txt': apples, 'taxes.txt': taxes, 'shipping.txt': shipping })
  const search = async (query: string, more: object = {}): Promise<readonly OpenAI.VectorStoreSearchResponse[]> =>
    (await emulator.client.vectorStores.search(id, { query, ...more })).data
  const found = await search('How long does shipping overseas take?')
  assert.deepEqual([found[0]?.filename, found[0]?.content], ['shipping.txt', [{ type: 'text', text: shipping }]])
  assert.equal(found.length, 3)
  const scores = found.map(({ score }) => score)
  assert.deepEqual(
    scores,
    scores.toSorted((a, b) => b - a),
  )
  assert.ok(scores.every((score) => score >= 0 && score <= 1))
  for (const ranker of ['auto', 'none'] as const)
    assert.equal((await search('When is the apple harvest?', { ranking_options: { ranker } }))[0]?.filename, 'apples.txt')
  assert.equal((await search('tax law', { max_num_results: 1 })).length, 1)
  assert.deepEqual(
    (await search('tax law', { ranking_options: { score_threshold: 0.5 } })).map(({ filename }) => filename),
    ['taxes.txt'],
  )
})

test('a search says how it was asked, in several ways or in the words that matter', async () => {
  await using emulator = await startTestEmulator()
  const { id } = await storeOf(emulator, { 'apples.txt': apples, 'taxes.txt': taxes })
  const search = async (body: object): Promise<{ object: string; search_query: string[]; data: { filename: string }[] }> =>
    (await emulator.send('POST', `/v1/vector_stores/${id}/search`, body)).json() as never
  const rewritten = await search({ query: 'Could you tell me what the tax law is?', rewrite_query: true })
  assert.deepEqual([rewritten.object, rewritten.search_query], ['vector_store.search_results.page', ['tax law']])
  const both = await search({ query: ['red apples', 'tax law'], ranking_options: { score_threshold: 0.5 } })
  assert.deepEqual(both.data.map(({ filename }) => filename).toSorted(), ['apples.txt', 'taxes.txt'])
})

test('long files are found by the piece', async () => {
  await using emulator = await startTestEmulator()
  const filler = 'Nothing of interest happens on this page. '.repeat(200)
  const { id } = await storeOf(emulator, { 'book.txt': `${filler}The treasure lies under the old lighthouse. ${filler}` })
  const [first] = (await emulator.client.vectorStores.search(id, { query: 'Where is the treasure?' })).data
  assert.ok(first?.content[0]?.text.includes('lighthouse'))
  assert.ok((first?.content[0]?.text.length ?? 0) < filler.length)
})

test('attributes filter what is searched, in any combination', async () => {
  await using emulator = await startTestEmulator()
  const { client } = emulator
  const { id } = await client.vectorStores.create({})
  for (const [name, attributes] of Object.entries({
    'old.txt': { year: 2019, region: 'us' },
    'new.txt': { year: 2024, region: 'eu', draft: true },
    'none.txt': {},
  }))
    await client.vectorStores.files.create(id, { file_id: await upload(emulator, name, apples), attributes })
  await untilRead(emulator, id)
  const found = async (filters: object): Promise<readonly string[]> => {
    const body = { query: 'apples', filters: filters as never }
    return (await client.vectorStores.search(id, body)).data.map(({ filename }) => filename).toSorted()
  }
  assert.deepEqual(await found({ type: 'eq', key: 'region', value: 'eu' }), ['new.txt'])
  assert.deepEqual(await found({ type: 'ne', key: 'region', value: 'eu' }), ['none.txt', 'old.txt'])
  assert.deepEqual(await found({ type: 'gte', key: 'year', value: 2019 }), ['new.txt', 'old.txt'])
  assert.deepEqual(await found({ type: 'lt', key: 'year', value: 2024 }), ['old.txt'])
  assert.deepEqual(await found({ type: 'in', key: 'region', value: ['us', 'asia'] }), ['old.txt'])
  assert.deepEqual(await found({ type: 'nin', key: 'region', value: ['us'] }), ['new.txt', 'none.txt'])
  const recent = { type: 'gt', key: 'year', value: 2020 }
  const draft = { type: 'eq', key: 'draft', value: true }
  assert.deepEqual(await found({ type: 'and', filters: [recent, draft] }), ['new.txt'])
  const american = { type: 'eq', key: 'region', value: 'us' }
  assert.deepEqual(await found({ type: 'or', filters: [american, { type: 'and', filters: [recent, draft] }] }), ['new.txt', 'old.txt'])
  const wrong = await refusal(client.vectorStores.search(id, { query: 'a', filters: { type: 'like' as 'eq', key: 'a', value: 'b' } }))
  assert.deepEqual([wrong.status, wrong.param, wrong.code], [400, 'filters.type', 'invalid_value'])
})

test('files that cannot be read fail and say why; the others do not mind', async () => {
  await using emulator = await startTestEmulator()
  const { id, file_counts: counts, status } = await storeOf(emulator, { 'a.txt': apples, 'b.csv': 'a,b', 'c.txt': ' ', 'd.pdf': 'x' })
  assert.deepEqual([status, counts], ['completed', { in_progress: 0, completed: 1, failed: 3, cancelled: 0, total: 4 }])
  const failed = await emulator.client.vectorStores.files.list(id, { filter: 'failed', order: 'asc' })
  assert.deepEqual(
    failed.data.map(({ last_error: error }) => error?.code),
    ['unsupported_file', 'invalid_file', 'invalid_file'],
  )
  assert.equal(failed.data[0]?.usage_bytes, 0)
})

test('an attached file is read back, changed and detached; deleting the file detaches it everywhere', async () => {
  await using emulator = await startTestEmulator()
  const { client } = emulator
  const { id } = await client.vectorStores.create({})
  const fileId = await upload(emulator, 'apples.txt', apples)
  const file = await client.vectorStores.files.createAndPoll(id, { file_id: fileId, attributes: { a: 1 } }, { pollIntervalMs: 5 })
  assert.deepEqual(
    [file.id, file.object, file.vector_store_id, file.status, file.last_error, file.attributes],
    [fileId, 'vector_store.file', id, 'completed', null, { a: 1 }],
  )
  const at = { vector_store_id: id }
  assert.deepEqual((await client.vectorStores.files.content(fileId, at)).data, [{ type: 'text', text: apples }])
  assert.deepEqual((await client.vectorStores.files.update(fileId, { ...at, attributes: { b: 'x' } })).attributes, { b: 'x' })
  assert.deepEqual((await client.vectorStores.files.update(fileId, { ...at, attributes: null })).attributes, {})
  assert.deepEqual(await client.vectorStores.files.delete(fileId, at), { id: fileId, object: 'vector_store.file.deleted', deleted: true })
  assert.equal((await refusal(client.vectorStores.files.retrieve(fileId, at))).status, 404)
  assert.deepEqual((await client.vectorStores.search(id, { query: 'apples' })).data, [])
  const emptied = await client.vectorStores.retrieve(id)
  assert.deepEqual([emptied.file_counts.total, emptied.usage_bytes], [0, 0])

  await client.vectorStores.files.createAndPoll(id, { file_id: fileId }, { pollIntervalMs: 5 })
  await client.files.delete(fileId)
  while ((await client.vectorStores.retrieve(id)).file_counts.total !== 0) await new Promise((resolve) => setTimeout(resolve, 5))
})

test('files attached as a batch are followed as one', async () => {
  await using emulator = await startTestEmulator()
  const { client } = emulator
  const { id } = await client.vectorStores.create({})
  await client.vectorStores.files.create(id, { file_id: await upload(emulator, 'other.txt', shipping) })
  const files = [
    { file_id: await upload(emulator, 'apples.txt', apples), attributes: { kind: 'fruit' } },
    { file_id: await upload(emulator, 'b.csv', 'a,b') },
  ]
  const begun = await client.vectorStores.fileBatches.create(id, { files })
  assert.match(begun.id, /^vsfb_[0-9a-f]{32}$/)
  assert.deepEqual(
    [begun.object, begun.vector_store_id, begun.status, begun.file_counts.in_progress],
    ['vector_store.files_batch', id, 'in_progress', 2],
  )
  const batch = await client.vectorStores.fileBatches.poll(id, begun.id, { pollIntervalMs: 5 })
  assert.deepEqual([batch.status, batch.file_counts], ['completed', { in_progress: 0, completed: 1, failed: 1, cancelled: 0, total: 2 }])
  const list = (filter?: 'failed'): Promise<OpenAI.VectorStores.VectorStoreFilesPage> =>
    client.vectorStores.fileBatches.listFiles(batch.id, { vector_store_id: id, order: 'asc', ...(filter === undefined ? {} : { filter }) })
  assert.deepEqual(
    (await list()).data.map((file) => file.attributes),
    [{ kind: 'fruit' }, {}],
  )
  assert.deepEqual(
    (await list('failed')).data.map((file) => file.id),
    [files[1]?.file_id],
  )
  const none = await client.vectorStores.fileBatches.create(id, { file_ids: [files[1]?.file_id ?? ''] })
  assert.equal((await client.vectorStores.fileBatches.poll(id, none.id, { pollIntervalMs: 5 })).status, 'failed')
})

test('a cancelled file batch leaves its files out', async () => {
  await using emulator = await startTestEmulator({ jobPaceMs: 3_600_000 })
  const { client } = emulator
  const { id } = await client.vectorStores.create({})
  const fileId = await upload(emulator, 'apples.txt', apples)
  const { id: batchId } = await client.vectorStores.fileBatches.create(id, { file_ids: [fileId] })
  const cancelled = await client.vectorStores.fileBatches.cancel(batchId, { vector_store_id: id })
  assert.deepEqual([cancelled.status, cancelled.file_counts.cancelled, cancelled.file_counts.in_progress], ['cancelled', 1, 0])
  emulator.running.clock.advance(7_200_000)
  assert.equal((await client.vectorStores.files.retrieve(fileId, { vector_store_id: id })).status, 'cancelled')
  assert.deepEqual((await client.vectorStores.search(id, { query: 'apples' })).data, [])
})

test('a store expires after days without use, and use keeps it', async () => {
  await using emulator = await startTestEmulator()
  const { client, running } = emulator
  const created = await client.vectorStores.create({ expires_after: { anchor: 'last_active_at', days: 2 } })
  const { id } = created
  assert.equal(created.expires_at, (created.last_active_at ?? 0) + 2 * 86_400)
  running.clock.advance(1.5 * day)
  await client.vectorStores.search(id, { query: 'anything' })
  running.clock.advance(1.5 * day)
  assert.equal((await client.vectorStores.retrieve(id)).status, 'completed')
  running.clock.advance(day)
  assert.equal((await client.vectorStores.retrieve(id)).status, 'expired')
  assert.equal((await client.vectorStores.list()).data[0]?.status, 'expired')
  const refused = await refusal(client.vectorStores.search(id, { query: 'anything' }))
  assert.deepEqual([refused.status, refused.message], [400, `Vector store '${id}' has expired.`])
})

test('a store is changed and deleted, and lists are paged', async () => {
  await using emulator = await startTestEmulator()
  const { client } = emulator
  const ids: string[] = []
  for (const name of ['a', 'b', 'c']) ids.unshift((await client.vectorStores.create({ name, metadata: { name } })).id)
  const id = ids[0] ?? ''
  const changed = await client.vectorStores.update(id, { name: 'z', expires_after: { anchor: 'last_active_at', days: 1 } })
  assert.deepEqual([changed.name, changed.metadata, changed.expires_after?.days], ['z', { name: 'c' }, 1])
  const cleared = await client.vectorStores.update(id, { expires_after: null, metadata: {} })
  assert.deepEqual([cleared.name, cleared.metadata, cleared.expires_at], ['z', {}, null])
  const all = await Array.fromAsync(client.vectorStores.list({ limit: 2 }))
  assert.deepEqual(
    all.map((each) => each.id),
    ids,
  )
  const before = await client.vectorStores.list({ before: ids[2] ?? '', limit: 1 })
  assert.deepEqual([before.data[0]?.id, before.has_more], [ids[1], true])
  assert.deepEqual(await client.vectorStores.delete(id), { id, object: 'vector_store.deleted', deleted: true })
  assert.equal((await refusal(client.vectorStores.retrieve(id))).message, `No vector store found with id '${id}'.`)
})

test('what is unknown or wrong is refused with the parameter it is about', async () => {
  await using emulator = await startTestEmulator()
  const { id } = await emulator.client.vectorStores.create({})
  const send = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await emulator.send(method, `/v1/vector_stores${path}`, body)
    const { error } = (await response.json()) as { error: { param: string | null; code: string | null } }
    return [response.status, error.param, error.code]
  }
  assert.deepEqual(await send('GET', '/vs_none'), [404, null, null])
  assert.deepEqual(await send('GET', '/store'), [400, 'vector_store_id', 'invalid_value'])
  assert.deepEqual(await send('POST', '', { file_ids: ['file-none'] }), [404, 'file_ids', null])
  assert.deepEqual(await send('POST', '', { expires_after: { anchor: 'last_active_at', days: 366 } }), [
    400,
    'expires_after.days',
    'integer_above_max_value',
  ])
  const sizes = { max_chunk_size_tokens: 200, chunk_overlap_tokens: 150 }
  assert.deepEqual(await send('POST', '', { chunking_strategy: { type: 'static', static: sizes } }), [
    400,
    'chunking_strategy.static.chunk_overlap_tokens',
    'invalid_value',
  ])
  assert.deepEqual(await send('POST', `/${id}/files`, {}), [400, 'file_id', 'missing_required_parameter'])
  assert.deepEqual(await send('POST', `/${id}/files`, { file_id: 'file-none' }), [404, 'file_id', null])
  assert.deepEqual(await send('POST', `/${id}/files`, { file_id: 'file-none', attributes: { a: [] } }), [
    400,
    'attributes.a',
    'invalid_type',
  ])
  assert.deepEqual(await send('GET', `/${id}/files?filter=done`), [400, 'filter', 'invalid_value'])
  assert.deepEqual(await send('GET', `/${id}/files/file-none/content`), [404, null, null])
  assert.deepEqual(await send('POST', `/${id}/file_batches`, {}), [400, 'file_ids', 'missing_required_parameter'])
  assert.deepEqual(await send('GET', `/${id}/file_batches/vsfb_none`), [404, null, null])
  assert.deepEqual(await send('GET', `/${id}/file_batches/${id}`), [400, 'batch_id', 'invalid_value'])
  assert.deepEqual(await send('POST', `/${id}/search`, {}), [400, 'query', 'missing_required_parameter'])
  assert.deepEqual(await send('POST', `/${id}/search`, { query: 'a', max_num_results: 51 }), [
    400,
    'max_num_results',
    'integer_above_max_value',
  ])
})
