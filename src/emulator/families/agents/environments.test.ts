import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EnvironmentInfo } from 'openai/resources/beta/agents/environments/environments'
import { refusal, startTestEmulator } from '../../../../test/harness/emulator.ts'
import type { TestEmulator } from '../../../../test/harness/emulator.ts'

const agent = { model: 'gpt-4.1' }
const hosted = { type: 'openai_hosted' } as const
const minute = 60_000
const inline = (path: string, text: string): { type: 'inline'; path: string; data: string } => ({
  type: 'inline',
  path,
  data: Buffer.from(text).toString('base64'),
})

async function untilStatus({ client }: TestEmulator, id: string, status: EnvironmentInfo['status']): Promise<EnvironmentInfo> {
  for (;;) {
    const environment = await client.beta.agents.environments.retrieve(id)
    if (environment.status === status) return environment
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

const eventTypes = async ({ url }: TestEmulator, about: string): Promise<string[]> => {
  const { data } = (await (await fetch(`${url}/_emulator/events`)).json()) as { data: { type: string; data: { id: string } }[] }
  return data.filter((event) => event.data.id === about).map(({ type }) => type)
}

test('an environment made beforehand is pending, then ready, and a session takes it', async () => {
  await using emulator = await startTestEmulator({ jobPaceMs: 200 })
  const { environments } = emulator.client.beta.agents
  const made = await environments.create({ environment: { ...hosted, files: [inline('/workspace/in/a.txt', 'hello')] } })
  assert.match(made.id, /^env_/)
  assert.deepEqual([made.object, made.type, made.status], ['agent.environment', 'openai_hosted', 'pending'])
  assert.deepEqual(
    made.files.map(({ type, path, size_bytes: size }) => [type, path, size]),
    [['inline', '/workspace/in/a.txt', 5]],
  )
  assert.equal((await refusal(environments.files.list(made.id))).status, 409)
  await emulator.restart()
  await untilStatus(emulator, made.id, 'ready')
  const again = emulator.client.beta.agents
  assert.deepEqual(
    (await again.environments.list()).data.map(({ id }) => id),
    [made.id],
  )
  const session = await again.sessions.create({ agent, environment: { ...hosted, environment_id: made.id } })
  assert.deepEqual([session.status, session.environment.type === 'openai_hosted' && session.environment.id], ['idle', made.id])
  assert.equal((await again.environments.retrieve(made.id)).status, 'connected')
  const taken = await refusal(again.sessions.create({ agent, environment: { ...hosted, environment_id: made.id } }))
  assert.deepEqual([taken.status, taken.param], [409, 'environment.environment_id'])
  assert.deepEqual(await eventTypes(emulator, made.id), ['agent.environment.ready'])
})

test('the same key makes an environment once, and shows it as it has become', async () => {
  await using emulator = await startTestEmulator()
  const { environments } = emulator.client.beta.agents
  const create = (environment: object): Promise<EnvironmentInfo> =>
    environments.create({ environment: { ...hosted, ...environment }, 'Idempotency-Key': 'k' })
  const { id } = await create({})
  await untilStatus(emulator, id, 'ready')
  const again = await create({})
  assert.deepEqual([again.id, again.status], [id, 'ready'])
  assert.equal((await refusal(create({ capability_directories: ['/workspace/tools'] }))).status, 409)
  emulator.running.clock.advance(25 * 60 * minute)
  assert.notEqual((await create({})).id, id)
})

test('files of an environment are uploaded, replaced, and listed by path with page tokens', async () => {
  await using emulator = await startTestEmulator()
  const { client } = emulator
  const { environments } = client.beta.agents
  const { id } = await environments.create({ environment: hosted })
  await untilStatus(emulator, id, 'ready')
  const file = await client.files.create({ file: new File(['from the Files API'], 'a.txt'), purpose: 'user_data' })
  const copied = await environments.files.create(id, { type: 'file_id', file_id: file.id, path: '/workspace/b/a.txt' })
  assert.deepEqual(copied, { object: 'agent.environment.file', environment_id: id, path: '/workspace/b/a.txt', size_bytes: 18 })
  for (const path of ['/workspace/b.txt', '/workspace/a/1.txt', '/workspace/a/2.txt'])
    await environments.files.create(id, inline(path, 'x'))
  assert.equal((await environments.files.create(id, inline('/workspace/a/2.txt', 'longer'))).size_bytes, 6)
  await client.files.delete(file.id)
  const paths = async (query: object): Promise<string[]> =>
    (await Array.fromAsync(environments.files.list(id, query))).map(({ path }) => path)
  const all = ['/workspace/a/1.txt', '/workspace/a/2.txt', '/workspace/b/a.txt', '/workspace/b.txt']
  assert.deepEqual(await paths({ order: 'asc' }), all)
  assert.deepEqual(await paths({ limit: 1 }), all.toReversed())
  assert.deepEqual(await paths({ path: '/workspace/a', order: 'asc' }), all.slice(0, 2))
  const page = await environments.files.list(id, { limit: 3 })
  assert.deepEqual([page.has_more, typeof page.next], [true, 'string'])
  assert.equal((await refusal(environments.files.list(id, { page: 'nonsense' }))).param, 'page')
  const uploaded = await environments.files.upload(id, { file: new File(['by helper'], 'h.txt'), path: '/workspace/h.txt' })
  assert.equal(uploaded.environmentFile.size_bytes, 9)
  const refused = async (body: unknown): Promise<readonly unknown[]> => {
    const response = await emulator.send('POST', `/v1/agents/environments/${id}/files`, body, { 'openai-beta': 'agents=v1' })
    const { error } = (await response.json()) as { error: { param: string; code: string } }
    return [response.status, error.param, error.code]
  }
  assert.deepEqual(
    await Promise.all(
      [
        {},
        inline('/etc/passwd', 'x'),
        inline('/workspace/../etc', 'x'),
        inline('/workspace/.codex/x', 'x'),
        inline('/workspace/outputs', 'x'),
        { ...inline('/workspace/x', ''), data: 'no base64!' },
        { type: 'file_id', file_id: 'file-none', path: '/workspace/x' },
        inline('/workspace/a/1.txt/deeper', 'x'),
      ].map(refused),
    ),
    [
      [400, 'type', 'missing_required_parameter'],
      [400, 'path', 'invalid_request_error'],
      [400, 'path', 'invalid_request_error'],
      [400, 'path', 'invalid_request_error'],
      [400, 'path', 'invalid_request_error'],
      [400, 'data', 'invalid_request_error'],
      [404, 'file_id', null],
      [400, 'path', 'invalid_request_error'],
    ],
  )
})

test('what a hosted turn writes to the outputs is published, byte for byte and for good', async () => {
  await using emulator = await startTestEmulator()
  const { sessions, environments } = emulator.client.beta.agents
  const first = await sessions.create({
    agent,
    environment: hosted,
    input: 'Reply with exactly: first. Write it to /workspace/outputs/a.txt',
    stream: true,
  })
  const result = await first.finalResult()
  const at = { session_id: result.session_id }
  const [artifact] = (await sessions.artifacts.list(result.session_id)).data
  assert.ok(artifact !== undefined)
  assert.deepEqual([artifact.path, artifact.turn_id], ['/workspace/outputs/a.txt', result.turn_id])
  const content = async (id: string): Promise<string> => (await sessions.artifacts.content(id, at)).text()
  const text = await content(artifact.id)
  assert.equal(text.length, artifact.size_bytes)
  await sessions
    .stream(result.session_id, { input: 'Reply with exactly: second. Write it to /workspace/outputs/a.txt and to /workspace/notes.md' })
    .finalResult()
  // What a turn does not write, it does not publish again.
  await sessions.stream(result.session_id, { input: 'Reply with exactly: nothing to write' }).finalResult()
  const artifacts = (await sessions.artifacts.list(result.session_id)).data
  assert.deepEqual(
    artifacts.map(({ path }) => path),
    ['/workspace/outputs/a.txt', '/workspace/outputs/a.txt'],
  )
  assert.notEqual(await content(artifacts[0]?.id ?? ''), text)
  assert.equal(await content(artifact.id), text)
  const files = await environments.files.list(artifact.environment_id, { order: 'asc' })
  assert.deepEqual(
    files.data.map(({ path }) => path),
    ['/workspace/notes.md', '/workspace/outputs/a.txt'],
  )
  // The helper of the SDK finds a result's own artifact by its path.
  assert.equal(await (await sessions.artifacts.forResult(result).content('/workspace/outputs/a.txt')).text(), text)
  assert.deepEqual((await sessions.artifacts.list(result.session_id, { environment_id: 'env_none' })).data, [])
  assert.deepEqual(await sessions.artifacts.delete(artifact.id, at), {
    id: artifact.id,
    object: 'agent.session.artifact.deleted',
    deleted: true,
  })
  assert.equal((await refusal(sessions.artifacts.retrieve(artifact.id, at))).status, 404)
})

test('an idle hosted environment is suspended, wakes for the next turn, and expires after a long time', async () => {
  await using emulator = await startTestEmulator()
  const { sessions } = emulator.client.beta.agents
  const result = await (await sessions.create({ agent, environment: hosted, input: 'Hello', stream: true })).finalResult()
  const { environment } = await sessions.retrieve(result.session_id)
  assert.ok(environment.type === 'openai_hosted')
  emulator.running.clock.advance(16 * minute)
  await untilStatus(emulator, environment.id, 'suspended')
  await sessions.stream(result.session_id, { input: 'And again' }).finalResult()
  await untilStatus(emulator, environment.id, 'connected')
  emulator.running.clock.advance(16 * minute)
  await untilStatus(emulator, environment.id, 'suspended')
  emulator.running.clock.advance(31 * 24 * 60 * minute)
  await untilStatus(emulator, environment.id, 'expired')
  const input = { type: 'agent.session.input.message', input: [{ role: 'user', content: [{ type: 'input_text', text: 'x' }] }] } as const
  assert.equal(
    (
      await refusal(
        sessions.events.create(result.session_id, {
          events: [{ ...input, input: [{ role: 'user', content: [{ type: 'input_text', text: 'x' }] }] }],
        }),
      )
    ).status,
    409,
  )
  assert.deepEqual(await eventTypes(emulator, environment.id), [
    'agent.environment.suspended',
    'agent.environment.suspended',
    'agent.environment.expired',
  ])
})

test('a setup that fails is the end of its session', async () => {
  await using emulator = await startTestEmulator()
  const { sessions } = emulator.client.beta.agents
  const stream = await sessions.create({
    agent,
    environment: { ...hosted, setup_commands: [{ command: 'echo secret' }, { command: 'exit 1' }] },
    input: 'Hello',
    stream: true,
  })
  const events = await Array.fromAsync(stream)
  assert.ok(events.some((event) => event.type === 'agent.session.environment.failed' && event.environment.error !== null))
  const last = events.at(-1)
  assert.ok(last?.type === 'agent.session.failed')
  assert.deepEqual([last.session.status, last.session.error], ['failed', 'A setup command failed.'])
  assert.ok(!JSON.stringify(events).includes('secret'))
})

test('a session in an environment of the application asks for the connection before it works', async () => {
  await using emulator = await startTestEmulator({ jobPaceMs: 60 })
  const { sessions } = emulator.client.beta.agents
  const stream = await sessions.create({
    agent,
    environment: { type: 'self_hosted', workspace_directory: '/srv/app' },
    input: 'Reply with exactly: home',
    stream: true,
  })
  const events = await Array.fromAsync(stream)
  const asked = events.find((event) => event.type === 'agent.session.requires_action')
  const environment = asked?.session.environment
  assert.ok(environment?.type === 'self_hosted')
  assert.deepEqual(asked?.session.required_actions, [{ type: 'environment_connection', environment_id: environment.id }])
  assert.match(environment.remote_url, /^wss:\/\//)
  assert.deepEqual(events.at(-1)?.type, 'agent.session.idle')
  assert.match(JSON.stringify(events), /"home"/)
})

test('templates keep a setup without showing its secrets, and sessions inherit what they do not say', async () => {
  await using emulator = await startTestEmulator()
  const { environments, sessions } = emulator.client.beta.agents
  const made = await environments.templates.create({
    name: 'Lab',
    files: [inline('/workspace/seed.txt', 'seed-content')],
    env: { TOKEN: 'very-secret' },
    setup_commands: [{ command: 'install very-secret' }],
    network: { access: 'restricted', allowed_domains: ['example.com'] },
    packages: { npm: ['zod'] },
    skills: [
      {
        type: 'inline',
        name: 'plan',
        description: 'plans',
        source: { type: 'base64', media_type: 'application/zip', data: Buffer.from('PK\u0003\u0004').toString('base64') },
      },
    ],
  })
  assert.match(made.id, /^envtmpl_/)
  assert.deepEqual(made.files, [{ type: 'inline', path: '/workspace/seed.txt', size_bytes: 12 }])
  assert.deepEqual(
    [made.packages, made.skills, made.network],
    [
      { npm: ['zod'], python: [], system: [] },
      [{ type: 'inline', name: 'plan', description: 'plans' }],
      { access: 'restricted', allowed_domains: ['example.com'] },
    ],
  )
  const session = await sessions.create({
    agent,
    environment: { ...hosted, environment_template_id: made.id, packages: { python: ['numpy'] }, container_size: 'large' },
  })
  const { environment } = session
  assert.ok(environment.type === 'openai_hosted')
  assert.deepEqual(
    [environment.packages, environment.files.map(({ path }) => path), environment.container_size],
    [{ npm: [], python: ['numpy'], system: [] }, ['/workspace/seed.txt'], 'large'],
  )
  const broader = await refusal(
    sessions.create({ agent, environment: { ...hosted, environment_template_id: made.id, network: { access: 'enabled' } } }),
  )
  assert.deepEqual([broader.status, broader.param], [400, 'environment.network'])
  const updated = await environments.templates.update(made.id, { name: null, files: null, desktop: { enabled: true } })
  assert.deepEqual([updated.name, updated.files, updated.desktop, updated.packages.npm], [null, [], { enabled: true }, ['zod']])
  assert.ok(!JSON.stringify([made, session, updated, (await environments.templates.list()).data]).includes('secret'))
  assert.deepEqual(await environments.templates.delete(made.id), {
    id: made.id,
    object: 'agent.environment.template.deleted',
    deleted: true,
  })
  assert.equal((await refusal(environments.templates.retrieve(made.id))).status, 404)
  assert.equal(
    (await refusal(environments.templates.create({ network: { access: 'enabled', allowed_domains: ['a.example'] } }))).param,
    'network.access',
  )
})
