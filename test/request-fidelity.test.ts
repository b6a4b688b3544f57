// What leaves the relay towards the upstream: everything a client may say arrives as it was said, and nothing that
// concerns the connection, the caller's identity or the way to the relay goes along.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { Secret } from '../src/kernel/secret.ts'
import { eventually, folded, openAiError, within } from './harness/expect.ts'
import { chunked, hasHeader, valuesOf, type HeaderPair } from './harness/http-bytes.ts'
import { ask, rawClient, requestBytes } from './harness/raw-client.ts'
import { okScript, rawUpstream } from './harness/raw-upstream.ts'
import { oddQuery } from './harness/samples.ts'
import { startWorld, upstreamKey } from './harness/world.ts'

const json: HeaderPair = ['Content-Type', 'application/json']
const smallBody = '{"model":"m"}'

describe('header policy towards the upstream', () => {
  const dropped: readonly HeaderPair[] = [
    // Hop-by-hop (RFC 9110 7.6.1) and what was hop-by-hop once.
    ['Keep-Alive', 'timeout=5'],
    ['Proxy-Connection', 'keep-alive'],
    ['TE', 'trailers'],
    ['Trailer', 'X-Sum'],
    ['Proxy-Authorization', 'Basic eDp5'],
    ['Proxy-Authenticate', 'Basic'],
    // Where the client came from is the operator's business.
    ['Forwarded', 'for=10.0.0.1'],
    ['X-Forwarded-For', '10.0.0.1'],
    ['X-Forwarded-Host', 'evil.test'],
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded-Port', '1'],
    ['X-Real-IP', '10.0.0.1'],
    ['Via', '1.1 x'],
    // Accounts: a caller does not choose the operator's organization or project.
    ['OpenAI-Organization', 'org-caller'],
    ['OpenAI-Project', 'proj_caller'],
    ['Cookie', 'a=b'],
  ]
  for (const [name, value] of dropped) {
    test(`${name} never reaches the upstream`, async () => {
      await using upstream = await rawUpstream()
      await using world = await startWorld({ upstream })
      const answer = await ask(world.port, {
        token: world.token,
        headers: [
          [name, value],
          [name.toUpperCase(), value],
          ['X-Stays', 'yes'],
        ],
      })
      assert.equal(answer.status, 200, answer.body.toString('latin1'))
      const [seen] = upstream.requests
      assert.ok(seen)
      assert.deepEqual(valuesOf(seen.headers, name), [])
      assert.ok(!seen.headText.includes(value) || value.length < 4, 'nor does its value under another name')
      assert.deepEqual(valuesOf(seen.headers, 'x-stays'), ['yes'])
    })
  }

  test('headers named by Connection are dropped, whatever their case, spacing and number, and end-to-end ones survive', async () => {
    await using upstream = await rawUpstream()
    await using world = await startWorld({ upstream })
    const headers: HeaderPair[] = [
      ['Connection', 'x-One, X-TWO ,,keep-alive'],
      ['Connection', '\tx-three'],
      ['X-One', '1'],
      ['x-two', '2'],
      ['X-Three', '3'],
      ['X-Four', '4'],
    ]
    assert.equal((await ask(world.port, { token: world.token, headers })).status, 200)
    const [seen] = upstream.requests
    assert.ok(seen)
    for (const name of ['x-one', 'x-two', 'x-three']) assert.ok(!hasHeader(seen.headers, name), name)
    assert.deepEqual(valuesOf(seen.headers, 'x-four'), ['4'])
  })

  test('a client cannot strip what the relay adds or what frames the body by naming it in Connection', async () => {
    await using upstream = await rawUpstream()
    await using world = await startWorld({ upstream })
    const headers: HeaderPair[] = [['Connection', 'authorization, content-length, host, content-type'], json]
    const answer = await ask(world.port, { method: 'POST', path: '/v1/embeddings', token: world.token, headers, body: smallBody })
    if (answer.status !== 200) {
      openAiError(answer, 400)
      assert.equal(upstream.requests.length, 0)
      return
    }
    const [seen] = upstream.requests
    assert.ok(seen)
    assert.deepEqual(valuesOf(seen.headers, 'authorization'), [`Bearer ${upstreamKey}`])
    assert.equal(valuesOf(seen.headers, 'host').length, 1)
    assert.equal(seen.body.toString(), smallBody)
  })

  for (const [name, make] of [
    ['Authorization', (token: string) => `Bearer ${token}`],
    ['authorization', (token: string) => `bEARER ${token}`],
    ['api-key', (token: string) => token],
    ['X-Relay-Key', (token: string) => token],
  ] as const) {
    test(`a token in ${name} lets the caller in and never reaches the upstream`, async () => {
      await using upstream = await rawUpstream()
      await using world = await startWorld({ upstream })
      assert.equal((await ask(world.port, { headers: [[name, make(world.token)]] })).status, 200)
      const [seen] = upstream.requests
      assert.ok(seen)
      assert.ok(!seen.headText.includes(world.token))
      assert.deepEqual(valuesOf(seen.headers, 'authorization'), [`Bearer ${upstreamKey}`])
      if (name !== 'Authorization' && name !== 'authorization') assert.deepEqual(valuesOf(seen.headers, name), [])
    })
  }

  test('with a token in each of the three headers none of them reaches the upstream', async () => {
    await using upstream = await rawUpstream()
    await using world = await startWorld({ upstream })
    const headers: HeaderPair[] = [
      ['Authorization', `Bearer ${world.token}`],
      ['api-key', world.token],
      ['X-Relay-Key', world.token],
    ]
    const answer = await ask(world.port, { headers })
    if (answer.status === 200) {
      const [seen] = upstream.requests
      assert.ok(seen)
      assert.ok(!seen.headText.includes(world.token))
    } else {
      openAiError(answer, [400, 401])
      assert.equal(upstream.requests.length, 0)
    }
  })

  test('whatever a caller puts into the other headers of tokens, it never reaches the upstream', async () => {
    await using upstream = await rawUpstream()
    await using world = await startWorld({ upstream })
    for (const name of ['api-key', 'Api-Key', 'x-api-key']) {
      upstream.clear()
      const answer = await ask(world.port, { token: world.token, headers: [[name, 'a-key-of-somebody-else']] })
      assert.equal(answer.status, 200, answer.body.toString())
      assert.ok(!upstream.requests[0]?.headText.includes('somebody-else'), name)
    }
  })

  test('a header that repeats the token of its caller never reaches the upstream, whatever its name', async () => {
    await using upstream = await rawUpstream()
    await using world = await startWorld({ upstream })
    const answer = await ask(world.port, {
      token: world.token,
      headers: [
        ['X-Forwarded-Key', world.token],
        ['Referer', `https://x.test/?token=${world.token}`],
        ['X-Stays', 'yes'],
      ],
    })
    assert.equal(answer.status, 200)
    assert.ok(!upstream.requests[0]?.headText.includes(world.token))
    assert.deepEqual(valuesOf(upstream.requests[0]?.headers ?? [], 'x-stays'), ['yes'])
  })

  test('the operator’s organization and project are sent when they are set, and a caller’s are not', async () => {
    await using upstream = await rawUpstream()
    await using world = await startWorld({ upstream, settings: { upstreamOrganization: 'org-operator', upstreamProject: 'proj_operator' } })
    assert.equal(
      (
        await ask(world.port, {
          token: world.token,
          headers: [
            ['OpenAI-Organization', 'org-caller'],
            ['OpenAI-Project', 'proj_caller'],
          ],
        })
      ).status,
      200,
    )
    const [seen] = upstream.requests
    assert.ok(seen)
    assert.deepEqual(valuesOf(seen.headers, 'openai-organization'), ['org-operator'])
    assert.deepEqual(valuesOf(seen.headers, 'openai-project'), ['proj_operator'])
  })

  test('a caller’s organization and project pass when the operator says so', async () => {
    await using upstream = await rawUpstream()
    await using world = await startWorld({ upstream, settings: { callerOrganization: 'pass' } })
    assert.equal(
      (
        await ask(world.port, {
          token: world.token,
          headers: [
            ['OpenAI-Organization', 'org-caller'],
            ['OpenAI-Project', 'proj_caller'],
          ],
        })
      ).status,
      200,
    )
    const [seen] = upstream.requests
    assert.ok(seen)
    assert.deepEqual(
      [valuesOf(seen.headers, 'openai-organization'), valuesOf(seen.headers, 'openai-project')],
      [['org-caller'], ['proj_caller']],
    )
  })

  test('no header of the caller replaces or doubles the key, and exactly one Host is sent', async () => {
    await using upstream = await rawUpstream()
    await using world = await startWorld({ upstream })
    await ask(world.port, {
      token: world.token,
      headers: [
        ['X-Api-Key', 'mine'],
        ['__proto__', 'x'],
        ['constructor', 'y'],
      ],
    })
    const [seen] = upstream.requests
    assert.ok(seen)
    assert.deepEqual(valuesOf(seen.headers, 'authorization'), [`Bearer ${upstreamKey}`])
    assert.equal(valuesOf(seen.headers, 'host').length, 1)
  })

  test('a key is sent as it is, whatever visible characters it has', async () => {
    await using upstream = await rawUpstream()
    await using world = await startWorld({ upstream, settings: { upstreamKey: new Secret('sk-~!$%&*()"\\=+/') } })
    assert.equal((await ask(world.port, { token: world.token })).status, 200)
    assert.deepEqual(valuesOf(upstream.requests[0]?.headers ?? [], 'authorization'), ['Bearer sk-~!$%&*()"\\=+/'])
  })
})

