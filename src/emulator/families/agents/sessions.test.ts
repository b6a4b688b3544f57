import assert from 'node:assert/strict'
import { test } from 'node:test'
import { typesOf, untilSession } from '../../../../test/harness/agent-session.ts'
import { refusal, startTestEmulator } from '../../../../test/harness/emulator.ts'
import { ApiError } from '../../errors.ts'
import { plainReply } from '../../text/reply.ts'

const agent = { model: 'gpt-4.1' }
const none = { type: 'none' } as const
const weather = {
  type: 'function',
  name: 'get_weather',
  description: 'The weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
} as const

test('a session with input runs a turn whose answer is kept as items, and is idle again', async () => {
  await using emulator = await startTestEmulator()
  const { sessions } = emulator.client.beta.agents
  const started = await sessions.create({ agent, environment: none, input: 'Reply with exactly: pong', metadata: { a: 'b' } })
  assert.match(started.id, /^sess_/)
  assert.deepEqual([started.status, started.environment, started.required_actions, started.usage], ['in_progress', none, [], null])
  const [queued] = (await sessions.turns.list(started.id)).data
  assert.ok(queued !== undefined)
  assert.ok(['queued', 'in_progress'].includes(queued.status))
  const done = await untilSession(emulator.client, started.id, 'idle')
  const turn = await sessions.turns.retrieve(queued.id, { session_id: started.id })
  assert.deepEqual([turn.status, turn.error, turn.agent_id, turn.subagent_id], ['completed', null, started.agent.id, null])
  assert.ok(turn.usage !== null && turn.usage.total_tokens === turn.usage.input_tokens + turn.usage.output_tokens)
  assert.deepEqual(done.usage, turn.usage)
  const items = (await sessions.items.list(started.id, { order: 'asc' })).data
  assert.deepEqual(
    items.map((item) => (item.type === 'message' ? [item.role, item.status, item.content, item.turn_id] : [item.type])),
    [
      ['user', 'completed', [{ type: 'input_text', text: 'Reply with exactly: pong' }], turn.id],
      ['assistant', 'completed', [{ type: 'output_text', text: 'pong' }], turn.id],
    ],
  )
  assert.deepEqual((await sessions.turns.items.list(turn.id, { session_id: started.id, order: 'asc' })).data, items)
})

test('a streamed session tells everything in order, with the answer whole at its end', async () => {
  await using emulator = await startTestEmulator()
  const { sessions } = emulator.client.beta.agents
  const stream = await sessions.create({
    agent,
    environment: none,
    input: 'Count to 5',
    stream: true,
    stream_options: { include_obfuscation: false },
  })
  const events = await Array.fromAsync(stream)
  assert.deepEqual(typesOf(events), [
    'agent.session.created',
    'agent.session.turn.created',
    'agent.session.in_progress',
    'agent.session.turn.item.added',
    'agent.session.turn.in_progress',
    'agent.session.turn.item.added',
    'agent.session.turn.content_part.added',
    'agent.session.turn.output_text.done',
    'agent.session.turn.content_part.done',
    'agent.session.turn.item.done',
    'agent.session.turn.completed',
    'agent.session.idle',
  ])
  const deltas = events.flatMap((event) => (event.type === 'agent.session.turn.output_text.delta' ? [event.delta] : []))
  assert.ok(deltas.length > 3)
  assert.equal(deltas.join(''), '1, 2, 3, 4, 5')
  assert.equal(new Set(events.map(({ event_id: id }) => id)).size, events.length)
  assert.ok(events.every((event) => event.obfuscation === undefined))
})

test('a turn survives a restart in its middle', async () => {
  await using emulator = await startTestEmulator({ jobPaceMs: 50 })
  const { id } = await emulator.client.beta.agents.sessions.create({ agent, environment: none, input: 'Reply with exactly: still here' })
  await emulator.restart()
  await untilSession(emulator.client, id, 'idle')
  assert.match(JSON.stringify((await emulator.client.beta.agents.sessions.items.list(id)).data[0]), /still here/)
})

