// An answer that did not call itself JSON passed unread, and the id in it was nobody's.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startGuardedAccount } from '../harness/guarded-account.ts'
import { rawUpstream } from '../harness/raw-upstream.ts'

test('an id in an answer has its owner whatever type the answer names', async () => {
  let type = ''
  let count = 0
  await using upstream = await rawUpstream(async ({ whole, send }) => {
    await whole
    const body = `{"id":"resp_${++count}"}`
    await send(`HTTP/1.1 200 OK\r\n${type}Content-Length: ${body.length}\r\n\r\n${body}`)
  })
  await using account = await startGuardedAccount({ upstream: upstream.url })
  for (type of ['', 'Content-Type: text/plain\r\n', 'Content-Type: text/json\r\n', 'Content-Type: application/JSON; charset=utf-8\r\n']) {
    const { text } = await account.send('red', {
      ...{ method: 'POST', path: '/v1/responses', body: '{"model":"m","input":"x"}' },
      headers: { 'content-type': 'application/json' },
    })
    const { id } = JSON.parse(text) as { readonly id: string }
    const rows = await account.store.all('SELECT project FROM objects WHERE id = ?', id)
    assert.deepEqual(
      rows.map((row) => row['project']),
      [account.owners.red.project],
      type,
    )
  }
})
