// A compressed body is read whole or not at all, and never grows beyond its bound.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deflateSync, gzipSync } from 'node:zlib'
import { gunzip } from './inflate.ts'

const body = Buffer.from('{"input":"file-1"}')

describe('gunzip', () => {
  it('reads one member, several, and none of any content', async () => {
    assert.deepEqual(await gunzip(gzipSync(body), 100), { bytes: body })
    const [first, last] = [gzipSync(body.subarray(0, 5)), gzipSync(body.subarray(5))]
    assert.deepEqual(await gunzip(Buffer.concat([first, gzipSync(''), last]), 100), { bytes: body })
    assert.deepEqual(await gunzip(gzipSync(''), 100), { bytes: Buffer.alloc(0) })
    const large = Buffer.alloc(3_000_000, 'abc')
    assert.deepEqual(await gunzip(gzipSync(large), large.length), { bytes: large })
  })

  it('stops at its bound, also over several members', async () => {
    assert.deepEqual(await gunzip(gzipSync(body), body.length), { bytes: body })
    assert.deepEqual(await gunzip(gzipSync(body), body.length - 1), { fault: 'too-large' })
    assert.deepEqual(await gunzip(Buffer.concat([gzipSync(body), gzipSync(body)]), body.length + 1), { fault: 'too-large' })
    assert.deepEqual(await gunzip(gzipSync(Buffer.alloc(50_000_000)), 1_000_000), { fault: 'too-large' })
  })

  it('refuses what is no gzip, broken off, damaged, or followed by anything', async () => {
    const damaged = Buffer.from(gzipSync(body))
    damaged.writeUInt8(damaged.readUInt8(damaged.length - 8) ^ 1, damaged.length - 8)
    for (const bytes of [Buffer.alloc(0), body, deflateSync(body), gzipSync(body).subarray(0, -1), gzipSync(body).subarray(0, 5), damaged])
      assert.deepEqual(await gunzip(bytes, 100), { fault: 'not-gzip' })
    for (const tail of ['x', '\0', '\0\0\0\0', '{"input":"file-2"}', gzipSync(body).subarray(0, 8)])
      assert.deepEqual(await gunzip(Buffer.concat([gzipSync(body), Buffer.from(tail)]), 100), { fault: 'not-gzip' }, JSON.stringify(tail))
  })
})
