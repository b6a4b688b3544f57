import assert from 'node:assert/strict'
import { test } from 'node:test'
import type OpenAI from 'openai'
import type { AutomationInvocation } from 'openai/resources/beta/agents/automations/invocations'
import { refusal, startTestEmulator } from '../../../../test/harness/emulator.ts'

const newSession = {
  type: 'new_session',
  agent: { model: 'gpt-4.1' },
  environment: { type: 'none' },
  input: [{ role: 'user', content: [{ type: 'input_text', text: 'Reply with exactly: tick' }] }],
} as const satisfies object

type Target = Parameters<OpenAI['beta']['agents']['automations']['create']>[0]['target']
const target = structuredClone(newSession) as unknown as Target
const hour = 3_600_000

async function delivered(client: OpenAI, id: string, count = 1): Promise<readonly AutomationInvocation[]> {
  for (;;) {
    const { data } = await client.beta.agents.automations.invocations.list(id)
    if (data.length >= count && data.every(({ status }) => status !== 'queued')) return data
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

test('an automation starts a session at each of its times, also after a restart', async () => {
  await using emulator = await startTestEmulator()
  const made = await emulator.client.beta.agents.automations.create({
    type: 'periodic',
    name: 'Hourly',
    expression: '0 * * * *',
    timezone: 'UTC',
    target,
  })
  assert.ok(made.type === 'periodic')
  assert.deepEqual(
    [made.object, made.status, made.created_by, made.expression],
    ['agent.automation', 'active', { type: 'developer' }, '0 * * * *'],
  )
  assert.ok(made.target.type === 'new_session')
  assert.deepEqual([made.target.agent?.model, made.target.agent_id, made.target.environment], ['gpt-4.1', null, { type: 'none' }])
  await emulator.restart()
  const { client } = emulator
  emulator.running.clock.advance(hour)
  const [first] = await delivered(client, made.id)
  assert.ok(first?.source.type === 'automation')
  assert.deepEqual([first.status, first.error, first.skip_reason, first.source.automation.id], ['completed', null, null, made.id])
  assert.equal((first.scheduled_at ?? 1) % 3600, 0)
  assert.equal((await client.beta.agents.sessions.retrieve(first.session_id ?? '')).agent.model, 'gpt-4.1')
  emulator.running.clock.advance(hour)
  const both = await delivered(client, made.id, 2)
  assert.equal(new Set(both.map(({ session_id: id }) => id)).size, 2)
  assert.deepEqual(await client.beta.agents.automations.invocations.retrieve(first.id, { automation_id: made.id }), first)
})

test('a paused automation sleeps through its times, can be run by hand, and goes on when it is resumed', async () => {
  await using emulator = await startTestEmulator()
  const { automations } = emulator.client.beta.agents
  const { id } = await automations.create({ type: 'periodic', name: 'n', expression: '*/10 * * * *', timezone: 'Europe/Berlin', target })
  assert.equal((await automations.pause(id)).status, 'paused')
  emulator.running.clock.advance(hour)
  const manual = await automations.invocations.create(id)
  assert.deepEqual([manual.status, manual.source, manual.scheduled_at, manual.session_id], ['queued', { type: 'manual' }, null, null])
  const [done, ...others] = await delivered(emulator.client, id)
  assert.deepEqual([done?.id, done?.status, others], [manual.id, 'completed', []])
  assert.equal((await automations.resume(id)).status, 'active')
  emulator.running.clock.advance(hour / 6)
  assert.equal((await delivered(emulator.client, id, 2)).length, 2)
})

test('a one-time automation speaks to its session once and is completed', async () => {
  await using emulator = await startTestEmulator()
  const { automations, sessions } = emulator.client.beta.agents
  const session = await sessions.create({ agent: { model: 'gpt-4.1' }, environment: { type: 'none' }, input: 'Hello' })
  const runAt = Math.floor(emulator.running.clock.now() / 1000) + 600
  const made = await automations.create({
    type: 'once',
    name: 'n',
    run_at: runAt,
    target: { type: 'existing_session', session_id: session.id, instructions: 'Reply with exactly: awake' },
  })
  assert.deepEqual((await automations.list({ session_id: session.id })).data, [made])
  assert.deepEqual((await automations.list({ session_id: 'sess_none' })).data, [])
  const moved = await automations.update(made.id, { run_at: runAt + 60, name: 'later', metadata: { a: 'b' } })
  assert.deepEqual([moved.name, moved.metadata, moved.type === 'once' && moved.run_at], ['later', { a: 'b' }, runAt + 60])
  emulator.running.clock.advance(700_000)
  const [invocation] = await delivered(emulator.client, made.id)
  assert.deepEqual([invocation?.session_id, invocation?.scheduled_at], [session.id, runAt + 60])
  assert.equal((await automations.retrieve(made.id)).status, 'completed')
  assert.equal((await refusal(automations.resume(made.id))).status, 400)
  assert.match(JSON.stringify((await sessions.items.list(session.id)).data), /Reply with exactly: awake/)
})

test('a delivery that cannot be made has failed, and says why', async () => {
  await using emulator = await startTestEmulator()
  const { automations, sessions } = emulator.client.beta.agents
  const session = await sessions.create({ agent: { model: 'gpt-4.1' }, environment: { type: 'openai_hosted' } })
  const { id } = await automations.create({
    type: 'periodic',
    name: 'n',
    expression: '0 0 * * *',
    timezone: 'UTC',
    target: { type: 'existing_session', session_id: session.id, instructions: 'x' },
  })
  await sessions.delete(session.id)
  await automations.invocations.create(id)
  const [invocation] = await delivered(emulator.client, id)
  assert.deepEqual(
    [invocation?.status, invocation?.session_id, invocation?.error?.message],
    ['failed', null, `Session with id '${session.id}' not found.`],
  )
  assert.deepEqual(await automations.delete(id), { id, object: 'agent.automation.deleted', deleted: true })
  assert.equal((await refusal(automations.invocations.list(id))).message, `Automation with id '${id}' not found.`)
})

test('what is confidential in a target is used and not shown', async () => {
  await using emulator = await startTestEmulator()
  const { automations, sessions } = emulator.client.beta.agents
  const made = await automations.create({
    type: 'periodic',
    name: 'n',
    expression: '0 0 * * *',
    timezone: 'UTC',
    target: {
      ...target,
      environment: {
        type: 'openai_hosted',
        env: { KEY: 'very-secret' },
        files: [{ type: 'inline', path: '/workspace/a.txt', data: Buffer.from('very-secret').toString('base64') }],
      },
    } as Target,
  })
  assert.ok(made.target.type === 'new_session' && made.target.environment.type === 'openai_hosted')
  assert.deepEqual(
    [made.target.environment.files, made.target.environment.network],
    [[{ type: 'inline', path: '/workspace/a.txt', size_bytes: 11 }], null],
  )
  assert.ok(!JSON.stringify(made).includes(Buffer.from('very-secret').toString('base64')) && !JSON.stringify(made).includes('very-secret'))
  await automations.invocations.create(made.id)
  const [invocation] = await delivered(emulator.client, made.id)
  const { environment } = await sessions.retrieve(invocation?.session_id ?? '')
  assert.ok(environment.type === 'openai_hosted')
  assert.deepEqual(
    environment.files.map(({ path }) => path),
    ['/workspace/a.txt'],
  )
})

test('an automation that could never run is refused, with the parameter', async () => {
  await using emulator = await startTestEmulator()
  const periodic = { type: 'periodic', name: 'n', expression: '0 0 * * *', timezone: 'UTC', target: newSession }
  const once = { type: 'once', name: 'n', run_at: 1, target: newSession }
  const refused = async (body: unknown): Promise<readonly unknown[]> => {
    const response = await emulator.send('POST', '/v1/agents/automations', body, { 'openai-beta': 'agents=v1' })
    const { error } = (await response.json()) as { error: { param: string } }
    return [response.status, error.param]
  }
  assert.deepEqual(
    await Promise.all(
      [
        {},
        { type: 'hourly' },
        { ...periodic, name: undefined },
        { ...periodic, expression: 'at noon' },
        { ...periodic, expression: '0 0 31 2 *' },
        { ...periodic, timezone: 'Nowhere' },
        { ...periodic, run_at: 5 },
        { ...periodic, target: { ...newSession, agent: undefined } },
        { ...periodic, target: { ...newSession, input: [] } },
        { ...periodic, target: { type: 'existing_session', session_id: 'sess_none', instructions: 'x' } },
        once,
      ].map(refused),
    ),
    [
      [400, 'type'],
      [400, 'type'],
      [400, 'name'],
      [400, 'expression'],
      [400, 'expression'],
      [400, 'timezone'],
      [400, 'run_at'],
      [400, 'target.agent'],
      [400, 'target.input'],
      [404, 'target.session_id'],
      [400, 'run_at'],
    ],
  )
  const { automations } = emulator.client.beta.agents
  const { id } = await automations.create({ type: 'periodic', name: 'n', expression: '0 0 * * *', timezone: 'UTC', target })
  assert.equal((await refusal(automations.update(id, { run_at: 5 }))).param, 'run_at')
  assert.equal(
    (await refusal(automations.update(id, { target: { type: 'existing_session', session_id: 's', instructions: 'x' } }))).param,
    'target.type',
  )
})
