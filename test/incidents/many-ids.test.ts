// A body of a few megabytes full of ids stopped the whole relay for seconds and ended in an error of our own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startGuardedAccount } from '../harness/guarded-account.ts'

const json = { 'content-type': 'application/json' }
const codeOf = (text: string): unknown => (JSON.parse(text) as { readonly error: { readonly code: unknown } }).error.code

test('a body of many ids is answered like any other, one of too many is refused unread', async () => {
  await using account = await startGuardedAccount()
  const store = (ids: number): ReturnType<typeof account.send> =>
    account.send('red', {
      method: 'POST',
      path: '/v1/vector_stores',
      headers: json,
      body: JSON.stringify({ name: 'x', file_ids: Array.from({ length: ids }, (_, at) => `file-${at}`) }),
    })

  const many = await store(20_000)
  assert.deepEqual([many.status, many.text.includes('No such File object: file-0')], [404, true], many.text.slice(0, 300))
  for (const count of [20_001, 200_000]) {
    const refused = await store(count)
    assert.deepEqual([refused.status, codeOf(refused.text)], [400, 'json_too_complex'])
  }

  const ids = Array.from({ length: 1_500 }, (_, at) => `file-own${at}`)
  for (let at = 0; at < ids.length; at += 500)
    await account.own(
      'red',
      ids.slice(at, at + 500).map((id) => ({ kind: 'file', id })),
    )
  const named = await account.send('red', {
    method: 'POST',
    path: '/v1/vector_stores',
    headers: json,
    body: JSON.stringify({ name: 'x', file_ids: [...ids, 'file-of-nobody'] }),
  })
  assert.deepEqual([named.status, named.text.includes('file-of-nobody')], [404, true], 'the one among own ones is found')
})
