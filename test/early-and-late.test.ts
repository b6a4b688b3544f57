// Ends of all kinds: answers that come before the upload was read, connections that end, a process that shuts down.
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { requestBytes, rawClient } from './harness/raw-client.ts'
import { answering, rawUpstream } from './harness/raw-upstream.ts'
import { startWorld } from './harness/world.ts'

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

test('connections without a whole request do not hold up a drain', async () => {
  await using upstream = await rawUpstream(answering(ok))
  const world = await startWorld({ upstream, settings: { drainMs: 60_000 } })
  const finished = requestBytes({ path: '/v1/models', token: world.token })
  const sockets = []
  for (const bytes of ['', 'GET /v1/mod', finished, Buffer.concat([Buffer.from(finished), Buffer.from('GET /v1/mo')])]) {
    const socket = connect(world.port, '127.0.0.1').on('error', () => {})
    await once(socket, 'connect')
    socket.write(bytes)
    if (bytes.length > 20) await once(socket, 'data')
    sockets.push(socket.resume())
  }
  await sleep(100)
  const startedAt = performance.now()
  await world[Symbol.asyncDispose]()
  assert.ok(performance.now() - startedAt < 10_000)
  for (const socket of sockets) socket.destroy()
})

test('an answer that is headed while the relay drains says that its connection ends', async () => {
  await using upstream = await rawUpstream(async (exchange) => {
    await exchange.pause(300)
    await exchange.send(ok)
  })
  await using world = await startWorld({ upstream, settings: { drainMs: 60_000 } })
  await using client = await rawClient(world.port)
  await client.send(requestBytes({ path: '/v1/models', token: world.token }))
  await sleep(100)
  const closing = world[Symbol.asyncDispose]()
  const answer = await client.answer()
  assert.equal(answer.status, 200)
  assert.ok(answer.headers.some(([name, value]) => name.toLowerCase() === 'connection' && value === 'close'))
  await closing
})

test('the retry of a GET goes over a fresh connection, not over the next stale one', async () => {
  await using upstream = await rawUpstream(answering(ok))
  await using world = await startWorld({ upstream })
  const get = (): Promise<number> =>
    fetch(`${world.url}/v1/models`, { headers: { authorization: `Bearer ${world.token}` } }).then(({ status }) => status)
  const old = new Set<unknown>()
  upstream.script(async (exchange) => {
    old.add(exchange.socket)
    await exchange.pause(100)
    await exchange.send(ok)
  })
  assert.deepEqual(await Promise.all([get(), get(), get(), get()]), [200, 200, 200, 200])
  upstream.script(async (exchange) => {
    if (old.has(exchange.socket)) exchange.reset()
    else await exchange.send(ok)
  })
  assert.equal(await get(), 200)
})

for (const version of ['1.1', '1.0'])
  test(`an early answer to a client of HTTP/${version} that closes is read although the upload goes on`, async () => {
    await using upstream = await rawUpstream(async (exchange) => {
      await exchange.send('HTTP/1.1 413 Payload Too Large\r\nContent-Length: 5\r\n\r\nlarge')
    })
    await using world = await startWorld({ upstream })
    const socket = connect(world.port, '127.0.0.1')
    let received = ''
    socket.on('data', (bytes: Buffer) => (received += bytes.toString('latin1')))
    const failures: unknown[] = []
    socket.on('error', (error) => failures.push(error))
    socket.write(
      `POST /v1/files HTTP/${version}\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${world.token}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 400000\r\n\r\n`,
    )
    for (let part = 0; part < 8; part++) {
      socket.write(Buffer.alloc(50_000))
      await sleep(40)
    }
    if (!socket.destroyed) await once(socket, 'close')
    assert.deepEqual(failures, [])
    assert.match(received, /^HTTP\/1\.1 413 [\s\S]*large$/)
    const metrics = await (await fetch(`${world.url}/metrics`)).text()
    assert.match(metrics, /relay_exchanges_total\{endpoint="files.create",status="413",outcome="completed"\} 1/)
  })

test('an answer to an upload that will not be read whole says that its connection ends', async () => {
  await using upstream = await rawUpstream(async (exchange) => {
    await exchange.send('HTTP/1.1 413 Payload Too Large\r\nContent-Length: 5\r\n\r\nlarge')
  })
  await using world = await startWorld({ upstream })
  const says = async (length: readonly [string, string]): Promise<string | undefined> => {
    await using client = await rawClient(world.port)
    await client.send(
      requestBytes({
        method: 'POST',
        path: '/v1/files',
        token: world.token,
        headers: [['Content-Type', 'multipart/form-data; boundary=b'], length],
      }),
    )
    return (await client.answer()).headers.find(([name]) => name.toLowerCase() === 'connection')?.[1]
  }
  assert.equal(await says(['Content-Length', '20000000']), 'close')
  assert.equal(await says(['Transfer-Encoding', 'chunked']), 'close')
  assert.equal(await says(['Content-Length', '2000']), 'keep-alive')
})

test('an upstream that answers and is gone before it has read the upload is heard every time', async () => {
  await using upstream = await rawUpstream(async (exchange) => {
    await exchange.send('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok')
    exchange.socket.destroy()
  })
  await using world = await startWorld({ upstream })
  const statuses = new Map<number, number>()
  for (let round = 0; round < 40; round++) {
    const form = new FormData()
    form.set('file', new Blob([Buffer.alloc(2_000_000)]), 'x')
    const status = await fetch(`${world.url}/v1/files`, {
      method: 'POST',
      headers: { authorization: `Bearer ${world.token}` },
      body: form,
    }).then(
      (answer) => answer.status,
      () => 0,
    )
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
  }
  assert.equal(statuses.get(502) ?? 0, 0, JSON.stringify([...statuses]))
})

test('an empty header names no token', async () => {
  await using upstream = await rawUpstream(answering(ok))
  await using world = await startWorld({ upstream })
  const get = (headers: Record<string, string>): Promise<number> =>
    fetch(`${world.url}/v1/models`, { headers }).then(({ status }) => status)
  assert.equal(await get({ 'x-relay-key': '', authorization: `Bearer ${world.token}` }), 200)
  assert.equal(await get({ authorization: 'Bearer ', 'api-key': world.token }), 200)
  assert.equal(await get({ 'x-relay-key': '', authorization: '', 'api-key': '' }), 401)
})
