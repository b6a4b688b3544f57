import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import type OpenAI from 'openai'
import { refusal, startTestEmulator } from '../../../../test/harness/emulator.ts'

type Messages = OpenAI.ChatCompletionMessageParam[]
const user = (content: string): Messages => [{ role: 'user', content }]
const weather = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    strict: true,
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
  },
}

test('an answer is deterministic, counted and named after the snapshot of its model', async () => {
  await using emulator = await startTestEmulator()
  const ask = (): Promise<OpenAI.ChatCompletion> =>
    emulator.client.chat.completions.create({ model: 'gpt-4o-mini', messages: user('Tell me about the sea.') })
  const [first, second] = [await ask(), await ask()]
  assert.equal(first.choices[0]?.message.content, second.choices[0]?.message.content)
  assert.match(first.choices[0]?.message.content ?? '', /the sea/)
  assert.match(first.id, /^chatcmpl-[0-9A-Za-z]{29}$/)
  assert.notEqual(first.id, second.id)
  assert.equal(first.model, 'gpt-4o-mini-2024-07-18')
  assert.equal(first.usage?.total_tokens, (first.usage?.prompt_tokens ?? 0) + (first.usage?.completion_tokens ?? 0))
  assert.ok((first.usage?.completion_tokens ?? 0) > 5)
})

test('the chunks of a stream make the whole answer, and usage comes last where it is asked for', async () => {
  await using emulator = await startTestEmulator()
  const request = { model: 'gpt-4o-mini', messages: user('Count to 30') }
  const whole = await emulator.client.chat.completions.create(request)
  const chunks = await Array.fromAsync(
    await emulator.client.chat.completions.create({ ...request, stream: true, stream_options: { include_usage: true } }),
  )
  assert.equal(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join(''), whole.choices[0]?.message.content)
  assert.deepEqual(chunks[0]?.choices[0]?.delta, { role: 'assistant', content: '', refusal: null })
  assert.deepEqual(chunks.at(-1)?.choices, [])
  assert.deepEqual(chunks.at(-1)?.usage, whole.usage)
  assert.ok(chunks.slice(0, -1).every(({ usage }) => usage === null))
  assert.equal(chunks.at(-2)?.choices[0]?.finish_reason, 'stop')
  const plain = await Array.fromAsync(await emulator.client.chat.completions.create({ ...request, stream: true }))
  assert.ok(plain.every((chunk) => !('usage' in chunk) && chunk.choices.length === 1))
})

test('a stream is data lines that end with [DONE]', async () => {
  await using emulator = await startTestEmulator()
  const response = await emulator.send('POST', '/v1/chat/completions', {
    model: 'gpt-4o',
    stream: true,
    stream_options: { include_obfuscation: false },
    messages: user('Reply with exactly: pong'),
  })
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  assert.equal(response.headers.get('cache-control'), 'no-cache')
  const lines = (await response.text()).split('\n\n')
  assert.equal(lines.pop(), '')
  assert.equal(lines.pop(), 'data: [DONE]')
  assert.ok(lines.every((line) => line.startsWith('data: {"id":"chatcmpl-') && !line.includes('obfuscation')))
})

test('with a pace, tokens come one after the other, and generation stops when the client leaves', async () => {
  await using emulator = await startTestEmulator({ tokenPaceMs: 30 })
  const stream = await emulator.client.chat.completions.create({
    model: 'gpt-4o',
    stream: true,
    store: true,
    messages: user('Count to 500'),
  })
  let seen = 0
  for await (const _ of stream) if (++seen === 3) break
  const socketsGone = async (): Promise<boolean> => emulator.running.journal.read({ limit: 1 })[0]?.hasLeft === true
  while (!(await socketsGone())) await new Promise((resolve) => setTimeout(resolve, 10))
  assert.deepEqual((await emulator.client.chat.completions.list()).data, [], 'what was not finished is not stored')
})

