import assert from 'node:assert/strict'
import { test } from 'node:test'
import type OpenAI from 'openai'
import { refusal, startTestEmulator } from '../../../../../test/harness/emulator.ts'
import type { TestEmulator } from '../../../../../test/harness/emulator.ts'

type Tool = OpenAI.Responses.Tool
type CodeCall = OpenAI.Responses.ResponseCodeInterpreterToolCall

const model = 'gpt-4o-mini'
const shipping = 'Orders leave our house at noon. Shipping takes three days within Europe and ten days overseas.'

async function storeOf({ client }: TestEmulator, contents: Readonly<Record<string, string>>): Promise<string> {
  const { id } = await client.vectorStores.create({})
  for (const [name, content] of Object.entries(contents)) {
    const file = await client.files.create({ file: new File([content], name), purpose: 'assistants' })
    await client.vectorStores.files.createAndPoll(id, { file_id: file.id, attributes: { name } }, { pollIntervalMs: 5 })
  }
  return id
}

const auto: Tool = { type: 'code_interpreter', container: { type: 'auto' } }

const codeCall = (response: OpenAI.Responses.Response): CodeCall => {
  const call = response.output.find((item) => item.type === 'code_interpreter_call')
  assert.ok(call)
  return call
}

const annotationsOf = (response: OpenAI.Responses.Response): readonly unknown[] =>
  response.output.flatMap((item) =>
    item.type === 'message' ? item.content.flatMap((part) => (part.type === 'output_text' ? part.annotations : [])) : [],
  )

test('file search answers from the files, shows its call and cites the file', async () => {
  await using emulator = await startTestEmulator()
  const storeId = await storeOf(emulator, { 'shipping.md': shipping, 'taxes.md': 'The tax law of 2024 changed the rates.' })
  const response = await emulator.client.responses.create({
    model,
    input: 'How long does shipping overseas take?',
    tools: [{ type: 'file_search', vector_store_ids: [storeId] }],
    include: ['file_search_call.results'],
  })
  assert.match(response.output_text, /Shipping takes three days within Europe and ten days overseas\./)
  const [call] = response.output
  assert.equal(call?.type, 'file_search_call')
  assert.match(call.id, /^fs_/)
  assert.deepEqual([call.status, call.queries], ['completed', ['How long does shipping overseas take?']])
  assert.equal(call.results?.length, 2)
  assert.deepEqual(
    [call.results[0]?.filename, call.results[0]?.text, call.results[0]?.attributes],
    ['shipping.md', shipping, { name: 'shipping.md' }],
  )
  assert.deepEqual(annotationsOf(response), [
    { type: 'file_citation', index: response.output_text.length, file_id: call.results[0]?.file_id, filename: 'shipping.md' },
  ])
  assert.deepEqual(response.tools[0], {
    type: 'file_search',
    vector_store_ids: [storeId],
    filters: null,
    max_num_results: 20,
    ranking_options: { ranker: 'auto', score_threshold: 0 },
  })
  assert.deepEqual((await emulator.client.responses.retrieve(response.id)).output, response.output)
})

test('results of a file search stay out unless asked for, and filters hold', async () => {
  await using emulator = await startTestEmulator()
  const storeId = await storeOf(emulator, { 'shipping.md': shipping, 'copy.md': shipping })
  const ask = (tool: object): Promise<OpenAI.Responses.Response> =>
    emulator.client.responses.create({
      model,
      input: 'How long does shipping take?',
      tools: [{ type: 'file_search', vector_store_ids: [storeId], ...tool }],
    })
  const [call] = (await ask({})).output
  assert.ok(call?.type === 'file_search_call' && call.results === null)
  const filtered = await ask({ filters: { type: 'eq', key: 'name', value: 'copy.md' } })
  assert.deepEqual(
    annotationsOf(filtered).map((each) => (each as { filename: string }).filename),
    ['copy.md'],
  )
  const nothing = await ask({ ranking_options: { score_threshold: 1 } })
  assert.deepEqual(annotationsOf(nothing), [])
})

