import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toFile } from 'openai'
import type OpenAI from 'openai'
import { refusal, startTestEmulator } from '../../../../test/harness/emulator.ts'

const quick = { pollIntervalMs: 10 }

const textOf = (message: OpenAI.Beta.Threads.Message | undefined): string => {
  const part = message?.content[0]
  return part?.type === 'text' ? part.text.value : ''
}

test('without the beta header every operation is refused in the words of OpenAI', async () => {
  await using emulator = await startTestEmulator()
  const response = await emulator.send('GET', '/v1/assistants')
  assert.equal(response.status, 400)
  const { error } = (await response.json()) as { error: { code: string; message: string } }
  assert.equal(error.code, 'invalid_beta')
  assert.match(error.message, /You must provide the 'OpenAI-Beta' header to access the Assistants API/)
})

test('assistants are made, listed, changed with null as a value, and deleted', async () => {
  await using emulator = await startTestEmulator()
  const { assistants } = emulator.client.beta
  const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters: { type: 'object', properties: {} } } }]
  const first = await assistants.create({ model: 'gpt-4o', name: 'One', instructions: 'Be brief.', tools, metadata: { a: 'b' } })
  assert.match(first.id, /^asst_/)
  assert.deepEqual(
    [first.object, first.temperature, first.top_p, first.response_format, first.description],
    ['assistant', 1, 1, 'auto', null],
  )
  const second = await assistants.create({ model: 'gpt-4o-mini' })
  assert.deepEqual(
    (await assistants.list()).data.map(({ id }) => id),
    [second.id, first.id],
  )
  assert.deepEqual(
    (await assistants.list({ order: 'asc', after: first.id })).data.map(({ id }) => id),
    [second.id],
  )
  assert.deepEqual(
    (await assistants.list({ before: first.id })).data.map(({ id }) => id),
    [second.id],
  )
  const updated = await assistants.update(first.id, { name: null, instructions: 'Be long.', temperature: 0.5 })
  assert.deepEqual([updated.name, updated.instructions, updated.temperature, updated.tools], [null, 'Be long.', 0.5, tools])
  assert.deepEqual(await assistants.retrieve(first.id), updated)
  assert.deepEqual(await assistants.delete(first.id), { id: first.id, object: 'assistant.deleted', deleted: true })
  const gone = await refusal(assistants.retrieve(first.id))
  assert.deepEqual([gone.status, gone.message], [404, `No assistant found with id '${first.id}'.`])
})

test('what assistants are made of is checked', async () => {
  await using emulator = await startTestEmulator()
  const create = (body: unknown): Promise<unknown> => emulator.client.beta.assistants.create({ model: 'gpt-4o', ...(body as object) })
  const cases: readonly (readonly [unknown, number, string | null, string | null])[] = [
    [{ model: null }, 400, 'model', 'missing_required_parameter'],
    [{ model: 'gpt-9' }, 400, 'model', 'model_not_found'],
    [{ model: 'whisper-1' }, 400, 'model', 'unsupported_model'],
    [{ tools: [{ type: 'magic' }] }, 400, 'tools[0].type', 'invalid_value'],
    [{ tools: [{ type: 'function' }] }, 400, 'tools[0].function', 'missing_required_parameter'],
    [{ tools: [{ type: 'function', function: { name: 'a b' } }] }, 400, 'tools[0].function.name', 'invalid_value'],
    [{ temperature: 3 }, 400, 'temperature', 'decimal_above_max_value'],
    [{ response_format: { type: 'yaml' } }, 400, 'response_format.type', 'invalid_value'],
    [{ name: 'x'.repeat(257) }, 400, 'name', 'string_above_max_length'],
    [{ tool_resources: { code_interpreter: { file_ids: ['file-nobody'] } } }, 404, 'tool_resources.code_interpreter.file_ids', null],
    [{ tool_resources: { file_search: { vector_store_ids: ['vs_nobody'] } } }, 404, 'tool_resources.file_search.vector_store_ids', null],
    [{ files: [] }, 400, 'files', 'unknown_parameter'],
  ]
  for (const [body, status, param, code] of cases) {
    const error = await refusal(create(body))
    assert.deepEqual([error.status, error.param, error.code], [status, param, code], JSON.stringify(body))
  }
})

