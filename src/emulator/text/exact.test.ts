import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exactWords } from './exact.ts'

test('a prompt that says what to answer gets exactly that', () => {
  const cases: readonly (readonly [prompt: string, words: string])[] = [
    ['Reply with exactly: pong', 'pong'],
    ['Return exactly: pong', 'pong'],
    ['Return exactly pong', 'pong'],
    ['Say only the word pong', 'pong'],
    ['reply with exactly one word: hello', 'hello'],
    ['Reply with exactly one word: pong.', 'pong'],
    ['Reply with the single word pong', 'pong'],
    ['Reply with pong', 'pong'],
    ["Say 'pong'", 'pong'],
    ['Respond only with OK', 'OK'],
    ['Respond with just the number 42', '42'],
    ['Output nothing but the word pong', 'pong'],
    ['Say this is a test', 'this is a test'],
    ['Reply with exactly: one two three', 'one two three'],
    ['Reply with exactly: pong and nothing else', 'pong'],
    ['Reply with exactly: pong. Do not add anything else.', 'pong'],
    ['Reply with exactly "Hello, world."', 'Hello, world.'],
    ['You are a bot. Reply with exactly:\nhello', 'hello'],
    ['Return exactly: {"ok":true}', '{"ok":true}'],
  ]
  for (const [prompt, words] of cases) assert.equal(exactWords(prompt), words, prompt)
})

test('other prompts are not taken for such', () => {
  for (const prompt of [
    'What is the capital of France?',
    'Say something about cats',
    'Answer in exactly 5 words',
    'repeat the word hello 3 times',
    '',
  ])
    assert.equal(exactWords(prompt), null, prompt)
})
