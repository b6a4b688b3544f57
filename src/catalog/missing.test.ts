import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kinds } from './kinds.ts'
import { missingWords, sayMissing } from './missing.ts'

const notAttached = { status: 404, message: "No file '{id}' in '{vector_store_id}'.", param: null, code: null } as const

test('the words are those of the place: a path, a query, a body, and those of the row before all', () => {
  assert.equal(missingWords({ act: 'use', kind: 'file', at: 'path.file_id' }).param, 'id')
  assert.equal(missingWords({ act: 'use', kind: 'file', at: 'body.file_ids' }).param, '{field}')
  assert.equal(missingWords({ act: 'use', kind: 'file', at: 'query.after' }).param, 'after')
  assert.equal(missingWords({ act: 'use', kind: 'thread', at: 'body.thread_id' }), kinds.thread.missing)
  assert.equal(missingWords({ act: 'use', kind: 'response', at: 'body.previous_response_id' }).status, 400)
  assert.equal(missingWords({ act: 'use', kind: 'file', at: 'path.file_id', missing: notAttached }), notAttached)
  assert.deepEqual(missingWords({ act: 'use', kind: 'file', at: 'query.before', missing: notAttached }), {
    ...notAttached,
    param: 'before',
  })
})

test('words are filled in with the id, the parameters of the path and the place', () => {
  const said = (param: string, at: string): string | null =>
    sayMissing({ status: 404, message: '', param, code: null }, { id: 'file-1', at, params: {} }).param
  assert.equal(said('{at}', 'tools.0.file_ids.2'), 'tools[0].file_ids[2]')
  assert.equal(said('{field}', 'tools.0.file_ids.2'), 'tools[0].file_ids')
  assert.equal(said('{key}', 'tools.0.file_ids.2'), 'file_ids')
  assert.equal(said('{at}', 'files.10.file_id'), 'files[10].file_id')
  const place = { id: 'file-1', at: 'file_id', params: { vector_store_id: 'vs_1' } }
  assert.equal(sayMissing(notAttached, place).message, "No file 'file-1' in 'vs_1'.")
})

test('an id with braces or dollars stands in the message as it was written', () => {
  const place = { id: '{vector_store_id}$&', at: 'file_id', params: { vector_store_id: 'vs_1' } }
  assert.equal(sayMissing(notAttached, place).message, "No file '{vector_store_id}$&' in 'vs_1'.")
})
