import assert from 'node:assert/strict'
import { test } from 'node:test'
import type OpenAI from 'openai'
import { refusal, startTestEmulator } from '../../../../test/harness/emulator.ts'
import type { TestEmulator } from '../../../../test/harness/emulator.ts'

type Event = OpenAI.Responses.ResponseStreamEvent
const model = 'gpt-4o-mini'
const weather = {
  type: 'function' as const,
  name: 'get_weather',
  strict: true,
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
}

test('a response is answered, stored, read back after a restart, and deleted', async () => {
  await using emulator = await startTestEmulator()
  const made = await emulator.client.responses.create({ model, input: 'Reply with exactly: pong', metadata: { a: 'b' } })
  assert.equal(made.output_text, 'pong')
  assert.match(made.id, /^resp_[0-9a-f]{48}$/)
  assert.deepEqual([made.status, made.model, made.usage?.output_tokens], ['completed', 'gpt-4o-mini-2024-07-18', 1])
  await emulator.restart()
  assert.deepEqual(await emulator.client.responses.retrieve(made.id), made)
  const items = await emulator.client.responses.inputItems.list(made.id)
  assert.deepEqual(
    items.data.map((item) => item.type === 'message' && item.content),
    [[{ type: 'input_text', text: 'Reply with exactly: pong' }]],
  )
  const deleted = await emulator.send('DELETE', `/v1/responses/${made.id}`)
  assert.deepEqual(await deleted.json(), { id: made.id, object: 'response', deleted: true })
  assert.equal((await refusal(emulator.client.responses.retrieve(made.id))).message, `Response with id '${made.id}' not found.`)
})

test('what is not to be stored is not', async () => {
  await using emulator = await startTestEmulator()
  const { id } = await emulator.client.responses.create({ model, input: 'hi', store: false })
  assert.equal((await refusal(emulator.client.responses.retrieve(id))).status, 404)
})

test('a stream has every event in order, numbered without gaps, and ends without [DONE]', async () => {
  await using emulator = await startTestEmulator()
  const response = await emulator.send('POST', '/v1/responses', { model, input: 'Reply with exactly: one two', stream: true })
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  const events = (await response.text())
    .trimEnd()
    .split('\n\n')
    .map((block) => {
      const [name = '', data = ''] = block.split('\n')
      const event = JSON.parse(data.replace('data: ', '')) as Event
      assert.equal(name, `event: ${event.type}`)
      return event
    })
  assert.deepEqual(
    events.map(({ sequence_number: number }) => number),
    events.map((_, index) => index),
  )
  assert.deepEqual(
    events.map(({ type }) => type.replace('response.', '')),
    [
      'created',
      'in_progress',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'completed',
    ],
  )
  const last = events.at(-1)
  assert.ok(last?.type === 'response.completed')
  assert.deepEqual((await emulator.client.responses.retrieve(last.response.id)).output, last.response.output)
})

test('the helper of the SDK builds the same response from the stream', async () => {
  await using emulator = await startTestEmulator()
  const stream = emulator.client.responses.stream({
    model: 'gpt-5',
    input: 'What is the weather in Paris?',
    tools: [weather],
    reasoning: { summary: 'auto' },
  })
  const final = await stream.finalResponse()
  assert.deepEqual(
    final.output.map(({ type }) => type),
    ['reasoning', 'function_call'],
  )
  const call = final.output[1]
  assert.ok(call?.type === 'function_call')
  assert.equal(call.arguments, '{"city":"Paris"}')
  assert.ok((final.usage?.output_tokens_details.reasoning_tokens ?? 0) > 0)
})

test('a chain of responses remembers, and lists what it was told', async () => {
  await using emulator = await startTestEmulator()
  const first = await emulator.client.responses.create({ model, input: 'My name is Ada Lovelace.' })
  const second = await emulator.client.responses.create({ model, input: 'What is my name?', previous_response_id: first.id })
  assert.match(second.output_text, /Ada Lovelace/)
  assert.equal(second.previous_response_id, first.id)
  assert.equal((await emulator.client.responses.inputItems.list(second.id, { order: 'asc' })).data.length, 3)
  const refused = await refusal(emulator.client.responses.create({ model, input: 'x', previous_response_id: 'resp_none' }))
  assert.deepEqual(refused, {
    status: 400,
    message: "Previous response with id 'resp_none' not found.",
    code: 'previous_response_not_found',
    param: 'previous_response_id',
  })
})

