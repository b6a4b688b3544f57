import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, startTestEmulator } from '../../../test/harness/emulator.ts'

const workflow = { id: 'wf_68ebc5886f508190843c8bdde3' }

test('a session has a secret, its settings in full, and a lifetime; it can be cancelled once it is there', async () => {
  await using emulator = await startTestEmulator()
  const { sessions } = emulator.client.beta.chatkit
  const made = await sessions.create({
    user: 'ada',
    workflow: { ...workflow, state_variables: { a: 1 } },
    rate_limits: { max_requests_per_1_minute: 3 },
    chatkit_configuration: { file_upload: { enabled: true } },
  })
  assert.match(made.id, /^cksess_/)
  assert.match(made.client_secret, /^ek_/)
  assert.deepEqual(
    [made.status, made.max_requests_per_1_minute, made.workflow, made.chatkit_configuration],
    [
      'active',
      3,
      { id: workflow.id, version: null, state_variables: { a: 1 }, tracing: { enabled: true } },
      {
        automatic_thread_titling: { enabled: true },
        file_upload: { enabled: true, max_file_size: 512, max_files: 10 },
        history: { enabled: true, recent_threads: null },
      },
    ],
  )
  await emulator.restart()
  const again = emulator.client.beta.chatkit.sessions
  assert.deepEqual(await again.cancel(made.id), { ...made, status: 'cancelled' })
  const late = await again.create({ user: 'ada', workflow, expires_after: { anchor: 'created_at', seconds: 60 } })
  emulator.running.clock.advance(61_000)
  assert.equal((await again.cancel(late.id)).status, 'expired')
  assert.equal((await refusal(again.cancel('cksess_none'))).message, "Chatkit Session with id 'cksess_none' not found.")
})

test('every session comes with a thread of its user, which is listed, read and deleted', async () => {
  await using emulator = await startTestEmulator()
  const { sessions, threads } = emulator.client.beta.chatkit
  for (const user of ['ada', 'ben', 'ada']) await sessions.create({ user, workflow })
  await sessions.create({ user: 'ada', workflow, chatkit_configuration: { history: { enabled: false } } })
  const adas = await Array.fromAsync(threads.list({ user: 'ada', limit: 1 }))
  assert.deepEqual(
    adas.map(({ user, status, object }) => [user, status, object]),
    Array.from({ length: 2 }, () => ['ada', { type: 'active' }, 'chatkit.thread']),
  )
  assert.equal((await Array.fromAsync(threads.list())).length, 3)
  const [first] = adas
  assert.ok(first !== undefined)
  assert.deepEqual(await threads.retrieve(first.id), first)
  const items = await Array.fromAsync(threads.listItems(first.id, { order: 'asc', limit: 1 }))
  assert.deepEqual(
    items.map(({ type, thread_id: id }) => [type, id]),
    [
      ['chatkit.user_message', first.id],
      ['chatkit.assistant_message', first.id],
    ],
  )
  assert.deepEqual(
    (await threads.listItems(first.id, { before: items[0]?.id ?? '' })).data.map(({ id }) => id),
    [items[1]?.id],
  )
  assert.deepEqual(await threads.delete(first.id), { id: first.id, object: 'chatkit.thread.deleted', deleted: true })
  assert.equal((await refusal(threads.listItems(first.id))).status, 404)
})

test('what no session can be is refused, with the parameter, and so is a request without the beta header', async () => {
  await using emulator = await startTestEmulator()
  const refused = async (body: unknown): Promise<readonly unknown[]> => {
    const response = await emulator.send('POST', '/v1/chatkit/sessions', body, { 'openai-beta': 'chatkit_beta=v1' })
    return [response.status, ((await response.json()) as { error: { param: unknown } }).error.param]
  }
  assert.deepEqual(
    await Promise.all(
      [
        { workflow },
        { user: 'ada' },
        { user: 'ada', workflow: {} },
        { user: 'ada', workflow: { id: 'none' } },
        { user: 'ada', workflow, expires_after: { anchor: 'created_at', seconds: 601 } },
        { user: 'ada', workflow, color: 'red' },
      ].map(refused),
    ),
    [
      [400, 'user'],
      [400, 'workflow'],
      [400, 'workflow.id'],
      [404, null],
      [400, 'expires_after.seconds'],
      [400, 'color'],
    ],
  )
  const bare = await emulator.send('GET', '/v1/chatkit/threads')
  assert.match(((await bare.json()) as { error: { message: string } }).error.message, /'OpenAI-Beta: chatkit_beta=v1'\.$/)
})
