// Tests of the arithmetic every figure of the bench rests on.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { median, pairedRatios, percentile, rotate, summarise, tellApart } from './statistics.ts'

test('a percentile is always a value that was measured', () => {
  const sorted = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
  assert.equal(percentile(sorted, 0.5), 5)
  assert.equal(percentile(sorted, 0.99), 10)
  assert.equal(percentile(sorted, 0.1), 1)
  assert.equal(percentile(sorted, 0), 1)
  assert.equal(percentile([7], 0.99), 7)
  assert.ok(Number.isNaN(percentile([], 0.5)))
})

test('a median sorts by number and takes the middle of an even count', () => {
  assert.equal(median([10, 9, 100]), 10)
  assert.equal(median([4, 1, 3, 2]), 2.5)
  assert.deepEqual(summarise([3, 1, 2]), { median: 2, min: 1, max: 3, count: 3 })
})

test('ratios pair the measurements of one round and leave out rounds without a base', () => {
  assert.deepEqual(pairedRatios([10, 20, 30, 5], [5, 0, 10]), [2, 3])
  assert.deepEqual(pairedRatios([Number.NaN, 4], [2, 2]), [2])
})

test('rotation gives each contender each place in turn', () => {
  assert.deepEqual(
    [0, 1, 2, 3].map((round) => rotate(['a', 'b', 'c'], round).join('')),
    ['abc', 'bca', 'cab', 'abc'],
  )
  assert.deepEqual(rotate([], 3), [])
})

test('two samples of the same values cannot be told apart, two that do not overlap can', () => {
  const same = tellApart([1, 2, 3, 4], [4, 3, 2, 1])
  assert.ok(Math.abs(same.p - 1) < 1e-6)
  assert.equal(same.chance, 0.5)
  // z = 4.5 / sqrt(9 * 7 / 12) = 1.964
  const apart = tellApart([1, 2, 3], [4, 5, 6])
  assert.ok(Math.abs(apart.p - 0.04953) < 1e-4, String(apart.p))
  assert.equal(apart.chance, 1)
  assert.equal(tellApart([1, 1, 1], [1, 1, 1]).p, 1)
})

test('a shift of a tenth of the spread shows in a thousand values', () => {
  const values = Array.from({ length: 1000 }, (_, index) => (index * 7919) % 1000)
  assert.ok(tellApart(values, values).p > 0.99)
  assert.ok(
    tellApart(
      values,
      values.map((value) => value + 30),
    ).p < 0.05,
  )
})
