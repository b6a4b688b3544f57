import assert from 'node:assert/strict'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type OpenAI from 'openai'
import { refusal, startTestEmulator } from '../../../../test/harness/emulator.ts'
import type { TestEmulator } from '../../../../test/harness/emulator.ts'

type Batch = OpenAI.Batch
type ResultLine = {
  readonly id: string
  readonly custom_id: string
  readonly response: { readonly status_code: number; readonly request_id: string; readonly body: unknown } | null
  readonly error: { readonly code: string } | null
}

const endpoint = '/v1/chat/completions'
const ask = (id: string, prompt: string, body: object = {}): object => ({
  custom_id: id,
  method: 'POST',
  url: endpoint,
  body: { model: 'gpt-4o-mini', messages: [{ role: 'user', content: prompt }], ...body },
})
const jsonl = (lines: readonly unknown[]): string =>
  lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')

async function upload({ client }: TestEmulator, lines: readonly unknown[]): Promise<string> {
  return (await client.files.create({ file: new File([jsonl(lines)], 'input.jsonl'), purpose: 'batch' })).id
}

async function start(emulator: TestEmulator, lines: readonly unknown[], more: Partial<OpenAI.BatchCreateParams> = {}): Promise<Batch> {
  const input = await upload(emulator, lines)
  return emulator.client.batches.create({ input_file_id: input, endpoint, completion_window: '24h', ...more })
}

