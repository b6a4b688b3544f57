import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { notFound } from '../errors.ts'
import { createQuery } from '../query.ts'
import { openDatabase } from './database.ts'
import { createObjects } from './objects.ts'
import { newestFirst, page, pageOfArray, readPageQuery } from './pages.ts'
import type { Page } from './pages.ts'

type Numbered = { readonly id: string }
const unknown = (id: string): ReturnType<typeof notFound> => notFound(`No such object: ${id}`)

/** The same list stored and in an array: both answer every query alike. */
function withBoth(work: (ask: (query: string) => Page<Numbered>) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'relay-pages-'))
  const database = openDatabase(directory)
  try {
    const stored = createObjects(database).collection<Numbered>('thing')
    const all = Array.from({ length: 10 }, (_, index) => ({ id: `n${index}` }))
    for (const each of all) stored.put(each)
    work((query) => page(stored, readPageQuery(createQuery(query), newestFirst), { unknown }))
    work((query) => pageOfArray(all, readPageQuery(createQuery(query), newestFirst), unknown))
  } finally {
    database.close()
    rmSync(directory, { recursive: true })
  }
}

const ids = ({ data }: Page<Numbered>): string => data.map(({ id }) => id.slice(1)).join('')

test('cursors walk a list in either direction without gaps', () => {
  withBoth((ask) => {
    assert.equal(ids(ask('')), '9876543210')
    assert.equal(ids(ask('order=asc&limit=4')), '0123')
    assert.equal(ids(ask('order=asc&limit=4&after=n3')), '4567')
    assert.equal(ids(ask('limit=3&after=n7')), '654')
    assert.equal(ids(ask('limit=3&before=n3')), '654')
    assert.equal(ids(ask('order=asc&limit=3&before=n3')), '012')
  })
})

test('has_more tells whether the list goes on, and the ends of a page are named', () => {
  withBoth((ask) => {
    assert.deepEqual([ask('limit=10').has_more, ask('limit=9').has_more], [false, true])
    assert.deepEqual([ask('limit=2&after=n2').has_more, ask('limit=1&after=n2').has_more], [false, true])
    assert.deepEqual(
      [ask('limit=2&before=n8').has_more, ask('limit=1&before=n8').has_more, ask('limit=1&before=n7').has_more],
      [false, false, true],
    )
    const { first_id: first, last_id: last } = ask('limit=3')
    assert.deepEqual([first, last], ['n9', 'n7'])
    const nothing = ask('limit=3&after=n0')
    assert.deepEqual([nothing.data, nothing.first_id, nothing.last_id, nothing.has_more], [[], null, null, false])
  })
})

test('an unknown cursor, a wrong order and a limit out of range are refused', () => {
  withBoth((ask) => {
    assert.throws(() => ask('after=n99'), { status: 404 })
    assert.throws(() => ask('order=up'), { code: 'invalid_value' })
    assert.throws(() => ask('limit=0'), { code: 'integer_below_min_value' })
    assert.throws(() => ask('limit=101'), { code: 'integer_above_max_value' })
    assert.throws(() => ask('limit=many'), { code: 'invalid_type' })
  })
})
