// The official SDK through the relay to the embedded emulator: everything an application does, from the first chat to
// uploads that fit in no memory.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import OpenAI, { toFile, toStreamingFile } from 'openai'
import { generatedBytes, sdkOf } from '../harness/sdk.ts'
import { startWorld, type World } from '../harness/world.ts'
import { chatCases, otherCases, responsesCases } from './cases.ts'

describe('with several tenants, in front of the emulator', () => {
  let world: World
  before(async () => {
    world = await startWorld({ upstream: 'emulator', tenants: 'several' })
  })
  after(() => world[Symbol.asyncDispose]())

  // Whatever an application does with what is its own, it does not notice that there are others.
  for (const { name, run } of [...chatCases, ...responsesCases, ...otherCases]) test(name, () => run(sdkOf(world)))
})

describe('in front of the emulator', () => {
  let world: World
  let client: OpenAI
  before(async () => {
    world = await startWorld({ upstream: 'emulator' })
    client = sdkOf(world)
  })
  after(() => world[Symbol.asyncDispose]())

  for (const { name, run } of [...chatCases, ...responsesCases, ...otherCases]) test(name, () => run(client))

  test('a base URL without /v1 works as well', async () => {
    const { data } = await sdkOf(world, { baseURL: world.url }).models.list()
    assert.ok(data.length > 0)
  })

  test('a model whose id holds a slash is asked for by its id', async () => {
    await assert.rejects(client.models.retrieve('org/no-such-model'), (error) => {
      assert.ok(error instanceof OpenAI.NotFoundError)
      assert.match(error.message, /org\/no-such-model/)
      return true
    })
  })

  test('a 200 MB file is uploaded as a stream and arrives with its sha256', { timeout: 120_000 }, async () => {
    const total = 200_000_000
    const sent = createHash('sha256')
    async function* hashed(): AsyncGenerator<Buffer> {
      for await (const block of generatedBytes(total)) {
        sent.update(block)
        yield block
      }
    }
    const file = await client.files.create({ file: toStreamingFile(hashed(), 'big.jsonl'), purpose: 'batch' })
    assert.equal(file.bytes, total)
    const got = createHash('sha256')
    let bytes = 0
    const { body } = await client.files.content(file.id)
    assert.ok(body)
    for await (const block of body as AsyncIterable<Uint8Array>) {
      got.update(block)
      bytes += block.length
    }
    assert.equal(bytes, total)
    assert.equal(got.digest('hex'), sent.digest('hex'))
    await client.files.delete(file.id)
  })

  test('parts uploaded in parallel become one file in the order given at completion', async () => {
    const parts = Array.from({ length: 6 }, (_, index) => Buffer.alloc(500_000 + index, index + 1))
    const whole = Buffer.concat(parts)
    const upload = await client.uploads.create({ bytes: whole.length, filename: 'whole.jsonl', mime_type: 'text/jsonl', purpose: 'batch' })
    const made = await Promise.all(parts.map(async (part) => client.uploads.parts.create(upload.id, { data: await toFile(part, 'part') })))
    const done = await client.uploads.complete(upload.id, {
      part_ids: made.map((part) => part.id),
      md5: createHash('md5').update(whole).digest('hex'),
    })
    assert.equal(done.status, 'completed')
    assert.ok(done.file)
    const content = Buffer.from(await (await client.files.content(done.file.id)).arrayBuffer())
    assert.equal(createHash('sha256').update(content).digest('hex'), createHash('sha256').update(whole).digest('hex'))
  })

  test('an upload is cancelled, by the SDK without any body', async () => {
    const upload = await client.uploads.create({ bytes: 10, filename: 'a.jsonl', mime_type: 'text/jsonl', purpose: 'batch' })
    assert.equal((await client.uploads.cancel(upload.id)).status, 'cancelled')
  })

  test('lists page through everything, once, in both orders', async () => {
    const made: string[] = []
    for (let index = 0; index < 7; index++)
      made.push((await client.files.create({ file: await toFile(Buffer.from(`${index}`), `${index}.txt`), purpose: 'user_data' })).id)
    for (const order of ['asc', 'desc'] as const) {
      const seen: string[] = []
      for await (const file of client.files.list({ purpose: 'user_data', limit: 2, order })) seen.push(file.id)
      assert.deepEqual(seen, order === 'asc' ? made : made.toReversed())
    }
    const first = await client.files.list({ purpose: 'user_data', limit: 3 })
    assert.equal(first.hasNextPage(), true)
    assert.equal((await first.getNextPage()).data.length, 3)
  })

  test('the errors of the SDK are of their class, with code, parameter and request id', async () => {
    await assert.rejects(client.files.retrieve('file-nowhere'), (error) => {
      assert.ok(error instanceof OpenAI.NotFoundError)
      assert.equal(error.status, 404)
      assert.equal(error.type, 'invalid_request_error')
      assert.match(error.requestID ?? '', /^req_/)
      return true
    })
    await assert.rejects(
      client.chat.completions.create({ model: 'gpt-4o-mini' } as OpenAI.ChatCompletionCreateParamsNonStreaming),
      OpenAI.BadRequestError,
    )
    await assert.rejects(sdkOf(world, { apiKey: 'sk-wrong' }).models.list(), (error) => {
      assert.ok(error instanceof OpenAI.AuthenticationError)
      assert.equal(error.code, 'invalid_api_key')
      return true
    })
    await assert.rejects(client.get('/nowhere'), OpenAI.NotFoundError)
    await assert.rejects(
      client.post('/chat/completions', { body: 'x', headers: { 'content-type': 'text/plain' } }),
      (error) => error instanceof OpenAI.APIError && error.status === 415,
    )
  })

  test('a stored response is read back, continued and deleted', async () => {
    const first = await client.responses.create({ model: 'gpt-4o-mini', input: 'Remember the word heron.', store: true })
    assert.equal((await client.responses.retrieve(first.id)).id, first.id)
    const second = await client.responses.create({
      model: 'gpt-4o-mini',
      input: 'Reply with exactly: heron',
      previous_response_id: first.id,
    })
    assert.equal(second.output_text, 'heron')
    assert.equal(second.previous_response_id, first.id)
    await client.responses.delete(first.id)
    await assert.rejects(client.responses.retrieve(first.id), OpenAI.NotFoundError)
  })

  test('a stored chat completion is read back', async () => {
    const made = await client.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: 'Reply with exactly: kept' }],
      store: true,
      metadata: { case: 'kept' },
    })
    assert.equal((await client.chat.completions.retrieve(made.id)).choices[0]?.message.content, 'kept')
    const seen: string[] = []
    for await (const each of client.chat.completions.list({ metadata: { case: 'kept' } })) seen.push(each.id)
    assert.deepEqual(seen, [made.id])
  })

  test('a stream that is left in the middle ends at once, and the client goes on', async () => {
    const stream = await client.chat.completions.create({
      model: 'gpt-4o-mini',
      stream: true,
      messages: [{ role: 'user', content: 'Count from 1 to 5000' }],
    })
    let chunks = 0
    for await (const chunk of stream) {
      assert.equal(chunk.object, 'chat.completion.chunk')
      if (++chunks === 5) break
    }
    assert.equal(stream.controller.signal.aborted, true)
    assert.ok((await client.models.list()).data.length > 0)
  })
})
