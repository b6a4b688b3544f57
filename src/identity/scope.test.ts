import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { allowing, matches } from './scope.ts'

test('a pattern matches what the same regular expression matches', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 8 })
  fc.assert(
    fc.property(text, text, (pattern, candidate) => {
      const parts = pattern.split('*').map((part) => RegExp.escape(part))
      const expression = new RegExp(`^${parts.join('.*')}$`, 's')
      assert.equal(matches(pattern, candidate), expression.test(candidate))
    }),
    { numRuns: 2_000 },
  )
})

test('no model name of a client makes a pattern slow', () => {
  const started = performance.now()
  assert.equal(matches('*a*a*a*a*a*a*b', 'a'.repeat(1_000_000)), false)
  assert.ok(performance.now() - started < 5_000)
})

test('patterns allow what one of them allows, and none at all allows everything', () => {
  const allows = allowing(['gpt-5*', 'o3'])
  assert.deepEqual(['gpt-5-mini', 'o3', 'o3-pro', ''].map(allows), [true, true, false, false])
  assert.ok(allowing(null)('anything') && allowing(['*'])('anything'))
})