test('webhooks are told of every state of a session, with its environment, and of what it waits for', async () => {
  await using emulator = await startTestEmulator()
  const { id } = await emulator.client.beta.agents.sessions.create({
    agent: { ...agent, tools: [weather] },
    environment: none,
    input: 'What is the weather in Paris?',
  })
  await untilSession(emulator.client, id, 'requires_action')
  await emulator.client.beta.agents.sessions.events.create(id, { events: [{ type: 'agent.session.input.cancel' }] })
  const { data } = (await (await fetch(`${emulator.url}/_emulator/events`)).json()) as { data: { type: string; data: unknown }[] }
  assert.deepEqual(
    data.map((event) => [event.type, event.data]),
    [
      ['agent.session.created', { id, environment_type: 'none' }],
      ['agent.session.in_progress', { id, environment_type: 'none' }],
      ['agent.session.action_required', { id, required_action: { type: 'function_call' } }],
      ['agent.session.idle', { id, environment_type: 'none' }],
    ],
  )
})

test('a failing model fails the turn, not the session', async () => {
  let isBroken = true
  await using emulator = await startTestEmulator({
    reply: () => {
      if (isBroken) throw new ApiError(429, 'Slow down.', { type: 'rate_limit_error', code: 'slow_down' })
      return plainReply('fine')
    },
  })
  const { sessions } = emulator.client.beta.agents
  const stream = await sessions.create({ agent, environment: none, input: 'Hello', stream: true })
  const events = await Array.fromAsync(stream)
  const failed = events.find((event) => event.type === 'agent.session.turn.failed')
  assert.deepEqual(failed?.turn.error, { code: 'rate_limit_exceeded', message: 'Slow down.' })
  assert.deepEqual(
    events.flatMap((event) => (event.type === 'error' ? [event.error] : [])),
    [{ code: 'slow_down', message: 'Slow down.', param: null, type: 'rate_limit_error' }],
  )
  isBroken = false
  assert.equal((await sessions.stream(failed?.session_id ?? '', { input: 'Again' }).finalResult()).turn.status, 'completed')
})

test('a saved agent is the base of its sessions, which later changes do not touch', async () => {
  await using emulator = await startTestEmulator()
  const { agents } = emulator.client.beta
  const saved = await agents.create({
    model: 'gpt-4.1',
    name: 'Helper',
    instructions: 'Reply with exactly: saved',
    tools: [weather, { type: 'tool_search' }],
  })
  const session = await agents.sessions.create({
    agent_id: saved.id,
    agent: { instructions: 'Reply with exactly: mine' },
    environment: none,
    input: 'Hi',
  })
  assert.deepEqual(
    [session.agent.id, session.agent.name, session.agent.tools.length, session.agent.instructions],
    [saved.id, 'Helper', 1, 'Reply with exactly: mine'],
  )
  await agents.update(saved.id, { name: 'Other' })
  await untilSession(emulator.client, session.id, 'idle')
  assert.match(JSON.stringify((await agents.sessions.items.list(session.id)).data[0]), /"mine"/)
  const updated = await agents.sessions.update(session.id, {
    agent: { model: 'gpt-5', reasoning: { effort: 'low' }, tools: null, service_tier: 'flex' },
    metadata: { k: 'v' },
    review: 'auto_review',
    spend_control: { limit: 500 },
    prompt_cache_options: { ttl: '12h' },
  })
  assert.deepEqual(
    [
      updated.agent.name,
      updated.agent.model,
      updated.agent.reasoning.effort,
      updated.agent.tools,
      updated.agent.service_tier,
      updated.review,
      updated.spend_control,
      updated.prompt_cache_options,
    ],
    ['Helper', 'gpt-5', 'low', [], 'flex', 'auto_review', { limit: 500, consumed: 0 }, { ttl: '12h' }],
  )
  const reset = await agents.sessions.update(session.id, { review: 'none', spend_control: null })
  assert.deepEqual([reset.review, reset.spend_control, reset.prompt_cache_options], [undefined, undefined, { ttl: '12h' }])
  const other = await agents.sessions.create({ agent: { model: 'gpt-4.1' }, environment: none, input: 'Hi' })
  const ids = async (query: object): Promise<string[]> => (await Array.fromAsync(agents.sessions.list(query))).map(({ id }) => id)
  assert.deepEqual(await ids({ agent_id: saved.id }), [session.id])
  assert.deepEqual(await ids({ metadata: { k: 'v' } }), [session.id])
  assert.deepEqual(await ids({ limit: 1 }), [other.id, session.id])
})

