// The reduction behind openai-schemas.ts: OpenAPI 3.1 with OpenAI's habits in, plain JSON Schema 2020-12 out.
import type { Endpoint } from '../../src/catalog/endpoint.ts'

export type Schema = { readonly [keyword: string]: unknown }

/** The schema of an answer by status and content type; `null` where the document names a content type without a schema. */
export type Answers = Readonly<Record<string, Readonly<Record<string, Schema | null>>>>

export type Reduced = {
  readonly version: string
  /** By `METHOD path` of the row. */
  readonly operations: Readonly<Record<string, Answers>>
  readonly schemas: Readonly<Record<string, Schema>>
}

const componentPrefix = '#/components/schemas/'

/** What neither accepts nor refuses a value, and the vendor's own keywords. */
const prose: ReadonlySet<string> = new Set([
  'description',
  'title',
  'example',
  'examples',
  'default',
  'deprecated',
  'discriminator',
  'format',
  'nullable',
  'optional',
  'min_items',
  'max_items',
  'readOnly',
  'writeOnly',
  'externalDocs',
  '$recursiveAnchor',
])

/** Keywords that hold one schema, a list of them, and a record of them. */
const single: ReadonlySet<string> = new Set(['items', 'additionalProperties', 'not', 'propertyNames', 'contains'])
const listed: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems'])

export function reduce(document: unknown, rows: readonly Endpoint[]): Reduced {
  const { info, paths, components } = document as {
    readonly info: { readonly version: string }
    readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses?: Readonly<Record<string, unknown>> }>>>>
    readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
  }
  const byShape = new Map(Object.entries(paths).map(([path, operations]) => [shapeOf(`/v1${path}`), operations]))
  const operations: Record<string, Answers> = {}
  for (const row of rows) {
    const operation = byShape.get(shapeOf(row.path))?.[row.method.toLowerCase()]
    if (operation !== undefined && row.transport === 'http') operations[`${row.method} ${row.path}`] = answersOf(operation.responses ?? {})
  }
  const schemas: Record<string, Schema> = {}
  const need = (value: unknown): void => {
    for (const name of referencesIn(value)) {
      const schema = components.schemas[name]
      if (name in schemas || schema === undefined) continue
      schemas[name] = plain(schema, name)
      need(schemas[name])
    }
  }
  need(operations)
  return { version: info.version, operations, schemas }
}

function answersOf(responses: Readonly<Record<string, unknown>>): Answers {
  const successes = Object.entries(responses).filter(([status]) => status.startsWith('2'))
  return Object.fromEntries(
    successes.map(([status, response]) => {
      const { content = {} } = response as { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> }
      return [
        status,
        Object.fromEntries(Object.entries(content).map(([type, { schema }]) => [type, schema === undefined ? null : plain(schema, '')])),
      ]
    }),
  )
}

/** One schema without prose; `owner` is the component a `$recursiveRef` inside it leads back to. */
function plain(schema: Schema, owner: string): Schema {
  const kept: Record<string, unknown> = {}
  for (const [keyword, value] of Object.entries(schema)) {
    if (prose.has(keyword) || keyword.startsWith('x-')) continue
    if (keyword === '$recursiveRef') kept['$ref'] = componentPrefix + owner
    else if (keyword === 'properties') {
      kept[keyword] = Object.fromEntries(Object.entries(value as Record<string, Schema>).map(([name, each]) => [name, plain(each, owner)]))
      // "One of" is written for unions whose members overlap, so that a right answer fits two.
    } else if (listed.has(keyword)) kept[keyword === 'oneOf' ? 'anyOf' : keyword] = (value as Schema[]).map((each) => plain(each, owner))
    else if (single.has(keyword) && typeof value === 'object') kept[keyword] = plain(value as Schema, owner)
    // Some of it is still written in the dialect of OpenAPI 3.0.
    else if (keyword === 'exclusiveMinimum' && value === true) {
      kept['exclusiveMinimum'] = schema['minimum']
    } else kept[keyword] = value
  }
  return schema['nullable'] === true ? { anyOf: [kept, { type: 'null' }] } : kept
}

function* referencesIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) {
    if (key === '$ref' && typeof inner === 'string') yield inner.slice(componentPrefix.length)
    else yield* referencesIn(inner)
  }
}

/** A path whatever it calls its parameters. */
const shapeOf = (path: string): string => path.replaceAll(/\{[^}]+\}/g, '{}')
