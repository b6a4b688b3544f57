// Videos take a picture or a video under the name under which others send the id of one: files over a megabyte were refused.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startGuardedAccount } from '../harness/guarded-account.ts'
import { rawUpstream } from '../harness/raw-upstream.ts'

test('a file of any size passes under the name of a field that may name an id, and the id is still checked', async () => {
  await using upstream = await rawUpstream(async ({ whole, send }) => {
    await whole
    await send('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"id":"video_1"}')
  })
  await using account = await startGuardedAccount({ upstream: upstream.url })
  await account.own('blue', [{ kind: 'video', id: 'video_blue' }])
  const edit = (content: string | Uint8Array<ArrayBuffer>, asFile: boolean): ReturnType<typeof account.send> => {
    const head = `--b\r\nContent-Disposition: form-data; name="video"${asFile ? '; filename="a.mp4"\r\nContent-Type: video/mp4' : ''}\r\n\r\n`
    const body = Buffer.concat([Buffer.from(head), Buffer.from(content as string), Buffer.from('\r\n--b--\r\n')])
    const headers = { 'content-type': 'multipart/form-data; boundary=b' }
    return account.send('red', { method: 'POST', path: '/v1/videos/edits', headers, body })
  }

  const video = new Uint8Array(5_000_000).fill(0x41)
  assert.equal((await edit(video, true)).status, 200)
  assert.equal(upstream.requests.at(-1)?.body.includes(Buffer.from(video)), true, 'byte for byte')
  assert.equal((await edit('', true)).status, 200)
  account.wire.clear()
  for (const before of ['', ' ', '\r\n\t', '\ufeff', ' '.repeat(100_000)])
    for (const asFile of [false, true]) {
      const refused = await edit(`${before}{"id":"video_blue"}`, asFile)
      assert.equal(refused.status, 404, `${JSON.stringify(before.slice(0, 5))} ${asFile} ${refused.text}`)
    }
  assert.equal(account.wire.sent().includes('video_blue'), false)
})