test('a subagent works where it is allowed and asked for, with turns and items of its own', async () => {
  await using emulator = await startTestEmulator()
  const { sessions } = emulator.client.beta.agents
  const stream = await sessions.create({
    agent: { ...agent, multi_agent: { enabled: true } },
    environment: none,
    input: 'Let a subagent say: Reply with exactly: deep',
    stream: true,
  })
  const events = await Array.fromAsync(stream)
  const result = events.find((event) => event.type === 'agent.session.subagent.closed')
  assert.ok(result !== undefined)
  const { id, session_id: sessionId, status } = result.subagent
  assert.equal(status, 'closed')
  assert.deepEqual(await sessions.subagents.retrieve(id, { session_id: sessionId }), result.subagent)
  assert.deepEqual((await sessions.subagents.list(sessionId)).data, [result.subagent])
  const [turn] = (await sessions.subagents.turns.list(id, { session_id: sessionId })).data
  assert.deepEqual([turn?.status, turn?.subagent_id], ['completed', id])
  const at = { session_id: sessionId, subagent_id: id }
  assert.deepEqual(await sessions.subagents.turns.retrieve(turn?.id ?? '', at), turn)
  const own = (await sessions.subagents.items.list(id, { session_id: sessionId, order: 'asc' })).data
  assert.deepEqual(
    own.map(({ type }) => type),
    ['agent_message', 'message'],
  )
  assert.deepEqual((await sessions.subagents.turns.items.list(turn?.id ?? '', { ...at, order: 'asc' })).data, own)
  assert.deepEqual(
    (await sessions.items.list(sessionId, { order: 'asc' })).data.map(({ type }) => type),
    ['message', 'create_subagent_call', 'wait_for_subagents_call', 'agent_message', 'close_subagent_call', 'message'],
  )
  assert.equal((await sessions.turns.list(sessionId)).data.length, 1)
  const root = await sessions.turns.list(sessionId)
  assert.equal((await refusal(sessions.subagents.turns.retrieve(root.data[0]?.id ?? '', at))).status, 404)
})

test('every turn that ended has a trace, the same each time it is read, without a word of the conversation', async () => {
  await using emulator = await startTestEmulator()
  const { sessions } = emulator.client.beta.agents
  const { id } = await sessions.create({ agent, environment: none, input: 'Reply with exactly: heliotrope' })
  assert.deepEqual((await sessions.traces.list(id)).data, [])
  await untilSession(emulator.client, id, 'idle')
  const [trace] = (await sessions.traces.list(id)).data
  const [turn] = (await sessions.turns.list(id)).data
  assert.deepEqual([trace?.id, trace?.object, trace?.session_id], [turn?.id, 'agent.session.trace', id])
  const text = JSON.stringify(trace)
  assert.match(text, /"resourceSpans":\[\{/)
  assert.match(text, /"name":"agent\.message"/)
  assert.ok(!text.includes('heliotrope'))
  assert.deepEqual((await sessions.traces.list(id)).data, [trace])
})

test('a session that could not run is refused, with the parameter', async () => {
  await using emulator = await startTestEmulator()
  const refused = async (body: unknown): Promise<readonly unknown[]> => {
    const response = await emulator.send('POST', '/v1/agents/sessions', body, { 'openai-beta': 'agents=v1' })
    const { error } = (await response.json()) as { error: { param: string } }
    return [response.status, error.param]
  }
  assert.deepEqual(
    await Promise.all(
      [
        { environment: none, input: 'x' },
        { agent: {}, environment: none, input: 'x' },
        { agent, input: 'x' },
        { agent, environment: { type: 'cloud' }, input: 'x' },
        { agent, environment: none },
        { agent, environment: { type: 'openai_hosted' }, stream: true },
        { agent_id: 'agent_none', environment: none, input: 'x' },
        { agent, environment: none, input: 'x', vault_ids: ['vault_none'] },
        { agent, environment: none, input: [] },
        { agent, environment: none, input: [{ role: 'user', content: [{ type: 'input_text' }] }] },
        { agent, environment: none, input: 'x', stream_options: {} },
      ].map(refused),
    ),
    [
      [400, 'agent'],
      [400, 'agent.model'],
      [400, 'environment'],
      [400, 'environment.type'],
      [400, 'input'],
      [400, 'input'],
      [404, 'agent_id'],
      [404, 'vault_ids[0]'],
      [400, 'input'],
      [400, 'input[0].content[0].text'],
      [400, 'stream_options'],
    ],
  )
})
