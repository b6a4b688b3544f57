// GET /admin/openapi.json: the admin API, from its table. Apart from the document of the relay: another audience, other tokens.
import { inputsAt, type Operation as Row } from '../admin/operation.ts'
import { operations, type OperationId } from '../admin/operations.ts'
import { outputs } from '../admin/outputs.ts'
import type { Field } from '../kernel/field.ts'
import { version } from '../kernel/version.ts'
import { pathsOf, type Document } from './document.ts'
import type { Schema } from './fields.ts'
import { errorSchema, fieldSchema, operationIdOf, shapeSchema, type Operation } from './operation.ts'

/** Where it is served. */
export const adminDocumentPath = '/admin/openapi.json'

/** By the first part of the ids, the words of its tag. */
const nouns: Readonly<Record<OperationId extends `${infer Noun}.${string}` ? Noun : never, string>> = {
  tenants: 'Teams that share the relay: each sees only what is its own.',
  projects: 'Parts of a tenant, with objects of their own.',
  tokens: 'What clients send.',
  members: 'The people of a tenant.',
  accounts: 'Upstream accounts: keys of their own for tenants and projects.',
  shares: 'Objects that other projects of a tenant may read.',
  objects: 'Objects that were on an account before the relay.',
  audit: 'What was changed, when and by whom.',
  admin_tokens: 'Tokens of this API.',
}

const said: Readonly<Record<string, string>> = {
  '400': 'Something in the request is wrong; `param` says what.',
  '401': 'No admin token, or a wrong one.',
  '404': 'Nothing has that name or id.',
  '409': 'The name is taken, or something else needs it.',
  '413': 'The body is larger than 64 KiB.',
  '415': 'The body is no JSON.',
}
const withBody: ReadonlySet<string> = new Set(['413', '415'])

/** @param serverUrl where operators reach the relay, without `/v1` */
export function adminDocument(serverUrl: string): Document {
  const rows: readonly Row[] = operations
  return {
    openapi: '3.1.0',
    info: {
      title: 'Relay (admin)',
      version: version(),
      license: { name: 'MIT', identifier: 'MIT' },
      description:
        'Tenants and what belongs to them. Wherever something is named, its name or its id will do. Every change is a row of the audit.',
    },
    servers: [{ url: serverUrl }],
    security: [{ adminToken: [] }],
    tags: Object.entries(nouns).map(([name, description]) => ({ name, description })),
    paths: pathsOf(rows.map((row) => [row.method, row.path, operationOf(row)] as const)),
    components: {
      securitySchemes: { adminToken: { type: 'http', scheme: 'bearer', description: 'A token made by `relay admin-token create`.' } },
      schemas: {
        ...Object.fromEntries(Object.entries(outputs).map(([name, { shape }]) => [schemaName(name), shapeSchema(shape)])),
        Error: errorSchema,
      },
      responses: {
        ...Object.fromEntries(Object.entries(said).map(([status, words]) => [`Error${status}`, errorAnswer(words)])),
        Error: errorAnswer('Any other error.'),
      },
    },
  }
}

function operationOf(row: Row): Operation {
  const parameters = [...parametersAt(row, 'path'), ...parametersAt(row, 'query')]
  const body = inputsAt(row, 'body')
  const takesBody = Object.keys(body.properties).length > 0
  return {
    operationId: operationIdOf(row.id),
    tags: [row.id.split('.')[0] ?? ''],
    summary: row.summary,
    'x-relay-command': `relay ${row.command}`,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(takesBody
      ? {
          requestBody: {
            ...(body.required.length === 0 ? {} : { required: true }),
            content: { 'application/json': { schema: shapeSchema(body), example: exampleOf(body.properties) } },
          },
        }
      : {}),
    responses: {
      '200': { description: 'Done.', content: { 'application/json': { schema: answerOf(row) } } },
      ...Object.fromEntries(
        Object.keys(said)
          .filter((status) => takesBody || !withBody.has(status))
          .map((status) => [status, { $ref: `#/components/responses/Error${status}` }]),
      ),
      default: { $ref: '#/components/responses/Error' },
    },
  }
}

const parametersAt = (row: Row, place: 'path' | 'query'): readonly Schema[] => {
  const { properties, required } = inputsAt(row, place)
  return Object.entries(properties).map(([name, field]) => {
    const { description, examples, ...schema } = fieldSchema(field)
    const [example] = examples as readonly unknown[]
    return { name, in: place, ...(required.includes(name) ? { required: true } : {}), description, example, schema }
  })
}

const exampleOf = (properties: Readonly<Record<string, Field>>): Schema =>
  Object.fromEntries(Object.entries(properties).map(([name, { example }]) => [name, example]))

function answerOf({ output, answers }: Row): Schema {
  const one = { $ref: `#/components/schemas/${schemaName(output)}` }
  if (answers === 'one') return one
  return {
    type: 'object',
    required: ['object', 'data', 'hasMore'],
    properties: {
      object: { type: 'string', const: 'list' },
      data: { type: 'array', items: one },
      hasMore: { type: 'boolean', description: 'Whether there is another page.' },
    },
    additionalProperties: false,
  }
}

const schemaName = (output: string): string => `${output.charAt(0).toUpperCase()}${output.slice(1)}`

const errorAnswer = (description: string): Schema => ({
  description,
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
})
