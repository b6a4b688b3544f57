import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compilePattern, PatternError } from './pattern.ts'

test('a pattern finds what the engine of JavaScript finds', () => {
  const cases: readonly (readonly [source: string, flags: string, texts: readonly string[]])[] = [
    ['^order (\\d+)$', '', ['order 12', 'order', 'an order 12', 'order 12\n']],
    ['colou?r', 'i', ['COLOR', 'the colour', 'colr']],
    ['^(?:a|bc|)*d$', '', ['d', 'aabcd', 'abd', 'bcbcd']],
    ['a{2,3}b', '', ['ab', 'aab', 'aaab', 'aaaab', 'ba']],
    ['^a{2,}$', '', ['a', 'aa', 'aaaa']],
    ['^.{3}$', '', ['äöü', '🙂🙂🙂', 'ab\n', 'abcd']],
    ['^.{3}$', 's', ['ab\n']],
    ['^two$', 'm', ['one\ntwo\nthree', 'two three']],
    ['\\bcat\\b', '', ['a cat.', 'concat', 'cat']],
    ['\\Bcat', '', ['concat', 'cat']],
    ['[^a-z\\]]+$', '', ['abc', 'abcD', ']']],
    ['\\p{Lu}\\u{1F600}\\x41', '', ['É😀A', 'é😀A']],
    ['(?<year>\\d{4})-(?<month>\\d\\d)', '', ['in 2024-12', 'in 24-12']],
    ['a|b|^$', '', ['', 'b', 'c']],
    ['x*?y+?', '', ['xxy', 'x']],
    ['', '', ['', 'x']],
  ]
  for (const [source, flags, texts] of cases)
    for (const text of texts)
      assert.equal(
        compilePattern(source, flags)(text),
        new RegExp(source, `${flags}u`).test(text),
        `/${source}/${flags} in ${JSON.stringify(text)}`,
      )
})

test('any pattern of letters, choices, groups and repeats finds what the engine finds', () => {
  const pattern = fc.letrec<{ node: string }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom('a', 'b', '.', '[ab]', '^', '$', '\\b'),
      fc.tuple(tie('node'), tie('node')).map(([one, other]) => one + other),
      fc.tuple(tie('node'), tie('node')).map(([one, other]) => `(?:${one}|${other})`),
      fc.tuple(tie('node'), fc.constantFrom('*', '+', '?', '{2}', '{1,2}', '{0,}')).map(([part, often]) => `(?:${part})${often}`),
    ),
  })).node
  fc.assert(
    fc.property(pattern, fc.stringMatching(/^[abc ]{0,8}$/), (source, text) => {
      assert.equal(compilePattern(source)(text), new RegExp(source, 'u').test(text))
    }),
    { numRuns: 500 },
  )
})

test('a pattern that makes other engines hang takes no longer than any other', () => {
  const startedAt = performance.now()
  assert.equal(compilePattern('^(a+)+$')(`${'a'.repeat(60_000)}!`), false)
  assert.equal(compilePattern('(x+x+)+y')('x'.repeat(60_000)), false)
  // A backtracking engine needs longer than the universe is old.
  assert.ok(performance.now() - startedAt < 20_000)
})

test('what cannot be bounded, or is no pattern, is refused with the reason', () => {
  assert.throws(
    () => compilePattern('(a'),
    (error) => error instanceof PatternError && /Unterminated group/.test(error.message),
  )
  assert.throws(() => compilePattern('(?=a)b'), /looking ahead or behind/)
  assert.throws(() => compilePattern('(?<!a)b'), /looking ahead or behind/)
  assert.throws(() => compilePattern('(a)\\1'), /refers to a group/)
  assert.throws(() => compilePattern('(?:a{100}){100}'), /too large/)
  assert.throws(() => compilePattern('(?:){999999999}'), /too large/)
  assert.throws(() => compilePattern('('.repeat(5000) + ')'.repeat(5000)), /too large/)
  assert.throws(() => compilePattern('a', 'g'), /flags/)
})
