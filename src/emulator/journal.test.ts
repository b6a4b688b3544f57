import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestEmulator } from '../../test/harness/emulator.ts'
import type { TestEmulator } from '../../test/harness/emulator.ts'
import type { JournalEntry } from './journal.ts'

async function read(emulator: TestEmulator, query: string): Promise<readonly JournalEntry[]> {
  const response = await emulator.send('GET', `/_emulator/journal?${query}`)
  assert.equal(response.status, 200, await response.clone().text())
  return ((await response.json()) as { data: JournalEntry[] }).data
}

const urls = async (emulator: TestEmulator, query: string): Promise<string[]> =>
  (await read(emulator, query)).map(({ method, url }) => `${method} ${url}`)

test('the journal is asked by method, path, status, model, text, endpoint and number', async () => {
  await using emulator = await startTestEmulator()
  const chat = (model: string, content: string): Promise<Response> =>
    emulator.send('POST', '/v1/chat/completions', { model, messages: [{ role: 'user', content }] })
  await emulator.send('GET', '/v1/models?limit=2')
  await chat('gpt-4o', 'Where is "Ulm"?')
  await chat('gpt-4.1', 'Where is Köln?')
  await chat('gpt-nothing', 'x')
  await emulator.send('GET', '/v1/nowhere')
  const cases = [
    ['method=get', ['GET /v1/models?limit=2', 'GET /v1/nowhere']],
    ['path=/v1/models', ['GET /v1/models?limit=2']],
    ['status=404', ['POST /v1/chat/completions', 'GET /v1/nowhere']],
    ['status=4xx&method=POST', ['POST /v1/chat/completions']],
    ['status=2xx', ['GET /v1/models?limit=2', 'POST /v1/chat/completions', 'POST /v1/chat/completions']],
    ['model=gpt-4.1', ['POST /v1/chat/completions']],
    ['contains=%22Ulm%22', ['POST /v1/chat/completions']],
    ['contains=K%C3%B6ln', ['POST /v1/chat/completions']],
    ['contains=limit%3D2', ['GET /v1/models?limit=2']],
    ['contains=nobody+said+this', []],
    ['endpoint=models.list', ['GET /v1/models?limit=2']],
    ['limit=1', ['GET /v1/nowhere']],
  ] as const
  for (const [query, expected] of cases) assert.deepEqual(await urls(emulator, query), expected, query)
})

test('the journal is asked for what came since a time, in milliseconds or written out', async () => {
  await using emulator = await startTestEmulator()
  await emulator.send('GET', '/v1/models')
  emulator.running.clock.advance(60_000)
  const since = emulator.running.clock.now()
  await emulator.send('GET', '/v1/files')
  assert.deepEqual(await urls(emulator, `since=${since}`), ['GET /v1/files'])
  assert.deepEqual(await urls(emulator, `since=${new Date(since).toISOString()}`), ['GET /v1/files'])
  assert.deepEqual(await urls(emulator, `since=${new Date(since - 120_000).toISOString()}`), ['GET /v1/models', 'GET /v1/files'])
})

test('a question the journal does not understand is refused', async () => {
  await using emulator = await startTestEmulator()
  for (const query of ['limit=x', 'limit=0', 'since=yesterday', 'status=abc', 'modle=gpt-4o'])
    assert.equal((await emulator.send('GET', `/_emulator/journal?${query}`)).status, 400, query)
})

test('the journal says what a body was: JSON, the facts of a large one, the parts of a form', async () => {
  await using emulator = await startTestEmulator()
  const body = { model: 'text-embedding-3-small', input: 'x' }
  await emulator.send('POST', '/v1/embeddings', body)
  await emulator.send('POST', '/v1/moderations', { model: 'omni-moderation-latest', input: 'large '.repeat(20_000) })
  await emulator.client.files.create({ purpose: 'user_data', file: new File(['content'], 'a.txt', { type: 'text/plain' }) })
  await emulator.send('GET', '/v1/models')
  const [small, large, form, none] = await read(emulator, '')
  assert.deepEqual([small?.body, small?.bodyBytes, small?.model], [body, JSON.stringify(body).length, body.model])
  assert.deepEqual([large?.body, large?.model], [undefined, 'omni-moderation-latest'])
  assert.ok((large?.bodyBytes ?? 0) > 100_000)
  assert.deepEqual(form?.form, {
    fields: { purpose: 'user_data' },
    files: [{ name: 'file', filename: 'a.txt', contentType: 'text/plain', bytes: 7 }],
  })
  assert.deepEqual(
    [none?.body, none?.form, none?.bodyBytes, none?.rule, none?.fault, none?.recording],
    [undefined, null, null, null, null, null],
  )
})

test('the journal shows no key, cookie or account, in whatever header', async () => {
  await using emulator = await startTestEmulator()
  await emulator.send('GET', '/v1/models', undefined, {
    authorization: 'Bearer sk-secret-1',
    'api-key': 'secret-2',
    'openai-organization': 'secret-3',
    'sec-websocket-protocol': 'realtime, openai-insecure-api-key.secret-4',
    cookie: 'secret-5',
    'x-mine': 'shown',
  })
  const [entry] = await read(emulator, '')
  assert.doesNotMatch(JSON.stringify(entry), /secret/)
  assert.deepEqual([entry?.headers['authorization'], entry?.headers['x-mine']], ['Bearer [redacted]', 'shown'])
  assert.doesNotMatch(JSON.stringify(emulator.running.journal.read({ limit: 1 })), /secret/)
})
