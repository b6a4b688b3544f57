import assert from 'node:assert/strict'
import { test } from 'node:test'
import { embed, similarity } from './embedding.ts'

test('vectors have length one and are the same for the same text', () => {
  const vector = embed('red apples', 256)
  assert.ok(Math.abs(similarity(vector, vector) - 1) < 1e-5)
  assert.deepEqual(embed('red apples', 256), vector)
})

test('texts that share words are nearer than those that do not, at any length', () => {
  for (const dimensions of [64, 256, 1536]) {
    const [apples, pie, tax] = ['Red apples are sweet.', 'A pie of red apples', 'The law of taxes'].map((text) => embed(text, dimensions))
    assert.ok(apples !== undefined && pie !== undefined && tax !== undefined)
    assert.ok(similarity(apples, pie) > similarity(apples, tax) + 0.2)
  }
})

test('a short vector points where the cut of a long one does', () => {
  const long = embed('red apples', 1536).slice(0, 256)
  const length = Math.sqrt(similarity(long, long))
  assert.ok(similarity(long, embed('red apples', 256)) / length > 0.9999)
})
