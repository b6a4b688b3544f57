// A client that leaves takes its upstream request along, in every phase; a finished exchange is never mistaken for a left
// one; and an upstream that answers before it has read the upload leaves both connections in a sane state.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually, within } from './harness/expect.ts'
import { chunked, type HeaderPair } from './harness/http-bytes.ts'
import { ask, NoAnswer, rawClient, requestBytes, type RawClient } from './harness/raw-client.ts'
import { answering, rawUpstream, type RawUpstream, type RecordedConnection, type Script } from './harness/raw-upstream.ts'
import { startWorld, type World } from './harness/world.ts'

const json: HeaderPair = ['Content-Type', 'application/json']
const form: HeaderPair = ['Content-Type', 'multipart/form-data; boundary=x']

/** The promise is 100 ms; a shared, slow machine gets five times that before the test calls it broken. */
const toleratedMs = 500

type Phase = {
  readonly name: string
  readonly script: Script
  readonly send: (client: RawClient, world: World) => Promise<void>
  /** Resolves when the exchange is in the phase. */
  readonly reached: (upstream: RawUpstream, client: RawClient) => Promise<unknown>
  readonly onLeft?: (upstream: RawUpstream) => void
}

const silent: Script = async (exchange) => {
  await exchange.gone
}

const chat = (world: World): Buffer =>
  requestBytes({ method: 'POST', path: '/v1/chat/completions', token: world.token, headers: [json], body: '{"model":"m","stream":true}' })

const phases: readonly Phase[] = [
  {
    name: 'while sending its upload',
    script: silent,
    send: async (client, world) => {
      await client.send(
        requestBytes({ method: 'POST', path: '/v1/files', token: world.token, headers: [form, ['Content-Length', '1000000']] }),
      )
      await client.send(Buffer.alloc(1000))
    },
    reached: async (upstream) => {
      const request = await upstream.request(1)
      await eventually('some of it arrived', () => request.bodyBytes === 1000)
    },
  },
  {
    name: 'while sending a chunked upload',
    script: silent,
    send: async (client, world) => {
      await client.send(
        requestBytes({ method: 'POST', path: '/v1/files', token: world.token, headers: [form, ['Transfer-Encoding', 'chunked']] }),
      )
      await client.send(chunked([Buffer.alloc(1000)], false))
    },
    reached: async (upstream) => {
      const request = await upstream.request(1)
      await eventually('some of it arrived', () => request.bodyBytes === 1000)
    },
  },
  {
    name: 'while sending an upload that the upstream does not read',
    script: async (exchange) => {
      exchange.socket.pause()
      await exchange.gone
    },
    send: async (client, world) => {
      await client.send(
        requestBytes({ method: 'POST', path: '/v1/files', token: world.token, headers: [form, ['Content-Length', '100000000']] }),
      )
      void client.send(Buffer.alloc(20_000_000))
    },
    reached: async (upstream) => {
      await upstream.request(1)
      await sleep(400)
    },
    // It reads on, or it would not see the end of its connection.
    onLeft: (upstream) => upstream.connections[0]?.socket.resume(),
  },
  {
    name: 'while waiting for the first byte of a POST',
    script: silent,
    send: (client, world) => client.send(chat(world)),
    reached: async (upstream) => {
      const request = await upstream.request(1)
      await eventually('the request arrived', () => request.completeAt !== null)
    },
  },
  {
    name: 'while waiting for the first byte of a GET',
    script: silent,
    send: (client, world) => client.send(requestBytes({ token: world.token })),
    reached: (upstream) => upstream.request(1),
  },
  {
    name: 'after a 1xx of the upstream',
    script: async (exchange) => {
      await exchange.send('HTTP/1.1 102 Processing\r\n\r\n')
      await exchange.gone
    },
    send: (client, world) => client.send(chat(world)),
    reached: async (upstream) => {
      await upstream.request(1)
      await sleep(50)
    },
  },
  {
    name: 'between two events of a stream',
    script: async (exchange) => {
      await exchange.send('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n')
      await exchange.send(chunked(['data: 1\n\n'], false))
      await exchange.gone
    },
    send: (client, world) => client.send(chat(world)),
    reached: (_, client) => client.text('data: 1\n\n'),
  },
  {
    name: 'in the middle of a download it does not read',
    script: async (exchange) => {
      await exchange.send('HTTP/1.1 200 OK\r\nContent-Length: 500000000\r\n\r\n')
      while (exchange.request.connection.closed === null) await exchange.send(Buffer.alloc(1_000_000))
    },
    send: async (client, world) => {
      client.socket.pause()
      await client.send(requestBytes({ path: '/v1/files/file-1/content', token: world.token }))
    },
    reached: async (upstream) => {
      await upstream.request(1)
      await sleep(500)
    },
  },
]

