// Tests of the map that forgets.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLru } from './lru.ts'

test('it never holds more than it may, and always the last half of what was asked for', () => {
  const lru = createLru<number>(100)
  for (let number = 0; number < 1000; number++) {
    lru.set(`key ${number}`, number)
    assert.equal(lru.get('key 0') ?? 0, 0)
  }
  const held = Array.from({ length: 1000 }, (_, number) => lru.get(`key ${number}`)).filter((value) => value !== undefined)
  assert.ok(held.length <= 100, `${held.length} entries`)
  const last = createLru<number>(100)
  for (let number = 0; number < 1000; number++) last.set(`key ${number}`, number)
  for (let number = 951; number < 1000; number++) assert.equal(last.get(`key ${number}`), number)
})

test('what is asked for again and again is never forgotten', () => {
  const lru = createLru<number>(10)
  lru.set('kept', 1)
  for (let number = 0; number < 1000; number++) {
    lru.set(`key ${number}`, number)
    assert.equal(lru.get('kept'), 1)
  }
})

test('what is deleted is gone, also where it was set long ago, and the latest value counts', () => {
  const lru = createLru<number>(8)
  for (const value of [1, 2]) {
    lru.set('twice', value)
    for (const key of ['a', 'b', 'c']) lru.set(key, 0)
  }
  assert.equal(lru.get('twice'), 2)
  lru.delete('twice')
  assert.equal(lru.get('twice'), undefined)
  lru.set('a', 1)
  lru.clear()
  assert.equal(lru.get('a'), undefined)
})

test('an entry costs the same however many came before it', () => {
  const lru = createLru<number>(50_000)
  for (let number = 0; number < 50_000; number++) lru.set(`early ${number}`, number)
  const parts = Array.from({ length: 7 }, (_, part) => {
    const startedAt = process.hrtime.bigint()
    for (let number = 0; number < 8000; number++) lru.set(`late ${part} ${number}`, number)
    return Number(process.hrtime.bigint() - startedAt) / 8000
  })
  // Where each has to walk over the holes of those before it, half of them take more than 6,000 ns.
  assert.ok((parts.toSorted((one, other) => one - other)[3] ?? 0) < 4000, parts.join(', '))
})
