// A Postgres that goes away: whoever asks is told soon, and answered again when it is back. The server is really stopped.
import assert from 'node:assert/strict'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Secret } from '../../src/kernel/secret.ts'
import { openStore } from '../../src/store/open.ts'
import { StoreUnavailable, type Store } from '../../src/store/store.ts'
import { makeDatabase, ownServer, type Server } from '../harness/postgres.ts'
import { startRelayProcess } from '../harness/relay-process.ts'
import { stageOf } from '../harness/stores.ts'

async function start(context: TestContext): Promise<{ readonly server: Server; readonly store: Store; readonly line: Line } | null> {
  const server = await ownServer(context)
  if (server === null) return null
  // Not dropped after the test: the whole server goes.
  const url = new URL(await makeDatabase(server.url))
  const line = await openLine(context, Number(url.port))
  url.port = String(line.port)
  return { server, line, store: await stageOf(context, new Secret(url.href)).open() }
}

type Line = { readonly port: number; readonly cut: () => void; readonly mend: () => void }

/** The network between relay and server. While it is cut, connections stand and nothing moves. */
async function openLine(context: TestContext, target: number): Promise<Line> {
  let isCut = false
  const held = new Set<Socket>()
  const pass = (from: Socket, to: Socket): void => {
    held.add(from)
    from.on('data', (chunk) => void to.write(chunk))
    from.on('error', () => {})
    from.on('close', () => {
      held.delete(from)
      to.destroy()
    })
    if (isCut) from.pause()
  }
  const listener = createServer((client) => {
    const server = connect(target, '127.0.0.1')
    pass(client, server)
    pass(server, client)
  })
  await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', resolve))
  context.after(() => {
    for (const each of held) each.destroy()
    listener.close()
  })
  return {
    port: (listener.address() as AddressInfo).port,
    cut() {
      isCut = true
      for (const each of held) each.pause()
    },
    mend() {
      isCut = false
      for (const each of held) each.resume()
    },
  }
}

/** Generous: the store answers within 3 s, the machine may be busy. */
const soonMs = 15_000

async function isUnavailableSoon(store: Store): Promise<void> {
  const startedAt = performance.now()
  const attempts: readonly Promise<unknown>[] = [
    store.all('SELECT n FROM revision'),
    store.run('UPDATE revision SET n = n'),
    store.transaction((sql) => sql.run('UPDATE revision SET n = n')),
    ...Array.from({ length: 20 }, () => store.all('SELECT n FROM revision')),
  ]
  for (const attempt of await Promise.allSettled(attempts)) {
    assert.ok(attempt.status === 'rejected' && attempt.reason instanceof StoreUnavailable, String(Object.values(attempt)))
  }
  assert.ok(performance.now() - startedAt < soonMs)
}

async function isBack(store: Store): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    try {
      await store.all('SELECT n FROM revision')
      break
    } catch (error) {
      assert.ok(error instanceof StoreUnavailable)
      await sleep(100)
    }
  }
  await Promise.all(Array.from({ length: 20 }, () => store.all('SELECT n FROM revision')))
  await store.transaction((sql) => sql.run('UPDATE revision SET n = n + 1'))
}

test('a server that was stopped is told as unavailable, and used again when it is back', async (context) => {
  const stage = await start(context)
  if (stage === null) return
  const { server, store } = stage
  await isBack(store)
  for (const round of [1, 2]) {
    await server.stop()
    await isUnavailableSoon(store)
    await server.start()
    await isBack(store)
    assert.equal(Number((await store.all('SELECT n FROM revision'))[0]?.['n']), round + 1)
  }
})

test('a server that says nothing any more is told as unavailable, and used again when it speaks', async (context) => {
  const stage = await start(context)
  if (stage === null) return
  const { line, store } = stage
  await isBack(store)
  line.cut()
  await isUnavailableSoon(store)
  line.mend()
  await isBack(store)
})