test('a conversation grows by what a response read and wrote', async () => {
  await using emulator = await startTestEmulator()
  const conversation = await emulator.client.conversations.create({ items: [{ role: 'user', content: 'My dog is called Rex.' }] })
  const response = await emulator.client.responses.create({ model, conversation: conversation.id, input: 'What is my dog called?' })
  assert.match(response.output_text, /Rex/)
  assert.deepEqual(response.conversation, { id: conversation.id })
  const items = await Array.fromAsync(emulator.client.conversations.items.list(conversation.id, { order: 'asc' }))
  assert.deepEqual(
    items.map((item) => item.type === 'message' && item.role),
    ['user', 'user', 'assistant'],
  )
  const both = await refusal(
    emulator.client.responses.create({ model, input: 'x', conversation: conversation.id, previous_response_id: response.id }),
  )
  assert.equal(both.code, 'mutually_exclusive_parameters')
  const unknown = await refusal(emulator.client.responses.create({ model, input: 'x', conversation: 'conv_none' }))
  assert.deepEqual([unknown.status, unknown.message], [404, "Conversation with id 'conv_none' not found."])
})

test('the functions of the caller are called, and their results answered', async () => {
  await using emulator = await startTestEmulator()
  const asked = await emulator.client.responses.create({ model, input: 'What is the weather in Paris?', tools: [weather] })
  const call = asked.output[0]
  assert.ok(call?.type === 'function_call')
  assert.match(call.call_id, /^call_/)
  const unanswered = await refusal(emulator.client.responses.create({ model, previous_response_id: asked.id, input: 'And now?' }))
  assert.deepEqual([unanswered.message, unanswered.param], [`No tool output found for function call ${call.call_id}.`, 'input'])
  const output = { type: 'function_call_output' as const, call_id: call.call_id, output: '18 degrees' }
  const answered = await emulator.client.responses.create({ model, previous_response_id: asked.id, tools: [weather], input: [output] })
  assert.equal(answered.output_text, 'get_weather says: 18 degrees')
  const orphan = await refusal(emulator.client.responses.create({ model, input: [output] }))
  assert.equal(orphan.message, `No tool call found for function call output with call_id ${call.call_id}.`)
})

test('structured outputs satisfy their schema, which has to be strict unless it is said not to be', async () => {
  await using emulator = await startTestEmulator()
  const schema = {
    type: 'object',
    properties: { answer: { type: 'string' }, sure: { type: 'boolean' } },
    required: ['answer', 'sure'],
    additionalProperties: false,
  }
  const made = await emulator.client.responses.create({
    model,
    input: 'Reply with exactly: pong',
    text: { format: { type: 'json_schema', name: 'reply', schema } },
  })
  assert.deepEqual(JSON.parse(made.output_text), { answer: 'pong', sure: true })
  const loose = { type: 'json_schema' as const, name: 'reply', schema: { type: 'object', properties: { answer: { type: 'string' } } } }
  assert.equal(
    (await refusal(emulator.client.responses.create({ model, input: 'x', text: { format: loose } }))).code,
    'invalid_json_schema',
  )
  await emulator.client.responses.create({ model, input: 'x', text: { format: { ...loose, strict: false } } })
})

test('a response that is cut is incomplete, also in its stream', async () => {
  await using emulator = await startTestEmulator()
  const request = { model, input: 'Count to 100', max_output_tokens: 16 }
  const made = await emulator.client.responses.create(request)
  assert.deepEqual([made.status, made.incomplete_details, made.usage?.output_tokens], ['incomplete', { reason: 'max_output_tokens' }, 16])
  const events = await Array.fromAsync(await emulator.client.responses.create({ ...request, stream: true }))
  assert.equal(events.at(-1)?.type, 'response.incomplete')
})

