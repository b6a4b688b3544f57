// Usage is counted as OpenAI counts it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { o200k } from './tokens.ts'

test('known texts have the number of tokens that OpenAI’s tokenizer gives them', () => {
  for (const [text, count] of [
    ['', 0],
    ['hello world', 2],
    ['tiktoken is great!', 6],
    ['お誕生日おめでとう', 8],
    ['<|endoftext|>', 7],
  ] as const)
    assert.equal(o200k.count(text), count, text)
})

test('the tokens of any text are the text again', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => assert.equal(o200k.split(text).join(''), text)))
})

test('a text of megabytes is counted at once, by its length', () => {
  assert.equal(o200k.count('a'.repeat(4_000_000)), 1_000_000)
})
