// A client that lies about where a message ends, what it asks for or how much it sends: it gets a 4xx in OpenAI's shape or
// a closed connection, and nothing of it goes upstream. Every case carries a good token, so that only the form is at fault.
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { eventually, openAiError, refusesBytes, within } from './harness/expect.ts'
import { hasHeader, valuesOf, type HeaderPair } from './harness/http-bytes.ts'
import { ask, NoAnswer, rawClient, requestBytes, type RequestParts } from './harness/raw-client.ts'
import { rawUpstream, type RawUpstream } from './harness/raw-upstream.ts'
import { relayToken, startWorld, type World } from './harness/world.ts'

const json: HeaderPair = ['Content-Type', 'application/json']
const auth = `Authorization: Bearer ${relayToken}\r\n`

let upstream: RawUpstream
let world: World
before(async () => {
  upstream = await rawUpstream()
  world = await startWorld({ upstream })
})
beforeEach(() => upstream.clear())
after(async () => {
  await world[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

/** Nothing that was refused may arrive late either: a good request behind it is the first and only one the upstream sees. */
async function nothingWentUpstream(): Promise<void> {
  assert.deepEqual(
    upstream.requests.map((request) => `${request.method} ${request.target}`),
    [],
  )
  assert.equal((await ask(world.port, { token: world.token })).status, 200, 'the relay lives on')
  assert.equal(upstream.requests.length, 1)
  upstream.clear()
}

describe('request targets', () => {
  const targets = [
    // Not in origin form (RFC 9112 3.2).
    'http://127.0.0.1/v1/models',
    'https://api.openai.com/v1/models',
    'HTTP://x/v1/models',
    'v1/models',
    '*',
    'relay.test:443',
    '?a=b',
    '@evil.test/v1/models',
    // Another host to whoever resolves it as a reference (RFC 3986 5.2).
    '//evil.test/v1/models',
    '///v1/models',
    '/\\evil.test/v1/models',
    '\\\\evil.test\\v1',
    // Dot segments in every spelling.
    '/v1/../v1/models',
    '/v1/./models',
    '/v1/models/..',
    '/v1/models/.',
    '/v1/models/../organization/users',
    '/v1/%2e%2e/organization/users',
    '/v1/%2E%2e/models',
    '/v1/.%2e/models',
    '/v1/%2e./models',
    '/v1/%2e/models',
    '/v1/models/%2e%2e',
    '/v1/files/%2e%2e/content',
    '/v1/files/..%2f..%2forganization',
    '/v1/models/..%2Forganization',
    '/v1/models/a%2F..%2Forganization',
    '/v1/models/%2e%2e%2forganization',
    '/v1/models/a%2f.%2fb',
    '/v1/models/..%3b',
    '/v1/models/a%2F..%3Bx%2Forganization',
    '/v1/models/..%3f',
    '/v1/models/..%23',
    // Encoded and other separators.
    '/v1%2fmodels',
    '/v1/models%2fx',
    '/%2fv1/models',
    '/v1/files/a%2fb',
    '/v1/files/a%2Fcontent',
    '/v1/files/a%5cb',
    '/v1/files/a\\b',
    '/v1\\models',
    '/v1/models/a%5cb',
    '/v1/models/a%5C..%5Cb',
    '/v1/models/a\\b',
    '/v1/files/a;b',
    '/v1;x/models',
    '/v1/models;x=1',
    '/v1/files/..;/models',
    '/v1/models/..;/organization',
    // Encoded twice, or where nothing needs it.
    '/v1/%252e%252e/organization',
    '/v1/models/%252e%252e',
    '/v1/models/a%252fb',
    '/v1/models/%25',
    '/v1/files/%66ile-1',
    '/v1/%6dodels',
    '/%76%31/models',
    '/v1/chat%2fcompletions',
    // Broken encodings.
    '/v1/files/%',
    '/v1/files/%2',
    '/v1/files/%zz',
    '/v1/files/%u002e',
    '/v1/models/%',
    '/v1/models/%2',
    '/v1/models/%gg',
    '/v1/models/%ff',
    '/v1/models/%c0%ae%c0%ae',
    // Bytes that have no place in a target.
    '/v1/models/a%00b',
    '/v1/models/%00',
    '/v1/files/%0d%0aX:y',
    '/v1/models/%0a',
    '/v1/models/%7f',
    '/v1/files/a\tb',
    '/v1/files/a\u0000b',
    '/v1/files/a\u000bb',
    '/v1/files/\u00e9',
    '/v1/models/caf\u00e9',
    '/v1/models/\u00c0\u00ae',
    '/v1/files/a\u007fb',
    '/v1/models?q=\u0000',
    '/v1/models?q=\u00e9',
    '/v1/models?q=\u0001',
    '/v1/files/a"b',
    '/v1/files/<x>',
    '/v1/files/{x}',
    '/v1/files/a|b',
    '/v1/files/a^b',
    '/v1/files/a`b',
    '/v1/files/[x]',
    // Fragments are never sent.
    '/v1/models#frag',
    '/v1/models#',
    '/v1/models?a=b#frag',
    '#/v1/models',
    // Empty segments and unknown paths.
    '/v1//models',
    '/v1/models/',
    '/v1/files//content',
    '//v1/models',
    '/',
    '/v1',
    '/v1/',
    '/v1/v1/models',
    '/v2/models',
    '/V1/models',
    '/v1/Models',
    '/v1/models/a/b/c',
    '/v1/nowhere',
    '/organization/users',
    '/v1/organization/users',
    '/v1/projects',
    '/v1/dashboard/billing',
    '/v1/organization',
  ]
  for (const target of targets) {
    test(`${JSON.stringify(target)} is refused and goes nowhere`, async () => {
      for (const method of ['GET', 'POST', 'DELETE']) {
        const answer = await refusesBytes(
          world.port,
          `${method} ${target} HTTP/1.1\r\nHost: relay.test\r\n${auth}Content-Length: 0\r\n\r\n`,
        )
        if (answer !== null) assert.ok([400, 404, 405, 431].includes(answer.status), `${method}: ${answer.status}`)
      }
      await nothingWentUpstream()
    })
  }

  test('a target longer than the head may be is refused', async () => {
    for (const bytes of [70_000, 2_000_000]) {
      const answer = await refusesBytes(world.port, `GET /v1/models/${'a'.repeat(bytes)} HTTP/1.1\r\nHost: relay.test\r\n${auth}\r\n`)
      if (answer !== null) assert.ok([414, 431].includes(answer.status), String(answer.status))
    }
    await nothingWentUpstream()
  })

  test('unlisted paths pass when the operator says so, but never those of the operator’s own organization, in any spelling', async () => {
    await using open = await startWorld({ upstream, settings: { unlisted: 'passthrough' } })
    upstream.clear()
    assert.equal((await ask(open.port, { path: '/v1/new/thing?x=1', token: open.token })).status, 200)
    assert.equal(upstream.requests[0]?.target, '/v1/new/thing?x=1')
    upstream.clear()
    for (const path of [
      '/v1/organization/users',
      '/organization/users',
      '/v1/organization',
      '/v1/projects',
      '/v1/dashboard/billing/usage',
      '/v1/%6frganization/users',
      '/v1/%6Frganization',
      '/v1/organization%2Fusers',
      '/v1//organization/users',
      '/v1/organization//users',
      '/v1/Organization/users',
      '/v1/ORGANIZATION',
      '/v1/new/../organization',
      '/v1/new/%2e%2e/organization',
      '/v1/new%2F..%2Forganization',
      '/v1/new/..;/organization',
      '/v1/organization;x/users',
      '/v1/organization/',
      '//organization/users',
      '/v1/./organization',
      '/v1/organization%20',
      '/v1/organization%09/users',
      '/v1/organization?',
      '/v1/organization%3f',
    ]) {
      await refusesBytes(open.port, `GET ${path} HTTP/1.1\r\nHost: relay.test\r\n${auth}\r\n`)
    }
    assert.deepEqual(
      upstream.requests.map((request) => request.target),
      [],
    )
  })
})

describe('methods and versions', () => {
  for (const method of ['PUT', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'LINK', 'QUERY', 'PURGE', 'get', 'Get', 'FOO', 'G E T']) {
    test(`${method} is refused`, async () => {
      const answer = await refusesBytes(world.port, `${method} /v1/models HTTP/1.1\r\nHost: relay.test\r\n${auth}Content-Length: 0\r\n\r\n`)
      if (answer !== null && answer.status === 405) assert.match(valuesOf(answer.headers, 'allow')[0] ?? '', /GET/, 'RFC 9110 15.5.6')
      await nothingWentUpstream()
    })
  }

  for (const target of ['api.openai.com:443', '/v1/models', 'relay.test']) {
    test(`CONNECT ${target} opens no tunnel`, async () => {
      await refusesBytes(
        world.port,
        `CONNECT ${target} HTTP/1.1\r\nHost: relay.test\r\n${auth}\r\nGET /v1/models HTTP/1.1\r\nHost: x\r\n${auth}\r\n`,
      )
      await nothingWentUpstream()
    })
  }

  const openings: readonly [string, string][] = [
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\u0000\u0000\u0000\u0004\u0000\u0000\u0000\u0000\u0000'],
    ['HTTP/0.9', 'GET /v1/models\r\n'],
    ['HTTP/0.9 with a header', `GET /v1/models\r\n${auth}\r\n`],
    ['HTTP/2.0 in the request line', `GET /v1/models HTTP/2.0\r\nHost: x\r\n${auth}\r\n`],
    ['HTTP/1.2 in the request line', `GET /v1/models HTTP/1.2\r\nHost: x\r\n${auth}\r\n`],
    ['HTTP/0.9 in the request line', `GET /v1/models HTTP/0.9\r\nHost: x\r\n${auth}\r\n`],
    ['HTTP/1.10 in the request line', `GET /v1/models HTTP/1.10\r\nHost: x\r\n${auth}\r\n`],
    ['http/1.1 in lower case', `GET /v1/models http/1.1\r\nHost: x\r\n${auth}\r\n`],
    ['another protocol', `GET /v1/models ICE/1.0\r\nHost: x\r\n${auth}\r\n`],
    ['a TLS hello', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003'],
    ['garbage', '\u00ff\u00fe\u0000\u0001garbage\r\n\r\n'],
    ['an SMTP client', 'EHLO relay.test\r\n'],
    ['a tab in the request line', `GET\t/v1/models HTTP/1.1\r\nHost: x\r\n${auth}\r\n`],
    ['words behind the version', `GET /v1/models HTTP/1.1 x\r\nHost: x\r\n${auth}\r\n`],
    ['a space before the method', ` GET /v1/models HTTP/1.1\r\nHost: x\r\n${auth}\r\n`],
  ]
  for (const [what, bytes] of openings) {
    test(`${what} is refused`, async () => {
      await refusesBytes(world.port, bytes, { halfClose: true })
      await nothingWentUpstream()
    })
  }

  test('an h2c upgrade is not followed: the request is answered in HTTP/1.1, and the upstream hears nothing of the upgrade', async () => {
    const answer = await ask(world.port, {
      token: world.token,
      headers: [
        ['Connection', 'Upgrade, HTTP2-Settings'],
        ['Upgrade', 'h2c'],
        ['HTTP2-Settings', 'AAMAAABkAARAAAAAAAIAAAAA'],
      ],
    })
    assert.notEqual(answer.status, 101)
    for (const request of upstream.requests)
      for (const name of ['upgrade', 'http2-settings', 'connection']) assert.ok(!hasHeader(request.headers, name) || name === 'connection')
    upstream.clear()
    await nothingWentUpstream()
  })
})

describe('where a message ends', () => {
  const smuggled = `GET /v1/files/smuggled HTTP/1.1\r\nHost: x\r\n${auth}\r\n`
  const head = `POST /v1/chat/completions HTTP/1.1\r\nHost: relay.test\r\n${auth}Content-Type: application/json\r\n`
  const chunkedBody = '2\r\n{}\r\n0\r\n\r\n'
  const framings: readonly [what: string, framing: string, body: string][] = [
    ['a length and chunks', 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${smuggled}`],
    ['chunks and a length', `Transfer-Encoding: chunked\r\nContent-Length: ${chunkedBody.length}\r\n`, chunkedBody],
    ['two different lengths', 'Content-Length: 2\r\nContent-Length: 3\r\n', `{}${smuggled}`],
    ['two equal lengths', 'Content-Length: 2\r\nContent-Length: 2\r\n', '{}'],
    ['a list of lengths', 'Content-Length: 2, 3\r\n', '{}'],
    ['a list of equal lengths', 'Content-Length: 2, 2\r\n', '{}'],
    ...[
      '-2',
      '+2',
      '0x2',
      '2.0',
      '2 2',
      '2;',
      '2,',
      'two',
      '1e0',
      '',
      '99999999999999999999999',
      '18446744073709551618',
      '\u00b2',
      '2\u0000',
    ].map((length): [string, string, string] => [`the length ${JSON.stringify(length)}`, `Content-Length: ${length}\r\n`, '{}']),
    ...[
      'identity, chunked',
      'chunked, identity',
      'gzip, chunked',
      'chunked, gzip',
      'chunked, chunked',
      'xchunked',
      'chunkedx',
      'identity',
      'chunked;q=1',
      '"chunked"',
      'chunked,',
      ', chunked',
      '',
      'cow',
      '\u000bchunked',
      'chunked\u0000',
      'chun ked',
    ].map((coding): [string, string, string] => [
      `Transfer-Encoding: ${JSON.stringify(coding)}`,
      `Transfer-Encoding: ${coding}\r\n`,
      chunkedBody + smuggled,
    ]),
    ['two Transfer-Encodings', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', chunkedBody],
    ['two Transfer-Encodings of which one is identity', 'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n', chunkedBody],
    ['a space before the colon of the coding', 'Transfer-Encoding : chunked\r\n', chunkedBody],
    ['a space before the colon of the length', 'Content-Length : 2\r\n', '{}'],
    ['a tab in the name of the coding', 'Transfer-\tEncoding: chunked\r\n', chunkedBody],
    ['a folded coding', 'Transfer-Encoding:\r\n chunked\r\n', chunkedBody],
    ['a folded length', 'Content-Length:\r\n 2\r\n', '{}'],
    ['a fold behind the coding', 'Transfer-Encoding: chunked\r\n , identity\r\n', chunkedBody],
    ['a bare LF before the coding', 'X: y\nTransfer-Encoding: chunked\r\n', chunkedBody],
    ['a bare CR before the coding', 'X: y\rTransfer-Encoding: chunked\r\n', chunkedBody],
    ['a NUL in a header', 'X: a\u0000b\r\nContent-Length: 2\r\n', '{}'],
    ['a header without a name', ': y\r\nContent-Length: 2\r\n', '{}'],
    ['a header without a colon', 'X\r\nContent-Length: 2\r\n', '{}'],
    ['a space in a header name', 'X Y: z\r\nContent-Length: 2\r\n', '{}'],
    ['a control byte in a header name', 'X\u0001: z\r\nContent-Length: 2\r\n', '{}'],
    ['a first header that is a fold', ' X: z\r\nContent-Length: 2\r\n', '{}'],
  ]
  for (const [what, framing, body] of framings) {
    test(`${what} is refused, and nothing behind it is taken for a request`, async () => {
      await using client = await rawClient(world.port)
      await client.send(head + framing + `\r\n${body}`)
      try {
        const answer = await client.answer()
        assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status} ${answer.body.toString('latin1')}`)
        openAiError(answer)
        await within('the connection is closed', client.closed)
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error
      }
      assert.ok(!client.received().subarray(1).includes('HTTP/1.1 '), 'one answer at most')
      await nothingWentUpstream()
    })
  }

  const chunks: readonly [string, string][] = [
    ...['g', '-2', '+2', '0x2', ' 2', '2 ', '', '2.0', 'fffffffffffffffff', '2\u0000', '\u00b2'].map((size): [string, string] => [
      `the chunk size ${JSON.stringify(size)}`,
      `${size}\r\n{}\r\n0\r\n\r\n`,
    ]),
    ['a bare LF behind a chunk size', '2\n{}\r\n0\r\n\r\n'],
    ['a bare LF behind a chunk', '2\r\n{}\n0\r\n\r\n'],
    ['a bare CR behind a chunk size', '2\r{}\r\n0\r\n\r\n'],
    ['more in a chunk than its size', '2\r\n{}{}\r\n0\r\n\r\n'],
    ['a request instead of a chunk', smuggled],
    ['a chunk extension with a line feed', '2;x=\n\r\n{}\r\n0\r\n\r\n'],
    ['a malformed trailer', '2\r\n{}\r\n0\r\nno colon\r\n\r\n'],
  ]
  for (const kind of ['application/json', 'multipart/form-data; boundary=x']) {
    for (const [what, body] of chunks) {
      test(`${what} in a chunked ${kind.split(';')[0]} body is refused, and its exchange never looks whole to the upstream`, async () => {
        const path = kind === 'application/json' ? '/v1/chat/completions' : '/v1/files'
        await using client = await rawClient(world.port)
        await client.send(
          `POST ${path} HTTP/1.1\r\nHost: relay.test\r\n${auth}Content-Type: ${kind}\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
        )
        try {
          const answer = await client.answer()
          assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status} ${answer.body.toString('latin1')}`)
        } catch (error) {
          if (!(error instanceof NoAnswer)) throw error
        }
        await sleep(20)
        // A stream has begun upstream before its fault can be seen; it may then only end as a broken one.
        for (const request of upstream.requests) assert.equal(request.completeAt, null, request.target)
        assert.ok(!upstream.requests.some((request) => request.target.includes('smuggled')))
        await eventually('what began upstream was aborted', () => upstream.requests.every((request) => request.connection.closed !== null))
        upstream.clear()
        await nothingWentUpstream()
      })
    }
  }

  test('a request behind one that said Connection: close, or behind one that is the last of its connection, is not served', async () => {
    for (const first of [`GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`, `GET /health HTTP/1.0\r\n\r\n`]) {
      await using client = await rawClient(world.port)
      await client.send(first + smuggled)
      assert.equal((await client.answer()).status, 200)
      await within('the connection is closed', client.closed)
      await nothingWentUpstream()
    }
  })

  test('Transfer-Encoding on HTTP/1.0 is refused', async () => {
    await refusesBytes(
      world.port,
      `POST /v1/chat/completions HTTP/1.0\r\nHost: x\r\n${auth}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunkedBody}`,
    )
    await nothingWentUpstream()
  })

  test('a body that ends before its length is no request', async () => {
    for (const kind of [json, ['Content-Type', 'multipart/form-data; boundary=x']] satisfies HeaderPair[]) {
      await using client = await rawClient(world.port)
      await client.send(
        requestBytes({
          method: 'POST',
          path: kind === json ? '/v1/chat/completions' : '/v1/files',
          token: world.token,
          headers: [kind, ['Content-Length', '10']],
        }),
      )
      await client.send('{}')
      client.end()
      await within('the connection is closed', client.closed)
      await sleep(20)
      for (const request of upstream.requests) assert.equal(request.completeAt, null)
      await eventually('what began upstream was aborted', () => upstream.requests.every((request) => request.connection.closed !== null))
      upstream.clear()
    }
    await nothingWentUpstream()
  })
})