const untilOver = async ({ client }: TestEmulator, id: string): Promise<OpenAI.Responses.Response> => {
  for (;;) {
    const response = await client.responses.retrieve(id)
    if (response.status !== 'queued' && response.status !== 'in_progress') return response
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

test('a background response is queued at once and completes by itself, also when the emulator restarts in between', async () => {
  await using emulator = await startTestEmulator({ jobPaceMs: 100 })
  const queued = await emulator.client.responses.create({ model, input: 'Reply with exactly: pong', background: true })
  assert.deepEqual([queued.status, queued.output, queued.background], ['queued', [], true])
  await emulator.restart()
  const over = await untilOver(emulator, queued.id)
  assert.deepEqual([over.status, over.output_text], ['completed', 'pong'])
  const events = (await (await emulator.send('GET', '/_emulator/events')).json()) as { data: { type: string; data: { id: string } }[] }
  assert.deepEqual(
    events.data.map(({ type, data }) => [type, data.id]),
    [['response.completed', queued.id]],
  )
})

test('a background response can be cancelled until it is over; others cannot', async () => {
  await using emulator = await startTestEmulator({ jobPaceMs: 60_000 })
  const { id } = await emulator.client.responses.create({ model, input: 'hi', background: true })
  assert.equal((await emulator.client.responses.cancel(id)).status, 'cancelled')
  assert.equal((await emulator.client.responses.cancel(id)).status, 'cancelled')
  emulator.running.clock.advance(600_000)
  assert.equal((await untilOver(emulator, id)).status, 'cancelled')
  const synchronous = await emulator.client.responses.create({ model, input: 'hi' })
  assert.equal((await refusal(emulator.client.responses.cancel(synchronous.id))).message, 'Cannot cancel a synchronous response.')
})

test('a background stream can be taken up after any event, while it runs, when it is over, and after a restart', async () => {
  await using emulator = await startTestEmulator({ jobPaceMs: 50 })
  const stream = await emulator.client.responses.create({ model, input: 'Count to 12', background: true, stream: true })
  let id = ''
  let lastSeen = -1
  for await (const event of stream) {
    if (event.type === 'response.created') ({ id } = event.response)
    lastSeen = event.sequence_number
    if (lastSeen === 4) break
  }
  await emulator.restart()
  const rest = await Array.fromAsync(await emulator.client.responses.retrieve(id, { stream: true, starting_after: lastSeen }))
  const all = await Array.fromAsync(await emulator.client.responses.retrieve(id, { stream: true }))
  assert.deepEqual(
    all.slice(0, 3).map(({ type }) => type),
    ['response.created', 'response.queued', 'response.in_progress'],
  )
  assert.deepEqual(rest, all.slice(lastSeen + 1))
  for (const [index] of all.entries())
    assert.deepEqual(
      await Array.fromAsync(await emulator.client.responses.retrieve(id, { stream: true, starting_after: index })),
      all.slice(index + 1),
    )
  emulator.running.clock.advance(6 * 60_000)
  const late = await refusal(emulator.client.responses.retrieve(id, { stream: true }))
  assert.equal(late.message, 'This response can no longer be streamed because it is more than 5 minutes old.')
  assert.equal((await emulator.client.responses.retrieve(id)).status, 'completed')
})

test('a stream of a response that is cancelled ends', async () => {
  await using emulator = await startTestEmulator({ jobPaceMs: 1000 })
  const stream = await emulator.client.responses.create({ model, input: 'Count to 12', background: true, stream: true })
  const types: string[] = []
  for await (const event of stream) {
    types.push(event.type)
    if (event.type === 'response.queued') await emulator.client.responses.cancel(event.response.id)
  }
  assert.deepEqual(types, ['response.created', 'response.queued', 'response.cancelled'])
})

test('input is counted without an answer, and compacted into a sealed item that still carries it', async () => {
  await using emulator = await startTestEmulator()
  const input = [
    { role: 'developer' as const, content: 'The code word is heliotrope.' },
    { role: 'user' as const, content: 'Remember it.' },
  ]
  const counted = await emulator.client.responses.inputTokens.count({ model, input })
  const made = await emulator.client.responses.create({ model, input })
  assert.equal(counted.input_tokens, made.usage?.input_tokens)
  const compacted = await emulator.client.responses.compact({ model, input })
  assert.deepEqual([compacted.object, compacted.output.map(({ type }) => type)], ['response.compaction', ['message', 'compaction']])
  const after = await emulator.client.responses.create({
    model,
    input: [...(compacted.output as OpenAI.Responses.ResponseInputItem[]), { role: 'user', content: 'What is the code word?' }],
  })
  assert.match(after.output_text, /heliotrope/)
})

test('stored items can be referred to, others cannot', async () => {
  await using emulator = await startTestEmulator()
  const made = await emulator.client.responses.create({ model, input: 'Reply with exactly: pong' })
  const id = made.output[0]?.id ?? ''
  await emulator.client.responses.create({
    model,
    input: [
      { type: 'item_reference', id },
      { role: 'user', content: 'And?' },
    ],
  })
  const refused = await refusal(emulator.client.responses.create({ model, input: [{ type: 'item_reference', id: 'rs_none' }] }))
  assert.deepEqual([refused.status, refused.message.split('. ')[0]], [404, "Item with id 'rs_none' not found"])
})

test('a picture that was never uploaded is refused', async () => {
  await using emulator = await startTestEmulator()
  const ask = (fileId: string): Promise<unknown> =>
    emulator.client.responses.create({
      model,
      input: [{ role: 'user', content: [{ type: 'input_image', detail: 'auto', file_id: fileId }] }],
    })
  assert.equal((await refusal(ask('file-none'))).message, 'No such File object: file-none')
  const { id } = await emulator.client.files.create({ file: new File(['x'], 'x.png'), purpose: 'vision' })
  await ask(id)
})

test('a hosted web search shows its call and is cited', async () => {
  await using emulator = await startTestEmulator()
  const events = await Array.fromAsync(
    await emulator.client.responses.create({ model, input: 'Search the web for cats', tools: [{ type: 'web_search' }], stream: true }),
  )
  const types = events.map(({ type }) => type)
  for (const type of ['response.web_search_call.searching', 'response.output_text.annotation.added'] as const)
    assert.ok(types.includes(type), type)
})

test('requests that OpenAI refuses are refused in its order of checks', async () => {
  await using emulator = await startTestEmulator()
  const send = async (body: unknown): Promise<readonly unknown[]> => {
    const response = await emulator.send('POST', '/v1/responses', body)
    const { error } = (await response.json()) as { error: { code: unknown; param: unknown } }
    return [response.status, error.param, error.code]
  }
  assert.deepEqual(await send({ x: 1 }), [400, 'model', 'missing_required_parameter'])
  assert.deepEqual(await send({ model, x: 1 }), [400, 'input', 'missing_required_parameter'])
  assert.deepEqual(await send({ model, input: 'x', temperature: 'hot', x: 1 }), [400, 'x', 'unknown_parameter'])
  assert.deepEqual(await send({ model: 'gpt-99', input: 'x', temperature: 'hot' }), [400, 'temperature', 'invalid_type'])
  assert.deepEqual(await send({ model: 'gpt-99', input: 'x' }), [400, 'model', 'model_not_found'])
  assert.deepEqual(await send({ model, input: 'x', stream: true, stream_options: { include_usage: true } }), [
    400,
    'stream_options.include_usage',
    'unknown_parameter',
  ])
  assert.deepEqual(await send({ model, input: 'x', prompt: { id: 'pmpt_1' } }), [404, null, null])
  assert.deepEqual(await send({ model, input: [{ type: 'nonsense' }] }), [400, 'input[0].type', 'invalid_value'])
  assert.deepEqual(await send({ model, input: 'x', tools: [{ type: 'nonsense' }] }), [400, 'tools[0].type', 'invalid_value'])
  assert.deepEqual(await send({ model, input: 'x', max_output_tokens: 5 }), [400, 'max_output_tokens', 'integer_below_min_value'])
})