describe('a client that leaves', () => {
  for (const phase of phases) {
    for (const how of ['closes', 'resets'] as const) {
      test(`${phase.name} and ${how} takes the upstream request along`, async (context) => {
        await using upstream = await rawUpstream(phase.script)
        await using world = await startWorld({ upstream })
        await using client = await rawClient(world.port)
        await phase.send(client, world)
        await phase.reached(upstream, client)
        const request = await upstream.request(1)
        assert.equal(request.connection.closed, null, 'the upstream request runs')
        const leftAt = performance.now()
        if (how === 'resets') client.reset()
        else client.socket.destroy()
        phase.onLeft?.(upstream)
        await within('the upstream request is gone', request.connection.gone)
        const tookMs = closedAt(request.connection) - leftAt
        context.diagnostic(`${tookMs.toFixed(1)} ms`)
        assert.ok(tookMs <= toleratedMs, `the upstream request lived ${tookMs} ms longer than its client`)
        // A connection with half an exchange on it is never used again.
        upstream.script(answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
        assert.equal((await ask(world.port, { token: world.token })).body.toString(), 'ok')
        assert.equal(upstream.connections.length, 2)
      })
    }
  }

  test('before its body was whole: a JSON body that never ends never goes upstream', async () => {
    await using upstream = await rawUpstream()
    await using world = await startWorld({ upstream })
    await using client = await rawClient(world.port)
    await client.send(
      requestBytes({ method: 'POST', path: '/v1/chat/completions', token: world.token, headers: [json, ['Content-Length', '100']] }),
    )
    await client.send('{"model":"m"}')
    await sleep(100)
    client.socket.destroy()
    await sleep(200)
    assert.equal(upstream.requests.length, 0)
    assert.equal((await ask(world.port, { token: world.token })).status, 200)
  })

  test('with several pipelined requests takes the running one along and starts none of the others', async () => {
    await using upstream = await rawUpstream(silent)
    await using world = await startWorld({ upstream })
    await using client = await rawClient(world.port)
    await client.send(Buffer.concat([1, 2, 3].map((n) => requestBytes({ path: `/v1/models/m-${n}`, token: world.token }))))
    const request = await upstream.request(1)
    await sleep(50)
    client.reset()
    await eventually('nothing runs upstream', () => upstream.openConnections() === 0)
    await sleep(100)
    assert.ok(upstream.requests.length <= 3)
    assert.equal(upstream.openConnections(), 0)
    assert.ok(request.connection.closed)
  })
})

test('a client that closed its sending side still gets its answer', async () => {
  await using upstream = await rawUpstream(async (exchange) => {
    if ((await exchange.whole) && (await exchange.pause(200))) await exchange.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  })
  await using world = await startWorld({ upstream })
  await using client = await rawClient(world.port)
  await client.send(requestBytes({ token: world.token }))
  client.end()
  // RFC 9112 9.6 lets a server take a half-close as a full one; what it may not do is hang or leave the upstream running.
  const body = await client.answer().then(
    (answer) => answer.body.toString(),
    (error: unknown) => (error instanceof NoAnswer ? null : Promise.reject(error as Error)),
  )
  if (body === null) await eventually('the upstream request was aborted', () => upstream.openConnections() === 0)
  else assert.equal(body, 'ok')
})

describe('outcomes', () => {
  test('a finished exchange is counted as completed and a left one as left, never the other way', async () => {
    await using upstream = await rawUpstream(answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
    await using world = await startWorld({ upstream })
    for (let round = 0; round < 10; round++) {
      await using client = await rawClient(world.port)
      await client.send(requestBytes({ token: world.token }))
      await client.bytes(1)
      await client.text('ok')
      // Gone in the same moment in which the last byte came.
      client.reset()
    }
    for (let round = 0; round < 10; round++) await ask(world.port, { token: world.token, headers: [['Connection', 'close']] })
    await eventually('all of them are counted', async () => sum(await outcomes(world)) >= 20)
    const finished = await outcomes(world)
    assert.equal(finished.get('client-left') ?? 0, 0)
    assert.equal(finished.get('completed'), 20)

    upstream.script(silent)
    await using client = await rawClient(world.port)
    await client.send(chat(world))
    await upstream.request(21)
    client.reset()
    await eventually('the left one is counted', async () => sum(await outcomes(world)) >= 21)
    const after = await outcomes(world)
    assert.deepEqual([after.get('client-left'), after.get('completed')], [1, 20])
  })

  test('an upstream that broke off is counted as failed, a refusal as refused', async () => {
    await using upstream = await rawUpstream(async (exchange) => {
      await exchange.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf')
      await exchange.pause(50)
      exchange.reset()
    })
    await using world = await startWorld({ upstream })
    assert.equal((await ask(world.port, { token: world.token })).end, 'cut')
    await ask(world.port, { token: 'sk-wrong' })
    await eventually('both are counted', async () => sum(await outcomes(world)) >= 2)
    const seen = await outcomes(world)
    assert.deepEqual([seen.get('upstream-failed'), seen.get('refused'), seen.get('client-left') ?? 0], [1, 1, 0])
  })
})

describe('an upstream that answers before it has read the upload', () => {
  const early = 'HTTP/1.1 413 Payload Too Large\r\nContent-Type: application/json\r\nContent-Length: 22\r\n\r\n{"error":{"code":"x"}}'
  const manners: readonly [string, Script][] = [
    [
      'and keeps reading',
      async (exchange) => {
        await exchange.send(early)
      },
    ],
    [
      'and closes',
      async (exchange) => {
        await exchange.send(early)
        exchange.end()
      },
    ],
    [
      'and stops reading',
      async (exchange) => {
        exchange.socket.pause()
        await exchange.send(early)
        await exchange.gone
      },
    ],
    [
      'and resets a moment later',
      async (exchange) => {
        await exchange.send(early)
        await exchange.pause(100)
        exchange.reset()
      },
    ],
  ]
  for (const [manner, script] of manners) {
    test(`${manner}: its answer is relayed, and the client's connection goes on or ends cleanly`, async () => {
      await using upstream = await rawUpstream(script)
      await using world = await startWorld({ upstream })
      await using client = await rawClient(world.port)
      const total = 30_000_000
      await client.send(
        requestBytes({ method: 'POST', path: '/v1/files', token: world.token, headers: [form, ['Content-Length', String(total)]] }),
      )
      const sending = (async (): Promise<void> => {
        for (let sent = 0; sent < total && client.isOpen(); sent += 1_000_000) await client.send(Buffer.alloc(1_000_000))
      })()
      const answer = await client.answer()
      assert.equal(answer.status, 413)
      assert.equal(answer.body.toString(), '{"error":{"code":"x"}}')
      await sending
      upstream.script(answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
      await client.send(requestBytes({ token: world.token }))
      try {
        assert.equal((await client.answer()).body.toString(), 'ok')
      } catch (error) {
        assert.ok(error instanceof NoAnswer, String(error))
        assert.ok(!client.isOpen())
      }
      assert.equal((await ask(world.port, { token: world.token })).body.toString(), 'ok', 'and the relay goes on')
    })
  }

  test('and streams while the upload goes on: both directions run at once', async () => {
    await using upstream = await rawUpstream(async (exchange) => {
      await exchange.send('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n')
      await exchange.send(chunked(['data: early\n\n'], false))
      if (await exchange.whole) await exchange.send(chunked([`data: ${exchange.request.bodyBytes}\n\n`]))
    })
    await using world = await startWorld({ upstream })
    await using client = await rawClient(world.port)
    await client.send(
      requestBytes({ method: 'POST', path: '/v1/audio/transcriptions', token: world.token, headers: [form, ['Content-Length', '200000']] }),
    )
    await client.send(Buffer.alloc(100_000))
    await client.text('data: early\n\n')
    await client.send(Buffer.alloc(100_000))
    const answer = await client.answer()
    assert.equal(answer.body.toString(), 'data: early\n\ndata: 200000\n\n')
    await client.send(requestBytes({ path: '/health' }))
    assert.equal((await client.answer()).status, 200)
  })
})

const closedAt = (connection: RecordedConnection): number => connection.closed?.at ?? Number.POSITIVE_INFINITY

/** How many exchanges ended in which way, from `/metrics`. */
async function outcomes(world: World): Promise<Map<string, number>> {
  const text = (await ask(world.port, { path: '/metrics' })).body.toString()
  const counts = new Map<string, number>()
  for (const line of text.split('\n')) {
    const match = /^(?!.*_(?:bucket|sum|count)\b)\w+\{[^}]*outcome="([^"]+)"[^}]*\} (\d+)/.exec(line)
    if (match?.[1] !== undefined) counts.set(match[1], (counts.get(match[1]) ?? 0) + Number(match[2]))
  }
  return counts
}

const sum = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((total, count) => total + count, 0)