test('threads and their messages are kept, listed, changed and deleted together', async () => {
  await using emulator = await startTestEmulator()
  const { threads } = emulator.client.beta
  const thread = await threads.create({ messages: [{ role: 'user', content: 'One' }], metadata: { a: 'b' } })
  assert.match(thread.id, /^thread_/)
  const second = await threads.messages.create(thread.id, {
    role: 'user',
    content: [
      { type: 'text', text: 'Two' },
      { type: 'image_url', image_url: { url: 'https://example.com/x.png' } },
    ],
    metadata: { n: '2' },
  })
  assert.deepEqual(second.content, [
    { type: 'text', text: { value: 'Two', annotations: [] } },
    { type: 'image_url', image_url: { url: 'https://example.com/x.png', detail: 'auto' } },
  ])
  const page = await threads.messages.list(thread.id, { limit: 1 })
  assert.deepEqual([page.data.map(textOf), page.has_more], [['Two'], true])
  assert.deepEqual((await threads.messages.list(thread.id, { after: second.id })).data.map(textOf), ['One'])
  const changed = await threads.messages.update(second.id, { thread_id: thread.id, metadata: { n: '3' } })
  assert.deepEqual([changed.metadata, changed.content], [{ n: '3' }, second.content])
  assert.deepEqual((await threads.update(thread.id, { metadata: {} })).metadata, {})
  assert.deepEqual(await threads.messages.delete(second.id, { thread_id: thread.id }), {
    id: second.id,
    object: 'thread.message.deleted',
    deleted: true,
  })
  const gone = await refusal(threads.messages.retrieve(second.id, { thread_id: thread.id }))
  assert.deepEqual([gone.status, gone.message], [404, `No message found with id '${second.id}'.`])
  assert.deepEqual(await threads.delete(thread.id), { id: thread.id, object: 'thread.deleted', deleted: true })
  assert.equal((await refusal(threads.retrieve(thread.id))).message, `No thread found with id '${thread.id}'.`)
  assert.equal((await refusal(threads.messages.list(thread.id))).status, 404)
  const missing = await refusal(threads.create({ messages: [{ role: 'user', content: [] }] }))
  assert.deepEqual([missing.param, missing.code], ['messages[0].content', 'empty_array'])
})

test('a run passes through its states, over a restart too, locks its thread meanwhile, and answers with a message and a step', async () => {
  await using emulator = await startTestEmulator({ jobPaceMs: 150 })
  let { beta } = emulator.client
  const assistant = await beta.assistants.create({ model: 'gpt-4o', instructions: 'Remember: the code is 4711.' })
  const thread = await beta.threads.create({ messages: [{ role: 'user', content: 'What is the code?' }] })
  const queued = await beta.threads.runs.create(thread.id, { assistant_id: assistant.id, metadata: { a: 'b' } })
  assert.deepEqual([queued.status, queued.started_at, queued.usage, queued.instructions], ['queued', null, null, assistant.instructions])
  assert.equal(queued.expires_at, queued.created_at + 600)
  const locked = await refusal(beta.threads.messages.create(thread.id, { role: 'user', content: 'x' }))
  assert.equal(locked.message, `Can't add messages to ${thread.id} while a run ${queued.id} is active.`)
  const second = await refusal(beta.threads.runs.create(thread.id, { assistant_id: assistant.id }))
  assert.equal(second.message, `Thread ${thread.id} already has an active run ${queued.id}.`)
  await emulator.restart()
  ;({ beta } = emulator.client)
  const run = await beta.threads.runs.poll(queued.id, { thread_id: thread.id }, quick)
  assert.deepEqual([run.status, run.required_action, run.expires_at, run.metadata], ['completed', null, null, { a: 'b' }])
  assert.ok(run.usage !== null && run.usage.prompt_tokens > 0 && run.usage.completion_tokens > 0)
  assert.equal(run.usage.total_tokens, run.usage.prompt_tokens + run.usage.completion_tokens)
  const messages = await beta.threads.messages.list(thread.id, { run_id: run.id })
  assert.deepEqual(
    messages.data.map(({ role, status, assistant_id }) => [role, status, assistant_id]),
    [['assistant', 'completed', assistant.id]],
  )
  assert.match(textOf(messages.data[0]), /4711/)
  const steps = await beta.threads.runs.steps.list(run.id, { thread_id: thread.id })
  const [step] = steps.data
  assert.deepEqual([steps.data.length, step?.type, step?.status, step?.usage], [1, 'message_creation', 'completed', run.usage])
  assert.ok(step !== undefined)
  assert.deepEqual(step.step_details, { type: 'message_creation', message_creation: { message_id: messages.data[0]?.id } })
  assert.deepEqual(await beta.threads.runs.steps.retrieve(step.id, { thread_id: thread.id, run_id: run.id }), step)
  assert.deepEqual(
    (await beta.threads.runs.list(thread.id)).data.map(({ id }) => id),
    [run.id],
  )
  assert.deepEqual((await beta.threads.runs.update(run.id, { thread_id: thread.id, metadata: { c: 'd' } })).metadata, { c: 'd' })
})

