// An id that is recorded under one kind could be tried under another by the home of what nobody recorded.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startGuardedAccount } from '../harness/guarded-account.ts'

test('the home reaches what nobody recorded, and no id of another tenant under another kind', async () => {
  await using account = await startGuardedAccount({ settings: { unowned: 'default' } })
  await account.own('blue', [{ kind: 'container_file', id: 'cfile_blue' }])
  const attach = (id: string): ReturnType<typeof account.send> =>
    account.send('home', {
      method: 'POST',
      path: '/v1/vector_stores',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ file_ids: [id] }),
    })
  account.wire.clear()
  assert.equal((await attach('cfile_blue')).status, 404)
  assert.equal(account.wire.sent().includes('cfile_blue'), false, 'and the upstream hears nothing of it')
  await attach('cfile_unrecorded')
  assert.equal(account.wire.sent().includes('cfile_unrecorded'), true)
})
