// Every row of the catalog, driven over raw sockets against an upstream that records what arrived: nothing on the way out
// or back is rewritten, and what the row does not take never leaves the relay. Generated: a new row is covered by being one.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { Endpoint } from '../src/catalog/endpoint.ts'
import { catalog } from '../src/catalog/index.ts'
import { folded, openAiError } from './harness/expect.ts'
import { valuesOf, type HeaderPair } from './harness/http-bytes.ts'
import { ask } from './harness/raw-client.ts'
import { answering, rawUpstream, type RawUpstream, type RecordedRequest } from './harness/raw-upstream.ts'
import { oddQuery, sampleAnswer, sampleBody, samplePath, wrongContentType } from './harness/samples.ts'
import { startWorld, upstreamKey, type World } from './harness/world.ts'

const rows: readonly Endpoint[] = catalog
const httpRows = rows.filter((row) => row.transport === 'http')
const socketRows = rows.filter((row) => row.transport === 'socket')

/** End-to-end headers a caller may send: mixed case, repeats, an empty value, bytes above ASCII. */
const callerHeaders: readonly HeaderPair[] = [
  ['User-Agent', 'OpenAI/JS 7.57.0'],
  ['X-Stainless-Lang', 'js'],
  ['X-Custom', 'one'],
  ['accept', 'application/json, */*;q=0.1'],
  ['x-custom', 'two, with a comma'],
  ['X-Empty', ''],
  ['X-Latin', 'caf\u00e9'],
]

