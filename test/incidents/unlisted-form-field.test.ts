// An id in a field of a form that no row lists went upstream, while one in a JSON body did not.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startGuardedAccount } from '../harness/guarded-account.ts'
import { rawUpstream } from '../harness/raw-upstream.ts'

test('fields that are called like an id are checked in every form that is read, listed or not', async () => {
  await using upstream = await rawUpstream()
  await using account = await startGuardedAccount({ upstream: upstream.url })
  await account.own('blue', [
    { kind: 'file', id: 'file-blue' },
    { kind: 'video', id: 'video_blue' },
  ])
  await account.own('red', [{ kind: 'file', id: 'file-red' }])
  const send = (path: string, name: string, value: string): ReturnType<typeof account.send> =>
    account.send('red', {
      ...{ method: 'POST', path, headers: { 'content-type': 'multipart/form-data; boundary=b' } },
      body: `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n--b--\r\n`,
    })
  for (const [path, name, value] of [
    ['/v1/images/edits', 'image[file_id]', 'file-blue'],
    ['/v1/images/edits', 'file_ids[]', 'file-blue'],
    ['/v1/videos/edits', 'video_id', 'video_blue'],
    ['/v1/realtime/calls', 'session', '{"x":[{"file_id":"file-blue"}]}'],
  ] as const)
    assert.equal((await send(path, name, value)).status, 404, `${path} ${name}`)
  assert.equal(account.wire.sent().includes('blue'), false)

  for (const [name, value] of [
    ['image[file_id]', 'file-red'],
    ['voice', 'a name of their own'],
    ['prompt', 'file-blue in words'],
  ] as const)
    assert.equal((await send('/v1/images/edits', name, value)).status, 200, name)
})
