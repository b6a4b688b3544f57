// A client that goes away while something is being made for it: it is made all the same, so it gets its owner.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { rawUpstream } from './harness/raw-upstream.ts'
import { startWorld, type World } from './harness/world.ts'

function rows({ dataDir }: World, text: string): readonly unknown[] {
  const database = new DatabaseSync(join(dataDir, 'relay.db'), { readOnly: true })
  try {
    return database.prepare(text).all()
  } finally {
    database.close()
  }
}

async function until(holds: () => boolean): Promise<void> {
  for (let round = 0; round < 200 && !holds(); round++) await sleep(25)
  assert.ok(holds())
}

/** Sends a request and goes away once the upstream has it. */
async function leaveBehind(world: World, path: string, reached: Promise<unknown>): Promise<void> {
  const socket = connect(world.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: relay\r\nAuthorization: Bearer ${world.token}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
  )
  await reached
  socket.destroy()
  await sleep(50)
}

test('what is made for a client that left is its project’s, and nothing stays announced', async () => {
  const answer = '{"id":"vs_left","object":"vector_store","created_at":1}'
  let go: () => void = () => {}
  const gone = new Promise<void>((resolve) => (go = resolve))
  await using upstream = await rawUpstream(async ({ whole, send }) => {
    await whole
    await gone
    await send(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${answer.length}\r\n\r\n${answer}`)
  })
  await using world = await startWorld({ upstream })
  await leaveBehind(world, '/v1/vector_stores', upstream.request(1))
  assert.equal(rows(world, 'SELECT * FROM intents').length, 1, 'it is announced while it is under way')
  go()
  await until(() => rows(world, "SELECT * FROM objects WHERE id = 'vs_left' AND project = 'prj_default' AND body <> ''").length === 1)
  await until(() => rows(world, 'SELECT * FROM intents').length === 0)
})

test('an answer that makes nothing is still given up with its client', async () => {
  await using upstream = await rawUpstream(async ({ whole, gone }) => {
    await whole
    await gone
  })
  await using world = await startWorld({ upstream })
  await leaveBehind(world, '/v1/moderations', upstream.request(1))
  await until(() => upstream.openConnections() === 0)
})
