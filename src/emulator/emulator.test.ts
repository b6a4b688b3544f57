import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { startTestEmulator } from '../../test/harness/emulator.ts'

const errorOf = async (response: Response): Promise<Record<string, unknown>> =>
  ((await response.json()) as { error: Record<string, unknown> }).error

test('a request without a key is refused in the words of OpenAI, and any key is accepted', async () => {
  await using emulator = await startTestEmulator()
  const refused = await fetch(`${emulator.url}/v1/models`)
  assert.equal(refused.status, 401)
  assert.equal(refused.headers.get('www-authenticate'), 'Basic realm="OpenAI API"')
  const error = await errorOf(refused)
  assert.match(
    String(error['message']),
    /^You didn't provide an API key\. You need to provide your API key in an Authorization header using Bearer auth/,
  )
  assert.deepEqual([error['type'], error['param'], error['code']], ['invalid_request_error', null, null])
  for (const key of ['Bearer sk-1', 'bearer My API Key'])
    assert.equal((await fetch(`${emulator.url}/v1/models`, { headers: { authorization: key } })).status, 200)
})

test('keys that are configured are the only ones, and a refusal shows no more than the ends of another', async () => {
  await using emulator = await startTestEmulator({ keys: ['sk-right'] })
  const right = await emulator.send('GET', '/v1/models', undefined, { authorization: 'Bearer sk-right' })
  assert.equal(right.status, 200)
  const wrong = await emulator.send('GET', '/v1/models', undefined, { authorization: 'Bearer sk-proj-abcdefghijklmnop' })
  assert.equal(wrong.status, 401)
  const error = await errorOf(wrong)
  assert.equal(error['code'], 'invalid_api_key')
  assert.match(String(error['message']), /^Incorrect API key provided: sk-pr\*+mnop\. You can find/)
})

test('unknown paths and wrong methods are answered as OpenAI answers them', async () => {
  await using emulator = await startTestEmulator()
  const cases = [
    ['POST', '/v1/foo', 404, 'Invalid URL (POST /v1/foo)'],
    ['GET', '/chat/completions', 404, 'Invalid URL (GET /chat/completions)'],
    ['GET', '/v1/models/', 404, 'Invalid URL (GET /v1/models/)'],
    ['GET', '/v1/responses', 405, 'Not allowed to GET on /v1/responses. (HINT: Perhaps you meant to use a different HTTP method?)'],
    [
      'DELETE',
      '/v1/chat/completions',
      405,
      'Not allowed to DELETE on /v1/chat/completions. (HINT: Perhaps you meant to use a different HTTP method?)',
    ],
  ] as const
  for (const [method, path, status, message] of cases) {
    const response = await emulator.send(method, path)
    assert.equal(response.status, status)
    assert.deepEqual(await errorOf(response), { message, type: 'invalid_request_error', param: null, code: null })
  }
})

test('a body that is no JSON object, or says it is something else, is refused', async () => {
  await using emulator = await startTestEmulator()
  const json = { 'content-type': 'application/json' }
  const broken = await emulator.send('POST', '/v1/chat/completions', '{"model":', json)
  assert.equal(broken.status, 400)
  assert.match(String((await errorOf(broken))['message']), /^We could not parse the JSON body of your request\. \(HINT: /)
  assert.equal((await emulator.send('POST', '/v1/chat/completions', '[]', json)).status, 400)
  const text = await emulator.send('POST', '/v1/chat/completions', '{}', { 'content-type': 'text/plain' })
  assert.deepEqual([text.status, (await errorOf(text))['code']], [400, 'unsupported_content_type'])
  const empty = await emulator.send('POST', '/v1/chat/completions', '', json)
  assert.deepEqual([empty.status, (await errorOf(empty))['message']], [400, "Missing required parameter: 'messages'."])
})

test('every answer carries the headers of the vendor, generating ones their rate limits too', async () => {
  await using emulator = await startTestEmulator()
  const chat = await emulator.send('POST', '/v1/chat/completions', { model: 'gpt-4o', messages: [{ role: 'user', content: 'hi' }] })
  assert.match(chat.headers.get('x-request-id') ?? '', /^req_[0-9a-f]{32}$/)
  assert.match(chat.headers.get('openai-processing-ms') ?? '', /^\d+$/)
  assert.equal(chat.headers.get('openai-version'), '2020-10-01')
  assert.equal(chat.headers.get('content-type'), 'application/json')
  for (const name of [
    'openai-organization',
    'openai-project',
    'x-ratelimit-limit-requests',
    'x-ratelimit-remaining-tokens',
    'x-ratelimit-reset-requests',
  ])
    assert.ok(chat.headers.has(name), name)
  assert.match(chat.headers.get('set-cookie') ?? '', /^__cf_bm=.+; HttpOnly; Secure; SameSite=None$/)
  const list = await emulator.send('GET', '/v1/models')
  assert.equal(list.headers.has('x-ratelimit-limit-requests'), false)
  assert.notEqual(list.headers.get('x-request-id'), chat.headers.get('x-request-id'))
})

test('the journal shows what arrived, without its key', async () => {
  await using emulator = await startTestEmulator()
  await emulator.client.models.retrieve('gpt-4o')
  await emulator.send('POST', '/v1/embeddings', { model: 'text-embedding-3-small', input: 'x' }, { 'x-mine': 'yes' })
  const response = await emulator.send('GET', '/_emulator/journal?endpoint=embeddings.create')
  const { data } = (await response.json()) as {
    data: { method: string; url: string; body: unknown; status: number; headers: Record<string, string> }[]
  }
  assert.equal(data.length, 1)
  assert.deepEqual([data[0]?.method, data[0]?.url, data[0]?.status], ['POST', '/v1/embeddings', 200])
  assert.deepEqual(data[0]?.body, { model: 'text-embedding-3-small', input: 'x' })
  assert.equal(data[0]?.headers['x-mine'], 'yes')
  assert.equal(data[0]?.headers['authorization'], 'Bearer [redacted]')
  await emulator.send('DELETE', '/_emulator/journal')
  assert.deepEqual(emulator.running.journal.read({ limit: 10 }), [])
})

test('state survives a restart and is gone after a reset', async () => {
  await using emulator = await startTestEmulator()
  const { id } = await emulator.client.conversations.create({ metadata: { a: 'b' } })
  await emulator.restart()
  assert.deepEqual((await emulator.client.conversations.retrieve(id)).metadata, { a: 'b' })
  await emulator.send('POST', '/_emulator/reset')
  await assert.rejects(emulator.client.conversations.retrieve(id), { status: 404 })
})

test('a port in use is an error of the start, not a crash', async () => {
  await using emulator = await startTestEmulator()
  await assert.rejects(startTestEmulator({ port: emulator.running.port }), { code: 'EADDRINUSE' })
})

test('closing ends open connections and streams', async () => {
  await using emulator = await startTestEmulator({ tokenPaceMs: 10_000 })
  const socket = connect(emulator.running.port, '127.0.0.1')
  const body = JSON.stringify({ model: 'gpt-4o', stream: true, messages: [{ role: 'user', content: 'hi' }] })
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
  await once(socket, 'data')
  const closed = once(socket, 'close')
  await emulator.running.close()
  socket.resume()
  await closed
})
