// Bodies pass through the relay, they do not gather in it: what a big transfer, a crowd of streams and a crowd of dead
// exchanges add to the resident memory of its process. `npm run soak` is the long version.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { describe, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { chunked } from './harness/http-bytes.ts'
import { ask, rawClient, requestBytes, type RequestParts } from './harness/raw-client.ts'
import { okScript, rawUpstream, type RawUpstream, type Script } from './harness/raw-upstream.ts'
import { startRelayProcess, type RelayProcess } from './harness/relay-process.ts'
import { downloadThrough, uploadThrough } from './harness/transfer.ts'

const token = 'rk_memory'
const megabyte = 1_048_576
const chat: RequestParts = {
  method: 'POST',
  path: '/v1/chat/completions',
  token,
  headers: [['Content-Type', 'application/json']],
  body: '{"model":"m","stream":true}',
}

/** As the relay is shipped: see `start` in package.json. */
const shippedFlags = ['--max-semi-space-size=8']
/** So small a heap that V8 has to collect: what stays is held by somebody. */
const tightFlags = ['--max-semi-space-size=1', '--max-old-space-size=40']

type Started = { readonly relay: RelayProcess; readonly port: number; readonly idleBytes: number }

/** A relay that has served a little, before an upstream that follows the script from now on. */
async function startWarm(upstream: RawUpstream, script: Script = okScript, nodeArgs: readonly string[] = shippedFlags): Promise<Started> {
  const relay = await startRelayProcess({
    nodeArgs,
    env: { OPENAI_API_KEY: 'sk-upstream', OPENAI_BASE_URL: `${upstream.url}/v1`, RELAY_TOKEN: token },
  })
  const port = Number(new URL(await relay.url).port)
  for (let round = 0; round < 20; round++) await ask(port, { path: '/v1/models', token })
  await sleep(300)
  upstream.script(script)
  relay.forgetPeak()
  return { relay, port, idleBytes: relay.rssBytes() }
}

const grown = (context: TestContext, what: string, { relay, idleBytes }: Started): number => {
  const bytes = relay.rssPeakBytes() - idleBytes
  context.diagnostic(`${what}: +${(bytes / megabyte).toFixed(1)} MB over ${(idleBytes / megabyte).toFixed(1)} MB`)
  return bytes
}

describe('resident memory', { skip: existsSync('/proc/self/clear_refs') ? false : 'reads /proc' }, () => {
  const transferBytes = 300 * megabyte

  test('a 300 MB upload adds at most 64 MB, and arrives with its sha256', async (context) => {
    await using upstream = await rawUpstream(okScript, { keepBytes: 0 })
    const started = await startWarm(upstream)
    await using relay = started.relay
    const transfer = await uploadThrough(started.port, token, upstream, transferBytes)
    assert.deepEqual([transfer.bytes, transfer.sha256Arrived], [transferBytes, transfer.sha256Sent])
    assert.ok(relay.child.exitCode === null && grown(context, 'upload', started) <= 64 * megabyte)
  })

  test('a 300 MB download adds at most 64 MB, and arrives with its sha256', async (context) => {
    await using upstream = await rawUpstream()
    const started = await startWarm(upstream)
    await using relay = started.relay
    const transfer = await downloadThrough(started.port, token, upstream, transferBytes)
    assert.deepEqual([transfer.bytes, transfer.sha256Arrived], [transferBytes, transfer.sha256Sent])
    assert.ok(relay.child.exitCode === null && grown(context, 'download', started) <= 64 * megabyte)
  })

  test('a hundred clients that do not read their endless streams add at most 1 MB each', async (context) => {
    await using upstream = await rawUpstream()
    const started = await startWarm(upstream, async (exchange) => {
      if (!(await exchange.whole)) return
      await exchange.send('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n')
      const events = chunked([`data: ${'x'.repeat(16_000)}\n\n`], false)
      while (exchange.request.connection.closed === null) await exchange.send(events)
    })
    await using relay = started.relay
    const clients = await Promise.all(Array.from({ length: 100 }, () => rawClient(started.port)))
    for (const client of clients) {
      client.socket.pause()
      await client.send(requestBytes(chat))
    }
    await sleep(2000)
    assert.ok(relay.child.exitCode === null && grown(context, 'not reading', started) <= 100 * megabyte)
    for (const client of clients) client.reset()
  })

  test('five thousand exchanges that ended badly leave nothing behind', async (context) => {
    let round = 0
    await using upstream = await rawUpstream()
    const started = await startWarm(
      upstream,
      async (exchange) => {
        const kind = round++ % 5
        if (kind === 0) return exchange.reset()
        if (!(await exchange.whole)) return
        if (kind === 1) return exchange.end()
        if (kind === 2) return exchange.send('HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n')
        await exchange.send('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n')
        if (kind === 3) exchange.reset()
      },
      tightFlags,
    )
    await using relay = started.relay
    const batch = async (): Promise<void> => {
      for (let index = 0; index < 50; index++) {
        await using client = await rawClient(started.port)
        await client.send(requestBytes(chat))
        await Promise.race([client.bytes(1).catch(() => {}), client.closed])
        client.reset()
      }
      upstream.clear()
      upstream.connections.length = 0
    }
    for (let index = 0; index < 10; index++) await Promise.all([batch(), batch()])
    const warmBytes = relay.rssBytes()
    for (let index = 0; index < 40; index++) await Promise.all([batch(), batch()])
    await sleep(500)
    const leftBytes = relay.rssBytes() - warmBytes
    context.diagnostic(`after 4,000 more: ${(leftBytes / megabyte).toFixed(1)} MB`)
    assert.ok(relay.child.exitCode === null && leftBytes <= 10 * megabyte)
    const metrics = (await ask(started.port, { path: '/metrics' })).body.toString()
    assert.match(metrics, /^relay_open_exchanges 0$/m)
    assert.match(metrics, /^relay_upstream_connections [01]$/m)
  })
})