test('n gives several answers, stop and the token limit cut them', async () => {
  await using emulator = await startTestEmulator()
  const several = await emulator.client.chat.completions.create({ model: 'gpt-4o', n: 3, messages: user('Tell me about the sea.') })
  assert.deepEqual(
    several.choices.map(({ index }) => index),
    [0, 1, 2],
  )
  assert.equal(new Set(several.choices.map(({ message }) => message.content)).size, 3)
  const stopped = await emulator.client.chat.completions.create({ model: 'gpt-4o', stop: [' 3', ' 5'], messages: user('Count to 9') })
  assert.equal(stopped.choices[0]?.message.content, '1, 2,')
  assert.equal(stopped.choices[0]?.finish_reason, 'stop')
  const cut = await emulator.client.chat.completions.create({ model: 'gpt-4o', max_completion_tokens: 4, messages: user('Count to 9') })
  assert.equal(cut.choices[0]?.finish_reason, 'length')
  assert.equal(cut.usage?.completion_tokens, 4)
})

test('logprobs come for every token, with as many alternatives as wanted', async () => {
  await using emulator = await startTestEmulator()
  const completion = await emulator.client.chat.completions.create({
    model: 'gpt-4o',
    logprobs: true,
    top_logprobs: 2,
    messages: user('Reply with exactly: one two'),
  })
  const content = completion.choices[0]?.logprobs?.content ?? []
  assert.equal(content.map(({ token }) => token).join(''), 'one two')
  assert.ok(content.every(({ top_logprobs: top, logprob, bytes }) => top.length === 2 && logprob <= 0 && bytes !== null))
})

test('a tool is called when the prompt asks for it or the choice demands it, with arguments that fit, and its result is told', async () => {
  await using emulator = await startTestEmulator()
  const messages = user('What is the weather in Paris?')
  const asked = await emulator.client.chat.completions.create({ model: 'gpt-4o', messages, tools: [weather] })
  const call = asked.choices[0]?.message.tool_calls?.[0]
  assert.ok(call?.type === 'function')
  assert.deepEqual([call.function.name, JSON.parse(call.function.arguments)], ['get_weather', { city: 'Paris' }])
  assert.deepEqual([asked.choices[0]?.finish_reason, asked.choices[0]?.message.content], ['tool_calls', null])
  const answered = await emulator.client.chat.completions.create({
    model: 'gpt-4o',
    tools: [weather],
    messages: [...messages, { role: 'assistant', tool_calls: [call] }, { role: 'tool', tool_call_id: call.id, content: '18 degrees' }],
  })
  assert.match(answered.choices[0]?.message.content ?? '', /get_weather.*18 degrees/)
  const unasked = await emulator.client.chat.completions.create({ model: 'gpt-4o', messages: user('Hello!'), tools: [weather] })
  assert.equal(unasked.choices[0]?.message.tool_calls, undefined)
  const required = await emulator.client.chat.completions.create({
    model: 'gpt-4o',
    messages: user('Hello!'),
    tools: [weather],
    tool_choice: 'required',
  })
  assert.equal(required.choices[0]?.message.tool_calls?.length, 1)
  const none = await emulator.client.chat.completions.create({ model: 'gpt-4o', messages, tools: [weather], tool_choice: 'none' })
  assert.equal(none.choices[0]?.message.tool_calls, undefined)
  const named = await emulator.client.chat.completions.create({
    model: 'gpt-4o',
    messages: user('Hello!'),
    tools: [weather],
    tool_choice: { type: 'function', function: { name: 'get_weather' } },
  })
  assert.deepEqual([named.choices[0]?.message.tool_calls?.length, named.choices[0]?.finish_reason], [1, 'stop'])
})

test('streamed tool calls add up to the same call', async () => {
  await using emulator = await startTestEmulator()
  const runner = emulator.client.chat.completions.stream({
    model: 'gpt-4o',
    messages: user('What is the weather in Paris?'),
    tools: [weather],
  })
  const final = await runner.finalChatCompletion()
  const call = final.choices[0]?.message.tool_calls?.[0]
  assert.ok(call?.type === 'function')
  assert.deepEqual(
    [call.function.name, JSON.parse(call.function.arguments), final.choices[0]?.finish_reason],
    ['get_weather', { city: 'Paris' }, 'tool_calls'],
  )
})

