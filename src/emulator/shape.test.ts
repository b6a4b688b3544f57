import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from './errors.ts'
import { anyObject, array, boolean, choice, either, integer, metadata, number, object, optional, readShape, string } from './shape.ts'
import type { JsonObject } from './shape.ts'

const shape = {
  model: string(),
  n: optional(integer({ min: 1, max: 3 })),
  temperature: optional(number({ max: 2 })),
  stream: optional(boolean()),
  role: optional(choice('user', 'tool', 'system')),
  stop: optional(either(string(), array(string(), { min: 1, max: 2 }))),
  items: optional(array(anyObject())),
  nested: optional(object({ inner: integer() })),
  metadata: optional(metadata()),
}

/** What OpenAI says to a body: message, param, code. */
function refusalOf(body: JsonObject): readonly unknown[] {
  try {
    readShape(shape, body)
  } catch (error) {
    if (error instanceof ApiError) return [error.message, error.param, error.code]
    throw error
  }
  return []
}

test('parameters are refused in the words of OpenAI', () => {
  const cases: readonly (readonly [JsonObject, string, string, string])[] = [
    [{}, "Missing required parameter: 'model'.", 'model', 'missing_required_parameter'],
    [{ model: null }, "Missing required parameter: 'model'.", 'model', 'missing_required_parameter'],
    [{ model: 1 }, "Invalid type for 'model': expected a string, but got an integer instead.", 'model', 'invalid_type'],
    [{ model: 'm', x: 1 }, "Unknown parameter: 'x'.", 'x', 'unknown_parameter'],
    [{ model: 'm', n: 1.5 }, "Invalid type for 'n': expected an integer, but got a decimal instead.", 'n', 'invalid_type'],
    [
      { model: 'm', n: 0 },
      "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead.",
      'n',
      'integer_below_min_value',
    ],
    [
      { model: 'm', temperature: 3 },
      "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.",
      'temperature',
      'decimal_above_max_value',
    ],
    [{ model: 'm', stream: 'yes' }, "Invalid type for 'stream': expected a boolean, but got a string instead.", 'stream', 'invalid_type'],
    [{ model: 'm', role: 'x' }, "Invalid value: 'x'. Supported values are: 'user', 'tool', and 'system'.", 'role', 'invalid_value'],
    [
      { model: 'm', stop: 1 },
      "Invalid type for 'stop': expected one of a string or an array of strings, but got an integer instead.",
      'stop',
      'invalid_type',
    ],
    [{ model: 'm', stop: [1] }, "Invalid type for 'stop[0]': expected a string, but got an integer instead.", 'stop[0]', 'invalid_type'],
    [
      { model: 'm', stop: [] },
      "Invalid 'stop': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      'stop',
      'empty_array',
    ],
    [
      { model: 'm', items: 'x' },
      "Invalid type for 'items': expected an array of objects, but got a string instead.",
      'items',
      'invalid_type',
    ],
    [{ model: 'm', nested: {} }, "Missing required parameter: 'nested.inner'.", 'nested.inner', 'missing_required_parameter'],
    [{ model: 'm', nested: { inner: 1, y: 1 } }, "Unknown parameter: 'nested.y'.", 'nested.y', 'unknown_parameter'],
    [
      { model: 'm', metadata: { a: 1 } },
      "Invalid type for 'metadata.a': expected a string, but got an integer instead.",
      'metadata.a',
      'invalid_type',
    ],
  ]
  for (const [body, ...expected] of cases) assert.deepEqual(refusalOf(body), expected)
})

test('what is missing is said before what is unknown, and that before wrong types in the order of the parameters', () => {
  assert.equal(refusalOf({ unknown: 1, n: 'x' })[2], 'missing_required_parameter')
  assert.equal(refusalOf({ model: 1, unknown: 1 })[2], 'unknown_parameter')
  assert.equal(refusalOf({ n: 'x', model: 1 })[1], 'model')
})

test('form fields spell numbers and booleans, JSON does not', () => {
  assert.deepEqual(readShape(shape, { model: '12', n: '2', stream: 'true', nested: { inner: '7' } }, { isForm: true }), {
    model: '12',
    n: 2,
    stream: true,
    nested: { inner: 7 },
  })
  assert.equal(refusalOf({ model: 'm', n: '2' })[2], 'invalid_type')
})
