// What crosses the relay and what does not, compared with a plain model of the policy.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { clientHeaders, readHeadFacts, upstreamHeaderLines } from './headers.ts'

const never = [
  'Connection',
  'Keep-Alive',
  'Proxy-Connection',
  'TE',
  'Trailer',
  'Transfer-Encoding',
  'Upgrade',
  'Proxy-Authorization',
  'HTTP2-Settings',
  'Host',
  'Content-Length',
  'Expect',
  'Authorization',
  'API-Key',
  'X-Relay-Key',
  'X-Api-Key',
  'Cookie',
  'Forwarded',
  'Via',
  'X-Forwarded-For',
  'X-Forwarded-Anything',
  'X-Real-IP',
  'OpenAI-Organization',
  'openai-project',
]
const always = [
  'Accept',
  'Accept-Encoding',
  'Content-Type',
  'Content-Encoding',
  'User-Agent',
  'OpenAI-Beta',
  'X-Stainless-Lang',
  'Idempotency-Key',
  'X-Client-Request-Id',
  'x_under',
  'Range',
  'Date',
]
const names = fc.constantFrom(...never, ...always).chain((name) => fc.constantFrom(name, name.toLowerCase(), name.toUpperCase()))
const values = fc.constantFrom('1', 'a, b', '', 'caf\u00e9', 'secret-token-1', 'x secret-token-1 y')
const policy = (pairs: readonly (readonly [string, string])[], connection: readonly string[]): string =>
  pairs
    .filter(
      ([name, value]) =>
        ![...never, ...connection].some((each) => each.toLowerCase() === name.toLowerCase()) && !value.includes('secret-token-1'),
    )
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')

const usual = { passesAccount: false, isPlain: false, isRecoded: false, labels: null }

describe('headers of a request', () => {
  it('arrive with their case, order and repeats, except those the policy names', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(names, values), { maxLength: 12 }),
        fc.subarray([...always, 'close', 'keep-alive']),
        (pairs, listed) => {
          const raw = [...pairs.flat(), 'Connection', listed.join(' , ')]
          assert.equal(
            upstreamHeaderLines(raw, readHeadFacts(raw, '1.1').connection, 'secret-token-1', usual),
            policy(pairs, [
              ...listed,
              ...pairs.filter(([name]) => name.toLowerCase() === 'connection').flatMap(([, value]) => value.split(', ')),
            ]),
          )
        },
      ),
    )
  })

  it('name the account only where the operator allows it', () => {
    assert.equal(
      upstreamHeaderLines(['OpenAI-Organization', 'org-1', 'OpenAI-Project', 'proj_1'], '', 'secret-token-1', {
        ...usual,
        passesAccount: true,
      }),
      'OpenAI-Organization: org-1\r\nOpenAI-Project: proj_1\r\n',
    )
  })

  it('are refused where a second one would make a second message', () => {
    for (const name of [
      'Host',
      'Authorization',
      'Content-Type',
      'content-length',
      'Transfer-Encoding',
      'X-Relay-Key',
      'api-key',
      'Content-Encoding',
    ])
      assert.match(readHeadFacts([name, 'a', name.toUpperCase(), 'a'], '1.1').problem ?? '', /two /)
    assert.match(readHeadFacts(['Accept', '*/*'], '1.1').problem ?? '', /no host/)
    assert.equal(readHeadFacts(['Accept', '*/*'], '1.0').problem, null)
    for (const host of ['x/#@evil', 'a b', 'a\\b', 'u@h']) assert.match(readHeadFacts(['Host', host], '1.1').problem ?? '', /host/)
  })
})

describe('headers of an answer', () => {
  it('pass with their repeats, without cookies, the account, or what belongs to one connection', () => {
    const raw = [
      'X-A',
      '1',
      'Set-Cookie',
      'a=b',
      'x-a',
      '2',
      'OpenAI-Organization',
      'org',
      'openai-project',
      'p',
      'Connection',
      'X-Hop, keep-alive',
      'x-hop',
      '3',
      'Transfer-Encoding',
      'chunked',
      'x-request-id',
      'req_1',
      'X-RateLimit-Limit-Requests',
      '9',
      'x-relay-request-id',
      'forged',
      'Content-Length',
      '5',
    ]
    assert.deepEqual(clientHeaders(raw, false, false), [
      'X-A',
      '1',
      'x-a',
      '2',
      'x-request-id',
      'req_1',
      'X-RateLimit-Limit-Requests',
      '9',
      'Content-Length',
      '5',
    ])
    assert.deepEqual(clientHeaders(['Content-Length', '5', 'ETag', 'x'], true, false), ['ETag', 'x'])
  })
})