async function untilOver({ client }: TestEmulator, id: string): Promise<Batch> {
  for (;;) {
    const batch = await client.batches.retrieve(id)
    if (['completed', 'failed', 'expired', 'cancelled'].includes(batch.status)) return batch
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** With this pace nothing happens unless the clock is moved. */
const hour = 3_600_000

/** Moves the clock by one step and waits for what it does to the batch. */
async function step(emulator: TestEmulator, id: string, byMs = hour): Promise<Batch> {
  const before = JSON.stringify(await emulator.client.batches.retrieve(id))
  emulator.running.clock.advance(byMs)
  for (;;) {
    const batch = await emulator.client.batches.retrieve(id)
    if (JSON.stringify(batch) !== before) return batch
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

const resultsOf = async ({ client }: TestEmulator, fileId: string | undefined): Promise<readonly ResultLine[]> =>
  (await (await client.files.content(fileId ?? '')).text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ResultLine)

test('every line is answered in the output file, in the words of its endpoint, and counted', async () => {
  await using emulator = await startTestEmulator({ jobPaceMs: hour })
  const created = await start(emulator, [ask('a', 'Reply with exactly: pong'), ask('b', 'Reply with exactly: ping')], {
    metadata: { team: 'blue' },
  })
  assert.match(created.id, /^batch_[0-9a-f]{32}$/)
  assert.deepEqual(
    [created.object, created.status, created.endpoint, created.completion_window, created.metadata, created.output_file_id],
    ['batch', 'validating', endpoint, '24h', { team: 'blue' }, null],
  )
  assert.equal(created.expires_at, created.created_at + 86_400)
  const seen: Batch[] = []
  while (seen.at(-1)?.status !== 'completed') seen.push(await step(emulator, created.id))
  assert.deepEqual(
    seen.map(({ status, request_counts: counts }) => [status, counts?.completed]),
    [
      ['in_progress', 0],
      ['in_progress', 1],
      ['finalizing', 2],
      ['completed', 2],
    ],
  )
  const batch = await emulator.client.batches.retrieve(created.id)
  assert.deepEqual(batch.request_counts, { total: 2, completed: 2, failed: 0 })
  assert.deepEqual([batch.model, batch.error_file_id, batch.errors], ['gpt-4o-mini-2024-07-18', null, null])

  const lines = await resultsOf(emulator, batch.output_file_id)
  assert.deepEqual(
    lines.map((line) => [line.custom_id, line.error, line.response?.status_code]),
    [
      ['a', null, 200],
      ['b', null, 200],
    ],
  )
  assert.match(lines[0]?.id ?? '', /^batch_req_/)
  assert.match(lines[0]?.response?.request_id ?? '', /^req_/)
  const answers = lines.map(({ response }) => response?.body as OpenAI.ChatCompletion | undefined)
  assert.equal(answers[0]?.choices[0]?.message.content, 'pong')
  const inputTokens = answers.reduce((sum, answer) => sum + (answer?.usage?.prompt_tokens ?? 0), 0)
  assert.deepEqual([batch.usage?.input_tokens, batch.usage?.output_tokens], [inputTokens, 2])
  const file = await emulator.client.files.retrieve(batch.output_file_id ?? '')
  assert.deepEqual([file.purpose, file.filename], ['batch_output', `${batch.id}_output.jsonl`])
  const events = (await (await emulator.send('GET', '/_emulator/events')).json()) as { data: { type: string; data: object }[] }
  assert.deepEqual(
    events.data.map(({ type, data }) => [type, data]),
    [['batch.completed', { id: batch.id }]],
  )
})

test('embeddings and responses run in batches too', async () => {
  await using emulator = await startTestEmulator()
  const bodies = {
    '/v1/embeddings': { model: 'text-embedding-3-small', input: 'red apples' },
    '/v1/responses': { model: 'gpt-4o-mini', input: 'Reply with exactly: pong' },
  } as const
  for (const [url, body] of Object.entries(bodies)) {
    const created = await start(emulator, [{ custom_id: 'a', method: 'POST', url, body }], { endpoint: url as '/v1/responses' })
    const batch = await untilOver(emulator, created.id)
    const [line] = await resultsOf(emulator, batch.output_file_id)
    assert.equal(line?.response?.status_code, 200)
    assert.ok((batch.usage?.input_tokens ?? 0) > 0)
  }
})

test('a request that is refused ends in the error file, and the batch completes', async () => {
  await using emulator = await startTestEmulator()
  const unknown = await start(emulator, [ask('a', 'hi', { model: 'gpt-unheard-of' })])
  const batch = await untilOver(emulator, unknown.id)
  assert.deepEqual([batch.status, batch.output_file_id, batch.request_counts], ['completed', null, { total: 1, completed: 0, failed: 1 }])
  const [line] = await resultsOf(emulator, batch.error_file_id)
  assert.deepEqual([line?.custom_id, line?.error, line?.response?.status_code], ['a', null, 404])
  assert.partialDeepStrictEqual(line?.response?.body, { error: { code: 'model_not_found' } })

  const half = await untilOver(emulator, (await start(emulator, [ask('good', 'hi'), ask('bad', 'hi', { n: 0 })])).id)
  assert.deepEqual(half.request_counts, { total: 2, completed: 1, failed: 1 })
  assert.equal((await resultsOf(emulator, half.output_file_id))[0]?.custom_id, 'good')
  assert.equal((await resultsOf(emulator, half.error_file_id))[0]?.custom_id, 'bad')
})

test('one bad line fails the batch before anything is run, and says which', async () => {
  await using emulator = await startTestEmulator()
  const { custom_id: _, ...nameless } = ask('x', 'hi') as { custom_id: string }
  const batch = await untilOver(
    emulator,
    (
      await start(emulator, [
        ask('same', 'hi'),
        '{"custom_id": ',
        nameless,
        ask('same', 'hi'),
        { ...ask('get', 'hi'), method: 'GET' },
        { ...ask('elsewhere', 'hi'), url: '/v1/embeddings' },
        ask('stream', 'hi', { stream: true }),
        '',
        ask('empty', 'hi', { messages: undefined }),
        ask('other', 'hi', { model: 'gpt-4o' }),
        { ...ask('number', 'hi'), custom_id: 7 },
      ])
    ).id,
  )
  assert.equal(batch.status, 'failed')
  assert.deepEqual([batch.request_counts?.total, batch.output_file_id, batch.error_file_id], [0, null, null])
  assert.deepEqual(
    batch.errors?.data?.map(({ line, code, param }) => [line, code, param]),
    [
      [2, 'invalid_json_line', null],
      [3, 'missing_required_parameter', 'custom_id'],
      [4, 'duplicate_custom_id', 'custom_id'],
      [5, 'invalid_value', 'method'],
      [6, 'invalid_url', 'url'],
      [7, 'streaming_unsupported', 'body.stream'],
      [9, 'invalid_request', 'body.messages'],
      [10, 'mismatched_model', 'body.model'],
      [11, 'invalid_type', 'custom_id'],
    ],
  )
  assert.equal(batch.errors?.data?.[0]?.message, 'This line is not parseable as valid JSON.')
  const empty = await untilOver(emulator, (await start(emulator, [' '])).id)
  assert.deepEqual(
    empty.errors?.data?.map(({ code, line }) => [code, line]),
    [['empty_file', null]],
  )
})

test('a restart in the middle runs no line twice and loses none', async () => {
  await using emulator = await startTestEmulator({ jobPaceMs: hour })
  const ids = Array.from({ length: 40 }, (_, index) => `line-${index}`)
  const { id } = await start(
    emulator,
    ids.map((each) => ask(each, 'hi')),
  )
  await step(emulator, id)
  assert.equal((await step(emulator, id)).request_counts?.completed, 20)
  await emulator.restart()
  assert.equal((await step(emulator, id)).status, 'finalizing')
  await emulator.restart()
  const batch = await step(emulator, id)
  assert.deepEqual([batch.status, batch.request_counts], ['completed', { total: 40, completed: 40, failed: 0 }])
  assert.deepEqual(
    (await resultsOf(emulator, batch.output_file_id)).map((line) => line.custom_id),
    ids,
  )
})

test('lines that an interrupted step had written but not counted appear once', async () => {
  await using emulator = await startTestEmulator({ jobPaceMs: hour })
  const { id } = await start(emulator, [ask('a', 'hi'), ask('b', 'hi')])
  await step(emulator, id)
  await step(emulator, id)
  await appendFile(join(emulator.dataDir, 'emulator', 'blobs', `${id}_output`), '{"custom_id":"b"}\n{"custom')
  await step(emulator, id)
  const batch = await step(emulator, id)
  assert.deepEqual(
    (await resultsOf(emulator, batch.output_file_id)).map((line) => line.custom_id),
    ['a', 'b'],
  )
})

test('a cancelled batch keeps what was done; a finished one cannot be cancelled', async () => {
  await using emulator = await startTestEmulator({ jobPaceMs: hour })
  const { client } = emulator
  const { id } = await start(emulator, [ask('a', 'hi'), ask('b', 'hi')])
  await step(emulator, id)
  await step(emulator, id)
  const cancelling = await client.batches.cancel(id)
  assert.equal(cancelling.status, 'cancelling')
  assert.ok((cancelling.cancelling_at ?? 0) >= cancelling.created_at)
  assert.equal((await client.batches.cancel(id)).status, 'cancelling')
  const batch = await step(emulator, id)
  assert.equal(batch.status, 'cancelled')
  assert.equal((await resultsOf(emulator, batch.output_file_id))[0]?.custom_id, 'a')
  assert.deepEqual(
    (await resultsOf(emulator, batch.error_file_id)).map((line) => [line.custom_id, line.error?.code]),
    [['b', 'batch_cancelled']],
  )
  const refused = await refusal(client.batches.cancel(id))
  assert.deepEqual([refused.status, refused.message], [409, "Cannot cancel a batch with status 'cancelled'."])
})

test('a batch that is not done within its window expires', async () => {
  await using emulator = await startTestEmulator({ jobPaceMs: hour })
  const { id } = await start(emulator, [ask('a', 'hi')])
  await step(emulator, id)
  const batch = await step(emulator, id, 25 * hour)
  assert.deepEqual([batch.status, batch.output_file_id], ['expired', null])
  assert.deepEqual(
    (await resultsOf(emulator, batch.error_file_id)).map((line) => [line.custom_id, line.response, line.error?.code]),
    [['a', null, 'batch_expired']],
  )
})

test('result files go when the caller said they should', async () => {
  await using emulator = await startTestEmulator()
  const { id } = await start(emulator, [ask('a', 'hi')], { output_expires_after: { anchor: 'created_at', seconds: 7200 } })
  const batch = await untilOver(emulator, id)
  const file = await emulator.client.files.retrieve(batch.output_file_id ?? '')
  assert.equal(file.expires_at, file.created_at + 7200)
})

test('batches are listed newest first, page by page', async () => {
  await using emulator = await startTestEmulator()
  const input = await upload(emulator, [ask('a', 'hi')])
  const ids: string[] = []
  for (let index = 0; index < 3; index++)
    ids.unshift((await emulator.client.batches.create({ input_file_id: input, endpoint, completion_window: '24h' })).id)
  const first = await emulator.client.batches.list({ limit: 2 })
  assert.deepEqual([first.data.map(({ id }) => id), first.has_more], [ids.slice(0, 2), true])
  const all = await Array.fromAsync(emulator.client.batches.list({ limit: 2 }))
  assert.deepEqual(
    all.map(({ id }) => id),
    ids,
  )
})

test('what cannot become a batch is refused at once', async () => {
  await using emulator = await startTestEmulator()
  const { client, send } = emulator
  const input = await upload(emulator, [ask('a', 'hi')])
  const create = async (body: object): Promise<unknown> => {
    const response = await send('POST', '/v1/batches', { input_file_id: input, endpoint, completion_window: '24h', ...body })
    const { error } = (await response.json()) as { error: { param: string; code: string | null } }
    return [response.status, error.param, error.code]
  }
  assert.deepEqual(await create({ input_file_id: null }), [400, 'input_file_id', 'missing_required_parameter'])
  assert.deepEqual(await create({ endpoint: '/v1/files' }), [400, 'endpoint', 'invalid_value'])
  assert.deepEqual(await create({ completion_window: '1h' }), [400, 'completion_window', 'invalid_value'])
  assert.deepEqual(await create({ metadata: { tags: ['a'] } }), [400, 'metadata.tags', 'invalid_type'])
  assert.deepEqual(await create({ input_file_id: 'file-none' }), [404, 'input_file_id', null])
  const other = await client.files.create({ file: new File(['x'], 'x.txt'), purpose: 'user_data' })
  assert.deepEqual(await create({ input_file_id: other.id }), [400, 'input_file_id', null])
  assert.equal((await refusal(client.batches.retrieve('batch_none'))).message, "No batch found with id 'batch_none'.")
  assert.equal((await refusal(client.batches.cancel('batch_none'))).status, 404)
})