test('a transaction whose server goes away fails, and nothing of it is there afterwards', async (context) => {
  const stage = await start(context)
  if (stage === null) return
  const { server, store } = stage
  const cut = store.transaction(async (sql) => {
    await sql.run(
      "INSERT INTO intents (id, account, kind, tenant, project, process, sent_at) VALUES ('cut', 'a', 'file', 't', 'p', 'x', 0)",
    )
    await server.stop()
    // Must not run on a new connection, outside the transaction.
    await server.start()
    await sql.run(
      "INSERT INTO intents (id, account, kind, tenant, project, process, sent_at) VALUES ('stray', 'a', 'file', 't', 'p', 'x', 0)",
    )
  })
  await assert.rejects(cut, StoreUnavailable)
  await isBack(store)
  assert.deepEqual(await store.all('SELECT id FROM intents'), [])
})

test('a store can be closed while its server is away', async (context) => {
  const stage = await start(context)
  if (stage === null) return
  const { line, store } = stage
  line.cut()
  const asked = assert.rejects(store.all('SELECT n FROM revision'), StoreUnavailable)
  await store.close()
  await asked
})

test('somebody who hangs up at once, in the place of the server, is called once for each statement', async (context) => {
  let calls = 0
  const listener = createServer((socket) => {
    calls++
    socket.destroy()
  })
  await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', resolve))
  context.after(() => void listener.close())
  const url = new Secret(`postgres://relay@127.0.0.1:${(listener.address() as AddressInfo).port}/relay`)
  await assert.rejects(stageOf(context, url).open(), /cannot be reached/)
  assert.equal(calls, 1)
})

test('the way to the server may be TLS, checked or not, or a Unix socket', async (context) => {
  const server = await ownServer(context, join(import.meta.dirname, '../fixtures/tls'))
  if (server === null) return
  const { dataDir } = stageOf(context, null).place
  const isEncrypted = async (change: (url: URL) => void): Promise<unknown> => {
    const url = new URL(server.url)
    change(url)
    const store = await openStore({ dataDir, databaseUrl: new Secret(url.href), tell: () => {} })
    try {
      return (await store.all('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'))[0]?.['ssl']
    } finally {
      await store.close()
    }
  }
  assert.equal(await isEncrypted(() => {}), 0)
  assert.equal(await isEncrypted((url) => url.searchParams.set('sslmode', 'require')), 1)
  assert.equal(await isEncrypted((url) => url.searchParams.set('host', server.folder)), 0)
  // The certificate of the fixtures is nobody's whom this process trusts.
  await assert.rejects(
    isEncrypted((url) => {
      url.hostname = 'localhost'
      url.searchParams.set('sslmode', 'verify-full')
    }),
    /self-signed certificate/,
  )
})

test('a relay whose database goes away goes on where it knows, refuses what it does not, and recovers', async (context) => {
  const server = await ownServer(context)
  if (server === null) return
  await using relay = await startRelayProcess({ env: { DATABASE_URL: server.url, RELAY_TOKEN: 'a token of the settings' } })
  const url = await relay.url
  const file = async (method: string, id = ''): Promise<number> => {
    const form = new FormData()
    form.set('purpose', 'assistants')
    form.set('file', new Blob(['x']), 'a.txt')
    const body = method === 'POST' ? { body: form } : {}
    const headers = { authorization: 'Bearer a token of the settings' }
    const answer = await fetch(`${url}/v1/files/${id}`.replace(/\/$/, ''), { method, headers, ...body })
    const text = await answer.text()
    if (method === 'POST' && answer.status === 200) made = (JSON.parse(text) as { readonly id: string }).id
    return answer.status
  }
  let made = ''
  assert.equal(await file('POST'), 200)
  assert.equal(await file('GET', made), 200)
  await server.stop()
  assert.equal(await file('GET', made), 200)
  assert.equal(await file('POST'), 503)
  assert.equal((await fetch(`${url}/health`)).status, 200)
  await server.start()
  for (let tries = 0; tries < 100 && (await file('POST')) !== 200; tries++) await sleep(100)
  assert.equal(await file('GET', made), 200)
  assert.match(relay.stderr(), /data: +postgres:\/\/postgres@127\.0\.0\.1:\d+\/postgres\n/)
  assert.ok(!relay.stderr().includes('postgres:postgres') && !relay.stdout().includes('postgres:postgres'))
})