describe('paths and queries towards the upstream', () => {
  test('the raw query arrives as it was sent', async () => {
    await using upstream = await rawUpstream()
    await using world = await startWorld({ upstream })
    for (const query of [oddQuery, '', '?', 'a=1?b=2', 'x=/../y&z=//', 'q=%2e%2e%2F%00%ff', "a='();:@!$,*~"]) {
      await ask(world.port, { path: `/v1/files?${query}`, token: world.token })
    }
    const seen = upstream.requests.map((request) => request.target.slice('/v1/files'.length))
    assert.deepEqual(
      seen.map((query) => query.replace(/^\?$/, '')),
      [`?${oddQuery}`, '', '??', '?a=1?b=2', '?x=/../y&z=//', '?q=%2e%2e%2F%00%ff', "?a='();:@!$,*~"],
    )
  })

  test('a model id with an encoded slash goes upstream in that spelling', async () => {
    await using upstream = await rawUpstream()
    await using world = await startWorld({ upstream })
    for (const path of [
      '/v1/models/org%2Fname',
      '/models/org%2fname',
      '/v1/models/ft:gpt-4o:acme::Ab1',
      '/v1/models/ft%3Agpt-4o%3Aacme%3A%3AAb1',
    ]) {
      assert.equal((await ask(world.port, { path, token: world.token })).status, 200, path)
    }
    assert.deepEqual(
      upstream.requests.map((request) => request.target),
      ['/v1/models/org%2Fname', '/v1/models/org%2fname', '/v1/models/ft:gpt-4o:acme::Ab1', '/v1/models/ft%3Agpt-4o%3Aacme%3A%3AAb1'],
    )
  })

  test('the path of the operator’s base URL comes first', async () => {
    await using upstream = await rawUpstream()
    for (const [base, expected] of [
      ['', '/models'],
      ['/v1', '/v1/models'],
      ['/any/prefix/v1', '/any/prefix/v1/models'],
    ] as const) {
      await using world = await startWorld({ upstream: `${upstream.url as 'http://x'}${base}` })
      upstream.clear()
      assert.equal((await ask(world.port, { path: '/v1/models', token: world.token })).status, 200)
      assert.equal(upstream.requests[0]?.target, expected)
    }
  })
})