test('file search is not used when the prompt says what to answer, unless it has to be', async () => {
  await using emulator = await startTestEmulator()
  const storeId = await storeOf(emulator, { 'shipping.md': shipping })
  const ask = (more: object): Promise<OpenAI.Responses.Response> =>
    emulator.client.responses.create({
      model,
      input: 'Reply with exactly: pong',
      tools: [{ type: 'file_search', vector_store_ids: [storeId] }],
      ...more,
    })
  for (const [more, types] of [
    [{}, ['message']],
    [{ tool_choice: { type: 'file_search' } }, ['file_search_call', 'message']],
    [{ tool_choice: 'required' }, ['file_search_call', 'message']],
  ] as const) {
    const response = await ask(more)
    assert.equal(response.output_text, 'pong')
    assert.deepEqual(
      response.output.map(({ type }) => type),
      types,
    )
  }
})

test('stores and containers that are missing or expired are refused before anything is answered', async () => {
  await using emulator = await startTestEmulator()
  const { client, running } = emulator
  const ask = (tool: object, more: object = {}): ReturnType<typeof refusal> =>
    refusal(client.responses.create({ model, input: 'hi', tools: [tool as Tool], ...more }))
  const search = (...ids: readonly string[]): object => ({ type: 'file_search', vector_store_ids: ids })
  const interpret = (container: unknown): object => ({ type: 'code_interpreter', container })
  assert.equal((await ask({ type: 'file_search' })).param, 'tools[0].vector_store_ids')
  const unknown = await ask(search('vs_none'), { background: true })
  assert.deepEqual([unknown.status, unknown.message], [404, "Vector store with id 'vs_none' not found."])
  assert.equal((await ask({ ...search('vs_none'), max_num_results: 51 })).param, 'tools[0].max_num_results')
  assert.equal((await ask({ type: 'code_interpreter' })).param, 'tools[0].container')
  assert.equal((await ask(interpret({ type: 'other' }))).param, 'tools[0].container.type')
  assert.equal((await ask(interpret({ type: 'auto', file_ids: ['file-none'] }))).status, 404)
  const missing = await ask(interpret('cntr_none'))
  assert.deepEqual([missing.status, missing.message], [404, "Container with id 'cntr_none' not found."])
  const store = await client.vectorStores.create({ expires_after: { anchor: 'last_active_at', days: 1 } })
  const container = await client.containers.create({ name: 'lab' })
  running.clock.advance(25 * 3_600_000)
  assert.equal((await ask(search(store.id))).message, `Vector store '${store.id}' has expired.`)
  assert.equal((await ask(interpret(container.id))).message, 'Container is expired.')
})

test('the code interpreter works in a container that it makes, and goes on in it', async () => {
  await using emulator = await startTestEmulator()
  const { client } = emulator
  const first = await client.responses.create({
    model,
    input: 'What is 12 * (3 + 4)?',
    tools: [{ type: 'code_interpreter', container: { type: 'auto', memory_limit: '4g' } }],
    include: ['code_interpreter_call.outputs'],
  })
  assert.match(first.output_text, /\b84\b/)
  const call = codeCall(first)
  assert.match(call.id, /^ci_/)
  assert.deepEqual([call.status, call.code, call.outputs], ['completed', 'print(12 * (3 + 4))', [{ type: 'logs', logs: '84\n' }]])
  const container = await client.containers.retrieve(call.container_id)
  assert.deepEqual([container.status, container.memory_limit], ['running', '4g'])
  const second = await client.responses.create({ model, input: 'And 2 ** 10?', previous_response_id: first.id, tools: [auto] })
  assert.match(second.output_text, /\b1024\b/)
  assert.deepEqual([codeCall(second).container_id, codeCall(second).outputs], [call.container_id, null])
  emulator.running.clock.advance(30 * 60_000)
  const third = await client.responses.create({ model, input: 'And 3 ** 2?', previous_response_id: second.id, tools: [auto] })
  assert.notEqual(codeCall(third).container_id, call.container_id)
})

