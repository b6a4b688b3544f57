// Tests of the rows of the result: a ratio belongs to its round, and a verdict to its target.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Measurement } from './measurements.ts'
import { mergeGenerations, toRows, toTable } from './report.ts'

const measurement = (target: Measurement['target'], relay: readonly number[]): Measurement => ({
  id: 'json',
  title: 'JSON request',
  unit: 'CPU µs',
  ...(target === undefined ? {} : { target }),
  rounds: new Map([
    ['nginx', [10, 20, 10]],
    ['relay', relay],
  ]),
})

test('a ratio is the median of the ratios of each round, not the ratio of the medians', () => {
  const [nginx, relay] = toRows([measurement({ ratio: 7 }, [60, 140, 80])])
  assert.equal(nginx?.ratio, undefined)
  assert.deepEqual(relay?.ratio, { median: 7, min: 6, max: 8, count: 3 })
  assert.equal(relay.isReached, true)
})

test('a target missed is said, for ratios and for values', () => {
  assert.equal(toRows([measurement({ ratio: 6.9 }, [60, 140, 80])])[1]?.isReached, false)
  assert.equal(toRows([measurement({ value: 79 }, [60, 140, 80])])[1]?.isReached, false)
  assert.equal(toRows([measurement({ value: 80 }, [60, 140, 80])])[1]?.isReached, true)
  assert.match(toTable(toRows([measurement({ ratio: 6.9 }, [60, 140, 80])])), /7\.00x +6\.00-8\.00 +<= 6\.9x +MISSED/)
})

test('without nginx there is no ratio and no verdict about one', () => {
  const rows = toRows([{ ...measurement({ ratio: 7 }, []), rounds: new Map([['relay', [60]]]) }])
  assert.equal(rows[0]?.ratio, undefined)
  assert.equal(rows[0]?.isReached, undefined)
})

test('rounds of processes started anew belong to one measurement', () => {
  const [merged, ...others] = mergeGenerations([measurement({ ratio: 7 }, [1, 2, 3]), measurement({ ratio: 7 }, [4, 5, 6])])
  assert.equal(others.length, 0)
  assert.deepEqual(merged?.rounds.get('relay'), [1, 2, 3, 4, 5, 6])
  assert.deepEqual(merged.rounds.get('nginx'), [10, 20, 10, 10, 20, 10])
})
