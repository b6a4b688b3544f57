// One operation of a document, from a row of the catalog, a wrapper of the actions or a page of the relay.
import type { Field, Shape } from '../kernel/field.ts'
import type { Wrapper } from '../actions/wrappers.ts'
import { modelParams, type RequestKind, type ResponseKind } from '../catalog/endpoint.ts'
import { type CatalogEndpoint, type EndpointId } from '../catalog/index.ts'
import { bodies } from './bodies.ts'
import { exampleOf } from './examples.ts'
import { objectSchema, readFields, type Alternatives, type Schema } from './fields.ts'
import type { Page } from './pages.ts'
import { queries } from './queries.ts'

export type Operation = Readonly<Record<string, unknown>> & {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
}

const requestTypes: Readonly<Record<RequestKind, string>> = {
  json: 'application/json',
  multipart: 'multipart/form-data',
  sdp: 'application/sdp',
}
const pageTypes: Readonly<Record<Page['answer'], string>> = {
  json: 'application/json',
  text: 'text/plain',
  html: 'text/html',
  script: 'text/javascript',
}

/** What the upstream answers with 201; everything else is 200. */
const created: ReadonlySet<EndpointId> = new Set(['evals.create', 'evals.runs.create', 'realtime.calls.create'])

/** `vector_stores.files.list` -> `vectorStoresFilesList`. */
export const operationIdOf = (id: string): string => id.replace(/[._](\w)/g, (_, letter: string) => letter.toUpperCase())

export const familyOf = (id: string): string => id.split('.')[0] ?? ''

/** `full` says everything; `actions` says what ChatGPT can use: one type a parameter, no headers, no streams. */
export type Audience = 'full' | 'actions'

export function rowOperation(row: CatalogEndpoint, audience: Audience): Operation {
  const alternatives: Alternatives = audience === 'full' ? 'all' : 'one'
  const body = bodyOf(row, alternatives)
  return {
    operationId: operationIdOf(row.id),
    tags: [familyOf(row.id)],
    summary: row.summary,
    ...(row.status === 'deprecated' ? { deprecated: true } : {}),
    ...(audience === 'full'
      ? { 'x-relay-endpoint': row.id, 'x-relay-permission': row.permission, 'x-relay-actions': row.actions }
      : { 'x-openai-isConsequential': isConsequential([row]) }),
    ...parametersOf([
      ...pathParameters(row.path),
      ...queryParameters(readFields(queries[row.id] ?? '', alternatives)),
      ...(row.beta === null || audience === 'actions' ? [] : [betaHeader(row.beta)]),
    ]),
    ...(body === null ? {} : { requestBody: body }),
    responses: { [created.has(row.id) ? '201' : '200']: success(row, audience), ...errorAnswers(audience, body !== null) },
  }
}

export function wrapperOperation(wrapper: Wrapper, audience: Audience, called: readonly CatalogEndpoint[]): Operation {
  const query = Object.entries(wrapper.query).map(([name, field]) => ({
    name,
    in: 'query',
    description: field.description,
    schema: fieldSchema(field),
  }))
  return {
    operationId: wrapper.operationId,
    tags: ['actions'],
    summary: wrapper.summary,
    ...(audience === 'full'
      ? { 'x-relay-endpoint': wrapper.id, 'x-relay-calls': wrapper.calls }
      : { 'x-openai-isConsequential': wrapper.calls.length === 0 || isConsequential(called) }),
    ...parametersOf([...pathParameters(wrapper.path), ...query]),
    ...(wrapper.request === null
      ? {}
      : { requestBody: jsonBody(shapeSchema(wrapper.request), wrapper.request.required.length > 0, exampleOf(wrapper.id)) }),
    responses: {
      '200': { description: 'Done.', content: { 'application/json': { schema: shapeSchema(wrapper.answer) } } },
      ...errorAnswers(audience, wrapper.request !== null),
    },
  }
}

export function pageOperation(page: Page): Operation {
  const schema = page.answer === 'json' ? objectSchema({ properties: {}, required: [] }) : { type: 'string' }
  return {
    operationId: page.operationId,
    tags: ['relay'],
    summary: page.summary,
    security: [],
    responses: {
      '200': { description: 'The page.', content: { [pageTypes[page.answer]]: { schema } } },
      '4XX': { $ref: '#/components/responses/Error' },
    },
  }
}

/** Whether something is made or changed that stays, or jobs are started: ChatGPT asks its user first. Answers of models are not. */
const isConsequential = (rows: readonly CatalogEndpoint[]): boolean =>
  rows.some(({ method, pace }) => method !== 'GET' && pace !== 'generation')

const parametersOf = (parameters: readonly Schema[]): Schema => (parameters.length === 0 ? {} : { parameters })

function pathParameters(path: string): readonly Schema[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
    description: modelParams.has(name) ? 'Name of the model.' : `Id of the ${name.replace(/_id$/, '').replaceAll('_', ' ')}.`,
  }))
}

function queryParameters({ properties, required }: ReturnType<typeof readFields>): readonly Schema[] {
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    ...(required.includes(name) ? { required: true } : {}),
    ...(description === undefined ? {} : { description }),
    schema,
    // Pairs go as `metadata[key]=value`.
    ...(schema['type'] === 'object' ? { style: 'deepObject', explode: true } : {}),
  }))
}