test('a file that is asked for is made, cited and can be downloaded', async () => {
  await using emulator = await startTestEmulator()
  const { client } = emulator
  const { id } = await client.containers.create({ name: 'lab' })
  const response = await client.responses.create({
    model,
    input: "Create a file called report.csv with the content 'a,b'",
    tools: [{ type: 'code_interpreter', container: id }],
  })
  assert.equal(codeCall(response).container_id, id)
  const [citation] = annotationsOf(response) as OpenAI.Responses.ResponseOutputText.ContainerFileCitation[]
  assert.deepEqual([citation?.type, citation?.container_id, citation?.filename], ['container_file_citation', id, 'report.csv'])
  assert.equal(response.output_text.slice(citation?.start_index, citation?.end_index), 'sandbox:/mnt/data/report.csv')
  const fileId = citation?.file_id ?? ''
  const file = await client.containers.files.retrieve(fileId, { container_id: id })
  assert.deepEqual([file.path, file.source, file.bytes], ['/mnt/data/report.csv', 'assistant', 4])
  assert.equal(await (await client.containers.files.content.retrieve(fileId, { container_id: id })).text(), 'a,b\n')
  const again = await client.responses.create({
    model,
    input: 'Save "c,d" to report.csv, then reply with exactly: done',
    tools: [{ type: 'code_interpreter', container: id }],
  })
  assert.equal(again.output_text, 'done')
  const files = await client.containers.files.list(id)
  assert.deepEqual(
    files.data.map(({ path, bytes }) => [path, bytes]),
    [['/mnt/data/report.csv', 4]],
  )
})

test('files given to the code interpreter are seen by it', async () => {
  await using emulator = await startTestEmulator()
  const { client } = emulator
  const file = await client.files.create({ file: new File(['city,people\nParis,2'], 'cities.csv'), purpose: 'user_data' })
  const response = await client.responses.create({
    model,
    input: 'Look into the data file.',
    tools: [{ type: 'code_interpreter', container: { type: 'auto', file_ids: [file.id] } }],
  })
  assert.match(response.output_text, /Paris,2/)
  assert.match(codeCall(response).code ?? '', /\/mnt\/data\/[0-9a-f]{32}-cities\.csv/)
})

test('streams show the calls of hosted tools step by step', async () => {
  await using emulator = await startTestEmulator()
  const storeId = await storeOf(emulator, { 'shipping.md': shipping })
  const events = await Array.fromAsync(
    await emulator.client.responses.create({
      model,
      input: 'How long is shipping overseas in hours: what is 10 * 24?',
      tools: [{ type: 'file_search', vector_store_ids: [storeId] }, auto],
      include: ['file_search_call.results', 'code_interpreter_call.outputs'],
      stream: true,
    }),
  )
  const typesAt = (index: number): readonly string[] =>
    events.filter((event) => 'output_index' in event && event.output_index === index).map(({ type }) => type.replace('response.', ''))
  assert.deepEqual(typesAt(0), [
    'output_item.added',
    'file_search_call.in_progress',
    'file_search_call.searching',
    'file_search_call.completed',
    'output_item.done',
  ])
  const codeTypes = typesAt(1)
  assert.deepEqual(
    codeTypes.filter((type) => type !== 'code_interpreter_call_code.delta'),
    [
      'output_item.added',
      'code_interpreter_call.in_progress',
      'code_interpreter_call_code.done',
      'code_interpreter_call.interpreting',
      'code_interpreter_call.completed',
      'output_item.done',
    ],
  )
  const code = events.flatMap((event) => (event.type === 'response.code_interpreter_call_code.delta' ? [event.delta] : [])).join('')
  assert.equal(code, 'print(10 * 24)')
  const added = events.flatMap((event) => (event.type === 'response.output_item.added' ? [event.item] : []))
  assert.ok(added[0]?.type === 'file_search_call' && added[0].queries.length === 0 && added[0].results === null)
  assert.ok(added[1]?.type === 'code_interpreter_call' && added[1].code === '' && added[1].outputs === null)
  assert.ok(events.some((event) => event.type === 'response.output_text.annotation.added'))
})
