import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, startTestEmulator } from '../../../../test/harness/emulator.ts'

const model = 'gpt-6-astra'
const beta = { 'openai-beta': 'agents=v1' }

test('an agent shows what it was given and every default, and is there after a restart', async () => {
  await using emulator = await startTestEmulator()
  const made = await emulator.client.beta.agents.create({
    model,
    tools: [
      { type: 'function', name: 'f', description: 'does f', parameters: { type: 'object' } },
      { type: 'mcp', server_label: 'docs', transport: { type: 'http', server_url: 'https://mcp.example.com' } },
      { type: 'tool_search' },
    ],
  })
  assert.match(made.id, /^agent_/)
  assert.deepEqual(
    [made.name, made.instructions, made.service_tier, made.metadata, made.reasoning, made.text, made.multi_agent, made.compaction],
    [
      null,
      null,
      'auto',
      {},
      { effort: null, summary: null },
      { format: { type: 'text' }, verbosity: 'medium' },
      { enabled: false, max_concurrent_subagents: null },
      { async: true },
    ],
  )
  assert.deepEqual(made.tools, [
    { type: 'function', name: 'f', description: 'does f', parameters: { type: 'object' }, defer_loading: false, async: false },
    {
      type: 'mcp',
      server_label: 'docs',
      transport: { type: 'http', server_url: 'https://mcp.example.com', headers: {} },
      allowed_tools: null,
      connection_origin: 'service',
      credential_id: null,
      request_metadata: {},
      required: false,
    },
    { type: 'tool_search' },
  ])
  await emulator.restart()
  assert.deepEqual(await emulator.client.beta.agents.retrieve(made.id), made)
})

test('a change keeps what it leaves out, sets back what is null, and merges only experiments', async () => {
  await using emulator = await startTestEmulator()
  const { agents } = emulator.client.beta
  const { id } = await agents.create({
    model,
    name: 'one',
    instructions: 'Be brief.',
    metadata: { a: '1' },
    multi_agent: { enabled: true },
    reasoning: { effort: 'low', summary: 'auto' },
    experimental: { time_awareness: true },
    compaction: { async: false },
    tools: [{ type: 'web_search' }],
  })
  const kept = await agents.update(id, { name: null, reasoning: { effort: 'high' }, experimental: {}, compaction: {} })
  assert.deepEqual(
    [kept.name, kept.instructions, kept.metadata, kept.reasoning, kept.experimental, kept.compaction, kept.tools.length],
    [null, 'Be brief.', { a: '1' }, { effort: 'high', summary: null }, { time_awareness: true }, { async: true }, 1],
  )
  assert.equal(kept.multi_agent.max_concurrent_subagents, 6)
  const cleared = await agents.update(id, { instructions: null, metadata: null, reasoning: null, tools: null, multi_agent: null })
  assert.deepEqual(
    [cleared.instructions, cleared.metadata, cleared.reasoning.effort, cleared.tools, cleared.multi_agent.enabled, cleared.model],
    [null, {}, null, [], false, model],
  )
})

test('agents are listed page by page in both orders, and gone when deleted', async () => {
  await using emulator = await startTestEmulator()
  const { agents } = emulator.client.beta
  const ids: string[] = []
  for (let index = 0; index < 3; index++) ids.push((await agents.create({ model })).id)
  const listed = async (query: { limit?: number; order?: 'asc' | 'desc' }): Promise<string[]> =>
    (await Array.fromAsync(agents.list(query))).map(({ id }) => id)
  assert.deepEqual(await listed({ limit: 2 }), ids.toReversed())
  assert.deepEqual(await listed({ limit: 1, order: 'asc' }), ids)
  const page = (await (await emulator.send('GET', '/v1/agents?limit=2', undefined, beta)).json()) as Record<string, unknown>
  assert.deepEqual([page['object'], page['has_more'], page['first_id'], page['last_id']], ['list', true, ids[2], ids[1]])
  const [first = ''] = ids
  assert.deepEqual(await agents.delete(first), { id: first, object: 'agent.deleted', deleted: true })
  assert.deepEqual(await refusal(agents.retrieve(first)), {
    status: 404,
    message: `Agent with id '${first}' not found.`,
    code: null,
    param: null,
  })
  assert.equal((await refusal(agents.list({ after: first }))).status, 404)
})

test('what an agent cannot be is refused, with the parameter', async () => {
  await using emulator = await startTestEmulator()
  const refused = async (body: unknown): Promise<readonly unknown[]> => {
    const response = await emulator.send('POST', '/v1/agents', body, beta)
    const { error } = (await response.json()) as { error: { param: string; code: string } }
    return [response.status, error.param, error.code]
  }
  const mcp = { type: 'mcp', server_label: 'a', transport: { type: 'http', server_url: 'https://a.example', authorization: 'secret' } }
  const f = { type: 'function', name: 'f', description: '', parameters: {} }
  assert.deepEqual(
    await Promise.all(
      [
        {},
        { model: 'gpt-99' },
        { model, tools: [{ type: 'hammer' }] },
        { model, tools: [{ ...f, name: undefined }] },
        { model, tools: [f, f] },
        { model, tools: [mcp] },
        { model, reasoning: { effort: 'huge' } },
        { model, wings: 2 },
      ].map(refused),
    ),
    [
      [400, 'model', 'missing_required_parameter'],
      [400, 'model', 'model_not_found'],
      [400, 'tools[0].type', 'invalid_value'],
      [400, 'tools[0].name', 'missing_required_parameter'],
      [400, 'tools[1].name', null],
      [400, 'tools[0].transport.authorization', 'unknown_parameter'],
      [400, 'reasoning.effort', 'invalid_value'],
      [400, 'wings', 'unknown_parameter'],
    ],
  )
  const bare = await emulator.send('GET', '/v1/agents')
  assert.match(((await bare.json()) as { error: { message: string } }).error.message, /'OpenAI-Beta' header to access the Agents API/)
})
