import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, startTestEmulator } from '../../../test/harness/emulator.ts'

test('a conversation is made, read, changed and deleted', async () => {
  await using emulator = await startTestEmulator()
  const { conversations } = emulator.client
  const made = await conversations.create({ metadata: { topic: 'sea' } })
  assert.match(made.id, /^conv_[0-9a-f]{48}$/)
  assert.deepEqual(await conversations.retrieve(made.id), made)
  assert.deepEqual((await conversations.update(made.id, { metadata: { topic: 'land' } })).metadata, { topic: 'land' })
  assert.deepEqual((await conversations.update(made.id, { metadata: null })).metadata, {})
  assert.deepEqual(await conversations.delete(made.id), { id: made.id, object: 'conversation.deleted', deleted: true })
  assert.deepEqual(await refusal(conversations.retrieve(made.id)), {
    status: 404,
    message: `Conversation with id '${made.id}' not found.`,
    code: null,
    param: null,
  })
})

test('items are added, listed newest first, read and deleted one by one', async () => {
  await using emulator = await startTestEmulator()
  const { conversations } = emulator.client
  const { id } = await conversations.create({ items: [{ role: 'user', content: 'one' }] })
  const added = await conversations.items.create(id, {
    items: [
      { role: 'assistant', content: 'two' },
      { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_1', output: 'three' },
    ],
  })
  assert.deepEqual([added.data.length, added.first_id, added.has_more], [3, added.data[0]?.id, false])
  const listed = await Array.fromAsync(conversations.items.list(id, { limit: 2 }))
  assert.deepEqual(
    listed.map(({ type }) => type),
    ['function_call_output', 'function_call', 'message', 'message'],
  )
  const first = listed.at(-1)?.id ?? ''
  const item = await conversations.items.retrieve(first, { conversation_id: id })
  assert.deepEqual(item.type === 'message' && item.content, [{ type: 'input_text', text: 'one' }])
  assert.equal((await conversations.items.delete(first, { conversation_id: id })).id, id)
  assert.equal((await refusal(conversations.items.retrieve(first, { conversation_id: id }))).status, 404)
  assert.equal(
    (await refusal(conversations.items.create(id, { items: Array.from({ length: 21 }, () => ({ role: 'user' as const, content: 'x' })) })))
      .code,
    'array_above_max_length',
  )
})
