import assert from 'node:assert/strict'
import { test } from 'node:test'
import { schemaValue } from './schema-value.ts'

const source = { prompt: 'What is the weather in Paris?', text: 'It rains.' }
const make = (schema: Record<string, unknown>, prompt = source.prompt): unknown => schemaValue(schema, { ...source, prompt })

test('values keep to the limits of their schema', () => {
  assert.deepEqual(make({ type: 'integer', minimum: 3 }), 3)
  assert.deepEqual(make({ type: 'number', exclusiveMinimum: 3, exclusiveMaximum: 4 }), 3.5)
  assert.deepEqual(make({ type: 'integer', minimum: 4, multipleOf: 5 }), 5)
  assert.deepEqual(make({ type: 'string', minLength: 12, maxLength: 12 }), 'It rains....')
  assert.deepEqual(make({ type: 'array', items: { type: 'boolean' }, minItems: 2 }), [true, true])
  assert.deepEqual(make({ type: 'array', items: { type: 'integer' }, minItems: 3, uniqueItems: true }), [1, 2, 3])
  assert.deepEqual(make({ enum: ['a', 'b'] }), 'a')
  assert.deepEqual(make({ const: 7 }), 7)
  assert.deepEqual(make({ type: ['string', 'null'], format: 'date' }), '2026-01-15')
  assert.deepEqual(make({ type: 'null' }), null)
  for (const pattern of ['^[A-Z]{2}-\\d+$', '^(foo|bar)\\.[a-z]{3,5}$', '^\\w+@\\w+\\.com$', '^#?[0-9a-f]{6}$'])
    assert.match(String(make({ type: 'string', pattern })), new RegExp(pattern))
})

test('objects have what is required, through references, alternatives and combinations', () => {
  const schema = {
    type: 'object',
    properties: {
      a: { $ref: '#/$defs/Point' },
      b: { anyOf: [{ type: 'null' }, { type: 'integer' }] },
      c: { allOf: [{ type: 'string' }, { maxLength: 3 }] },
      d: { type: 'string' },
    },
    required: ['a', 'b', 'c'],
    additionalProperties: false,
    $defs: { Point: { type: 'object', properties: { x: { type: 'number' }, y: { type: 'number' } }, required: ['x', 'y'] } },
  }
  assert.deepEqual(make(schema), { a: { x: 1, y: 1 }, b: 1, c: 'c' })
})

test('recursive schemas end', () => {
  const schema = {
    $ref: '#/$defs/Node',
    $defs: {
      Node: {
        type: 'object',
        properties: {
          value: { type: 'integer' },
          next: { anyOf: [{ $ref: '#/$defs/Node' }, { type: 'null' }] },
          children: { type: 'array', items: { $ref: '#/$defs/Node' } },
        },
        required: ['value', 'next', 'children'],
      },
    },
  }
  assert.ok(JSON.stringify(make(schema)).length < 100_000)
})

test('values come from the prompt where it says something about them', () => {
  const schema = {
    type: 'object',
    properties: { city: { type: 'string' }, days: { type: 'integer' }, unit: { type: 'string', enum: ['celsius', 'fahrenheit'] } },
    required: ['city', 'days', 'unit'],
  }
  assert.deepEqual(make(schema, 'The weather in New York for 5 days, in fahrenheit?'), { city: 'New York', days: 5, unit: 'fahrenheit' })
  assert.deepEqual(make(schema, 'Call it with {"city":"Rome","days":2}'), { city: 'Rome', days: 2, unit: 'celsius' })
  assert.deepEqual(make(schema), make(schema))
})
