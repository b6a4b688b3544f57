import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AgentSessionEvent } from 'openai/resources/beta/agents/agents'
import { say, untilSession } from '../../../../test/harness/agent-session.ts'
import { refusal, startTestEmulator } from '../../../../test/harness/emulator.ts'

const agent = { model: 'gpt-4.1' }
const none = { type: 'none' } as const
const weather = {
  type: 'function',
  name: 'get_weather',
  description: 'The weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
} as const

test('functions are called by the application: the session waits for every result, and goes on with them', async () => {
  await using emulator = await startTestEmulator()
  const { sessions } = emulator.client.beta.agents
  const tools = [weather, { ...weather, name: 'get_time', description: 'The time in a city' }]
  const { id } = await sessions.create({ agent: { ...agent, tools }, environment: none, input: 'Use get_weather and get_time for Paris' })
  const waiting = await untilSession(emulator.client, id, 'requires_action')
  assert.deepEqual(
    waiting.required_actions.map((action) =>
      action.type === 'function_call' ? [action.name, Object.keys(action.arguments as object)] : [],
    ),
    [
      ['get_weather', ['city']],
      ['get_time', ['city']],
    ],
  )
  const [turn] = (await sessions.turns.list(id)).data
  assert.equal(turn?.status, 'waiting')
  const calls = waiting.required_actions.flatMap((action) => (action.type === 'function_call' ? [action] : []))
  const result = (index: number): Parameters<typeof sessions.events.create>[1]['events'][number] => {
    const { turn_id: turnId = '', call_id: callId = '' } = calls[index] ?? {}
    return {
      type: 'agent.session.input.tool_result',
      turn_id: turnId,
      call_id: callId,
      success: index === 0,
      ...(index === 0 ? { output: 'sunny' } : { error: 'no clock' }),
    }
  }
  await emulator.restart()
  const again = emulator.client.beta.agents.sessions
  const unknown = await refusal(again.events.create(id, { events: [{ ...result(0), call_id: 'call_none' } as never] }))
  assert.deepEqual(unknown, { status: 400, message: 'Unknown pending tool call: call_none', code: 'invalid_request_error', param: null })
  await again.events.create(id, { events: [result(0)] })
  assert.equal((await again.retrieve(id)).required_actions.length, 1)
  await again.events.create(id, { events: [result(1)] })
  await untilSession(emulator.client, id, 'idle')
  const items = (await again.items.list(id, { order: 'asc' })).data
  assert.deepEqual(
    items.map((item) => ('status' in item ? [item.type, item.status] : [item.type])),
    [
      ['message', 'completed'],
      ['function_call', 'completed'],
      ['function_call', 'failed'],
      ['function_call_output', 'completed'],
      ['function_call_output', 'failed'],
      ['message', 'completed'],
    ],
  )
  const answer = items.at(-1)
  assert.ok(answer?.type === 'message')
  assert.deepEqual(answer.content, [{ type: 'output_text', text: 'get_weather says: sunny\nget_time says: no clock' }])
})

test('the helpers of the SDK run functions and collect the result, of the first turn and of later ones', async () => {
  await using emulator = await startTestEmulator()
  const { sessions } = emulator.client.beta.agents
  const toolHandlers = { get_weather: ({ city }: Record<string, unknown>) => `rain in ${String(city)}` }
  const created = await sessions.create({
    agent: { ...agent, tools: [weather] },
    environment: none,
    input: 'What is the weather in Paris?',
    stream: true,
    toolHandlers,
  })
  const first = await created.finalResult()
  assert.match(JSON.stringify(first.messages), /get_weather says: rain in Paris/)
  const later = await sessions.stream(first.session_id, { input: 'And the weather in Rome?', toolHandlers }).finalResult()
  assert.match(JSON.stringify(later.messages), /get_weather says: rain in Rome/)
  const plain = await sessions.stream(first.session_id, { input: 'Reply with exactly: done' }).finalResult()
  assert.match(JSON.stringify(plain.messages), /"done"/)
})

