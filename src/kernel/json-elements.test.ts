import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { elementsOf, without } from './json-elements.ts'

const textsOf = (json: string, name = 'data'): readonly string[] | null => {
  const bytes = Buffer.from(json)
  return elementsOf(bytes, name)?.map(({ start, end }) => bytes.toString('utf8', start, end)) ?? null
}

test('elements are found as they were written, whatever stands around and in them', () => {
  assert.deepEqual(textsOf('{"data":[]}'), [])
  assert.deepEqual(textsOf(' {\n "x" : [1,[2]], "data" : [ {"a": "]}\\"[" } ,\t2e3 , "é,\\\\" , null ] , "y" : 1 }'), [
    '{"a": "]}\\"[" }',
    '2e3',
    '"é,\\\\"',
    'null',
  ])
  assert.deepEqual(textsOf('{"d\\u0061ta":[true]}'), ['true'], 'an escaped name is the same name')
  assert.deepEqual(textsOf('{"data":[1],"data":[2]}'), ['2'], 'the last of two counts')
  assert.deepEqual(textsOf('{"x":{"data":[1]}}'), null)
  assert.deepEqual(textsOf('{"data":{"data":[1]}}'), null)
  assert.deepEqual(textsOf('[{"data":[1]}]'), null)
})

test('any document gives the elements that JSON.parse gives', () => {
  const value = fc.jsonValue({ maxDepth: 4 })
  fc.assert(
    fc.property(fc.array(value), fc.array(fc.tuple(fc.string(), value)), fc.integer({ min: 0, max: 3 }), (data, others, indent) => {
      const document = Object.fromEntries([...others.filter(([name]) => name !== 'data'), ['data', data], ['zz', others]])
      const texts = textsOf(JSON.stringify(document, null, indent))
      assert.deepEqual(
        texts?.map((text) => JSON.parse(text) as unknown),
        JSON.parse(JSON.stringify(data)),
      )
    }),
  )
})

test('what is left out takes its comma along, and the rest stays as it was', () => {
  const bytes = Buffer.from('{ "a": 1.0, "data": [ {"n": 1} , {"n": 2}, {"n": 3} ], "b": [ ] }')
  const spans = elementsOf(bytes, 'data') ?? []
  const left = (...gone: readonly number[]): string => without(bytes, spans, (at) => gone.includes(at)).toString()
  assert.equal(
    without(bytes, spans, () => false),
    bytes,
    'the very same bytes',
  )
  assert.equal(left(0), '{ "a": 1.0, "data": [ {"n": 2},{"n": 3} ], "b": [ ] }')
  assert.equal(left(2), '{ "a": 1.0, "data": [ {"n": 1},{"n": 2} ], "b": [ ] }')
  assert.equal(left(0, 1, 2), '{ "a": 1.0, "data": [  ], "b": [ ] }')
})
