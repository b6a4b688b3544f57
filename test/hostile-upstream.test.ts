// An upstream that breaks, lies or attacks: before its head went out the caller gets 502 or 504 in OpenAI's shape, after it
// an aborted connection, never a clean end; the relay lives on, and bytes of one exchange never reach another.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { eventually, openAiError, within } from './harness/expect.ts'
import { chunked, type HeaderPair } from './harness/http-bytes.ts'
import { ask, NoAnswer, rawClient, requestBytes } from './harness/raw-client.ts'
import { answering, okScript, rawUpstream, type RawUpstream, type Script } from './harness/raw-upstream.ts'
import { startWorld, type World } from './harness/world.ts'

const json: HeaderPair = ['Content-Type', 'application/json']
const post = { method: 'POST', path: '/v1/chat/completions', headers: [json], body: '{"model":"m"}' } as const

/** Answers the whole request with these bytes and leaves the connection open: whoever waits for more waits in vain. */
const saying = (...pieces: readonly (string | Buffer)[]): Script => answering(...pieces)

const sayingThenClosing =
  (...pieces: readonly (string | Buffer)[]): Script =>
  async (exchange) => {
    await answering(...pieces)(exchange)
    exchange.end()
  }

const sayingThenResetting =
  (...pieces: readonly (string | Buffer)[]): Script =>
  async (exchange) => {
    await answering(...pieces)(exchange)
    await exchange.pause(50)
    exchange.reset()
  }

async function livesOn(world: World, upstream: RawUpstream): Promise<void> {
  upstream.script(okScript)
  for (const parts of [post, {}]) {
    const answer = await ask(world.port, { ...parts, token: world.token })
    assert.equal(answer.body.toString(), '{"ok":true}', `${answer.status}`)
  }
}

const endless =
  (head: string, piece: string): Script =>
  async (exchange) => {
    if (!(await exchange.whole)) return
    await exchange.send(head)
    const block = piece.repeat(Math.ceil(16_384 / piece.length))
    while (exchange.request.connection.closed === null) await exchange.send(block)
  }

const ok = 'HTTP/1.1 200 OK\r\n'
const two = 'Content-Length: 2\r\n\r\nok'