const weather = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    description: 'The weather of a city.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
}

test('a run asks for the results of functions, insists on all of them, and answers with what they say', async () => {
  await using emulator = await startTestEmulator()
  const { beta } = emulator.client
  const assistant = await beta.assistants.create({ model: 'gpt-4o', tools: [weather] })
  const run = await beta.threads.createAndRunPoll(
    { assistant_id: assistant.id, thread: { messages: [{ role: 'user', content: 'What is the weather in Paris?' }] } },
    quick,
  )
  assert.equal(run.status, 'requires_action')
  const calls = run.required_action?.submit_tool_outputs.tool_calls ?? []
  assert.deepEqual(
    calls.map((call) => [call.type, call.function.name]),
    [['function', 'get_weather']],
  )
  const [call] = calls
  const id = String(call?.id)
  assert.match(String(call?.function.arguments), /^\{"city":".+"\}$/)
  const wrong = await refusal(
    beta.threads.runs.submitToolOutputs(run.id, { thread_id: run.thread_id, tool_outputs: [{ tool_call_id: 'call_x', output: '' }] }),
  )
  assert.equal(wrong.message, `Expected tool outputs for call_ids ['${id}'], got ['call_x']`)
  const done = await beta.threads.runs.submitToolOutputsAndPoll(
    run.id,
    { thread_id: run.thread_id, tool_outputs: [{ tool_call_id: id, output: 'rain, 12 degrees' }] },
    quick,
  )
  assert.equal(done.status, 'completed')
  const [answer] = (await beta.threads.messages.list(run.thread_id)).data
  assert.match(textOf(answer), /get_weather says: rain, 12 degrees/)
  const steps = (await beta.threads.runs.steps.list(run.id, { thread_id: run.thread_id, order: 'asc' })).data
  assert.deepEqual(
    steps.map(({ type, status }) => [type, status]),
    [
      ['tool_calls', 'completed'],
      ['message_creation', 'completed'],
    ],
  )
  const details = steps[0]?.step_details
  assert.ok(details?.type === 'tool_calls' && details.tool_calls[0]?.type === 'function')
  assert.equal(details.tool_calls[0].function.output, 'rain, 12 degrees')
  assert.equal(
    done.usage?.total_tokens,
    steps.reduce((sum, { usage }) => sum + Number(usage?.total_tokens), 0),
  )
  const late = await refusal(
    beta.threads.runs.submitToolOutputs(run.id, { thread_id: run.thread_id, tool_outputs: [{ tool_call_id: id, output: '' }] }),
  )
  assert.equal(late.message, 'Runs in status "completed" do not accept tool outputs.')
})