describe('headers', () => {
  const heads: readonly [what: string, lines: string][] = [
    ['two Hosts', 'Host: relay.test\r\nHost: evil.test\r\n'],
    ['two equal Hosts', 'Host: relay.test\r\nHost: relay.test\r\n'],
    ['no Host', ''],
    ['a Host with a path', 'Host: relay.test/v1/organization\r\n'],
    ['a Host with a user', 'Host: a@relay.test\r\n'],
    ['a Host with a fragment', 'Host: relay.test/#@evil\r\n'],
    ['a Host list', 'Host: relay.test, evil.test\r\n'],
    ['a Host with a space', 'Host: relay test\r\n'],
    ['a Host above ASCII', 'Host: r\u00e9lay.test\r\n'],
    ['two Authorizations', `Host: relay.test\r\n${auth}`],
    ['two content types', 'Host: relay.test\r\nContent-Type: application/json\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n'],
  ]
  for (const [what, lines] of heads) {
    test(`${what} is refused`, async () => {
      await refusesBytes(world.port, `GET /v1/models HTTP/1.1\r\n${lines}${auth}\r\n`)
      await nothingWentUpstream()
    })
  }

  const floods: readonly [what: string, head: string][] = [
    ['one header of 100 KB', `X: ${'a'.repeat(100_000)}\r\n`],
    ['100 KB of small headers', 'X: aaaaaaaaaaaaaaaaaaaa\r\n'.repeat(4500)],
    ['a header name of 100 KB', `${'a'.repeat(100_000)}: x\r\n`],
  ]
  for (const [what, head] of floods) {
    test(`${what} is 431`, async () => {
      const answer = await refusesBytes(world.port, `GET /v1/models HTTP/1.1\r\nHost: relay.test\r\n${auth}${head}\r\n`)
      assert.ok(answer)
      assert.equal(openAiError(answer, 431).code, 'headers_too_large')
      await nothingWentUpstream()
    })
  }

  test('no header vanishes: where there are too many, the request is refused, also when the length comes last', async () => {
    const many = 'a: b\r\n'.repeat(3000)
    await refusesBytes(
      world.port,
      `POST /v1/chat/completions HTTP/1.1\r\nHost: relay.test\r\n${auth}Content-Type: application/json\r\n${many}Content-Length: 2\r\n\r\n{}`,
    )
    const seen = upstream.requests[0]
    assert.equal(seen, undefined, `${valuesOf(seen?.headers ?? [], 'a').length} of 3000 went upstream`)
    await nothingWentUpstream()
  })
})

