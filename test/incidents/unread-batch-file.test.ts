// A batch was made without a look at its lines whenever the upstream did not hand its file out just then; a tenant can bring
// that about by asking until the account is rate limited.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startGuardedAccount } from '../harness/guarded-account.ts'
import { rawUpstream } from '../harness/raw-upstream.ts'

test('a batch whose file cannot be read just then is not made', async () => {
  let status = '429 Too Many Requests'
  await using upstream = await rawUpstream(async ({ request: { target }, whole, send }) => {
    await whole
    const body = target.endsWith('/content') ? '{"error":{"message":"later"}}' : '{"id":"batch_1","object":"batch"}'
    const line = target.endsWith('/content') ? status : '200 OK'
    await send(`HTTP/1.1 ${line}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  })
  await using account = await startGuardedAccount({ upstream: upstream.url })
  await account.own('red', [{ kind: 'file', id: 'file-lines' }])
  const create = (): ReturnType<typeof account.send> =>
    account.send('red', {
      method: 'POST',
      path: '/v1/batches',
      headers: { 'content-type': 'application/json' },
      body: '{"input_file_id":"file-lines","endpoint":"/v1/responses","completion_window":"24h"}',
    })
  const made = (): number => upstream.requests.filter(({ method, target }) => method === 'POST' && target === '/v1/batches').length

  for (status of ['429 Too Many Requests', '500 Internal Server Error', '503 Service Unavailable', '302 Found', '204 No Content']) {
    const refused = await create()
    assert.equal(refused.status, 502, `${status}: ${refused.text}`)
    assert.equal(made(), 0, `${status}: nothing was made`)
  }
  // The upstream says in its own words that there is no such file, or that it is none for a batch.
  for (status of ['404 Not Found', '400 Bad Request']) assert.equal((await create()).status, 200)
  assert.equal(made(), 2)
})
