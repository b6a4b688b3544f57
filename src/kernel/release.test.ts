// Memory is given back only where nobody else can hold it.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { release } from './release.ts'

it('a large buffer of its own reads as empty afterwards', () => {
  const whole = Buffer.alloc(65_536, 1)
  release(whole)
  assert.equal(whole.length, 0)
  const view = Buffer.alloc(200_000, 1).subarray(10, 150_000)
  release(view)
  assert.equal(view.length, 0)
})

it('what may share memory with others keeps it', () => {
  const pooled = [1, 100, 16_384, (Buffer.poolSize >>> 1) - 1].map((bytes) => Buffer.allocUnsafe(bytes).fill(7))
  for (const each of pooled) release(each)
  for (const each of pooled) assert.ok(each.every((byte) => byte === 7) && each.length > 0)
  const part = Buffer.alloc(65_536, 7).subarray(0, 20_000)
  release(part)
  assert.equal(part.length, 20_000)
})
