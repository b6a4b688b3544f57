// A form that had begun and whose next id could not be looked up was neither refused nor sent on: the exchange hung.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { startGuardedAccount } from '../harness/guarded-account.ts'
import { rawUpstream } from '../harness/raw-upstream.ts'

test('a form that cannot be checked any more is refused, and its end never sent', async () => {
  await using upstream = await rawUpstream(({ gone }) => gone)
  await using account = await startGuardedAccount({ upstream: upstream.url })
  await account.own('red', [{ kind: 'container', id: 'cntr_red' }])
  const file = `--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n${'x'.repeat(200_000)}\r\n`
  const field = '--b\r\nContent-Disposition: form-data; name="file_id"\r\n\r\nfile-blue\r\n--b--\r\n'

  const socket = connect(Number(new URL(account.url).port), '127.0.0.1')
  await once(socket, 'connect')
  socket.write(
    [
      'POST /v1/containers/cntr_red/files HTTP/1.1',
      'Host: relay',
      'Connection: close',
      `Authorization: Bearer ${account.tokens.red}`,
      'Content-Type: multipart/form-data; boundary=b',
      `Content-Length: ${file.length + field.length}`,
      '\r\n',
    ].join('\r\n'),
  )
  socket.write(file)
  await upstream.request(1)
  await account.store.run('DROP TABLE objects')
  socket.write(field)
  const answer = await Promise.race([text(socket), new Promise((resolve) => setTimeout(resolve, 20_000, 'none').unref())])
  socket.destroy()
  assert.match(String(answer), /^HTTP\/1\.1 500 /)
  assert.equal(account.wire.sent().includes('file-blue'), false)
})