describe('bodies towards the upstream', () => {
  test('random bytes of many sizes arrive with the same sha256, by length and chunked, in pieces of any size', async () => {
    await using upstream = await rawUpstream()
    await using world = await startWorld({ upstream })
    for (const size of [1, 2, 1023, 65_535, 65_536, 65_537, 1_000_003]) {
      for (const isChunked of [false, true]) {
        upstream.clear()
        const body = randomBytes(size)
        const pieces = cut(body, [1, 7, 1024, 16_384])
        await using client = await rawClient(world.port)
        await client.send(
          requestBytes({
            method: 'POST',
            path: '/v1/files',
            token: world.token,
            headers: [
              ['Content-Type', 'multipart/form-data; boundary=x'],
              isChunked ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', String(size)],
            ],
          }),
        )
        for (const piece of pieces) await client.send(isChunked ? chunked([piece], false) : piece)
        if (isChunked) await client.send('0\r\n\r\n')
        assert.equal((await client.answer()).status, 200)
        assert.equal(upstream.requests[0]?.sha256, createHash('sha256').update(body).digest('hex'), `${size} ${isChunked}`)
        assert.equal(upstream.requests[0]?.framing, isChunked ? 'chunked' : 'length')
      }
    }
  })

  test('a chunked upload arrives whole whatever its chunks and however slowly the upstream reads', async () => {
    await using upstream = await rawUpstream(async (exchange) => {
      for (let round = 0; round < 40 && exchange.request.completeAt === null; round++) {
        exchange.socket.pause()
        await exchange.pause(20)
        exchange.socket.resume()
        await exchange.pause(10)
      }
      await okScript(exchange)
    })
    await using world = await startWorld({ upstream })
    await Promise.all(
      [17_000, 20_011, 33_333, 65_600, 300_001].map(async (chunkBytes) => {
        await using client = await rawClient(world.port)
        const path = `/v1/uploads/upload_${chunkBytes}/parts`
        await client.send(
          requestBytes({
            method: 'POST',
            path,
            token: world.token,
            headers: [
              ['Content-Type', 'multipart/form-data; boundary=x'],
              ['Transfer-Encoding', 'chunked'],
            ],
          }),
        )
        const sent = createHash('sha256')
        let total = 0
        while (total < 12_000_000) {
          const pieces = Array.from({ length: 20 }, () => randomBytes(chunkBytes))
          for (const piece of pieces) sent.update(piece)
          total += 20 * chunkBytes
          // Many chunks in one write: a read of the relay holds parts of several.
          await client.send(chunked(pieces, false))
        }
        await client.send('0\r\n\r\n')
        assert.equal((await client.answer({ timeoutMs: 30_000 })).status, 200)
        const seen = upstream.requests.find((request) => request.target === path)
        assert.deepEqual([seen?.bodyBytes, seen?.sha256], [total, sent.digest('hex')], `chunks of ${chunkBytes}`)
      }),
    )
  })

  test('requests that come in one read with an upload keep their own bytes', async () => {
    await using upstream = await rawUpstream()
    await using world = await startWorld({ upstream })
    const upload = randomBytes(20_000)
    for (let round = 0; round < 20; round++) {
      upstream.clear()
      await using client = await rawClient(world.port)
      const body = JSON.stringify({ model: 'm', round, pad: 'x'.repeat(20_000) })
      await client.send(
        Buffer.concat([
          requestBytes({
            method: 'POST',
            path: '/v1/files',
            token: world.token,
            headers: [['Content-Type', 'multipart/form-data; boundary=x']],
            body: upload,
          }),
          requestBytes({ method: 'POST', path: '/v1/embeddings', token: world.token, headers: [json], body }),
        ]),
      )
      assert.deepEqual([(await client.answer()).status, (await client.answer()).status], [200, 200])
      const bodies = new Map(upstream.requests.map((request) => [request.target, request.body]))
      assert.ok(bodies.get('/v1/files')?.equals(upload))
      assert.equal(bodies.get('/v1/embeddings')?.toString(), body)
    }
  })

  test('a JSON body is never re-serialised', async () => {
    await using upstream = await rawUpstream()
    await using world = await startWorld({ upstream })
    const bodies = [
      '{"b":1,"a":2,"b":3}',
      ' \n{"x":12345678901234567890,"y":1.0,"z":1e2,"w":-0}\t',
      '{"u":"\\u00e9\\/\\ud83d\\ude00","__proto__":{"x":1},"constructor":null}',
      '{"stream":false ,"model":"m","extra":{"nested":[[],{}]}}',
      '{}',
      '{"model":"\u{1f600}"}',
    ]
    for (const body of bodies) {
      upstream.clear()
      const answer = await ask(world.port, { method: 'POST', path: '/v1/chat/completions', token: world.token, headers: [json], body })
      assert.equal(answer.status, 200, `${body}: ${answer.body.toString('latin1')}`)
      assert.equal(upstream.requests[0]?.body.toString('utf8'), body)
    }
  })

  test('a chunked JSON body arrives whole', async () => {
    await using upstream = await rawUpstream()
    await using world = await startWorld({ upstream })
    await using client = await rawClient(world.port)
    await client.send(
      requestBytes({ method: 'POST', path: '/v1/responses', token: world.token, headers: [json, ['Transfer-Encoding', 'chunked']] }),
    )
    for (const piece of ['{"mod', 'el":"m"', '}']) {
      await client.send(chunked([piece], false))
      await sleep(10)
    }
    await client.send('0\r\n\r\n')
    assert.equal((await client.answer()).status, 200)
    assert.equal(upstream.requests[0]?.body.toString(), smallBody)
  })

  test('a gzip body passes untouched, with its content-encoding', async () => {
    await using upstream = await rawUpstream()
    await using world = await startWorld({ upstream })
    const body = gzipSync(smallBody)
    const answer = await ask(world.port, {
      method: 'POST',
      path: '/v1/chat/completions',
      token: world.token,
      headers: [json, ['Content-Encoding', 'gzip']],
      body,
    })
    assert.equal(answer.status, 200, answer.body.toString('latin1'))
    assert.deepEqual(upstream.requests[0]?.body, body)
    assert.deepEqual(valuesOf(upstream.requests[0]?.headers ?? [], 'content-encoding'), ['gzip'])
  })

  for (const contentType of [
    'application/json; charset=utf-8',
    'APPLICATION/JSON',
    'application/json;charset="utf-8"',
    ' application/json ',
    'application/json ; a=b',
  ]) {
    test(`the content type ${JSON.stringify(contentType)} is JSON and arrives as it was sent`, async () => {
      await using upstream = await rawUpstream()
      await using world = await startWorld({ upstream })
      const answer = await ask(world.port, {
        method: 'POST',
        path: '/v1/chat/completions',
        token: world.token,
        headers: [['Content-Type', contentType]],
        body: smallBody,
      })
      assert.equal(answer.status, 200, answer.body.toString('latin1'))
      assert.deepEqual(valuesOf(upstream.requests[0]?.headers ?? [], 'content-type'), [contentType.trim()])
    })
  }

  test('an upload streams: the first byte arrives before the last was sent', async () => {
    await using upstream = await rawUpstream()
    await using world = await startWorld({ upstream })
    await using client = await rawClient(world.port)
    await client.send(
      requestBytes({
        method: 'POST',
        path: '/v1/files',
        token: world.token,
        headers: [
          ['Content-Type', 'multipart/form-data; boundary=x'],
          ['Content-Length', '200000'],
        ],
      }),
    )
    await client.send(Buffer.alloc(100_000, 1))
    const request = await upstream.request(1)
    await eventually('half of the upload arrived', () => request.bodyBytes === 100_000)
    assert.equal(request.completeAt, null)
    await client.send(Buffer.alloc(100_000, 2))
    assert.equal((await client.answer()).status, 200)
    assert.equal(request.bodyBytes, 200_000)
  })

  test('an upstream that does not read stops the client', async () => {
    await using upstream = await rawUpstream(async (exchange) => {
      exchange.socket.pause()
      await exchange.gone
    })
    await using world = await startWorld({ upstream })
    await using client = await rawClient(world.port)
    const total = 512 * 1024 * 1024
    await client.send(
      requestBytes({
        method: 'POST',
        path: '/v1/files',
        token: world.token,
        headers: [
          ['Content-Type', 'multipart/form-data; boundary=x'],
          ['Content-Length', String(total)],
        ],
      }),
    )
    const block = Buffer.alloc(1024 * 1024)
    let sent = 0
    const push = async (): Promise<void> => {
      while (sent < total && client.isOpen()) {
        await client.send(block)
        sent += block.length
      }
    }
    const pushing = push()
    let before = -1
    while (sent !== before) {
      before = sent
      await sleep(500)
    }
    assert.ok(sent < 64 * 1024 * 1024, `the relay took ${sent} bytes that nobody read`)
    client.reset()
    await pushing
  })
})

