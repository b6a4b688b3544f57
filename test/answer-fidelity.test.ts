// What comes back to a client: the upstream's answer as it came, as soon as it came, minus what names the operator's
// account; and which of the two request ids is whose.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { eventually, folded, openAiError } from './harness/expect.ts'
import { chunked, hasHeader, valuesOf, type HeaderPair } from './harness/http-bytes.ts'
import { ask, rawClient, requestBytes, type Answer } from './harness/raw-client.ts'
import { answering, rawUpstream, type Script } from './harness/raw-upstream.ts'
import { startWorld, upstreamKey, type World } from './harness/world.ts'

const json: HeaderPair = ['Content-Type', 'application/json']

/** Asks a relay in front of an upstream that follows `script`, once. */
async function relayed(script: Script, parts: Omit<Parameters<typeof ask>[1], 'token'> = {}): Promise<Answer> {
  await using upstream = await rawUpstream(script)
  await using world = await startWorld({ upstream })
  return await ask(world.port, { token: world.token, ...parts })
}

describe('statuses', () => {
  test('every status from 200 to 599 passes, with its reason, headers and body; a 401 concerns the operator', async () => {
    let status = 200
    await using upstream = await rawUpstream(async (exchange) => {
      if (!(await exchange.whole)) return
      const isBodyless = status === 204 || status === 304
      const body = isBodyless ? '' : `body of ${status}`
      await exchange.send(
        `HTTP/1.1 ${status} Reason No. ${status}\r\nX-Mark: ${status}\r\n${isBodyless ? '' : `Content-Length: ${body.length}\r\n`}\r\n${body}`,
      )
    })
    await using world = await startWorld({ upstream })
    await using client = await rawClient(world.port)
    for (; status <= 599; status++) {
      await client.send(requestBytes({ path: '/v1/models', token: world.token }))
      const answer = await client.answer()
      if (status === 401) {
        assert.equal(openAiError(answer, 502).code, 'upstream_credentials_refused')
        continue
      }
      assert.equal(answer.status, status)
      assert.equal(answer.reason, `Reason No. ${status}`)
      assert.deepEqual(valuesOf(answer.headers, 'x-mark'), [String(status)])
      assert.equal(answer.body.toString(), status === 204 || status === 304 ? '' : `body of ${status}`)
    }
  })

  for (const status of [204, 304]) {
    test(`${status} has no body and leaves both connections usable`, async () => {
      await using upstream = await rawUpstream(answering(`HTTP/1.1 ${status} X\r\netag: "e"\r\n\r\n`))
      await using world = await startWorld({ upstream })
      await using client = await rawClient(world.port)
      for (let round = 0; round < 3; round++) {
        await client.send(requestBytes({ token: world.token }))
        const answer = await client.answer()
        assert.equal(answer.status, status)
        assert.ok(!hasHeader(answer.headers, 'transfer-encoding'), 'RFC 9112 6.1')
        assert.deepEqual(valuesOf(answer.headers, 'etag'), ['"e"'])
      }
      assert.equal(upstream.connections.length, 1)
    })
  }

  test('redirects pass as they are and are never followed', async () => {
    await using trap = await rawUpstream()
    for (const status of [301, 302, 303, 307, 308]) {
      const answer = await relayed(answering(`HTTP/1.1 ${status} X\r\nLocation: ${trap.url}/v1/models\r\nContent-Length: 0\r\n\r\n`))
      assert.equal(answer.status, status)
    }
    assert.equal(trap.requests.length, 0)
  })

  test('an empty reason and a reason with obs-text pass', async () => {
    for (const [line, reason] of [
      ['HTTP/1.1 200 ', ''],
      ['HTTP/1.1 200', ''],
      ['HTTP/1.1 404 Caf\u00e9 zu', 'Caf\u00e9 zu'],
    ] as const) {
      const answer = await relayed(answering(`${line}\r\nContent-Length: 2\r\n\r\nok`))
      assert.equal(answer.reason, reason)
      assert.equal(answer.body.toString(), 'ok')
    }
  })
})