const beforeTheHead: readonly [what: string, script: Script][] = [
  ['resets the connection after the request', sayingThenResetting()],
  ['closes the connection after the request', sayingThenClosing()],
  ['resets before it read the request', (exchange) => exchange.reset()],
  ['resets within the status line', sayingThenResetting('HTTP/1.1 20')],
  ['closes within the status line', sayingThenClosing('HTTP/1.1 20')],
  ['closes within the headers', sayingThenClosing(`${ok}Content-Le`)],
  ['closes before the empty line', sayingThenClosing(`${ok}Content-Length: 2\r\n`)],
  ['closes after a 100', sayingThenClosing('HTTP/1.1 100 Continue\r\n\r\n')],

  ...[
    'HTTP/1.1 000 X',
    'HTTP/1.1 99 X',
    'HTTP/1.1 099 X',
    'HTTP/1.1 600 X',
    'HTTP/1.1 999 X',
    'HTTP/1.1 1000 X',
    'HTTP/1.1 -1 X',
    'HTTP/1.1 abc X',
    'HTTP/1.1 2e2 X',
    'HTTP/1.1 +200 X',
    'HTTP/1.1 0200 X',
    'HTTP/1.1  200 X',
    'HTTP/1.1 20\u00b2 X',
    'HTTP/1.1',
    'HTTP/1.1 ',
    'HTTP/2.0 200 OK',
    'HTTP/2 200 OK',
    'HTTP/1.2 200 OK',
    'HTTP/1.10 200 OK',
    'http/1.1 200 OK',
    'HTTP/11 200 OK',
    'ICY 200 OK',
    'GET / HTTP/1.1',
    '220 smtp.test ESMTP',
    'SSH-2.0-x',
    ' HTTP/1.1 200 OK',
    '\u0000HTTP/1.1 200 OK',
    '{"object":"list"}',
  ].map((line): [string, Script] => [`has the status line ${JSON.stringify(line)}`, saying(`${line}\r\n${two}`)]),

  ...['\u0000', '\u0001', '\u0008', '\u001b[31m', '\u007f'].map((bytes): [string, Script] => [
    `has the control byte ${JSON.stringify(bytes)} in its reason`,
    saying(`HTTP/1.1 200 O${bytes}K\r\n${two}`),
  ]),
  ['has a bare CR in its reason', saying(`HTTP/1.1 200 O\rK\r\n${two}`)],
  ['hides a header in its reason behind a bare LF', saying(`HTTP/1.1 200 OK\nX: y\r\n${two}`)],

  [
    'says both Content-Length and Transfer-Encoding',
    saying(`${ok}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`),
  ],
  [
    'says Transfer-Encoding and then Content-Length',
    saying(`${ok}Transfer-Encoding: chunked\r\nContent-Length: 12\r\n\r\n2\r\nok\r\n0\r\n\r\n`),
  ],
  ['says two different lengths', saying(`${ok}Content-Length: 2\r\nContent-Length: 3\r\n\r\nok`)],
  ['says a list of different lengths', saying(`${ok}Content-Length: 2, 3\r\n\r\nok`)],
  ...[
    '-2',
    '+2',
    '0x2',
    '2.0',
    '2 2',
    '',
    ' ',
    'two',
    '1e0',
    '99999999999999999999',
    '18446744073709551618',
    '2;',
    '\u00b2',
    '2\u0000',
  ].map((length): [string, Script] => [`says the length ${JSON.stringify(length)}`, saying(`${ok}Content-Length: ${length}\r\n\r\nok`)]),
  ...['gzip, chunked', 'chunked, gzip', 'identity', 'chunked, chunked', 'xchunked', 'chunked;q=1', '"chunked"', ''].map(
    (coding): [string, Script] => [
      `says Transfer-Encoding: ${JSON.stringify(coding)}`,
      saying(`${ok}Transfer-Encoding: ${coding}\r\n\r\n2\r\nok\r\n0\r\n\r\n`),
    ],
  ),
  ['says Transfer-Encoding twice', saying(`${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`)],
  ['speaks HTTP/1.0 with Transfer-Encoding', saying('HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n')],

  [
    'switches protocols unasked',
    saying(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    ),
  ],
  ['folds a header', saying(`${ok}X-A: 1\r\n  folded\r\n${two}`)],
  ['folds the length', saying(`${ok}Content-Length:\r\n 2\r\n\r\nok`)],
  ['ends its lines with bare LFs', saying('HTTP/1.1 200 OK\nContent-Length: 2\n\nok')],
  ['ends one line with a bare LF', saying(`${ok}X-A: 1\n${two}`)],
  ['ends its head with LF CRLF', saying(`${ok}Content-Length: 2\n\r\nok`)],
  ['ends a line with a bare CR', saying(`${ok}X-A: 1\rContent-Length: 9\r\n${two}`)],
  ['has a NUL in a header', saying(`${ok}X-A: a\u0000b\r\n${two}`)],
  ['has a control byte in a header', saying(`${ok}X-A: a\u0001b\r\n${two}`)],
  ['has a NUL in a header name', saying(`${ok}X\u0000A: b\r\n${two}`)],
  ['has a header without a colon', saying(`${ok}X-A\r\n${two}`)],
  ['has a header without a name', saying(`${ok}: value\r\n${two}`)],
  ['has a space before a colon', saying(`${ok}Content-Length : 2\r\n\r\nok`)],
  ['has a space in a header name', saying(`${ok}X A: 1\r\n${two}`)],
  ['has a space before the first header', saying(`${ok} X-A: 1\r\n${two}`)],
  ['has a header name above ASCII', saying(`${ok}X-\u00c4: 1\r\n${two}`)],
  ['sends headers without end', endless(ok, 'X-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n')],
  ['sends one header without end', endless(`${ok}X-A: `, 'a')],
  ['sends a reason without end', endless('HTTP/1.1 200 ', 'a')],
  ['sends interim answers without end', endless('', 'HTTP/1.1 100 Continue\r\n\r\n')],
  ['sends interim answers with headers without end', endless('', 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n')],
  ['sends empty lines without end', endless('', '\r\n')],
]

describe('an upstream that goes wrong before its head went out', () => {
  for (const [what, script] of beforeTheHead) {
    test(`${what}: 502 in OpenAI's shape, and the relay lives on`, async () => {
      await using upstream = await rawUpstream(script)
      await using world = await startWorld({ upstream })
      await using client = await rawClient(world.port)
      await client.send(requestBytes({ ...post, token: world.token }))
      const answer = await client.answer()
      const error = openAiError(answer, 502)
      assert.equal(error.type, 'server_error')
      assert.equal(error.code, 'upstream_failed')
      assert.ok(!client.received().includes('127.0.0.1'), 'no address of the upstream in the answer')
      assert.equal(upstream.requests.length, 1, 'a POST is sent once')
      await eventually('its connection is gone', () => upstream.openConnections() === 0)
      await client.send(requestBytes({ path: '/health' }))
      assert.equal((await client.answer()).status, 200, 'the connection of the client goes on')
      await livesOn(world, upstream)
    })
  }

  test('nobody listens: 502 upstream_unreachable', async () => {
    const gone = await rawUpstream()
    await gone[Symbol.asyncDispose]()
    await using world = await startWorld({ upstream: gone })
    assert.equal(openAiError(await ask(world.port, { ...post, token: world.token }), 502).code, 'upstream_unreachable')
  })

  test('a name that does not resolve: 502 upstream_unreachable', async () => {
    await using world = await startWorld({ upstream: 'http://no-such-host.invalid/v1' })
    assert.equal(openAiError(await ask(world.port, { ...post, token: world.token }), 502).code, 'upstream_unreachable')
  })

  test('it resets every connection it accepts: 502, and not by trying for ever', async () => {
    await using upstream = await rawUpstream(okScript, { onConnection: (connection) => connection.socket.resetAndDestroy() })
    await using world = await startWorld({ upstream })
    for (const parts of [post, {}]) openAiError(await ask(world.port, { ...parts, token: world.token }), 502)
    assert.ok(upstream.connections.length <= 4, `${upstream.connections.length} connections for two requests`)
  })

  test('an answer before any request was read on a fresh connection never becomes an answer to two requests', async () => {
    await using upstream = await rawUpstream(okScript, {
      onConnection: (connection) => connection.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison'),
    })
    await using world = await startWorld({ upstream })
    let poisoned = 0
    for (let round = 0; round < 10; round++) {
      const answer = await ask(world.port, { token: world.token })
      if (answer.body.toString() === 'poison') poisoned++
    }
    // One for one is what the greeting asks for; an answer left over for the next request is what may never be.
    assert.ok(poisoned <= upstream.connections.length)
  })
})

/** What goes wrong behind a good head and a first event. */
type LateFault = { readonly what: string; readonly head?: string; readonly event?: string; readonly then: Script }

const chunkedHead = `${ok}Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n`
const event = 'data: 1\n\n'
const eventChunk = `9\r\n${event}\r\n`
const closing =
  (bytes = ''): Script =>
  async (exchange) => {
    await exchange.send(bytes)
    exchange.end()
  }
const resetting: Script = async (exchange) => {
  await exchange.pause(50)
  exchange.reset()
}
const sending =
  (bytes: string): Script =>
  async (exchange) => {
    await exchange.send(bytes)
  }
const sendingOn =
  (bytes: string, piece: string): Script =>
  async (exchange) => {
    await exchange.send(bytes)
    const block = piece.repeat(Math.ceil(16_384 / piece.length))
    while (exchange.request.connection.closed === null) await exchange.send(block)
  }

const lateFaults: readonly LateFault[] = [
  { what: 'cuts a body of known length by closing', head: `${ok}Content-Length: 100\r\n\r\n`, event, then: closing() },
  { what: 'cuts a body of known length by resetting', head: `${ok}Content-Length: 100\r\n\r\n`, event, then: resetting },
  { what: 'cuts a chunked body between two chunks', then: closing() },
  { what: 'cuts a chunked body by resetting', then: resetting },
  { what: 'cuts a chunked body within a chunk', then: closing('ff\r\ndata') },
  { what: 'cuts a chunked body within a chunk size', then: closing('f') },
  { what: 'cuts a chunked body within the last chunk', then: closing('0\r\n') },
  { what: 'cuts a chunked body within a trailer', then: closing('0\r\nX-Sum: 1\r\n') },
  { what: 'resets a body that ends by closing', head: `${ok}Content-Type: text/plain\r\n\r\n`, event, then: resetting },
  ...['', 'g', '-1', '0x5', '+5', ' 5', '5 5', 'ffffffffffffffffff', '5\u0000', '5\n', '\u00b2', '5;\u0001', '5\r'].map(
    (size): LateFault => ({
      what: `sends the chunk size ${JSON.stringify(size)}`,
      then: sending(`${size}\r\nhello\r\n0\r\n\r\n`),
    }),
  ),
  { what: 'sends more in a chunk than it said', then: sending('2\r\nhello\r\n0\r\n\r\n') },
  { what: 'ends a chunk with a bare LF', then: sending('5\r\nhello\n0\r\n\r\n') },
  { what: 'ends a chunk size with a bare LF', then: sending('5\nhello\r\n0\r\n\r\n') },
  { what: 'sends a malformed trailer', then: sending('0\r\nno colon\r\n\r\n') },
  { what: 'puts the next answer where a chunk should be', then: sending(`${ok}${two}`) },
  { what: 'sends a chunk extension without end', then: sendingOn('5;', 'x') },
  { what: 'sends a chunk size of zeros without end', then: sendingOn('', '0') },
  { what: 'sends trailers without end', then: sendingOn('0\r\n', 'X-A: aaaaaaaaaaaaaa\r\n') },
]

describe('an upstream that goes wrong after its head', () => {
  for (const { what, head = chunkedHead, event: bytes = eventChunk, then } of lateFaults) {
    test(`${what}: a client that saw the beginning sees a cut, never a clean end, and the relay lives on`, async () => {
      const seen = Promise.withResolvers<void>()
      await using upstream = await rawUpstream(async (exchange) => {
        if (!(await exchange.whole)) return
        await exchange.send(head + bytes)
        await seen.promise
        await then(exchange)
      })
      await using world = await startWorld({ upstream })
      await using client = await rawClient(world.port)
      await client.send(requestBytes({ ...post, token: world.token }))
      await client.text(event)
      seen.resolve()
      const answer = await client.answer()
      assert.equal(answer.status, 200)
      assert.equal(answer.end, 'cut', `it ended as ${answer.end} with ${JSON.stringify(answer.body.toString())}`)
      assert.equal(answer.body.toString('latin1', 0, 9), event)
      await within('the connection is closed', client.closed)
      await eventually('the connection to the upstream is gone', () => upstream.openConnections() === 0)
      assert.equal(upstream.requests.length, 1)
      await livesOn(world, upstream)
    })

    test(`${what}, all in one write: the client gets 502 or a cut, never a clean end and never nothing`, async () => {
      await using upstream = await rawUpstream(async (exchange) => {
        if (!(await exchange.whole)) return
        exchange.socket.cork()
        void exchange.send(head + bytes)
        const rest = then(exchange)
        exchange.socket.uncork()
        await rest
      })
      await using world = await startWorld({ upstream })
      const answer = await ask(world.port, { ...post, token: world.token })
      if (answer.status === 200) assert.equal(answer.end, 'cut', `it ended as ${answer.end} with ${JSON.stringify(answer.body.toString())}`)
      else assert.equal(openAiError(answer, 502).code, 'upstream_failed')
      await eventually('the connection to the upstream is gone', () => upstream.openConnections() === 0)
      await livesOn(world, upstream)
    })
  }

  test('a cut body that ended by closing is a cut for an HTTP/1.0 client too', async () => {
    await using upstream = await rawUpstream(sayingThenResetting(chunkedHead, eventChunk))
    await using world = await startWorld({ upstream })
    await using client = await rawClient(world.port)
    await client.send(requestBytes({ ...post, token: world.token, version: 'HTTP/1.0' }))
    await client.text('data: 1')
    assert.equal(await within('the connection is closed', client.closed), 'reset', 'without lengths and chunks only a reset can say so')
  })
})

describe('silence beyond the deadline', () => {
  test('before the head: 504 upstream_timeout, and the upstream connection is gone', async () => {
    await using upstream = await rawUpstream(async (exchange) => {
      await exchange.gone
    })
    await using world = await startWorld({
      upstream,
      settings: { deadlineGenerationMs: 400, deadlineControlMs: 400, deadlineUploadMs: 400, deadlineDownloadMs: 400 },
    })
    for (const parts of [post, {}, { path: '/v1/files/file-1/content' }]) {
      assert.equal(openAiError(await ask(world.port, { ...parts, token: world.token }), 504).code, 'upstream_timeout')
    }
    await eventually('nothing runs upstream', () => upstream.openConnections() === 0)
    await livesOn(world, upstream)
  })

  test('one byte of a head at a time does not hold an exchange for ever', async () => {
    await using upstream = await rawUpstream(async (exchange) => {
      while (await exchange.pause(20)) await exchange.send('a')
    })
    await using world = await startWorld({ upstream, settings: { deadlineGenerationMs: 400 } })
    openAiError(await ask(world.port, { ...post, token: world.token }), [502, 504])
  })

  test('interim answers at a slow drip do not hold an exchange for ever', async () => {
    await using upstream = await rawUpstream(async (exchange) => {
      while (await exchange.pause(50)) await exchange.send('HTTP/1.1 102 Processing\r\n\r\n')
    })
    await using world = await startWorld({ upstream, settings: { deadlineGenerationMs: 500 } })
    openAiError(await ask(world.port, { ...post, token: world.token }), [502, 504])
  })

  test('within a stream: the client sees a cut', async () => {
    await using upstream = await rawUpstream(async (exchange) => {
      await exchange.send(`${ok}Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n`)
      await exchange.gone
    })
    await using world = await startWorld({ upstream, settings: { deadlineGenerationMs: 400 } })
    const answer = await ask(world.port, { ...post, token: world.token })
    assert.deepEqual([answer.body.toString(), answer.end], ['data: 1\n\n', 'cut'])
    await eventually('nothing runs upstream', () => upstream.openConnections() === 0)
  })

  test('a stream with pauses shorter than the deadline lives as long as it likes', async () => {
    await using upstream = await rawUpstream(async (exchange) => {
      await exchange.send(`${ok}Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n`)
      for (let n = 0; n < 8; n++) if (await exchange.pause(250)) await exchange.send(chunked(['data: 1\n\n'], false))
      await exchange.send('0\r\n\r\n')
    })
    await using world = await startWorld({ upstream, settings: { deadlineGenerationMs: 1000 } })
    assert.equal((await ask(world.port, { ...post, token: world.token })).end, 'whole')
  })

  test('a client that reads slowly is not the silence of the upstream', async () => {
    const body = Buffer.alloc(30_000_000, 1)
    await using upstream = await rawUpstream(answering(`${ok}Content-Length: ${body.length}\r\n\r\n`, body))
    await using world = await startWorld({ upstream, settings: { deadlineDownloadMs: 500 } })
    await using client = await rawClient(world.port)
    client.socket.pause()
    await client.send(requestBytes({ path: '/v1/files/file-1/content', token: world.token }))
    await sleep(2000)
    client.socket.resume()
    const answer = await client.answer()
    assert.deepEqual([answer.end, answer.body.length], ['whole', body.length])
  })
})

describe('a pooled connection', () => {
  const poison = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison'

  for (const order of ['before the next request', 'in the same moment as the next request'] as const) {
    for (const method of ['GET', 'POST'] as const) {
      test(`an answer to nobody, written on it ${order} (${method}), reaches nobody in 50 rounds`, async () => {
        await using upstream = await rawUpstream()
        await using world = await startWorld({ upstream })
        await using client = await rawClient(world.port)
        const bytes = requestBytes({ ...(method === 'POST' ? post : {}), token: world.token })
        let poisoned = 0
        for (let round = 0; round < 50; round++) {
          await client.send(bytes)
          const before = (await client.answer()).body.toString()
          await turn()
          const idle = upstream.connections.at(-1)?.socket
          assert.ok(idle)
          // Both are in the kernel before the relay polls again: which it sees first is the point of the two orders.
          if (order === 'before the next request') idle.write(poison)
          const sent = client.send(bytes)
          if (order !== 'before the next request') idle.write(poison)
          await sent
          const answer = await client.answer()
          if (before === 'poison' || answer.body.toString() === 'poison') poisoned++
          if (answer.status === 502) assert.equal(method, 'POST', 'a GET finds its way')
        }
        assert.equal(poisoned, 0, `${poisoned} of 50 answers were another exchange's`)
      })
    }
  }

  for (const bytes of [poison, 'HTTP/1.1 200 OK\r\nContent-Le', '\r\n', 'x']) {
    test(`on which ${JSON.stringify(bytes)} came unasked is closed and never used again`, async () => {
      await using upstream = await rawUpstream()
      await using world = await startWorld({ upstream })
      assert.equal((await ask(world.port, { token: world.token })).status, 200)
      upstream.connections[0]?.socket.write(bytes)
      // Sooner than an idle connection expires by itself.
      await eventually('it is closed', () => upstream.openConnections() === 0, 2500)
      assert.equal((await ask(world.port, { ...post, token: world.token })).body.toString(), '{"ok":true}')
      assert.equal(upstream.connections.length, 2)
    })
  }

  test('that a GET finds dead is replaced without the caller noticing, and the request is retried once at most', async () => {
    await using upstream = await rawUpstream()
    await using world = await startWorld({ upstream })
    for (let round = 0; round < 20; round++) {
      await ask(world.port, { token: world.token })
      const connection = upstream.connections.at(-1)
      assert.ok(connection)
      if (round % 2 === 0) connection.socket.end()
      else connection.socket.resetAndDestroy()
      assert.equal((await ask(world.port, { token: world.token })).status, 200)
    }
  })

  test('on which the upstream closes instead of answering: a GET is sent again once, on a fresh connection', async () => {
    await using upstream = await rawUpstream()
    await using world = await startWorld({ upstream })
    await ask(world.port, { token: world.token })
    upstream.clear()
    let seen = 0
    upstream.script(async (exchange) => {
      if (++seen === 1) exchange.reset()
      else await okScript(exchange)
    })
    assert.equal((await ask(world.port, { token: world.token })).status, 200)
    assert.equal(upstream.requests.length, 2)
    assert.equal(upstream.connections.length, 2)

    upstream.clear()
    upstream.script((exchange) => exchange.reset())
    openAiError(await ask(world.port, { token: world.token }), 502)
    assert.ok(upstream.requests.length <= 2, `sent ${upstream.requests.length} times`)
  })

  test('of which all turn out dead: a GET is sent again once, on a fresh one, and not once for each of them', async () => {
    const gate = Promise.withResolvers<void>()
    await using upstream = await rawUpstream(async (exchange) => {
      await gate.promise
      await okScript(exchange)
    })
    await using world = await startWorld({ upstream })
    const warmUp = Array.from({ length: 8 }, () => ask(world.port, { token: world.token }))
    await upstream.request(8)
    gate.resolve()
    await Promise.all(warmUp)
    assert.equal(upstream.openConnections(), 8, 'eight idle connections')
    upstream.clear()
    upstream.script((exchange) => (exchange.request.connection.id <= 8 ? exchange.reset() : okScript(exchange)))
    assert.equal((await ask(world.port, { token: world.token })).status, 200)
    assert.deepEqual(
      upstream.requests.map((request) => request.connection.id > 8),
      [false, true],
    )
    upstream.clear()
    upstream.script((exchange) => exchange.reset())
    openAiError(await ask(world.port, { token: world.token }), 502)
    assert.equal(upstream.requests.length, 2)
  })

  test('on which the upstream closes instead of answering: a POST is never sent twice', async () => {
    for (const body of ['{"model":"m"}', '']) {
      await using upstream = await rawUpstream()
      await using world = await startWorld({ upstream })
      await ask(world.port, { token: world.token })
      upstream.clear()
      upstream.script((exchange) => exchange.reset())
      openAiError(
        await ask(world.port, {
          method: 'POST',
          path: '/v1/uploads/upload_1/cancel',
          token: world.token,
          headers: body === '' ? [] : [json],
          body,
        }),
        502,
      )
      await sleep(100)
      assert.equal(upstream.requests.length, 1)
    }
  })

  test('on which a GET was partly answered is not retried', async () => {
    await using upstream = await rawUpstream()
    await using world = await startWorld({ upstream })
    await ask(world.port, { token: world.token })
    upstream.clear()
    upstream.script(sayingThenResetting('HTTP/1.1 2'))
    openAiError(await ask(world.port, { token: world.token }), 502)
    assert.equal(upstream.requests.length, 1)
  })

  test('is not used after the time the upstream said it keeps it', async () => {
    await using upstream = await rawUpstream(answering('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok'))
    await using world = await startWorld({ upstream })
    await ask(world.port, { token: world.token })
    await sleep(1200)
    await ask(world.port, { token: world.token })
    assert.equal(upstream.connections.length, 2)
  })
})

test('a storm of aborted exchanges leaves every later answer with its own caller', async () => {
  await using upstream = await rawUpstream(async (exchange) => {
    if (!(await exchange.whole)) return
    const mark = exchange.request.target
    await exchange.pause(Math.floor(Math.random() * 10))
    await exchange.send(`${ok}Content-Length: ${mark.length}\r\n\r\n${mark.slice(0, 5)}`)
    if (await exchange.pause(Math.floor(Math.random() * 10))) await exchange.send(mark.slice(5))
  })
  await using world = await startWorld({ upstream })
  const caller = async (name: number): Promise<void> => {
    for (let round = 0; round < 40; round++) {
      await using client = await rawClient(world.port)
      const path = `/v1/models/caller-${name}-${round}`
      await client.send(requestBytes({ path, token: world.token }))
      if (Math.random() < 0.5) {
        await sleep(Math.floor(Math.random() * 15))
        client.reset()
      } else {
        const body = await client.answer().then(
          (answer) => answer.body.toString(),
          (error: unknown) => (error instanceof NoAnswer ? error.message : Promise.reject(error as Error)),
        )
        assert.equal(body, path)
      }
    }
  }
  await Promise.all(Array.from({ length: 10 }, (_, index) => caller(index)))
})
