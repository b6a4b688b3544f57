import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, startTestEmulator } from '../../../test/harness/emulator.ts'

test('models are listed and read, also when their id has a slash', async () => {
  await using emulator = await startTestEmulator({ models: ['org/private'] })
  const all = await Array.fromAsync(emulator.client.models.list())
  const ids = all.map(({ id }) => id)
  for (const id of ['gpt-4o', 'gpt-5', 'text-embedding-3-small', 'sora-2', 'relay/emulator', 'org/private']) {
    assert.ok(ids.includes(id), id)
    assert.equal((await emulator.client.models.retrieve(id)).id, id)
  }
  const chat = await emulator.client.chat.completions.create({
    model: 'org/private',
    messages: [{ role: 'user', content: 'Reply with exactly: pong' }],
  })
  assert.equal(chat.choices[0]?.message.content, 'pong')
})

test('an unknown model is not found, and those of OpenAI cannot be deleted', async () => {
  await using emulator = await startTestEmulator()
  const unknown = await refusal(emulator.client.models.retrieve('org/none'))
  assert.deepEqual(unknown, { status: 404, message: "The model 'org/none' does not exist", code: 'model_not_found', param: 'model' })
  assert.equal((await refusal(emulator.client.models.delete('gpt-4o'))).status, 403)
})
