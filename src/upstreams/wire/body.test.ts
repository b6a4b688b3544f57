// The framing of answer bodies comes off the same way however the network splits them.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createBodyReader } from './body.ts'
import { UpstreamFailure } from './failure.ts'

type Result = { readonly body: string; readonly isDone: boolean; readonly used: number } | 'malformed'

function readIn(parts: readonly Buffer[], kind: 'chunked' | number): Result {
  const reader = createBodyReader(kind === 'chunked' ? { kind } : { kind: 'length', bytes: kind })
  const out: Buffer[] = []
  let used = 0
  try {
    for (const part of parts) {
      if (reader.isDone()) break
      const bytes = Buffer.from(part)
      const portion = reader.read(bytes)
      used += portion.used
      out.push(bytes.subarray(0, portion.payload))
    }
  } catch (error) {
    assert.ok(error instanceof UpstreamFailure && error.kind === 'malformed')
    return 'malformed'
  }
  return { body: Buffer.concat(out).toString('latin1'), isDone: reader.isDone(), used }
}

const splitAt = (bytes: Buffer, ...at: number[]): Buffer[] =>
  [0, ...at].map((from, index) => bytes.subarray(from, [...at, bytes.length][index]))

describe('chunked bodies', () => {
  const wire = Buffer.from('5\r\nhello\r\n00A;name="v"\r\n0123456789\r\n1\r\n\n\r\n0\r\nX-Trailer: 1\r\n\r\nEXCESS')
  const whole: Result = { body: 'hello0123456789\n', isDone: true, used: wire.length - 6 }

  it('come out alike split at every byte, and at every pair of bytes', () => {
    for (let first = 0; first <= wire.length; first++) {
      assert.deepEqual(readIn(splitAt(wire, first), 'chunked'), whole, `split at ${first}`)
      for (let second = first; second <= wire.length; second += 3)
        assert.deepEqual(readIn(splitAt(wire, first, second), 'chunked'), whole, `split at ${first} and ${second}`)
    }
    assert.deepEqual(
      readIn(
        [...wire].map((byte) => Buffer.of(byte)),
        'chunked',
      ),
      whole,
    )
  })

  it('carry any bytes in any chunks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 }),
        fc.array(fc.nat(400), { maxLength: 5 }),
        (chunks, cuts) => {
          const framed = Buffer.concat([
            ...chunks.flatMap((chunk) => [Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]),
            Buffer.from('0\r\n\r\n'),
          ])
          const at = cuts.map((cut) => cut % (framed.length + 1)).toSorted((a, b) => a - b)
          assert.deepEqual(readIn(splitAt(framed, ...at), 'chunked'), {
            body: Buffer.concat(chunks).toString('latin1'),
            isDone: true,
            used: framed.length,
          })
        },
      ),
    )
  })

  it('are refused when a size, a line end or a chunk is not what it says', () => {
    for (const text of ['', 'g', '-1', '+5', '0x5', ' 5', '5 ', '5\t', '99999999999999', '5;a\x00', '5;\n']
      .map((size) => `${size}\r\nhello\r\n0\r\n\r\n`)
      .concat([
        '5\nhello\r\n',
        '5\r\nhelloX\r\n',
        '5\r\nhello\n',
        '5\r\nhello\r\r\n',
        '0\r\nbad trailer\r\n\r\n',
        '0\r\n folded: 1\r\n\r\n',
        '5\rhello\r\n',
      ]))
      for (const parts of [[Buffer.from(text, 'latin1')], [...Buffer.from(text, 'latin1')].map((byte) => Buffer.of(byte))])
        assert.equal(readIn(parts, 'chunked'), 'malformed', JSON.stringify(text))
  })

  it('are refused when a chunk line or the trailers never end', () => {
    assert.equal(readIn([Buffer.from(`5;${'x'.repeat(5000)}`)], 'chunked'), 'malformed')
    assert.equal(readIn([Buffer.from(`0\r\n${'X-T: 1\r\n'.repeat(3000)}`)], 'chunked'), 'malformed')
  })

  it('are not done while anything is missing', () => {
    for (let end = 0; end < wire.length - 6; end++)
      assert.equal((readIn([wire.subarray(0, end)], 'chunked') as { isDone: boolean }).isDone, false)
  })
})

describe('bodies of a known length', () => {
  it('end exactly there, whatever follows', () => {
    const bytes = Buffer.from('helloEXCESS')
    for (let at = 0; at <= bytes.length; at++) assert.deepEqual(readIn(splitAt(bytes, at), 5), { body: 'hello', isDone: true, used: 5 })
    assert.deepEqual(readIn([Buffer.from('hell')], 5), { body: 'hell', isDone: false, used: 4 })
  })
})
