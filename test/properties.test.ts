// Properties over random input, end to end: whatever is asked, what reaches the upstream is canonical; whatever headers are
// sent, what crosses is what the policy says; however an answer is cut into pieces, it is the same answer.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { modelParams, type Endpoint } from '../src/catalog/endpoint.ts'
import { catalog } from '../src/catalog/index.ts'
import { createBodyReader } from '../src/upstreams/wire/body.ts'
import { parseHead } from '../src/upstreams/wire/head.ts'
import { folded } from './harness/expect.ts'
import { chunked, type HeaderPair } from './harness/http-bytes.ts'
import { NoAnswer, rawClient, requestBytes, type Answer, type RawClient, type RequestParts } from './harness/raw-client.ts'
import { answering, okScript, rawUpstream, type RawUpstream } from './harness/raw-upstream.ts'
import { samplePath } from './harness/samples.ts'
import { startWorld, upstreamKey, type World } from './harness/world.ts'

const rows: readonly Endpoint[] = catalog
let upstream: RawUpstream
let world: World
let client: RawClient | null = null
before(async () => {
  upstream = await rawUpstream()
  world = await startWorld({ upstream })
})
after(async () => {
  client?.reset()
  await world[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

/** Asks on a connection that is kept between runs, where the relay keeps it; null when it was closed without an answer. */
async function run(parts: RequestParts): Promise<Answer | null> {
  if (client === null || !client.isOpen()) client = await rawClient(world.port)
  const asked = client
  await asked.send(requestBytes({ token: world.token, ...parts }))
  const answer = await asked.answer().catch((error: unknown) => (error instanceof NoAnswer ? null : Promise.reject(error as Error)))
  if (answer === null || answer.headers.some(([name, value]) => /^connection$/i.test(name) && /close/i.test(value))) {
    asked.reset()
    client = null
  }
  return answer
}

describe('request targets', () => {
  /** Every path that may ever reach the upstream, as a pattern: a row with plain ids, and encoded slashes only where a model is named. */
  const canonical = rows
    .filter((row) => row.transport === 'http')
    .map((row) => {
      const text = row.path
        .replaceAll('.', String.raw`\.`)
        .replace(/\{(\w+)\}/g, (_, name: string) =>
          modelParams.has(name) ? String.raw`(?:[A-Za-z0-9\-._~!$&'()*+,=:@]|%[0-9A-Fa-f]{2})+` : String.raw`[A-Za-z0-9\-._~!$&'()*+,=:@]+`,
        )
      return new RegExp(`^${text}$`)
    })
  /** In some reader's eyes: dot segments, also with a path parameter behind them, other separators and control bytes, in up to four layers of encoding. */
  const isDangerous = (path: string): boolean => {
    let text = path
    for (let layers = 0; layers < 4; layers++) {
      if (/(?:^|[/\\])\.{1,2}(?:[/\\;?#]|$)|[\\\0-\x20\x7f-\uffff]|\/\//.test(text)) return true
      text = text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    }
    return /[;#]/.test(path)
  }

  const piece = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom(
        ...rows.map((row) => samplePath(row)),
        '/v1/models/org%2Fname',
        '/v1/models/',
        '/v1',
        '/models',
        '/v1/files/',
      ),
    },
    {
      weight: 6,
      arbitrary: fc.constantFrom(
        '/',
        '//',
        '.',
        '..',
        '/..',
        '/../',
        '/./',
        '%2e',
        '%2E%2e',
        '.%2e',
        '%2f',
        '%2F',
        '%5c',
        '\\',
        '%252e',
        '%252f',
        '%25',
        ';',
        ';x=1',
        '%3b',
        '?',
        '?a=b',
        '#',
        '%23',
        '%3f',
        '%00',
        '%0d%0a',
        '%',
        '%2',
        '%zz',
        '%c0%ae',
        '\t',
        '\u0000',
        '\u00e9',
        '@',
        ':',
        'http://x',
        '*',
        '~',
        '%7e',
        '%61',
        'organization',
        '%6frganization',
        'v1',
      ),
    },
    { weight: 2, arbitrary: fc.string({ unit: 'binary-ascii', maxLength: 4 }).filter((text) => !/[\r\n ]/.test(text)) },
    { weight: 2, arbitrary: fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/) },
  )
  const target = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(''))

  test('whatever is asked, what reaches the upstream is one canonical path of the catalog and the query as it was sent', async () => {
    let reached = 0
    await fc.assert(
      fc.asyncProperty(target, fc.constantFrom('GET', 'POST', 'DELETE'), async (path, method) => {
        upstream.clear()
        const answer = await run({ method, path, headers: [['Content-Length', '0']] })
        assert.ok(upstream.requests.length <= 1)
        const [seen] = upstream.requests
        if (seen === undefined) return assert.ok(answer === null || (answer.status >= 400 && answer.status < 500), `${answer?.status}`)
        reached++
        const [seenPath = '', ...query] = seen.target.split('?')
        assert.ok(
          canonical.some((pattern) => pattern.test(seenPath)),
          `no row has ${seenPath}`,
        )
        assert.ok(!isDangerous(seenPath), `${seenPath} means another path to somebody`)
        const mark = path.indexOf('?')
        assert.equal(query.join('?'), mark === -1 ? '' : path.slice(mark + 1))
        assert.ok(
          seenPath === path.slice(0, mark === -1 ? undefined : mark) || seenPath === `/v1${path.slice(0, mark === -1 ? undefined : mark)}`,
          'it is what was asked',
        )
      }),
      { numRuns: 2500 },
    )
    assert.ok(reached > 100, `only ${reached} of the paths were good ones: the generator proves too little`)
  })
})

describe('header policy', () => {
  const dropped = new Set([
    'connection',
    'keep-alive',
    'proxy-connection',
    'te',
    'trailer',
    'upgrade',
    'proxy-authenticate',
    'proxy-authorization',
    'http2-settings',
    'host',
    'authorization',
    'api-key',
    'x-relay-key',
    'x-api-key',
    'cookie',
    'cookie2',
    'forwarded',
    'via',
    'x-real-ip',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'openai-organization',
    'openai-project',
  ])
  const spellings = (name: string): fc.Arbitrary<string> =>
    fc.constantFrom(
      name,
      name.toUpperCase(),
      name.replace(/(^|-)([a-z])/g, (text) => text.toUpperCase()),
    )
  const plainName = fc
    .stringMatching(/^[a-z!#$%&'*+^_`|~][a-z0-9!#$%&'*+.^_`|~-]{0,11}$/)
    .filter((name) => !['host', 'expect', 'upgrade', 'api-key'].includes(name))
  const anyName = fc
    .oneof(
      plainName,
      fc.constantFrom(
        'x-a',
        'x-b',
        'accept',
        'accept-encoding',
        'accept-language',
        'user-agent',
        'openai-beta',
        'x-stainless-retry-count',
        'idempotency-key',
        'x-client-request-id',
        'te',
        'cookie',
        'keep-alive',
        'via',
        'x-forwarded-for',
        'openai-organization',
        'openai-project',
        'proxy-authorization',
        '__proto__',
        'constructor',
      ),
    )
    .chain(spellings)
  const value = fc
    .array(fc.constantFrom('a', 'Z', '0', ' ', '\t', ',', '"', ';', '=', '\\', '\u00e9', '\u00ff', '{', '}'), { maxLength: 12 })
    .map((text) => text.join('').replace(/^[ \t]+|[ \t]+$/g, ''))
  const lists = fc
    .array(fc.oneof(fc.constantFrom('x-a', 'X-B', 'accept', 'keep-alive', '', 'Authorization', 'te', 'OpenAI-Beta'), plainName), {
      maxLength: 4,
    })
    .chain((names) => fc.constantFrom(', ', ',', ' ,\t').map((comma) => names.join(comma)))
  const header: fc.Arbitrary<HeaderPair> = fc.oneof(
    { weight: 5, arbitrary: fc.tuple(anyName, value) },
    { weight: 1, arbitrary: fc.tuple(spellings('connection'), lists) },
  )
  const headers = fc.array(header, { maxLength: 12 })

  const named = (pairs: readonly HeaderPair[]): Set<string> =>
    new Set(
      pairs
        .filter(([name]) => name.toLowerCase() === 'connection')
        .flatMap(([, text]) =>
          text
            .toLowerCase()
            .split(',')
            .map((each) => each.replace(/^[ \t]+|[ \t]+$/g, '')),
        ),
    )

  test('what arrives upstream is what the policy lets pass, in order, and the relay’s own', async () => {
    await fc.assert(
      fc.asyncProperty(headers, async (pairs) => {
        upstream.clear()
        const answer = await run({ path: '/v1/models', headers: pairs })
        if (named(pairs).has('close')) client = null
        assert.equal(answer?.status, 200)
        const listed = named(pairs)
        const expected = folded(pairs).filter(([name]) => !dropped.has(name) && !listed.has(name))
        const own: Record<string, string> = { host: `127.0.0.1:${upstream.port}`, authorization: `Bearer ${upstreamKey}` }
        const seen = folded(upstream.requests[0]?.headers ?? [])
        assert.deepEqual(Object.fromEntries(seen.filter(([name]) => Object.hasOwn(own, name))), own)
        assert.equal(seen.filter(([name]) => Object.hasOwn(own, name)).length, 2, 'each once')
        assert.deepEqual(
          seen.filter(([name]) => !Object.hasOwn(own, name)),
          expected,
        )
      }),
      { numRuns: 600 },
    )
  })

  test('what comes back is what the policy lets pass, in order, and the relay’s own', async () => {
    const neverBack = new Set([
      'connection',
      'keep-alive',
      'proxy-connection',
      'te',
      'trailer',
      'upgrade',
      'proxy-authenticate',
      'proxy-authorization',
      'http2-settings',
      'set-cookie',
      'set-cookie2',
      'openai-organization',
      'openai-project',
      'x-relay-request-id',
    ])
    const own = new Set(['x-relay-request-id', 'connection', 'keep-alive', 'content-length', 'date'])
    const cookies: fc.Arbitrary<HeaderPair> = fc.tuple(
      fc.constantFrom(
        'Set-Cookie',
        'set-cookie',
        'x-relay-request-id',
        'x-request-id',
        'x-ratelimit-limit-tokens',
        'WWW-Authenticate',
        'Vary',
      ),
      value,
    )
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(header, cookies), { maxLength: 12 }), async (pairs) => {
        upstream.script(
          answering(
            Buffer.from(
              `HTTP/1.1 200 OK\r\n${pairs.map(([name, text]) => `${name}: ${text}\r\n`).join('')}Content-Length: 2\r\n\r\nok`,
              'latin1',
            ),
          ),
        )
        const answer = await run({ path: '/v1/models' })
        assert.equal(answer?.status, 200, answer?.body.toString())
        const listed = named(pairs)
        const expected = folded(pairs).filter(([name]) => !neverBack.has(name) && !listed.has(name))
        if (!listed.has('content-length')) assert.equal(answer.body.toString(), 'ok')
        assert.deepEqual(
          folded(answer.headers).filter(([name]) => !own.has(name)),
          expected.filter(([name]) => !own.has(name)),
        )
        assert.equal(folded(answer.headers).filter(([name]) => name === 'x-relay-request-id').length, 1)
      }),
      { numRuns: 600 },
    )
    upstream.script(okScript)
  })
})

describe('answers in pieces', () => {
  const events = ['event: a\r\ndata: {"t":"\u00e9\u{1f600}"}\r\n\r\n', ': c\n\n', 'data: [DONE]\n\n'].map((text) => Buffer.from(text))
  const answers: readonly [name: string, bytes: Buffer, body: Buffer][] = [
    [
      'a chunked SSE answer behind a 103',
      Buffer.concat([
        Buffer.from(
          'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n',
        ),
        chunked(events, false),
        Buffer.from('0;x="y"\r\nX-Sum: 1\r\n\r\n'),
      ]),
      Buffer.concat(events),
    ],
    [
      'an answer of known length',
      Buffer.from('HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 11\r\n\r\nhello world'),
      Buffer.from('hello world'),
    ],
  ]
  for (const [name, bytes, body] of answers) {
    test(`${name} is the same answer wherever it is cut in two`, async () => {
      let place = 0
      upstream.script(async (exchange) => {
        if (!(await exchange.whole)) return
        await exchange.send(bytes.subarray(0, place))
        await turn()
        await turn()
        await exchange.send(bytes.subarray(place))
      })
      for (place = 0; place <= bytes.length; place++) {
        const answer = await run({ path: '/v1/models' })
        assert.deepEqual(
          [answer?.status, answer?.end, answer?.body.toString('latin1')],
          [200, 'whole', body.toString('latin1')],
          `cut at ${place}`,
        )
      }
      upstream.script(okScript)
    })
  }

  const chunksOf = fc
    .array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 6 })
    .map((pieces) => pieces.map((piece) => Buffer.from(piece)))
  const splits = fc.array(fc.nat({ max: 400 }), { maxLength: 8 })

  test('a chunked body decodes to the same bytes however it is split, and nothing behind it is taken', () => {
    fc.assert(
      fc.property(chunksOf, splits, fc.constantFrom('', 'HTTP/1.1 200 OK\r\n\r\n', '\r\n', 'x'), (pieces, at, excess) => {
        const wire = Buffer.concat([chunked(pieces), Buffer.from(excess)])
        const { isDone, used, payload } = decode(cutAt(wire, at))
        assert.equal(isDone, true)
        assert.equal(used, wire.length - excess.length)
        assert.deepEqual(payload, Buffer.concat(pieces))
      }),
      { numRuns: 2000 },
    )
  })

  test('a chunked body with one byte changed has one verdict, however its bytes come', () => {
    fc.assert(
      fc.property(chunksOf, fc.nat(), fc.nat({ max: 255 }), splits, (pieces, where, byte, at) => {
        const wire = chunked(pieces)
        wire[where % wire.length] = byte
        const verdict = (parts: readonly Buffer[]): unknown => {
          try {
            return decode(parts)
          } catch {
            return 'refused'
          }
        }
        assert.deepEqual(verdict(cutAt(wire, at)), verdict([wire]), 'the verdict does not depend on how the bytes came')
      }),
      { numRuns: 3000 },
    )
  })

  test('a head of random bytes is refused or read as one thing: never two framings, never an impossible status', () => {
    const line = fc.oneof(
      fc.constantFrom(
        'Content-Length: 5',
        'Content-Length: 6',
        'Transfer-Encoding: chunked',
        'transfer-encoding: identity',
        'Connection: close',
        'X: y',
        'X : y',
        ' X: y',
        'X',
        ': y',
        'X: a\nY: b',
        'X: a\rY: b',
        'Content-Length: +5',
        'Content-Length: 5, 5',
        'X: \u0000',
        '',
      ),
      fc.string({ unit: 'binary-ascii', maxLength: 20 }),
    )
    const status = fc.oneof(
      fc.constantFrom(
        'HTTP/1.1 200 OK',
        'HTTP/1.0 200 OK',
        'HTTP/1.1 204',
        'HTTP/1.1 304 X',
        'HTTP/1.1 600 X',
        'HTTP/1.1 99 X',
        'HTTP/2 200',
      ),
      fc.string({ unit: 'binary-ascii', maxLength: 20 }),
    )
    fc.assert(
      fc.property(status, fc.array(line, { maxLength: 5 }), (first, lines) => {
        const text = `${[first, ...lines].join('\r\n')}\r\n`
        let head
        try {
          head = parseHead(text)
        } catch {
          return
        }
        assert.ok(head.status >= 100 && head.status <= 599)
        const lengths = text.match(/^content-length:/gim)?.length ?? 0
        const codings = text.match(/^transfer-encoding:/gim)?.length ?? 0
        assert.ok(lengths + codings <= 1, 'one framing at most')
        assert.ok(!/[\0-\x08\x0a-\x1f\x7f]/.test(head.reason) && head.headers.every((each) => !/[\0-\x08\x0a-\x1f\x7f]/.test(each)))
        assert.equal(head.headers.length / 2, lines.length, 'no line vanished')
      }),
      { numRuns: 5000 },
    )
  })
})

/** Takes the chunks off, read by read. The reader works in place, so that it gets copies. */
function decode(parts: readonly Buffer[]): { isDone: boolean; used: number; payload: Buffer } {
  const reader = createBodyReader({ kind: 'chunked' })
  const out: Buffer[] = []
  let total = 0
  for (const part of parts) {
    if (reader.isDone()) break
    const bytes = Buffer.from(part)
    const { used, payload } = reader.read(bytes)
    assert.ok(used <= bytes.length && payload <= used)
    out.push(bytes.subarray(0, payload))
    total += used
  }
  return { isDone: reader.isDone(), used: total, payload: Buffer.concat(out) }
}

/** The bytes, cut at these places (taken modulo their length). */
function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b)
  return sorted.slice(1).map((place, index) => bytes.subarray(sorted[index] ?? 0, place))
}
