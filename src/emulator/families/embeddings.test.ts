import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, startTestEmulator } from '../../../test/harness/emulator.ts'

test('vectors have the length of the model or the one asked for, as floats and as base64 alike', async () => {
  await using emulator = await startTestEmulator()
  const { embeddings } = emulator.client
  for (const [model, length] of [
    ['text-embedding-3-small', 1536],
    ['text-embedding-3-large', 3072],
    ['text-embedding-ada-002', 1536],
  ] as const) {
    const made = await embeddings.create({ model, input: ['red apples', 'tax law'], encoding_format: 'float' })
    assert.deepEqual(
      made.data.map(({ embedding, index }) => [embedding.length, index]),
      [
        [length, 0],
        [length, 1],
      ],
    )
    // The SDK asks for base64 by itself and decodes it.
    assert.deepEqual((await embeddings.create({ model, input: 'red apples' })).data[0]?.embedding, made.data[0]?.embedding)
  }
  const short = await embeddings.create({ model: 'text-embedding-3-large', input: [[1, 2, 3]], dimensions: 256 })
  assert.deepEqual([short.data[0]?.embedding.length, short.usage.prompt_tokens], [256, 3])
})

test('inputs and models that OpenAI refuses are refused', async () => {
  await using emulator = await startTestEmulator()
  const { embeddings } = emulator.client
  assert.match((await refusal(embeddings.create({ model: 'text-embedding-3-small', input: '' }))).message, /^'\$\.input' is invalid\./)
  assert.equal((await refusal(embeddings.create({ model: 'gpt-4o', input: 'x' }))).status, 403)
  assert.equal((await refusal(embeddings.create({ model: 'none', input: 'x' }))).code, 'model_not_found')
  assert.equal((await refusal(embeddings.create({ model: 'text-embedding-3-small', input: 'x', dimensions: 2000 }))).param, 'dimensions')
  assert.match(
    (await refusal(embeddings.create({ model: 'text-embedding-3-small', input: 'word '.repeat(9000) }))).message,
    /maximum context length is 8192 tokens/,
  )
})
