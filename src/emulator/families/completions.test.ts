import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, startTestEmulator } from '../../../test/harness/emulator.ts'

const model = 'gpt-3.5-turbo-instruct'

test('prompts are completed, whole and streamed alike', async () => {
  await using emulator = await startTestEmulator()
  const whole = await emulator.client.completions.create({ model, prompt: ['Say pong', 'Count to 100'], n: 2, logprobs: 1 })
  assert.deepEqual(
    whole.choices.map(({ index }) => index),
    [0, 1, 2, 3],
  )
  assert.deepEqual([whole.choices[0]?.text, whole.choices[0]?.finish_reason, whole.choices[2]?.finish_reason], ['pong', 'stop', 'length'])
  assert.deepEqual(whole.choices[0]?.logprobs?.tokens, ['pong'])
  const chunks = await Array.fromAsync(
    await emulator.client.completions.create({ model, prompt: 'Count to 5', stream: true, stream_options: { include_usage: true } }),
  )
  assert.equal(chunks.map(({ choices }) => choices[0]?.text ?? '').join(''), '1, 2, 3, 4, 5')
  assert.ok((chunks.at(-1)?.usage?.total_tokens ?? 0) > 0)
  const echoed = await emulator.client.completions.create({ model, prompt: 'Say pong', echo: true })
  assert.equal(echoed.choices[0]?.text, 'Say pongpong')
})

test('chat models are refused here', async () => {
  await using emulator = await startTestEmulator()
  assert.match((await refusal(emulator.client.completions.create({ model: 'gpt-4o', prompt: 'x' }))).message, /^This is a chat model/)
})
