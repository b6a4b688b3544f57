// Answers that come compressed: a relay of one tenant lets them pass as they are and reads them afterwards; one that has
// something to keep apart asks for plain ones, and takes no other.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { ask } from './harness/raw-client.ts'
import { rawUpstream } from './harness/raw-upstream.ts'
import { startWorld } from './harness/world.ts'

const codings = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync, zstd: zstdCompressSync } as const

for (const [coding, compress] of Object.entries(codings))
  test(`in ${coding} an answer passes byte for byte, and what it made gets its owner`, async () => {
    const body = compress(Buffer.from('{"id":"file-coded","object":"file","purpose":"evals","created_at":1}'))
    await using upstream = await rawUpstream(async ({ whole, send }) => {
      await whole
      await send(
        `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n`,
      )
      await send(body)
    })
    await using world = await startWorld({ upstream })
    const answer = await ask(world.port, {
      method: 'POST',
      path: '/v1/vector_stores',
      headers: [
        ['Authorization', `Bearer ${world.token}`],
        ['Accept-Encoding', 'gzip, deflate, br, zstd'],
        ['Content-Type', 'application/json'],
      ],
      body: '{}',
    })
    assert.equal(answer.status, 200)
    assert.deepEqual(answer.body, body)
    assert.match(upstream.requests[0]?.headText ?? '', /^Accept-Encoding: gzip, deflate, br, zstd\r$/m)
    const database = new DatabaseSync(join(world.dataDir, 'relay.db'), { readOnly: true })
    try {
      const rows = (): readonly unknown[] => database.prepare("SELECT body FROM objects WHERE id = 'file-coded'").all()
      for (let round = 0; round < 100 && rows().length === 0; round++) await sleep(20)
      assert.equal(rows().length, 1)
    } finally {
      database.close()
    }
  })

test('where nothing unrecorded is anybody’s, plain answers are asked for and no others taken', async () => {
  await using upstream = await rawUpstream(async ({ whole, send }) => {
    await whole
    const body = gzipSync('{"id":"vs_1"}')
    await send(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n`)
    await send(body)
  })
  await using world = await startWorld({ upstream, settings: { unowned: 'deny' } })
  const answer = await ask(world.port, {
    method: 'POST',
    path: '/v1/vector_stores',
    headers: [
      ['Authorization', `Bearer ${world.token}`],
      ['Accept-Encoding', 'gzip'],
      ['Content-Type', 'application/json'],
    ],
    body: '{}',
  })
  assert.equal(answer.status, 502)
  assert.match(upstream.requests[0]?.headText ?? '', /^Accept-Encoding: identity\r$/m)
})