describe('the connection of a client', () => {
  test('serves one request after the other, and so does the connection to the upstream', async () => {
    await using upstream = await rawUpstream()
    await using world = await startWorld({ upstream })
    await using client = await rawClient(world.port)
    for (let round = 0; round < 20; round++) {
      const isPost = round % 2 === 1
      await client.send(
        requestBytes(
          isPost
            ? { method: 'POST', path: '/v1/embeddings', token: world.token, headers: [json], body: `{"round":${round}}` }
            : { path: `/v1/models/m-${round}`, token: world.token },
        ),
      )
      assert.equal((await client.answer()).status, 200)
    }
    assert.equal(upstream.requests.length, 20)
    assert.equal(upstream.connections.length, 1, 'one connection carried all of them')
  })

  test('answers pipelined requests in order, each with its own answer', async () => {
    await using upstream = await rawUpstream(async (exchange) => {
      const isWhole = await exchange.whole
      if (exchange.request.target.endsWith('m-0')) await exchange.pause(150)
      const body = exchange.request.target
      if (isWhole) await exchange.send(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
    })
    await using world = await startWorld({ upstream })
    await using client = await rawClient(world.port)
    const paths = ['/v1/models/m-0', '/v1/models/m-1', '/v1/nowhere', '/v1/models/m-3', '/v1/models/m-4']
    await client.send(Buffer.concat(paths.map((path) => requestBytes({ path, token: world.token }))))
    for (const path of paths) {
      const answer = await client.answer()
      if (path === '/v1/nowhere') openAiError(answer, 404)
      else assert.equal(answer.body.toString(), path)
    }
  })

  test('waits for its turn where the operator allows one connection to the upstream, and may leave while it waits', async () => {
    await using upstream = await rawUpstream(async (exchange) => {
      if ((await exchange.whole) && (await exchange.pause(100))) await okScript(exchange)
    })
    await using world = await startWorld({ upstream, settings: { upstreamConnections: 1 } })
    const clients = await Promise.all(Array.from({ length: 6 }, () => rawClient(world.port)))
    for (const [index, client] of clients.entries()) await client.send(requestBytes({ path: `/v1/models/m-${index}`, token: world.token }))
    await upstream.request(1)
    clients[3]?.reset()
    for (const [index, client] of clients.entries()) if (index !== 3) assert.equal((await client.answer()).status, 200)
    assert.deepEqual(
      upstream.requests.map((request) => request.target),
      [0, 1, 2, 4, 5].map((index) => `/v1/models/m-${index}`),
      'in order, and nothing for who left',
    )
    assert.equal(upstream.connections.length, 1)
  })

  test('closes after an answer when the client asked for it, and after HTTP/1.0', async () => {
    await using upstream = await rawUpstream()
    await using world = await startWorld({ upstream })
    for (const bytes of [
      requestBytes({ token: world.token, headers: [['Connection', 'close']] }),
      requestBytes({ token: world.token, version: 'HTTP/1.0' }),
    ]) {
      await using client = await rawClient(world.port)
      await client.send(bytes)
      const answer = await client.answer()
      assert.equal(answer.status, 200)
      assert.notEqual(answer.framing, 'chunked', 'nobody asked HTTP/1.0 for chunks')
      assert.equal(await within('the connection is closed', client.closed), 'end')
    }
    assert.deepEqual(
      upstream.requests.map((request) => request.version),
      ['HTTP/1.1', 'HTTP/1.1'],
    )
  })

  test('HEAD of a GET row answers without a body, or is refused as a method, and the connection goes on', async () => {
    await using upstream = await rawUpstream()
    await using world = await startWorld({ upstream })
    await using client = await rawClient(world.port)
    await client.send(requestBytes({ method: 'HEAD', path: '/v1/models', token: world.token }))
    const answer = await client.answer({ method: 'HEAD' })
    assert.ok(answer.status === 200 || answer.status === 405, String(answer.status))
    assert.equal(upstream.requests.filter((request) => request.method !== 'HEAD').length, 0)
    await client.send(requestBytes({ path: '/v1/models', token: world.token }))
    assert.equal((await client.answer()).body.toString(), '{"ok":true}')
  })

  test('Expect: 100-continue is answered with 100 for a caller with a token, and the body then arrives', async () => {
    await using upstream = await rawUpstream()
    await using world = await startWorld({ upstream })
    await using client = await rawClient(world.port)
    await client.send(
      requestBytes({
        method: 'POST',
        path: '/v1/files',
        token: world.token,
        headers: [
          ['Content-Type', 'multipart/form-data; boundary=x'],
          ['Expect', '100-continue'],
          ['Content-Length', '5'],
        ],
      }),
    )
    await client.text('HTTP/1.1 100 Continue\r\n\r\n')
    await client.send('hello')
    const answer = await client.answer()
    assert.equal(answer.status, 200)
    assert.deepEqual(
      answer.informational.map((each) => each.status),
      [100],
    )
    assert.equal(upstream.requests[0]?.body.toString(), 'hello')
    assert.ok(!hasHeader(upstream.requests[0]?.headers ?? [], 'expect'), 'the expectation was met here')
  })

  for (const [what, parts, status] of [
    ['a stranger', { token: 'sk-wrong', path: '/v1/files' }, 401],
    ['an unknown path', { token: 'right', path: '/v1/nowhere' }, 404],
    ['a wrong content type', { token: 'right', path: '/v1/chat/completions' }, 415],
  ] as const) {
    test(`Expect: 100-continue of ${what} is refused without a 100, so that the body is never sent`, async () => {
      await using upstream = await rawUpstream()
      await using world = await startWorld({ upstream })
      await using client = await rawClient(world.port)
      await client.send(
        requestBytes({
          ...parts,
          method: 'POST',
          token: parts.token === 'right' ? world.token : parts.token,
          headers: [
            ['Content-Type', 'multipart/form-data; boundary=x'],
            ['Expect', '100-continue'],
            ['Content-Length', '5'],
          ],
        }),
      )
      const answer = await client.answer()
      openAiError(answer, status)
      assert.deepEqual(answer.informational, [])
      assert.equal(upstream.requests.length, 0)
    })
  }

  test('an expectation other than 100-continue is 417', async () => {
    await using upstream = await rawUpstream()
    await using world = await startWorld({ upstream })
    assert.equal(
      openAiError(await ask(world.port, { token: world.token, headers: [['Expect', 'a-miracle']] }), 417).code,
      'expectation_failed',
    )
    assert.equal(upstream.requests.length, 0)
  })
})

test('two callers at once never see each other’s answers', async () => {
  await using upstream = await rawUpstream(async (exchange) => {
    if (!(await exchange.whole)) return
    const body = exchange.request.body.toString()
    await exchange.pause(body.length % 7)
    await exchange.send(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`)
    await exchange.send(body)
  })
  await using world = await startWorld({ upstream })
  const caller = async (name: string): Promise<void> => {
    await using client = await rawClient(world.port)
    for (let round = 0; round < 25; round++) {
      const body = JSON.stringify({ name, round, pad: 'x'.repeat((round * 37) % 900) })
      await client.send(requestBytes({ method: 'POST', path: '/v1/embeddings', token: world.token, headers: [json], body }))
      assert.equal((await client.answer()).body.toString(), body)
    }
  }
  await Promise.all(Array.from({ length: 20 }, (_, index) => caller(`caller-${index}`)))
  assert.equal(upstream.requests.length, 500)
})

test('the same names reach the upstream in the order they were sent, among the headers of the relay', async () => {
  await using upstream = await rawUpstream(okScript)
  await using world = await startWorld({ upstream })
  const headers: HeaderPair[] = [
    ['B', '1'],
    ['a', '2'],
    ['B', '3'],
    ['c', '4'],
    ['A', '5'],
  ]
  await ask(world.port, { token: world.token, headers })
  const seen = upstream.requests[0]
  assert.ok(seen)
  assert.deepEqual(
    folded(seen.headers).filter(([name]) => ['a', 'b', 'c'].includes(name)),
    folded(headers),
  )
})

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = sizes[Math.min(index, sizes.length - 1)] ?? bytes.length
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return pieces
}