test('custom tools take text, and old functions still work', async () => {
  await using emulator = await startTestEmulator()
  const custom = await emulator.client.chat.completions.create({
    model: 'gpt-4o',
    messages: user('use run_sql'),
    tools: [{ type: 'custom', custom: { name: 'run_sql' } }],
  })
  assert.deepEqual(
    custom.choices[0]?.message.tool_calls?.map((call) => call.type === 'custom' && call.custom),
    [{ name: 'run_sql', input: 'use run_sql' }],
  )
  const response = await emulator.send('POST', '/v1/chat/completions', {
    model: 'gpt-4o',
    messages: user('get_time please'),
    functions: [{ name: 'get_time', parameters: { type: 'object', properties: {} } }],
  })
  const { choices } = (await response.json()) as OpenAI.ChatCompletion
  assert.equal(choices[0]?.finish_reason, 'function_call')
})

test('a JSON schema is satisfied, JSON mode gives an object and insists on the word', async () => {
  await using emulator = await startTestEmulator()
  const schema = {
    type: 'object',
    properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 18 } },
    required: ['name', 'age'],
    additionalProperties: false,
  }
  const structured = await emulator.client.chat.completions.create({
    model: 'gpt-4o',
    messages: user('Who?'),
    response_format: { type: 'json_schema', json_schema: { name: 'person', schema, strict: true } },
  })
  assert.deepEqual(JSON.parse(structured.choices[0]?.message.content ?? ''), { name: 'name', age: 18 })
  const loose = await emulator.client.chat.completions.create({
    model: 'gpt-4o',
    messages: user('Some JSON, please'),
    response_format: { type: 'json_object' },
  })
  assert.equal(typeof JSON.parse(loose.choices[0]?.message.content ?? ''), 'object')
  const refused = await refusal(
    emulator.client.chat.completions.create({ model: 'gpt-4o', messages: user('Hello'), response_format: { type: 'json_object' } }),
  )
  assert.match(refused.message, /must contain the word 'json'/)
  const open = await refusal(
    emulator.client.chat.completions.create({
      model: 'gpt-4o',
      messages: user('Who?'),
      response_format: { type: 'json_schema', json_schema: { name: 'person', schema: { type: 'object', properties: {} }, strict: true } },
    }),
  )
  assert.equal(
    open.message,
    "Invalid schema for response_format 'person': In context=(), 'additionalProperties' is required to be supplied and to be false.",
  )
})

test('requests that OpenAI refuses are refused, with its codes', async () => {
  await using emulator = await startTestEmulator()
  const { completions } = emulator.client.chat
  const outdated = { max_tokens: 5 }
  const call = { id: 'call_1', type: 'function' as const, function: { name: 'f', arguments: '{}' } }
  const cases: readonly (readonly [Promise<unknown>, number, string | null, string | null])[] = [
    [completions.create({ model: 'gpt-99', messages: user('x') }), 404, null, 'model_not_found'],
    [completions.create({ model: 'text-embedding-3-small', messages: user('x') }), 404, 'model', null],
    [completions.create({ model: 'gpt-4o', messages: [] }), 400, 'messages', 'empty_array'],
    [
      completions.create({ model: 'gpt-4o', messages: [{ role: 'owner' as 'user', content: 'x' }] }),
      400,
      'messages[0].role',
      'invalid_value',
    ],
    [completions.create({ model: 'gpt-4o', messages: user('x'), tool_choice: 'auto' }), 400, 'tool_choice', null],
    [completions.create({ model: 'o3', messages: user('x'), ...outdated }), 400, 'max_tokens', 'unsupported_parameter'],
    [completions.create({ model: 'gpt-5', messages: user('x'), temperature: 0.5 }), 400, 'temperature', 'unsupported_value'],
    [
      completions.create({ model: 'gpt-4o', messages: [{ role: 'tool', tool_call_id: 'call_1', content: 'x' }] }),
      400,
      'messages.[0].role',
      null,
    ],
    [
      completions.create({
        model: 'gpt-4o',
        messages: [
          { role: 'assistant', tool_calls: [call] },
          { role: 'user', content: 'x' },
        ],
      }),
      400,
      'messages.[1].role',
      null,
    ],
    [completions.create({ model: 'gpt-4', messages: user('word '.repeat(9000)) }), 400, 'messages', 'context_length_exceeded'],
  ]
  for (const [promise, status, param, code] of cases) {
    const refused = await refusal(promise)
    assert.deepEqual([refused.status, refused.param, refused.code], [status, param, code], refused.message)
  }
})