describe('bodies', () => {
  const chat = (body: string | Buffer, headers: readonly HeaderPair[] = []): RequestParts => ({
    method: 'POST',
    path: '/v1/chat/completions',
    token: world.token,
    headers: [json, ...headers],
    body,
  })

  for (const [coding, body] of [
    ['br', brotliCompressSync('{}')],
    ['zstd', zstdCompressSync('{}')],
    ['deflate', deflateSync('{}')],
    ['gzip, gzip', gzipSync(gzipSync('{}'))],
    ['gzip, br', Buffer.from('x')],
    ['compress', Buffer.from('x')],
    ['nonsense', Buffer.from('{}')],
    ['identity, br', Buffer.from('x')],
  ] as const) {
    test(`the content coding ${coding} is 415`, async () => {
      for (const parts of [
        chat(body, [['Content-Encoding', coding]]),
        {
          ...chat(body, [['Content-Encoding', coding]]),
          path: '/v1/files',
          headers: [
            ['Content-Type', 'multipart/form-data; boundary=x'],
            ['Content-Encoding', coding],
          ] satisfies HeaderPair[],
        },
      ]) {
        assert.equal(openAiError(await ask(world.port, parts), 415).code, 'unsupported_content_encoding')
      }
      await nothingWentUpstream()
    })
  }

  for (const contentType of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json-patch+json',
    'application/jsonx',
    'application',
    '*/*',
    'text/json',
    'application/json, text/plain',
    '',
    'multipart/mixed; boundary=x',
    'application/octet-stream',
    'application/sdp',
    'multipart/form-data; boundary=x',
  ]) {
    test(`the content type ${JSON.stringify(contentType)} is 415 where JSON is taken`, async () => {
      assert.equal(
        openAiError(await ask(world.port, { ...chat('{}'), headers: [['Content-Type', contentType]] }), 415).code,
        'unsupported_media_type',
      )
      await nothingWentUpstream()
    })
  }

  test('multipart without a boundary is refused', async () => {
    for (const contentType of ['multipart/form-data', 'multipart/form-data; boundary=', 'multipart/form-data; charset=x']) {
      openAiError(await ask(world.port, { ...chat('x'), path: '/v1/files', headers: [['Content-Type', contentType]] }), [400, 415])
    }
    await nothingWentUpstream()
  })

  test('a body on a GET or DELETE is refused, with any framing', async () => {
    for (const method of ['GET', 'DELETE']) {
      for (const headers of [
        [json],
        [['Transfer-Encoding', 'chunked']],
        [json, ['Transfer-Encoding', 'chunked']],
        [],
      ] satisfies HeaderPair[][]) {
        const isChunked = headers.some(([name]) => name === 'Transfer-Encoding')
        openAiError(
          await ask(world.port, {
            method,
            path: '/v1/models/m',
            token: world.token,
            headers,
            body: isChunked ? '2\r\n{}\r\n0\r\n\r\n' : '{}',
          }),
          [400, 415],
        )
      }
    }
    await nothingWentUpstream()
  })

  const bombs: readonly [what: string, body: () => string][] = [
    ['a million opening brackets', () => '['.repeat(1_000_000)],
    ['100,000 levels that close', () => `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['a thousand levels of objects', () => `${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}`],
    ['five million values', () => `{"a":[${'0,'.repeat(5_000_000)}0]}`],
    ['five million keys', () => `{${'"a":0,'.repeat(5_000_000)}"a":0}`],
    ['five million empty arrays', () => `{"a":[${'[],'.repeat(5_000_000)}[]]}`],
  ]
  for (const [what, body] of bombs) {
    test(`${what} in a JSON body are refused without costing much`, async () => {
      const bytes = Buffer.from(body())
      const rssBefore = process.memoryUsage().rss
      const answer = await ask(world.port, chat(bytes))
      openAiError(answer, [400, 413])
      const grownBytes = process.memoryUsage().rss - rssBefore
      assert.ok(grownBytes < 400 * 1024 * 1024, `grew by ${grownBytes}`)
      await nothingWentUpstream()
    })
  }

  for (const body of [
    '',
    ' ',
    'null',
    '1',
    '"x"',
    '[]',
    '{',
    '{"a":1',
    '{"a":1}}',
    '{"a":1} x',
    "{'a':1}",
    '{a:1}',
    '{"a":NaN}',
    '{"a":01}',
    '{"a":1,}',
    '\ufeff',
    '{"a":"\u0001"}',
    '{"a":"\\x"}',
    '{"a":"\\ud83"}',
    'undefined',
    '<xml/>',
    '--x',
  ]) {
    test(`the JSON body ${JSON.stringify(body)} is refused, or is empty`, async () => {
      const answer = await ask(world.port, chat(body))
      if (body === '') {
        assert.equal(answer.status, 200)
        upstream.clear()
      } else assert.equal(openAiError(answer, 400).code, 'invalid_json')
      await nothingWentUpstream()
    })
  }

  test('JSON that is not UTF-8 is refused', async () => {
    for (const bytes of [
      Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
      Buffer.from('{"a":1}', 'utf16le'),
      Buffer.from([0x7b, 0x22, 0xc0, 0xae, 0x22, 0x3a, 0x31, 0x7d]),
      Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d]),
    ]) {
      openAiError(await ask(world.port, chat(bytes)), 400)
    }
    await nothingWentUpstream()
  })

  test('a JSON body over the cap is 413 by its length, and by its bytes where no length was said', async () => {
    await using small = await startWorld({ upstream, settings: { maxJsonBytes: 100_000 } })
    const big = `{"a":"${'x'.repeat(200_000)}"}`
    assert.equal(openAiError(await ask(small.port, { ...chat(big), token: small.token }), 413).code, 'request_too_large')
    const chunkedBig = Buffer.from(`${Buffer.byteLength(big).toString(16)}\r\n${big}\r\n0\r\n\r\n`)
    assert.equal(
      openAiError(await ask(small.port, { ...chat(chunkedBig, [['Transfer-Encoding', 'chunked']]), token: small.token }), 413).code,
      'request_too_large',
    )
    await using liar = await rawClient(small.port)
    await liar.send(requestBytes({ ...chat(''), token: small.token, headers: [json, ['Content-Length', '99999999999']] }))
    assert.equal(openAiError(await liar.answer(), 413).code, 'request_too_large')
    const atTheCap = `{"a":"${'x'.repeat(100_000 - 8)}"}`
    assert.equal(Buffer.byteLength(atTheCap), 100_000)
    assert.equal((await ask(small.port, { ...chat(atTheCap), token: small.token })).status, 200, 'the cap itself is allowed')
    upstream.clear()
    await nothingWentUpstream()
  })

  test('held JSON bodies together stay below their limit: the one too many is 503 with Retry-After, and others go on after it', async () => {
    await using small = await startWorld({ upstream, settings: { maxHeldBytes: 300_000 } })
    const holders = await Promise.all([1, 2, 3, 4].map(() => rawClient(small.port)))
    for (const client of holders) {
      await client.send(requestBytes({ ...chat(''), token: small.token, headers: [json, ['Content-Length', '100000']] }))
      await client.send(Buffer.alloc(90_000, 0x20))
      await sleep(50)
    }
    const answer = await holders[3]?.answer()
    assert.ok(answer)
    assert.equal(openAiError(answer, 503).code, 'relay_overloaded')
    assert.ok(hasHeader(answer.headers, 'retry-after'))
    for (const client of holders) client.reset()
    await sleep(50)
    assert.equal(
      (await ask(small.port, { ...chat(`{"a":"${'x'.repeat(200_000)}"}`), token: small.token })).status,
      200,
      'what the others held is free again',
    )
    upstream.clear()
    await nothingWentUpstream()
  })
})

describe('slow clients', () => {
  test('a head that never ends is 408 or closed', async () => {
    await using slow = await startWorld({ upstream, settings: { headMs: 500 } })
    await using client = await rawClient(slow.port)
    const drip = (async (): Promise<void> => {
      for (const byte of `GET /v1/models HTTP/1.1\r\nHost: relay.test\r\n${auth}X: ${'a'.repeat(1000)}`) {
        if (!client.isOpen()) return
        await client.send(byte)
        await sleep(20)
      }
    })()
    try {
      assert.equal(openAiError(await client.answer(), 408).code, 'request_timeout')
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error
    }
    await within('the connection is closed', client.closed)
    await drip
    await nothingWentUpstream()
  })

  test('a connection on which nothing is ever said is closed', async () => {
    await using slow = await startWorld({ upstream, settings: { headMs: 300 } })
    await using client = await rawClient(slow.port)
    await within('the connection is closed', client.closed)
  })

  for (const [kind, path] of [
    ['application/json', '/v1/chat/completions'],
    ['multipart/form-data; boundary=x', '/v1/files'],
  ] as const) {
    for (const framing of ['Content-Length: 1000', 'Transfer-Encoding: chunked']) {
      test(`a ${kind.split(';')[0]} body (${framing}) that stops coming is 408, and what began upstream is aborted`, async () => {
        await using slow = await startWorld({ upstream, settings: { clientSilenceMs: 400 } })
        await using client = await rawClient(slow.port)
        await client.send(
          `POST ${path} HTTP/1.1\r\nHost: relay.test\r\n${auth}Content-Type: ${kind}\r\n${framing}\r\n\r\n${framing.startsWith('T') ? '2\r\n{}\r\n' : '{}'}`,
        )
        assert.equal(openAiError(await client.answer(), 408).code, 'request_timeout')
        await eventually('what began upstream was aborted', () => upstream.requests.every((request) => request.connection.closed !== null))
        for (const request of upstream.requests) assert.equal(request.completeAt, null)
        upstream.clear()
        await nothingWentUpstream()
      })
    }
  }

  test('a body that comes slowly but steadily is not silent', async () => {
    await using slow = await startWorld({ upstream, settings: { clientSilenceMs: 600, headMs: 500 } })
    for (const [kind, path] of [
      ['application/json', '/v1/chat/completions'],
      ['multipart/form-data; boundary=x', '/v1/files'],
    ] as const) {
      await using client = await rawClient(slow.port)
      const body = '{"model":"m"}'
      await client.send(
        requestBytes({
          method: 'POST',
          path,
          token: slow.token,
          headers: [
            ['Content-Type', kind],
            ['Content-Length', String(body.length)],
          ],
        }),
      )
      for (const byte of body) {
        await sleep(100)
        await client.send(byte)
      }
      assert.equal((await client.answer()).status, 200)
    }
    upstream.clear()
  })

  test('a thousand clients that send half a head do not keep the others out', async () => {
    const idlers = await Promise.all(Array.from({ length: 1000 }, () => rawClient(world.port)))
    await Promise.all(idlers.map((client) => client.send('GET /v1/models HTTP/1.1\r\nHost:')))
    const startedAt = performance.now()
    for (let round = 0; round < 20; round++) assert.equal((await ask(world.port, { token: world.token })).status, 200)
    assert.ok(performance.now() - startedAt < 10_000)
    for (const client of idlers) client.reset()
    upstream.clear()
  })
})

describe('strangers', () => {
  const wrongs: readonly [what: string, headers: readonly HeaderPair[]][] = [
    ['no token', []],
    ['an empty Bearer', [['Authorization', 'Bearer ']]],
    ['a Bearer without a token', [['Authorization', 'Bearer']]],
    ['another scheme', [['Authorization', `Basic ${relayToken}`]]],
    ['the bare token', [['Authorization', relayToken]]],
    ['the token twice', [['Authorization', `Bearer ${relayToken}, Bearer ${relayToken}`]]],
    ['a prefix of the token', [['Authorization', `Bearer ${relayToken.slice(0, -1)}`]]],
    ['the token and more', [['Authorization', `Bearer ${relayToken}x`]]],
    ['the token in another case', [['Authorization', `Bearer ${relayToken.toUpperCase()}`]]],
    ['the token in the query', []],
    ['the token in a cookie', [['Cookie', `token=${relayToken}`]]],
    ['an SQL quote', [['Authorization', "Bearer ' OR '1'='1"]]],
    ['a key of 60 KB', [['Authorization', `Bearer ${'k'.repeat(60_000)}`]]],
    ['a key above ASCII', [['Authorization', 'Bearer \u00e9\u00ff']]],
    ['an empty api-key', [['api-key', '']]],
    ['an empty X-Relay-Key', [['X-Relay-Key', '']]],
  ]
  for (const [what, headers] of wrongs) {
    test(`${what} is 401 in OpenAI's words and shape, without the key in it`, async () => {
      const answer = await ask(world.port, { path: what.endsWith('query') ? `/v1/models?api_key=${relayToken}` : '/v1/models', headers })
      const error = openAiError(answer, 401)
      assert.equal(error.type, 'invalid_request_error')
      assert.ok(error.code === null || error.code === 'invalid_api_key')
      assert.ok(!answer.body.includes(relayToken.slice(0, 20)))
      assert.ok(answer.body.length < 2000)
      await nothingWentUpstream()
    })
  }

  test('a body of a stranger is not waited for: the refusal comes before it', async () => {
    await using client = await rawClient(world.port)
    await client.send(
      requestBytes({
        method: 'POST',
        path: '/v1/files',
        token: 'sk-wrong',
        headers: [
          ['Content-Type', 'multipart/form-data; boundary=x'],
          ['Content-Length', '1000000'],
        ],
      }),
    )
    openAiError(await client.answer(), 401)
    await nothingWentUpstream()
  })

  test('a refusal drains a small body, so that the connection goes on, and closes on a large one', async () => {
    await using client = await rawClient(world.port)
    await client.send(
      requestBytes({ method: 'POST', path: '/v1/nowhere', token: world.token, headers: [json], body: Buffer.alloc(100_000, 0x20) }),
    )
    openAiError(await client.answer(), 404)
    await client.send(requestBytes({ token: world.token }))
    assert.equal((await client.answer()).status, 200)
    upstream.clear()

    await using other = await rawClient(world.port)
    await other.send(
      requestBytes({ method: 'POST', path: '/v1/nowhere', token: world.token, headers: [json, ['Content-Length', '9000000000']] }),
    )
    openAiError(await other.answer(), 404)
    const sendOn = async (): Promise<void> => {
      while (other.isOpen()) await other.send(Buffer.alloc(1_000_000))
    }
    await within('it is closed: nobody reads 9 GB to be polite', sendOn())
    await nothingWentUpstream()
  })
})