test('a stream tells every state, delta and step, and goes on when outputs are streamed back', async () => {
  await using emulator = await startTestEmulator()
  const { beta } = emulator.client
  const assistant = await beta.assistants.create({ model: 'gpt-4o', tools: [weather] })
  const thread = await beta.threads.create({ messages: [{ role: 'user', content: 'What is the weather in Rome?' }] })
  const names = async (stream: AsyncIterable<{ event: string }>): Promise<string[]> => {
    const seen: string[] = []
    for await (const { event } of stream) if (seen.at(-1) !== event) seen.push(event)
    return seen
  }
  const first = beta.threads.runs.stream(thread.id, { assistant_id: assistant.id })
  assert.deepEqual(await names(first), [
    'thread.run.created',
    'thread.run.queued',
    'thread.run.in_progress',
    'thread.run.step.created',
    'thread.run.step.in_progress',
    'thread.run.step.delta',
    'thread.run.requires_action',
  ])
  const [step] = await first.finalRunSteps()
  assert.ok(step?.step_details.type === 'tool_calls' && step.step_details.tool_calls[0]?.type === 'function')
  assert.match(step.step_details.tool_calls[0].function.arguments, /^\{"city":".+"\}$/)
  const run = first.currentRun()
  const second = beta.threads.runs.submitToolOutputsStream(String(run?.id), {
    thread_id: thread.id,
    tool_outputs: [{ tool_call_id: step.step_details.tool_calls[0].id, output: 'sun' }],
  })
  assert.deepEqual(await names(second), [
    'thread.run.step.completed',
    'thread.run.queued',
    'thread.run.in_progress',
    'thread.run.step.created',
    'thread.run.step.in_progress',
    'thread.message.created',
    'thread.message.in_progress',
    'thread.message.delta',
    'thread.message.completed',
    'thread.run.step.completed',
    'thread.run.completed',
  ])
  const [message] = await second.finalMessages()
  assert.match(textOf(message), /sun/)
  assert.deepEqual(await beta.threads.messages.retrieve(String(message?.id), { thread_id: thread.id }), message)

  const raw = await emulator.send(
    'POST',
    '/v1/threads/runs',
    { assistant_id: assistant.id, stream: true, thread: { messages: [{ role: 'user', content: 'Reply with exactly: pong' }] } },
    { 'openai-beta': 'assistants=v2' },
  )
  const text = await raw.text()
  assert.match(text, /^event: thread\.created\ndata: \{"id":"thread_/)
  assert.match(text, /event: thread\.run\.completed\n[^\n]+\n\nevent: done\ndata: \[DONE\]\n\n$/)
})

test('a client that leaves its stream does not stop the run', async () => {
  await using emulator = await startTestEmulator()
  const { beta } = emulator.client
  const assistant = await beta.assistants.create({ model: 'gpt-4o' })
  const thread = await beta.threads.create({ messages: [{ role: 'user', content: 'Reply with exactly: still here' }] })
  const stream = beta.threads.runs.stream(thread.id, { assistant_id: assistant.id })
  for await (const { event } of stream) if (event === 'thread.run.queued') break
  const [run] = (await beta.threads.runs.list(thread.id)).data
  const done = await beta.threads.runs.poll(String(run?.id), { thread_id: thread.id }, quick)
  assert.equal(done.status, 'completed')
  assert.equal(textOf((await beta.threads.messages.list(thread.id)).data[0]), 'still here')
})

test('a run is cancelled by way of cancelling, its message left incomplete, and only while it is under way', async () => {
  await using emulator = await startTestEmulator({ tokenPaceMs: 20, jobPaceMs: 250 })
  const { beta } = emulator.client
  const assistant = await beta.assistants.create({ model: 'gpt-4o' })
  const thread = await beta.threads.create({ messages: [{ role: 'user', content: 'Count from 1 to 500.' }] })
  const events: string[] = []
  const stream = beta.threads.runs.stream(thread.id, { assistant_id: assistant.id })
  for await (const { event, data } of stream) {
    events.push(event)
    if (event === 'thread.message.created') {
      const cancelling = await beta.threads.runs.cancel(String(data.run_id), { thread_id: thread.id })
      assert.equal(cancelling.status, 'cancelling')
    }
  }
  assert.deepEqual(events.slice(-3), ['thread.message.incomplete', 'thread.run.step.cancelled', 'thread.run.cancelled'])
  const [run] = (await beta.threads.runs.list(thread.id)).data
  assert.ok(run !== undefined && run.cancelled_at !== null)
  const [message] = (await beta.threads.messages.list(thread.id)).data
  assert.deepEqual([message?.status, message?.incomplete_details], ['incomplete', { reason: 'run_cancelled' }])
  const again = await refusal(beta.threads.runs.cancel(run.id, { thread_id: thread.id }))
  assert.equal(again.message, "Cannot cancel run with status 'cancelled'.")
  await beta.threads.messages.create(thread.id, { role: 'user', content: 'unlocked' })
})

test('a run that waits too long for its outputs expires, and one that may not write enough is incomplete', async () => {
  await using emulator = await startTestEmulator()
  const { beta } = emulator.client
  const assistant = await beta.assistants.create({ model: 'gpt-4o', tools: [weather] })
  const ask = (content: string, more: object = {}): Promise<OpenAI.Beta.Threads.Run> =>
    beta.threads.createAndRunPoll({ assistant_id: assistant.id, thread: { messages: [{ role: 'user', content }] }, ...more }, quick)
  const waiting = await ask('What is the weather in Oslo?')
  emulator.running.clock.advance(600_000)
  for (;;) {
    const { status } = await beta.threads.runs.retrieve(waiting.id, { thread_id: waiting.thread_id })
    if (status === 'expired') break
    assert.equal(status, 'requires_action')
  }
  const cut = await ask('Count from 1 to 1000.', { max_completion_tokens: 256 })
  assert.deepEqual([cut.status, cut.incomplete_details], ['incomplete', { reason: 'max_completion_tokens' }])
  const [message] = (await beta.threads.messages.list(cut.thread_id)).data
  assert.deepEqual([message?.status, message?.incomplete_details], ['incomplete', { reason: 'max_tokens' }])
})

test('files are searched, cited and shown to those who ask, whether they belong to the assistant or to a message', async () => {
  await using emulator = await startTestEmulator()
  const { beta, files, vectorStores } = emulator.client
  const content = Buffer.from('The harbour of Lund opens at seven. Bicycles may not be left at the quay.')
  const file = await files.create({ file: await toFile(content, 'harbour.txt'), purpose: 'assistants' })
  const assistant = await beta.assistants.create({
    model: 'gpt-4o',
    tools: [{ type: 'file_search' }, { type: 'code_interpreter' }],
    tool_resources: { file_search: { vector_stores: [{ file_ids: [file.id] }] } },
  })
  const [storeId = ''] = assistant.tool_resources?.file_search?.vector_store_ids ?? []
  while ((await vectorStores.retrieve(storeId)).status !== 'completed');
  const other = await beta.assistants.create({ model: 'gpt-4o', tools: [{ type: 'file_search' }] })
  const cases: readonly (readonly [string, OpenAI.Beta.Threads.MessageCreateParams.Attachment[]])[] = [
    [assistant.id, []],
    [other.id, [{ file_id: file.id, tools: [{ type: 'file_search' }] }]],
  ]
  for (const [who, attachments] of cases) {
    const thread = await beta.threads.create({
      messages: [{ role: 'user', content: 'When does the harbour open?', attachments }],
    })
    const [attachedTo] = thread.tool_resources?.file_search?.vector_store_ids ?? []
    if (attachedTo !== undefined) while ((await vectorStores.retrieve(attachedTo)).status !== 'completed');
    const run = await beta.threads.runs.createAndPoll(thread.id, { assistant_id: who }, quick)
    const [answer] = (await beta.threads.messages.list(thread.id)).data
    assert.match(textOf(answer), /opens at seven/)
    const part = answer?.content[0]
    const annotation = part?.type === 'text' ? part.text.annotations[0] : undefined
    assert.ok(annotation?.type === 'file_citation')
    assert.equal(annotation.file_citation.file_id, file.id)
    assert.equal(textOf(answer).slice(annotation.start_index, annotation.end_index), annotation.text)
    const shown = async (include: object): Promise<unknown> => {
      const [step] = (await beta.threads.runs.steps.list(run.id, { thread_id: thread.id, order: 'asc', ...include })).data
      assert.ok(step?.step_details.type === 'tool_calls' && step.step_details.tool_calls[0]?.type === 'file_search')
      return step.step_details.tool_calls[0].file_search.results?.[0]?.content?.[0]?.text
    }
    assert.equal(await shown({}), undefined)
    assert.match(String(await shown({ include: ['step_details.tool_calls[*].file_search.results[*].content'] })), /harbour of Lund/)
  }
  const sum = await beta.threads.createAndRunPoll(
    { assistant_id: assistant.id, thread: { messages: [{ role: 'user', content: 'What is 17 * 23?' }] } },
    quick,
  )
  const [step] = (await beta.threads.runs.steps.list(sum.id, { thread_id: sum.thread_id, order: 'asc' })).data
  assert.ok(step?.step_details.type === 'tool_calls' && step.step_details.tool_calls[0]?.type === 'code_interpreter')
  assert.deepEqual(step.step_details.tool_calls[0].code_interpreter.outputs, [{ type: 'logs', logs: '391\n' }])
})

test('a run takes over what it is given: messages, instructions, tools, format, and only the messages it may read', async () => {
  await using emulator = await startTestEmulator()
  const { beta } = emulator.client
  const assistant = await beta.assistants.create({ model: 'gpt-4o', instructions: 'Original.' })
  const thread = await beta.threads.create({ messages: [{ role: 'user', content: 'The secret word is swordfish.' }] })
  const ask = async (more: object, { id }: { id: string } = thread): Promise<string> => {
    const run = await beta.threads.runs.createAndPoll(id, { assistant_id: assistant.id, ...more }, quick)
    assert.equal(run.status, 'completed', JSON.stringify(run.last_error))
    return textOf((await beta.threads.messages.list(id, { run_id: run.id })).data[0])
  }
  const question = [{ role: 'user', content: 'What is the secret word?' }]
  assert.match(await ask({ additional_messages: question }), /swordfish/)
  const another = await beta.threads.create({ messages: [{ role: 'user', content: 'The secret word is swordfish.' }] })
  const lastOnly = { truncation_strategy: { type: 'last_messages', last_messages: 1 } }
  assert.doesNotMatch(await ask({ additional_messages: question, ...lastOnly }, another), /swordfish/)
  assert.equal(await ask({ instructions: 'Reply with exactly: overruled' }), 'overruled')
  const schema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'], additionalProperties: false }
  const structured = await ask({ response_format: { type: 'json_schema', json_schema: { name: 'x', strict: true, schema } } })
  assert.deepEqual(JSON.parse(structured), { ok: true })
  const refused: readonly (readonly [object, string])[] = [
    [{ assistant_id: null }, 'assistant_id'],
    [{ max_completion_tokens: 10 }, 'max_completion_tokens'],
    [{ tool_choice: { type: 'function', function: { name: 'nobody' } } }, 'tool_choice'],
    [{ truncation_strategy: { type: 'last_messages' } }, 'truncation_strategy.last_messages'],
    [{ additional_messages: [{ role: 'robot', content: 'x' }] }, 'additional_messages[0].role'],
  ]
  for (const [more, param] of refused)
    assert.equal((await refusal(beta.threads.runs.create(thread.id, { assistant_id: assistant.id, ...more }))).param, param)
  const nobody = await refusal(beta.threads.runs.create(thread.id, { assistant_id: 'asst_nobody' }))
  assert.deepEqual([nobody.status, nobody.message], [404, "No assistant found with id 'asst_nobody'."])
  assert.equal(
    (await refusal(beta.threads.runs.retrieve('run_nobody', { thread_id: thread.id }))).message,
    "No run found with id 'run_nobody'.",
  )
})