test('stored completions are listed, read, filtered, changed and deleted, others are not kept', async () => {
  await using emulator = await startTestEmulator()
  const { completions } = emulator.client.chat
  const first = await completions.create({
    model: 'gpt-4o',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'hi' },
    ],
    store: true,
    metadata: { team: 'red' },
  })
  const second = await Array.fromAsync(
    await completions.create({ model: 'gpt-4o-mini', messages: user('hi'), store: true, stream: true, metadata: { team: 'blue' } }),
  )
  const unstored = await completions.create({ model: 'gpt-4o', messages: user('hi') })
  await emulator.restart()
  const stored = emulator.client.chat.completions
  const all = await Array.fromAsync(stored.list({ limit: 1 }))
  assert.deepEqual(
    all.map(({ id }) => id),
    [first.id, second[0]?.id],
  )
  assert.deepEqual(
    (await stored.list({ metadata: { team: 'blue' } })).data.map(({ id }) => id),
    [second[0]?.id],
  )
  assert.deepEqual(
    (await stored.list({ model: 'gpt-4o' })).data.map(({ id }) => id),
    [first.id],
  )
  const messages = await stored.messages.list(first.id)
  assert.deepEqual(
    messages.data.map(({ id, content }) => [id, content]),
    [
      [`${first.id}-0`, 'Be brief.'],
      [`${first.id}-1`, 'hi'],
    ],
  )
  assert.deepEqual((await stored.update(first.id, { metadata: { team: 'green' } })).metadata, { team: 'green' })
  assert.deepEqual((await stored.retrieve(first.id)).metadata, { team: 'green' })
  assert.deepEqual(await stored.delete(first.id), { object: 'chat.completion.deleted', id: first.id, deleted: true })
  for (const id of [first.id, unstored.id]) assert.equal((await refusal(stored.retrieve(id))).status, 404)
})

test('files are read for the prompt, and unknown ones refused', async () => {
  await using emulator = await startTestEmulator()
  const file = await emulator.client.files.create({ file: new File(['The code word is heliotrope.'], 'note.txt'), purpose: 'user_data' })
  const ask = (fileId: string): Promise<OpenAI.ChatCompletion> =>
    emulator.client.chat.completions.create({
      model: 'gpt-4o',
      messages: [
        { role: 'user', content: [{ type: 'file', file: { file_id: fileId } }] },
        { role: 'user', content: 'What is the code word?' },
      ],
    })
  assert.match((await ask(file.id)).choices[0]?.message.content ?? '', /heliotrope/)
  assert.equal((await refusal(ask('file-unknown'))).message, 'No such File object: file-unknown')
})

test('a client that half reads and leaves does not disturb the next', async () => {
  await using emulator = await startTestEmulator()
  const body = JSON.stringify({ model: 'gpt-4o', stream: true, messages: user('Count to 20000') })
  const socket = connect(emulator.running.port, '127.0.0.1')
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  await once(socket, 'data')
  socket.destroy()
  const next = await emulator.client.chat.completions.create({ model: 'gpt-4o', messages: user('Reply with exactly: pong') })
  assert.equal(next.choices[0]?.message.content, 'pong')
})
