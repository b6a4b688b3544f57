// A relay whose Postgres goes away: what it knows goes on for a while, what it could not write down is not begun, and nothing
// is lost when the database is back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret } from '../src/kernel/secret.ts'
import { makeDatabase, ownServer } from './harness/postgres.ts'
import { rawUpstream } from './harness/raw-upstream.ts'
import { startWorld, type World } from './harness/world.ts'

type Answer = { readonly status: number; readonly body: string }

async function call({ url, token }: World, method: string, path: string, body?: string): Promise<Answer> {
  const answer = await fetch(`${url}/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body }),
  })
  return { status: answer.status, body: await answer.text() }
}

test('reads go on while Postgres is away, creates answer 503 and reach nobody, and nothing is lost', async (context) => {
  const server = await ownServer(context)
  if (server === null) return
  let made = 0
  await using upstream = await rawUpstream(async ({ request: { target }, whole, send }) => {
    await whole
    const id = target.startsWith('/v1/vector_stores/') ? target.slice(18) : `vs_${++made}`
    const body = JSON.stringify({ id, object: 'vector_store' })
    await send(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  })
  const databaseUrl = new Secret(await makeDatabase(server.url))
  await using world = await startWorld({ upstream, settings: { databaseUrl, unowned: 'deny' } })

  const created = await call(world, 'POST', '/vector_stores', '{}')
  assert.equal(created.status, 200, created.body)
  assert.equal((await call(world, 'GET', '/vector_stores/vs_1')).status, 200)

  await server.stop()
  const before = upstream.requests.length
  assert.equal((await call(world, 'GET', '/vector_stores/vs_1')).status, 200, 'an owner that was read is leased')
  assert.equal(upstream.requests.length, before + 1)
  for (let round = 0; round < 3; round++) {
    const refused = await call(world, 'POST', '/vector_stores', '{}')
    assert.equal(refused.status, 503, refused.body)
    // The first may find out only when it has been answered: then its owner is written down later.
    const { code } = (JSON.parse(refused.body) as { error: { code: string } }).error
    assert.ok(code === 'store_unavailable' || (round === 0 && code === 'owner_unwritten'), code)
    const response = await call(world, 'POST', '/responses', '{"model":"m","input":"x"}')
    assert.equal(response.status, 503, response.body)
  }
  const sent = upstream.requests.slice(before + 1).map(({ method, target }) => `${method} ${target}`)
  assert.ok(sent.length <= 1, `what cannot be written down is not begun: ${sent.join(', ')}`)

  await server.start()
  let again: Answer = { status: 0, body: '' }
  for (let round = 0; round < 100 && again.status !== 200; round++) {
    again = await call(world, 'POST', '/vector_stores', '{}')
    if (again.status !== 200) await new Promise((resolve) => setTimeout(resolve, 100))
  }
  assert.equal(again.status, 200, again.body)
  assert.equal((await call(world, 'GET', '/vector_stores/vs_1')).status, 200)
})
