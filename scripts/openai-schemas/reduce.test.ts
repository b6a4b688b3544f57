// What the reduction keeps of a document and what it leaves, on one small enough to be read at a glance.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Endpoint } from '../../src/catalog/endpoint.ts'
import { catalog } from '../../src/catalog/index.ts'
import { reduce } from './reduce.ts'

const row = (method: Endpoint['method'], path: Endpoint['path']): Endpoint => ({ ...catalog[0], transport: 'http', method, path })

const document = {
  info: { version: '9.9.9' },
  paths: {
    '/things/{id}': {
      get: {
        responses: {
          200: { description: 'Yes.', content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } } },
          404: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Unused' } } } },
        },
      },
    },
    '/others': { get: { responses: { 200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Unused' } } } } } } },
  },
  components: {
    schemas: {
      Thing: {
        type: 'object',
        description: 'A thing.',
        example: { $ref: 'no reference' },
        'x-vendor': true,
        required: ['title'],
        properties: {
          title: { type: 'string', nullable: true, title: 'prose' },
          size: { type: 'number', minimum: 0, exclusiveMinimum: true },
          parts: { type: 'array', items: { oneOf: [{ $ref: '#/components/schemas/Part' }, { $recursiveRef: '#' }] } },
        },
      },
      Part: { type: 'string', enum: ['a'], default: 'a' },
      Unused: { type: 'string' },
    },
  },
}

test('the answers of the rows and what they need are kept, in the dialect of today, without prose', () => {
  assert.deepEqual(reduce(document, [row('GET', '/v1/things/{thing_id}'), row('DELETE', '/v1/things/{thing_id}')]), {
    version: '9.9.9',
    operations: { 'GET /v1/things/{thing_id}': { 200: { 'application/json': { $ref: '#/components/schemas/Thing' } } } },
    schemas: {
      Thing: {
        type: 'object',
        required: ['title'],
        properties: {
          title: { anyOf: [{ type: 'string' }, { type: 'null' }] },
          size: { type: 'number', minimum: 0, exclusiveMinimum: 0 },
          parts: { type: 'array', items: { anyOf: [{ $ref: '#/components/schemas/Part' }, { $ref: '#/components/schemas/Thing' }] } },
        },
      },
      Part: { type: 'string', enum: ['a'] },
    },
  })
})
