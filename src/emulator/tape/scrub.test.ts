import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createScrubber, scrub, scrubQuery } from './scrub.ts'

test('keys and names of organizations go, the length stays, and words that look alike stay too', () => {
  const cases = [
    ['Authorization: Bearer abcdefgh1234', 'Authorization: Bearer xxxxxxxxxxxx'],
    ['key sk-proj-abc_DEF123456789 end', 'key sk-xxxxxxxxxxxxxxxxxxxxx end'],
    ['provided: sk-ab*****wxyz. You', 'provided: sk-xxxxxxxxxxxx You'],
    ['{"value":"ek_0123456789abcdef"}', '{"value":"ek_xxxxxxxxxxxxxxxx"}'],
    ['"signing_secret": "whsec_aGVsbG8gd29ybGQ="', '"signing_secret": "xxxxxxxxxxxxxxxxxxxxxx"'],
    ['"Authorization":"Basic \\"q\\""', '"Authorization":"xxxxxxxxxxx"'],
    ['in organization org-AbCdEfGhIjKlMnOpQrStUvWx on', 'in organization org-xxxxxxxxxxxxxxxxxxxxxxxx on'],
    ['ft:gpt-4o-mini-2024-07-18:acme-corp:bot:abc', 'ft:gpt-4o-mini-2024-07-18:xxxxxxxxx:bot:abc'],
    ['/v1/models/ft%3Agpt-4o%3Aacme%3A%3Aabc', '/v1/models/ft%3Agpt-4o%3Axxxx%3A%3Aabc'],
    ['an org-chart, a risk-averse task-force-member, ft: x', 'an org-chart, a risk-averse task-force-member, ft: x'],
    ['ft:gpt-4o::abc', 'ft:gpt-4o::abc'],
  ] as const
  for (const [text, expected] of cases) {
    assert.equal(scrub(text), expected)
    assert.equal(scrub(expected), expected, 'once is enough')
  }
  assert.equal(scrubQuery('api-key=abc&limit=2&token=d'), 'api-key=xxx&limit=2&token=x')
})

test('what comes in pieces is scrubbed as what comes whole', () => {
  const filler = fc.constantFrom(
    'x'.repeat(9000),
    ' ',
    'Bearer sk-0123456789abcdef0123',
    '"api_key":"abc def"',
    'a',
    'sk-0123456789abcdef',
    'org-AbCdEfGhIjKlMnOpQrStUvWx',
    'ü🙂',
  )
  fc.assert(
    fc.property(fc.array(filler, { maxLength: 12 }), fc.constantFrom(' ', ''), fc.integer({ min: 1, max: 20_000 }), (parts, gap, size) => {
      const whole = Buffer.from(parts.join(gap))
      const scrubber = createScrubber()
      const pieces: Buffer[] = []
      for (let at = 0; at < whole.length; at += size) pieces.push(scrubber.push(whole.subarray(at, at + size)))
      pieces.push(scrubber.end())
      const scrubbed = Buffer.concat(pieces)
      assert.equal(scrubbed.toString(), scrub(whole.toString()))
      assert.equal(scrubbed.length, whole.length)
    }),
    { numRuns: 100 },
  )
})