const betaHeader = (value: string): Schema => ({
  name: 'OpenAI-Beta',
  in: 'header',
  required: true,
  description: 'Asked for by the upstream.',
  schema: { type: 'string', const: value },
})

function bodyOf(row: CatalogEndpoint, alternatives: Alternatives): Schema | null {
  if (row.request.length === 0) return null
  const fields = bodies[row.id as keyof typeof bodies] as Readonly<Partial<Record<RequestKind, string>>>
  const content = row.request.map((kind) => {
    const read = readFields(fields[kind] ?? '', alternatives)
    const example = kind === 'json' ? exampleOf(row.id) : undefined
    return {
      kind,
      isNeeded: read.required.length > 0 || kind === 'sdp',
      media: { schema: kind === 'sdp' ? { type: 'string' } : objectSchema(read), ...(example === undefined ? {} : { example }) },
    }
  })
  return {
    ...(content.some(({ isNeeded }) => isNeeded) ? { required: true } : {}),
    content: Object.fromEntries(content.map(({ kind, media }) => [requestTypes[kind], media])),
  }
}

function jsonBody(schema: Schema, isRequired: boolean, example: unknown): Schema {
  return {
    ...(isRequired ? { required: true } : {}),
    content: { 'application/json': { schema, ...(example === undefined ? {} : { example }) } },
  }
}

function success(row: CatalogEndpoint, audience: Audience): Schema {
  const types: Readonly<Record<Exclude<ResponseKind, 'empty'>, Schema>> = {
    json: { 'application/json': { schema: jsonAnswer(row, audience) } },
    sse: { 'text/event-stream': { schema: { type: 'string' } } },
    binary: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
    sdp: { 'application/sdp': { schema: { type: 'string' } } },
  }
  const kinds = row.response.filter((kind) => kind !== 'empty').filter((kind) => audience === 'full' || kind === 'json')
  return {
    description: 'Done.',
    ...(kinds.length === 0 ? {} : { content: Object.assign({}, ...kinds.map((kind) => types[kind])) as Schema }),
  }
}

function jsonAnswer(row: CatalogEndpoint, audience: Audience): Schema {
  const isList = row.id.endsWith('.list') || row.id.endsWith('.search')
  if (audience === 'full') return { $ref: `#/components/schemas/${isList ? 'List' : 'Object'}` }
  return isList ? listSchema : thingSchema
}

const text = { type: 'string' }

/** What every object of the API has. */
export const thingSchema: Schema = {
  type: 'object',
  description: 'An object of the API, as the upstream answers it.',
  additionalProperties: true,
  properties: {
    id: { ...text, description: 'Its id.' },
    object: { ...text, description: 'Its kind.' },
    status: { ...text, description: 'Its state, where it has one.' },
  },
}

export const listSchema: Schema = {
  type: 'object',
  description: 'A page of objects.',
  additionalProperties: true,
  required: ['data'],
  properties: {
    object: text,
    data: { type: 'array', items: { type: 'object', properties: { id: text }, additionalProperties: true } },
    has_more: { type: 'boolean', description: 'Whether there is another page.' },
    last_id: { type: ['string', 'null'], description: 'Send it as `after` for the next page.' },
  },
}

export const errorSchema: Schema = {
  type: 'object',
  description: 'Every error, of the relay and of the upstream.',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type'],
      properties: { message: text, type: text, param: { type: ['string', 'null'] }, code: { type: ['string', 'null'] } },
    },
  },
}

const said: Readonly<Record<string, string>> = {
  '400': 'The request is wrong.',
  '401': 'No relay token, or a wrong one.',
  '404': 'There is no such object.',
  '413': 'The body is too large.',
  '429': 'Too much at once.',
}

function errorAnswers(audience: Audience, hasBody: boolean): Schema {
  const statuses = ['400', '401', '404', ...(hasBody ? ['413'] : []), '429']
  const named = (name: string): Schema => ({ $ref: `#/components/responses/${name}` })
  if (audience === 'full')
    return { ...Object.fromEntries(statuses.map((status) => [status, named(`Error${status}`)])), default: named('Error') }
  return Object.fromEntries(statuses.map((status) => [status, errorAnswer(said[status] ?? '')]))
}

const errorAnswer = (description: string): Schema => ({
  description,
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
})

/** The error answers that operations of the full document name. */
export const errorResponses: Schema = {
  ...Object.fromEntries(Object.entries(said).map(([status, words]) => [`Error${status}`, errorAnswer(words)])),
  Error: errorAnswer('Any other error.'),
}

export function shapeSchema({ type, properties, required, additionalProperties }: Shape): Schema {
  return { type, properties: mapFields(properties), ...(required.length === 0 ? {} : { required }), additionalProperties }
}

/** `openai-file` is a format of ours: ChatGPT wants to read plain text there. */
export function fieldSchema(field: Field): Schema {
  const { type, description, format, items, properties, isNullable, example, ...rest } = field
  return {
    type: isNullable === true ? [type, 'null'] : type,
    description,
    ...rest,
    ...(format === undefined || format === 'openai-file' ? {} : { format }),
    ...(items === undefined ? {} : { items: fieldSchema(items) }),
    ...(properties === undefined ? {} : { properties: mapFields(properties) }),
    ...(example === undefined ? {} : { examples: [example] }),
  }
}

const mapFields = (fields: Readonly<Record<string, Field>>): Schema =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, fieldSchema(field)]))