test('who follows late is told of the turn under way from its beginning, with the same event ids', async () => {
  await using emulator = await startTestEmulator({ jobPaceMs: 60 })
  const { sessions } = emulator.client.beta.agents
  const { id } = await sessions.create({ agent, environment: none, input: 'Reply with exactly: one' })
  await untilSession(emulator.client, id, 'idle')
  const follow = async (): Promise<AgentSessionEvent[]> => {
    const seen: AgentSessionEvent[] = []
    for await (const event of await sessions.events.stream(id)) {
      seen.push(event)
      if (event.type === 'agent.session.idle' && seen.length > 1) break
    }
    return seen
  }
  const early = follow()
  await sessions.events.create(id, { events: [say('Reply with exactly: two')] })
  const late = follow()
  const [all, rest] = [await early, await late]
  assert.equal(rest[0]?.type, 'agent.session.turn.created')
  const ids = all.map((event) => event.event_id)
  assert.deepEqual(
    rest.map((event) => event.event_id),
    ids.slice(ids.indexOf(rest[0].event_id)),
  )
  assert.ok(rest.every((event) => typeof event.obfuscation === 'string'))
  for await (const event of await sessions.events.stream(id)) {
    // In between, a follower learns only how the session stands.
    assert.equal(event.type, 'agent.session.idle')
    break
  }
})

test('a message into a running turn steers it, a cancellation ends it, and the session can go on', async () => {
  await using emulator = await startTestEmulator({ jobPaceMs: 60 })
  const { sessions } = emulator.client.beta.agents
  const { id } = await sessions.create({ agent, environment: none, input: 'Reply with exactly: wrong' })
  await sessions.events.create(id, { events: [say('Reply with exactly: right')] })
  await untilSession(emulator.client, id, 'idle')
  const turns = (await sessions.turns.list(id)).data
  assert.equal(turns.length, 1)
  assert.match(JSON.stringify((await sessions.items.list(id)).data[0]), /"right"/)
  await sessions.events.create(id, { events: [say('Count to 3')] })
  assert.deepEqual([(await refusal(sessions.delete(id))).status, (await sessions.retrieve(id)).status], [409, 'in_progress'])
  await sessions.events.create(id, { events: [{ type: 'agent.session.input.cancel' }] })
  assert.deepEqual(
    [(await sessions.retrieve(id)).status, (await sessions.turns.list(id)).data.map(({ status }) => status)],
    ['idle', ['cancelled', 'completed']],
  )
  await sessions.events.create(id, { events: [say('Reply with exactly: on')] })
  await untilSession(emulator.client, id, 'idle')
  assert.match(JSON.stringify((await sessions.items.list(id)).data[0]), /"on"/)
  assert.deepEqual(await sessions.delete(id), { id, object: 'agent.session.deleted', deleted: true })
  assert.equal((await refusal(sessions.items.list(id))).status, 404)
})

test('the same key sends messages once, and another request under it is refused', async () => {
  await using emulator = await startTestEmulator()
  const { sessions } = emulator.client.beta.agents
  const { id } = await sessions.create({ agent, environment: none, input: 'Hello' })
  await untilSession(emulator.client, id, 'idle')
  for (let attempt = 0; attempt < 2; attempt++) await sessions.events.create(id, { events: [say('Once')], 'Idempotency-Key': 'k' })
  await untilSession(emulator.client, id, 'idle')
  assert.equal((await sessions.turns.list(id)).data.length, 2)
  assert.equal((await refusal(sessions.events.create(id, { events: [say('Twice')], 'Idempotency-Key': 'k' }))).status, 409)
})

test('a batch of events of which one is refused has not happened', async () => {
  await using emulator = await startTestEmulator()
  const { sessions } = emulator.client.beta.agents
  const { id } = await sessions.create({ agent, environment: none, input: 'Hello' })
  await untilSession(emulator.client, id, 'idle')
  const result = { type: 'agent.session.input.tool_result', turn_id: 't', call_id: 'c', success: true } as const
  await refusal(sessions.events.create(id, { events: [say('Lost'), result] }))
  assert.deepEqual([(await sessions.retrieve(id)).status, (await sessions.turns.list(id)).data.length], ['idle', 1])
})
