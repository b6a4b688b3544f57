import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { toFile } from 'openai'
import { refusal, startTestEmulator } from '../../../../test/harness/emulator.ts'

type Received = { readonly headers: IncomingHttpHeaders; readonly body: string }

/** A receiver of webhooks that answers with the next of `statuses`, then with 200. */
async function startReceiver(
  statuses: number[] = [],
): Promise<{ url: string; next: () => Promise<Received>; received: Received[] } & AsyncDisposable> {
  const received: Received[] = []
  const waiting: ((one: Received) => void)[] = []
  let taken = 0
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const one = { headers: request.headers, body }
      received.push(one)
      response.writeHead(statuses.shift() ?? 200).end()
      waiting.shift()?.(one)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`,
    received,
    next: async () =>
      received[taken++] ??
      (await new Promise((resolve, reject) => {
        waiting.push(resolve)
        AbortSignal.timeout(15_000).addEventListener('abort', () => reject(new Error('no webhook arrived')))
      })),
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

const plain = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))

test('a background response that ends is told to its endpoint, signed so that the SDK accepts it and refuses another secret', async () => {
  await using receiver = await startReceiver()
  await using emulator = await startTestEmulator()
  const { client } = emulator
  const endpoint = await client.webhooks.create({ name: 'all', url: receiver.url, event_types: ['response.completed'] })
  const response = await client.responses.create({ model: 'gpt-4o', input: 'hello', background: true })
  const { headers, body } = await receiver.next()
  const event = await client.webhooks.unwrap(body, plain(headers), endpoint.signing_secret)
  assert.equal(event.type, 'response.completed')
  assert.deepEqual('data' in event && event.data, { id: response.id })
  assert.match(event.id, /^evt_/)
  assert.match(String(headers['webhook-id']), /^wh_/)
  const other = `whsec_${Buffer.alloc(32).toString('base64')}`
  await assert.rejects(client.webhooks.unwrap(body, plain(headers), other))
})

test('fine-tuning jobs, runs of evals and batches tell of their end too', async () => {
  await using receiver = await startReceiver()
  await using emulator = await startTestEmulator()
  const { client } = emulator
  const { signing_secret: secret } = await client.webhooks.create({
    name: 'ends',
    url: receiver.url.replace('127.0.0.1', 'localhost'),
    event_types: ['fine_tuning.job.failed', 'eval.run.succeeded', 'batch.completed'],
  })
  const upload = async (line: object, purpose: 'fine-tune' | 'batch'): Promise<string> =>
    (await client.files.create({ file: await toFile(Buffer.from(JSON.stringify(line)), 'x.jsonl'), purpose })).id
  const job = await client.fineTuning.jobs.create({ model: 'gpt-4o', training_file: await upload({ messages: [] }, 'fine-tune') })
  const { id: evalId } = await client.evals.create({
    data_source_config: { type: 'custom', item_schema: { type: 'object' } },
    testing_criteria: [{ type: 'string_check', name: 'x', operation: 'eq', input: 'a', reference: 'a' }],
  })
  const run = await client.evals.runs.create(evalId, {
    data_source: { type: 'jsonl', source: { type: 'file_content', content: [{ item: {} }] } },
  })
  const body = { model: 'text-embedding-3-small', input: 'x' }
  const batch = await client.batches.create({
    completion_window: '24h',
    endpoint: '/v1/embeddings',
    input_file_id: await upload({ custom_id: '1', method: 'POST', url: '/v1/embeddings', body }, 'batch'),
  })
  const heard = new Map<string, unknown>()
  while (heard.size < 3) {
    const received = await receiver.next()
    const event = await client.webhooks.unwrap(received.body, plain(received.headers), secret)
    heard.set(event.type, event.data)
  }
  assert.deepEqual(Object.fromEntries(heard), {
    'fine_tuning.job.failed': { id: job.id },
    'eval.run.succeeded': { id: run.id },
    'batch.completed': { id: batch.id },
  })
})

test('an endpoint hears of the types it asked for only', async () => {
  await using receiver = await startReceiver()
  await using emulator = await startTestEmulator({ jobPaceMs: 150 })
  const { client } = emulator
  await client.webhooks.create({ name: 'cancels', url: receiver.url, event_types: ['response.cancelled'] })
  const first = await client.responses.create({ model: 'gpt-4o', input: 'one', background: true })
  while ((await client.responses.retrieve(first.id)).status !== 'completed');
  const second = await client.responses.create({ model: 'gpt-4o', input: 'two', background: true })
  await client.responses.cancel(second.id)
  assert.match((await receiver.next()).body, /"response.cancelled"/)
  assert.equal(receiver.received.length, 1)
})

test('a failing receiver is tried again with the same id, and an event waits through a restart', async () => {
  await using receiver = await startReceiver([500, 302])
  await using emulator = await startTestEmulator()
  const { client } = emulator
  await client.webhooks.create({ name: 'all', url: receiver.url, event_types: ['response.completed'] })
  await client.responses.create({ model: 'gpt-4o', input: 'hello', background: true })
  const first = await receiver.next()
  await emulator.restart()
  const second = await receiver.next()
  const third = await receiver.next()
  assert.equal(first.body, third.body)
  assert.equal(first.headers['webhook-id'], second.headers['webhook-id'])
})

test('the secret is shown once, and a replaced one signs for another day where that is asked for', async () => {
  await using receiver = await startReceiver()
  await using emulator = await startTestEmulator()
  const { client } = emulator
  const { id, signing_secret: first } = await client.webhooks.create({ name: 'x', url: receiver.url, event_types: ['batch.completed'] })
  assert.match(first, /^whsec_/)
  assert.equal('signing_secret' in (await client.webhooks.retrieve(id)), false)
  const { signing_secret: second } = await client.webhooks.rotateSecret(id, { keep_old_secret_active_for_24_hours: true })
  assert.notEqual(first, second)
  const result = await client.webhooks.test(id, { event_type: 'batch.completed' })
  assert.deepEqual([result.success, result.status_code, result.webhook_endpoint_id], [true, 200, id])
  const both = await receiver.next()
  for (const secret of [first, second]) await client.webhooks.verifySignature(both.body, plain(both.headers), secret)
  emulator.running.clock.advance(86_400_000)
  await client.webhooks.test(id, { event_type: 'batch.completed' })
  const later = await receiver.next()
  await client.webhooks.verifySignature(later.body, plain(later.headers), second)
  await assert.rejects(client.webhooks.verifySignature(later.body, plain(later.headers), first))
})

test('endpoints are listed newest first, changed and deleted, and unknown ones are not found', async () => {
  await using emulator = await startTestEmulator()
  const { client } = emulator
  const ids: string[] = []
  for (const name of ['a', 'b', 'c'])
    ids.push((await client.webhooks.create({ name, url: 'https://example.com/hook', event_types: ['batch.failed'] })).id)
  const page = await client.webhooks.list({ limit: 2 })
  assert.deepEqual([page.data.map(({ name }) => name), page.has_more], [['c', 'b'], true])
  const rest = await client.webhooks.list({ after: ids[1] ?? '' })
  assert.deepEqual([rest.data.map(({ name }) => name), rest.has_more], [['a'], false])
  const [id = ''] = ids
  const updated = await client.webhooks.update(id, { name: 'renamed', event_types: ['batch.completed', 'batch.completed'] })
  assert.deepEqual([updated.name, updated.event_types], ['renamed', ['batch.completed']])
  assert.deepEqual(await client.webhooks.delete(id), { id, object: 'webhook_endpoint.deleted', deleted: true })
  assert.equal((await refusal(client.webhooks.retrieve(id))).status, 404)
  assert.ok((await client.webhooks.eventTypes.list()).data.includes('eval.run.succeeded'))
})

test('urls and event types are checked, and a test that cannot be delivered says why', async () => {
  await using receiver = await startReceiver([503])
  await using emulator = await startTestEmulator()
  const { client } = emulator
  const create = (url: string, types: unknown): Promise<unknown> =>
    client.webhooks.create({ name: 'x', url, event_types: types as ['batch.failed'] })
  assert.equal((await refusal(create('ftp://x', ['batch.failed']))).param, 'url')
  assert.equal((await refusal(create('https://x', ['batch.done']))).param, 'event_types[0]')
  assert.equal((await refusal(create('https://x', []))).code, 'empty_array')
  const broken = await client.webhooks.create({ name: 'x', url: receiver.url, event_types: ['batch.failed'] })
  assert.match((await refusal(client.webhooks.test(broken.id, { event_type: 'batch.failed' }))).message, /status 503/)
  const far = await client.webhooks.create({ name: 'x', url: 'https://example.com', event_types: ['batch.failed'] })
  assert.match((await refusal(client.webhooks.test(far.id, { event_type: 'batch.failed' }))).message, /this machine only/)
})
