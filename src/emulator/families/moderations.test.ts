import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, startTestEmulator } from '../../../test/harness/emulator.ts'

test('texts are judged one by one, parts together', async () => {
  await using emulator = await startTestEmulator()
  const judged = await emulator.client.moderations.create({ input: ['A lovely day.', 'I will kill you'] })
  assert.match(judged.id, /^modr-/)
  assert.deepEqual(
    judged.results.map(({ flagged }) => flagged),
    [false, true],
  )
  assert.ok(judged.results[1]?.categories.violence === true && judged.results[1].category_scores.violence > 0.5)
  const parts = await emulator.client.moderations.create({
    input: [
      { type: 'text', text: 'I will kill you' },
      { type: 'image_url', image_url: { url: 'https://example.com/x.png' } },
    ],
  })
  assert.deepEqual(
    parts.results.map((result) => result.category_applied_input_types.violence),
    [['text', 'image']],
  )
  assert.equal((await refusal(emulator.client.moderations.create({ input: 'x', model: 'gpt-4o' }))).param, 'model')
})
