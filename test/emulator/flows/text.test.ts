// Flows of words: a background response followed through any cut, a conversation of several turns, an assistant that asks for
// the result of a function.
import assert from 'node:assert/strict'
import OpenAI from 'openai'
import type { ResponseStreamEvent } from 'openai/resources/responses/responses'
import { flow } from '../flow.ts'
import { all, model, until } from '../stage.ts'

flow(
  'a background response is resumed from every event after the client was cut, and nothing is missed or seen twice',
  async ({ client, middle }) => {
    const ask = (): Promise<AsyncIterable<ResponseStreamEvent>> =>
      client().responses.create({ model, background: true, stream: true, input: 'Reply with exactly: one two three four five six' })
    const whole = await all(ask())
    /** Reads so many events and leaves. */
    const cutAfter = async (count: number): Promise<ResponseStreamEvent[]> => {
      const seen: ResponseStreamEvent[] = []
      for await (const event of await ask()) if (seen.push(event) === count) break
      return seen
    }
    const cuts = await Promise.all(whole.map((_, index) => cutAfter(index + 1)))
    await middle()
    await Promise.all(
      cuts.map(async (seen, index) => {
        const [first] = seen
        assert.ok(first?.type === 'response.created' || first?.type === 'response.queued', `began with ${first?.type}`)
        const { id } = first.response
        const rest = await all(client().responses.retrieve(id, { stream: true, starting_after: seen.at(-1)?.sequence_number ?? -1 }))
        const events = [...seen, ...rest]
        const from = `cut after ${index + 1}`
        assert.deepEqual(
          events.map(({ sequence_number: number }) => number),
          events.map((_, at) => at),
          from,
        )
        const last = events.at(-1)
        assert.ok(last?.type === 'response.completed', `${from}: ended with ${last?.type}`)
        assert.deepEqual([last.response.id, last.response.status], [id, 'completed'], from)
        const text = events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('')
        assert.equal(text, 'one two three four five six', from)
        assert.equal((await client().responses.retrieve(id)).output_text, text, from)
      }),
    )
  },
)

flow('a conversation keeps its turns, in order, for the next one', async ({ client, middle }) => {
  const conversation = await client().conversations.create({ metadata: { topic: 'birds' } })
  const say = (text: string): Promise<OpenAI.Responses.Response> =>
    client().responses.create({ model, conversation: conversation.id, input: text })
  const turns = ['Reply with exactly: heron', 'Reply with exactly: stork', 'Reply with exactly: egret']
  const answers: string[] = []
  const inputTokens: number[] = []
  for (const [index, turn] of turns.entries()) {
    const response = await say(turn)
    assert.equal(response.conversation?.id, conversation.id)
    answers.push(response.output_text)
    inputTokens.push(response.usage?.input_tokens ?? 0)
    if (index === 1) await middle()
  }
  assert.deepEqual(answers, ['heron', 'stork', 'egret'])
  assert.deepEqual(
    inputTokens,
    inputTokens.toSorted((one, other) => one - other),
  )
  assert.ok((inputTokens[2] ?? 0) > (inputTokens[0] ?? 0), 'earlier turns are read again')
  const items = await all(client().conversations.items.list(conversation.id, { order: 'asc', limit: 2 }))
  const texts = items.map((item) => {
    const [part] = item.type === 'message' ? item.content : []
    return part !== undefined && 'text' in part ? part.text : item.type
  })
  assert.deepEqual(
    texts,
    turns.flatMap((turn, index) => [turn, answers[index]]),
  )
  await client().conversations.items.delete(items[0]?.id ?? '', { conversation_id: conversation.id })
  assert.equal((await all(client().conversations.items.list(conversation.id))).length, items.length - 1)
  await client().conversations.delete(conversation.id)
  await assert.rejects(client().conversations.retrieve(conversation.id), OpenAI.NotFoundError)
})

flow('an assistant waits for the result of a function, and answers with it', async ({ client, middle }) => {
  const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
  const assistant = await client().beta.assistants.create({
    model,
    tools: [{ type: 'function', function: { name: 'get_weather', parameters } }],
  })
  const { id: thread_id } = await client().beta.threads.create({
    messages: [{ role: 'user', content: 'What is the weather in Paris? Use get_weather.' }],
  })
  const { id } = await client().beta.threads.runs.create(thread_id, { assistant_id: assistant.id })
  const waiting = await until(
    () => client().beta.threads.runs.retrieve(id, { thread_id }),
    ({ status }) => status === 'requires_action' || status === 'completed',
  )
  const calls = waiting.required_action?.submit_tool_outputs.tool_calls ?? []
  assert.deepEqual(
    calls.map((call) => call.function.name),
    ['get_weather'],
  )
  await middle()
  const tool_outputs = calls.map((call) => ({ tool_call_id: call.id, output: '18 degrees and sunny' }))
  await client().beta.threads.runs.submitToolOutputs(id, { thread_id, tool_outputs })
  const run = await until(
    () => client().beta.threads.runs.retrieve(id, { thread_id }),
    ({ status }) => status === 'completed' || status === 'failed',
  )
  assert.equal(run.status, 'completed')
  const [latest] = await all(client().beta.threads.messages.list(thread_id))
  const [part] = latest?.content ?? []
  assert.match(part?.type === 'text' ? part.text.value : '', /18 degrees and sunny/)
  const steps = await all(client().beta.threads.runs.steps.list(id, { thread_id, order: 'asc' }))
  assert.deepEqual(
    steps.map(({ type, status }) => [type, status]),
    [
      ['tool_calls', 'completed'],
      ['message_creation', 'completed'],
    ],
  )
})

flow('an agent calls a function of the application, works on with its result, and leaves a file', async ({ client, middle }) => {
  const tool = {
    type: 'function',
    name: 'get_weather',
    description: 'The weather of a city.',
    parameters: { type: 'object', properties: {} },
  } as const
  const { sessions } = client().beta.agents
  const { id } = await sessions.create({
    agent: { model: 'gpt-5-mini', tools: [tool] },
    environment: { type: 'openai_hosted' },
    input: 'What is the weather in Paris? Use get_weather, and write it to /workspace/outputs/weather.txt',
  })
  const settled = (): Promise<OpenAI.Beta.AgentSession> =>
    until(
      () => client().beta.agents.sessions.retrieve(id),
      ({ status }) => status !== 'in_progress',
    )
  assert.equal((await settled()).status, 'requires_action')
  const calls = (await all(client().beta.agents.sessions.items.list(id))).filter((item) => item.type === 'function_call')
  assert.deepEqual(
    calls.map(({ name }) => name),
    ['get_weather'],
  )
  await middle()
  await client().beta.agents.sessions.events.create(id, {
    events: calls.map(({ turn_id, call_id }) => ({
      type: 'agent.session.input.tool_result' as const,
      turn_id,
      call_id,
      success: true,
      output: '18 degrees and sunny',
    })),
  })
  assert.equal((await settled()).status, 'idle')
  const items = await all(client().beta.agents.sessions.items.list(id, { order: 'asc' }))
  const answer = items.findLast((item) => item.type === 'message' && item.role === 'assistant')
  assert.match(JSON.stringify(answer), /18 degrees and sunny/)
  const [artifact] = await all(client().beta.agents.sessions.artifacts.list(id))
  assert.equal(artifact?.path, '/workspace/outputs/weather.txt')
  const content = await client().beta.agents.sessions.artifacts.content(artifact.id, { session_id: id })
  assert.match(await content.text(), /18 degrees and sunny/)
})