describe('every row of the catalog', { concurrency: false }, () => {
  let upstream: RawUpstream
  let world: World
  before(async () => {
    upstream = await rawUpstream()
    world = await startWorld({ upstream })
  })
  after(async () => {
    await world[Symbol.asyncDispose]()
    await upstream[Symbol.asyncDispose]()
  })

  const only = (): RecordedRequest => {
    assert.equal(upstream.requests.length, 1, 'exactly one request reaches the upstream')
    const [request] = upstream.requests
    assert.ok(request)
    return request
  }

  for (const row of httpRows) {
    for (const kind of row.request.length === 0 ? [null] : row.request) {
      test(`${row.id}: a${kind === null ? ' bodyless' : ` ${kind}`} request arrives upstream exactly`, async () => {
        upstream.clear()
        upstream.script(answering(sampleAnswer(row.response[0] ?? 'empty').wire))
        const path = samplePath(row)
        const body = kind === null ? null : sampleBody(kind)
        const beta: HeaderPair[] = row.beta === null ? [] : [['OpenAI-Beta', row.beta]]
        const headers: HeaderPair[] = [...callerHeaders, ...beta, ...(body === null ? [] : [['Content-Type', body.contentType] as const])]
        const answer = await ask(world.port, {
          method: row.method,
          path: `${path}?${oddQuery}`,
          token: world.token,
          headers,
          ...(body === null ? {} : { body: body.bytes }),
        })
        assert.ok(answer.status < 300, `${answer.status} ${answer.body.toString('latin1')}`)

        const seen = only()
        assert.equal(`${seen.method} ${seen.target} ${seen.version}`, `${row.method} ${path}?${oddQuery} HTTP/1.1`)
        assert.equal(
          seen.sha256,
          createHash('sha256')
            .update(body?.bytes ?? '')
            .digest('hex'),
        )
        assert.equal(seen.framing, body === null ? 'none' : 'length')
        const names = new Set(headers.map(([name]) => name.toLowerCase()))
        assert.deepEqual(
          folded(seen.headers).filter(([name]) => names.has(name)),
          folded(headers),
        )
        assert.deepEqual(valuesOf(seen.headers, 'authorization'), [`Bearer ${upstreamKey}`])
        assert.deepEqual(valuesOf(seen.headers, 'host'), [`127.0.0.1:${upstream.port}`])
        assert.ok(!seen.headText.includes(world.token), 'the token of the caller never leaves the relay')
      })
    }

    for (const kind of row.response) {
      test(`${row.id}: a ${kind} answer comes back exactly`, async () => {
        upstream.clear()
        const sample = sampleAnswer(kind)
        upstream.script(answering(sample.wire))
        const request = row.request[0] === undefined ? null : sampleBody(row.request[0])
        const answer = await ask(world.port, {
          method: row.method,
          path: samplePath(row),
          token: world.token,
          ...(request === null ? {} : { headers: [['Content-Type', request.contentType]], body: request.bytes }),
        })
        assert.equal(answer.status, sample.status)
        assert.equal(answer.reason, sample.reason)
        assert.notEqual(answer.end, 'cut')
        assert.deepEqual(answer.body, sample.body)
        const names = new Set(sample.headers.map(([name]) => name.toLowerCase()))
        assert.deepEqual(
          folded(answer.headers).filter(([name]) => names.has(name)),
          folded(sample.headers),
        )
        assert.match(valuesOf(answer.headers, 'x-relay-request-id')[0] ?? '', /^req_[0-9a-f]{32}$/)
      })
    }

    test(`${row.id}: the same row answers without /v1`, async () => {
      upstream.clear()
      upstream.script(answering(sampleAnswer(row.response[0] ?? 'empty').wire))
      const request = row.request[0] === undefined ? null : sampleBody(row.request[0])
      const path = samplePath(row)
      const answer = await ask(world.port, {
        method: row.method,
        path: `${path.slice('/v1'.length)}?a=1`,
        token: world.token,
        ...(request === null ? {} : { headers: [['Content-Type', request.contentType]], body: request.bytes }),
      })
      assert.ok(answer.status < 300, `${answer.status} ${answer.body.toString('latin1')}`)
      assert.equal(only().target, `${path}?a=1`)
    })

    test(`${row.id}: without a token it is 401, with a wrong one too, and nothing goes upstream`, async () => {
      upstream.clear()
      for (const token of [null, 'sk-not-a-token-of-this-relay']) {
        const answer = await ask(world.port, {
          method: row.method,
          path: samplePath(row),
          token,
          ...(row.method === 'POST' ? { body: '' } : {}),
        })
        const error = openAiError(answer, 401)
        assert.equal(error.type, 'invalid_request_error')
        assert.equal(error.code, token === null ? null : 'invalid_api_key')
      }
      assert.equal(upstream.requests.length, 0)
    })

    test(`${row.id}: a body of a content type it does not take is 415 and nothing goes upstream`, async () => {
      upstream.clear()
      const given: HeaderPair[][] = [[['Content-Type', wrongContentType(row)]], [['Content-Type', 'application/jsonx']], []]
      for (const headers of given) {
        const answer = await ask(world.port, { method: row.method, path: samplePath(row), token: world.token, headers, body: '<x/>' })
        assert.equal(openAiError(answer, 415).code, 'unsupported_media_type')
      }
      assert.equal(upstream.requests.length, 0)
    })

    if (row.method !== 'GET') {
      test(`${row.id}: an empty body needs no content type, with a length of 0 or with neither length nor coding`, async () => {
        upstream.clear()
        upstream.script(answering(sampleAnswer(row.response[0] ?? 'empty').wire))
        for (const headers of [[['Content-Length', '0']], []] satisfies HeaderPair[][]) {
          const answer = await ask(world.port, { method: row.method, path: samplePath(row), token: world.token, headers })
          assert.ok(answer.status < 300, `${answer.status} ${answer.body.toString('latin1')}`)
        }
        assert.deepEqual(
          upstream.requests.map((request) => request.bodyBytes),
          [0, 0],
        )
      })
    }
  }

  for (const row of socketRows) {
    test(`${row.id}: a socket row is 426 in OpenAI's shape, asked with an upgrade or without`, async () => {
      upstream.clear()
      const upgrade: HeaderPair[] = [
        ['Connection', 'Upgrade'],
        ['Upgrade', 'websocket'],
        ['Sec-WebSocket-Version', '13'],
        ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
      ]
      const others = rows.filter((each) => each.path === row.path && each.transport === 'http' && each.method === 'GET')
      for (const headers of others.length > 0 ? [upgrade] : [upgrade, []]) {
        const answer = await ask(world.port, { path: samplePath(row), token: world.token, headers })
        assert.equal(openAiError(answer, 426).code, 'upgrade_required')
        assert.deepEqual(valuesOf(answer.headers, 'upgrade'), ['websocket'], 'RFC 9110 15.5.22: a 426 names the protocol')
      }
      assert.equal(upstream.requests.length, 0)
    })
  }
})