describe('informational answers', () => {
  for (const status of [100, 102, 103]) {
    test(`an unasked ${status} before the answer does not end or spoil it`, async () => {
      const answer = await relayed(
        answering(`HTTP/1.1 ${status} Early\r\nLink: </x>\r\n\r\n`, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
      )
      assert.equal(answer.status, 200)
      assert.equal(answer.body.toString(), 'ok')
      assert.ok(!hasHeader(answer.headers, 'link'), 'headers of a 1xx are not those of the answer')
    })
  }

  test('several of them, glued to the answer in one read, are told apart', async () => {
    const answer = await relayed(
      answering(
        'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok',
      ),
    )
    assert.equal(answer.status, 201)
    assert.equal(answer.body.toString(), 'ok')
  })
})

describe('headers', () => {
  test('repeats, order, empty values and bytes above ASCII come back as they came', async () => {
    const headers: HeaderPair[] = [
      ['X-B', '1'],
      ['x-a', '2'],
      ['X-B', '3'],
      ['X-Empty', ''],
      ['X-Latin', 'caf\u00e9 \u00ff'],
      ['Vary', 'a, b'],
      ['WWW-Authenticate', 'Basic'],
      ['vary', 'c'],
      ['__proto__', 'p'],
    ]
    const answer = await relayed(
      answering(`HTTP/1.1 200 OK\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}Content-Length: 0\r\n\r\n`),
    )
    const names = new Set(headers.map(([name]) => name.toLowerCase()))
    assert.deepEqual(
      folded(answer.headers).filter(([name]) => names.has(name)),
      folded(headers),
    )
  })

  for (const [name, value] of [
    ['Set-Cookie', '__cf_bm=secret'],
    ['OpenAI-Organization', 'org-operator'],
    ['OpenAI-Project', 'proj_operator'],
    ['Keep-Alive', 'timeout=77'],
    ['Proxy-Authenticate', 'Basic'],
    ['Trailer', 'X-Sum'],
    ['Upgrade', 'h2c'],
  ] as const) {
    test(`${name} never passes back, however often it came`, async () => {
      const answer = await relayed(
        answering(`HTTP/1.1 200 OK\r\n${name}: ${value}\r\nX-Stays: yes\r\n${name.toLowerCase()}: ${value}2\r\nContent-Length: 0\r\n\r\n`),
      )
      assert.equal(answer.status, 200)
      assert.ok(!valuesOf(answer.headers, name).some((each) => each.includes(value)))
      assert.deepEqual(valuesOf(answer.headers, 'x-stays'), ['yes'])
    })
  }

  test('headers the upstream names in Connection do not pass back', async () => {
    const answer = await relayed(
      answering('HTTP/1.1 200 OK\r\nConnection: X-Hop, keep-alive\r\nX-Hop: 1\r\nX-End: 2\r\nContent-Length: 0\r\n\r\n'),
    )
    assert.ok(!hasHeader(answer.headers, 'x-hop'))
    assert.deepEqual(valuesOf(answer.headers, 'x-end'), ['2'])
  })

  test('Connection: close of the upstream is not the client’s', async () => {
    await using upstream = await rawUpstream(async (exchange) => {
      if (!(await exchange.whole)) return
      await exchange.send('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok')
      exchange.end()
    })
    await using world = await startWorld({ upstream })
    await using client = await rawClient(world.port)
    for (let round = 0; round < 3; round++) {
      await client.send(requestBytes({ token: world.token }))
      assert.equal((await client.answer()).body.toString(), 'ok')
    }
    assert.equal(upstream.connections.length, 3)
  })

  test('x-request-id is the upstream’s own, x-relay-request-id is ours, x-ratelimit-* and openai-processing-ms pass', async () => {
    const answer = await relayed(
      answering(
        'HTTP/1.1 200 OK\r\nx-request-id: req_theirs\r\nx-relay-request-id: forged\r\nx-ratelimit-limit-tokens: 100\r\nx-ratelimit-reset-tokens: 6m0s\r\nopenai-processing-ms: 12\r\nContent-Length: 0\r\n\r\n',
      ),
    )
    assert.deepEqual(valuesOf(answer.headers, 'x-request-id'), ['req_theirs'])
    const ours = valuesOf(answer.headers, 'x-relay-request-id')
    assert.equal(ours.length, 1)
    assert.match(ours[0] ?? '', /^req_[0-9a-f]{32}$/)
    assert.deepEqual(valuesOf(answer.headers, 'x-ratelimit-limit-tokens'), ['100'])
    assert.deepEqual(valuesOf(answer.headers, 'x-ratelimit-reset-tokens'), ['6m0s'])
    assert.deepEqual(valuesOf(answer.headers, 'openai-processing-ms'), ['12'])
  })

  test('an upstream error is not rewritten: retry-after, code and body pass with the status', async () => {
    const body = '{"error": {"message":"Rate limit", "type":"requests","param":null,"code":"rate_limit_exceeded"} }'
    const answer = await relayed(
      answering(
        `HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nRetry-After: 3\r\nretry-after-ms: 2500\r\nx-should-retry: true\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      ),
    )
    assert.equal(answer.status, 429)
    assert.equal(answer.body.toString(), body)
    assert.deepEqual(
      ['retry-after', 'retry-after-ms', 'x-should-retry'].map((name) => valuesOf(answer.headers, name)),
      [['3'], ['2500'], ['true']],
    )
  })
})

describe('bodies', () => {
  test('a gzip’d answer is passed untouched, with its content-encoding', async () => {
    const body = gzipSync('{"ok":true}')
    for (const coding of ['gzip', 'br', 'zstd', 'whatever']) {
      const answer = await relayed(
        answering(
          `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n`,
          body,
        ),
        { headers: [['Accept-Encoding', 'gzip, br']] },
      )
      assert.deepEqual(answer.body, body)
      assert.deepEqual(valuesOf(answer.headers, 'content-encoding'), [coding])
    }
  })

  for (const framing of ['length', 'chunked', 'close'] as const) {
    test(`random bytes of many sizes come back with the same sha256 from a ${framing} answer`, async () => {
      let body: Buffer = Buffer.alloc(0)
      await using upstream = await rawUpstream(async (exchange) => {
        if (!(await exchange.whole)) return
        await exchange.send(
          `HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n${framing === 'length' ? `Content-Length: ${body.length}\r\n` : framing === 'chunked' ? 'Transfer-Encoding: chunked\r\n' : ''}\r\n`,
        )
        for (let at = 0; at < body.length;) {
          const piece = body.subarray(at, at + 1 + ((at * 7919) % 40_000))
          at += piece.length
          await exchange.send(framing === 'chunked' ? chunked([piece], false) : piece)
        }
        if (framing === 'chunked') await exchange.send('0\r\n\r\n')
        if (framing === 'close') exchange.end()
      })
      await using world = await startWorld({ upstream })
      for (const size of [0, 1, 2, 65_535, 65_537, 3_000_017]) {
        body = randomBytes(size)
        const answer = await ask(world.port, { path: '/v1/files/file-1/content', token: world.token })
        assert.notEqual(answer.end, 'cut')
        assert.equal(answer.body.length, size)
        assert.equal(createHash('sha256').update(answer.body).digest('hex'), createHash('sha256').update(body).digest('hex'))
        if (framing === 'length') assert.deepEqual(valuesOf(answer.headers, 'content-length'), [String(size)])
      }
    })
  }

  test('chunk extensions and trailers of the upstream do not spoil the body', async () => {
    const answer = await relayed(
      answering(
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n',
        '5;name=value;q="a b"\r\nhello\r\n',
        '001\r\n!\r\n',
        '0;last\r\nX-Sum: 1\r\n\r\n',
      ),
    )
    assert.equal(answer.body.toString(), 'hello!')
    assert.equal(answer.end, 'whole')
  })

  test('an answer of an HTTP/1.0 upstream comes through, by length and by close', async () => {
    assert.equal((await relayed(answering('HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'))).body.toString(), 'ok')
    const answer = await relayed(async (exchange) => {
      if (!(await exchange.whole)) return
      await exchange.send('HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the close')
      exchange.end()
    })
    assert.equal(answer.body.toString(), 'until the close')
    assert.notEqual(answer.end, 'cut')
  })

  test('bytes behind the end of an answer reach nobody, and their connection is not used again', async () => {
    await using upstream = await rawUpstream(
      answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison'),
    )
    await using world = await startWorld({ upstream })
    await using client = await rawClient(world.port)
    for (let round = 0; round < 10; round++) {
      await client.send(requestBytes({ token: world.token }))
      assert.equal((await client.answer()).body.toString(), 'ok')
    }
    assert.ok(!client.received().includes('poison'))
    assert.equal(upstream.connections.length, 10)
  })

  test('an HTTP/1.0 client gets the bytes of a chunked answer, unchunked, up to the close', async () => {
    await using upstream = await rawUpstream(
      answering('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', chunked(['hello ', 'world'])),
    )
    await using world = await startWorld({ upstream })
    const answer = await ask(world.port, { token: world.token, version: 'HTTP/1.0' })
    assert.equal(answer.body.toString(), 'hello world')
    assert.notEqual(answer.framing, 'chunked')
    assert.notEqual(answer.end, 'cut')
  })
})

describe('streams', () => {
  test('the head goes out before the first event, and the first event before the second', async () => {
    const gate = Promise.withResolvers<void>()
    const second = Promise.withResolvers<void>()
    await using upstream = await rawUpstream(async (exchange) => {
      if (!(await exchange.whole)) return
      await exchange.send('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n')
      await gate.promise
      await exchange.send(chunked(['data: {"n":1}\n\n'], false))
      await second.promise
      await exchange.send(chunked(['data: {"n":2}\n\n', 'data: [DONE]\n\n']))
    })
    await using world = await startWorld({ upstream })
    await using client = await rawClient(world.port)
    await client.send(
      requestBytes({
        method: 'POST',
        path: '/v1/chat/completions',
        token: world.token,
        headers: [json],
        body: '{"model":"m","stream":true}',
      }),
    )
    // Nothing more is sent until the client has seen what was sent: a relay that waits for the next piece never gets it.
    await client.text('text/event-stream')
    gate.resolve()
    await client.text('data: {"n":1}\n\n')
    second.resolve()
    const answer = await client.answer()
    assert.equal(answer.body.toString(), 'data: {"n":1}\n\ndata: {"n":2}\n\ndata: [DONE]\n\n')
    assert.equal(answer.end, 'whole')
  })

  test('events sent apart arrive apart', async () => {
    const events = 10
    await using upstream = await rawUpstream(async (exchange) => {
      if (!(await exchange.whole)) return
      await exchange.send('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n')
      for (let n = 0; n < events; n++) {
        await exchange.send(chunked([`data: ${n}\n\n`], false))
        await exchange.pause(50)
      }
      await exchange.send('0\r\n\r\n')
    })
    await using world = await startWorld({ upstream })
    await using client = await rawClient(world.port)
    await client.send(requestBytes({ method: 'POST', path: '/v1/responses', token: world.token, headers: [json], body: '{"stream":true}' }))
    await client.answer()
    const carrying = client.reads.filter((read) => read.bytes.includes('data: '))
    assert.ok(carrying.length >= events / 2, `${events} events came in ${carrying.length} reads`)
    const [first, last] = [carrying[0], carrying.at(-1)]
    assert.ok(first && last && last.at - first.at > (events * 50) / 2, 'they were spread over time as they were sent')
  })

  test('one-byte pieces across UTF-8 and line ends come through', async () => {
    const text = Buffer.from('event: \u00e9\r\ndata: {"t":"\u{1f600}"}\r\n\r\n: x\n\n')
    const answer = await relayed(async (exchange) => {
      if (!(await exchange.whole)) return
      await exchange.send('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n')
      for (const byte of chunked([...text].map((each) => Buffer.from([each])))) await exchange.send(Buffer.from([byte]))
    })
    assert.deepEqual(answer.body, text)
  })

  test('an upstream that is silent for longer than a control deadline is fine where a model works', async () => {
    await using upstream = await rawUpstream(async (exchange) => {
      if (!(await exchange.whole)) return
      if (await exchange.pause(1500)) await exchange.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
    await using world = await startWorld({ upstream, settings: { deadlineControlMs: 300 } })
    const answer = await ask(world.port, { method: 'POST', path: '/v1/chat/completions', token: world.token, headers: [json], body: '{}' })
    assert.equal(answer.body.toString(), 'ok')
    assert.equal(openAiError(await ask(world.port, { path: '/v1/models', token: world.token }), 504).code, 'upstream_timeout')
  })
})

describe('an upstream that refuses the operator’s key', () => {
  const refusal = `{"error":{"message":"Incorrect API key provided: ${upstreamKey.slice(0, 8)}****2Tb5.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}`
  const unauthorized = answering(
    `HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nWWW-Authenticate: Bearer realm="${upstreamKey}"\r\nX-Request-Id: req_up\r\nContent-Length: ${refusal.length}\r\n\r\n${refusal}`,
  )
  const ready = async (world: World): Promise<number> => (await ask(world.port, { path: '/ready' })).status

  test('is 502 without a fragment of the key, turns /ready red, and green again with the next answer', async () => {
    await using upstream = await rawUpstream()
    await using world = await startWorld({ upstream })
    await eventually('/ready is green', async () => (await ready(world)) === 200)
    upstream.script(unauthorized)
    await using client = await rawClient(world.port)
    await client.send(requestBytes({ token: world.token }))
    const answer = await client.answer()
    const error = openAiError(answer, 502)
    assert.equal(error.code, 'upstream_credentials_refused')
    const said = client.received().toString('latin1')
    for (const fragment of [upstreamKey.slice(0, 8), '2Tb5', 'Incorrect API key', 'realm'])
      assert.ok(!said.includes(fragment), `${fragment} in ${said}`)
    assert.equal(await ready(world), 503)

    upstream.script(answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
    await client.send(requestBytes({ token: world.token }))
    assert.equal((await client.answer()).body.toString(), 'ok')
    assert.equal(await ready(world), 200)
  })

  test('leaves the connections in order, also when its refusal is long or an upload was on its way', async () => {
    await using upstream = await rawUpstream(async (exchange) => {
      await exchange.send('HTTP/1.1 401 Unauthorized\r\nContent-Length: 300000\r\n\r\n')
      await exchange.send(Buffer.alloc(300_000, 120))
    })
    await using world = await startWorld({ upstream })
    const body = Buffer.alloc(400_000)
    const answer = await ask(world.port, {
      method: 'POST',
      path: '/v1/files',
      token: world.token,
      headers: [['Content-Type', 'multipart/form-data; boundary=x']],
      body,
    })
    assert.equal(openAiError(answer, 502).code, 'upstream_credentials_refused')
    upstream.script(answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
    for (let round = 0; round < 5; round++) assert.equal((await ask(world.port, { token: world.token })).body.toString(), 'ok')
  })

  test('a 403 of the upstream passes: it is about the request', async () => {
    const answer = await relayed(answering('HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nnope'))
    assert.deepEqual([answer.status, answer.body.toString()], [403, 'nope'])
  })
})

test('a client that stops reading stops the upstream, and what it missed comes when it reads on', async () => {
  let written = 0
  const total = 256 * 1024 * 1024
  await using upstream = await rawUpstream(async (exchange) => {
    if (!(await exchange.whole)) return
    await exchange.send(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`)
    const block = Buffer.alloc(1024 * 1024, 7)
    while (written < total && exchange.request.connection.closed === null) {
      await exchange.send(block)
      written += block.length
    }
  })
  await using world = await startWorld({ upstream })
  await using client = await rawClient(world.port)
  client.socket.pause()
  await client.send(requestBytes({ path: '/v1/files/file-1/content', token: world.token }))
  await upstream.request(1)
  let before = -1
  while (written !== before || written === 0) {
    before = written
    await sleep(500)
  }
  assert.ok(written < 64 * 1024 * 1024, `the upstream could write ${written} bytes to nobody`)
  let received = 0
  client.socket.removeAllListeners('data')
  client.socket.on('data', (bytes: Buffer) => {
    received += bytes.length
    if (received > total) client.socket.end()
  })
  client.socket.resume()
  await eventually('the rest came', () => received >= total, 60_000)
})
