// GET /openapi.json: everything the relay carries, from the tables. Sockets have no place in OpenAPI and are left out.
import { wrappers, type Wrapper } from '../actions/wrappers.ts'
import { catalog, type CatalogEndpoint } from '../catalog/index.ts'
import { version } from '../kernel/version.ts'
import type { Schema } from './fields.ts'
import {
  errorResponses,
  errorSchema,
  familyOf,
  listSchema,
  pageOperation,
  rowOperation,
  thingSchema,
  wrapperOperation,
  type Operation,
} from './operation.ts'
import { pages } from './pages.ts'
import { familyWords } from './words.ts'

export type Document = Readonly<Record<string, unknown>>

export const rowsById: ReadonlyMap<string, CatalogEndpoint> = new Map(catalog.map((row) => [row.id, row]))

/** The calls of a wrapper as rows. */
export const rowsOf = (wrapper: Wrapper): readonly CatalogEndpoint[] => wrapper.calls.flatMap((id) => rowsById.get(id) ?? [])

/** Operations at their places; two of one method and path would be a mistake of the tables. */
export function pathsOf(operations: readonly (readonly [method: string, path: string, operation: Operation])[]): Schema {
  const paths: Record<string, Record<string, Operation>> = {}
  for (const [method, path, operation] of operations) {
    const item = (paths[path] ??= {})
    const name = method.toLowerCase()
    if (name in item) throw new Error(`two operations at ${method} ${path}`)
    item[name] = operation
  }
  return paths
}

export const bearer: Schema = { relayToken: { type: 'http', scheme: 'bearer', description: 'A token of this relay.' } }

/** @param serverUrl where clients reach the relay, without `/v1` */
export function fullDocument(serverUrl: string): Document {
  const rows: readonly CatalogEndpoint[] = catalog
  const carried = rows.filter((row) => row.transport === 'http')
  const families = [...new Set(carried.map(({ id }) => familyOf(id)))] as (keyof typeof familyWords)[]
  return {
    openapi: '3.1.0',
    info: {
      title: 'Relay',
      version: version(),
      license: { name: 'MIT', identifier: 'MIT' },
      description: 'The OpenAI API behind tokens of your own. Requests are carried as they come, answers as the upstream gives them.',
    },
    servers: [{ url: serverUrl }],
    security: [{ relayToken: [] }],
    tags: [
      ...families.map((name) => ({ name, description: familyWords[name] })),
      { name: 'actions', description: 'Operations made for ChatGPT Actions: JSON both ways, whatever the API itself speaks.' },
      { name: 'relay', description: 'The relay itself. No token is needed.' },
    ],
    paths: pathsOf([
      ...carried.map((row) => [row.method, row.path, rowOperation(row, 'full')] as const),
      ...wrappers.map((wrapper) => [wrapper.method, wrapper.path, wrapperOperation(wrapper, 'full', rowsOf(wrapper))] as const),
      ...Object.values(pages).map((page) => ['GET', page.path, pageOperation(page)] as const),
    ]),
    components: {
      securitySchemes: bearer,
      schemas: { Object: thingSchema, List: listSchema, Error: errorSchema },
      responses: errorResponses,
    },
  }
}
