// GET /openapi.actions.json: what a GPT builder gives to ChatGPT. The rows the catalog calls direct, and the wrappers; all within
// the limits ChatGPT has (OpenAI, "GPT Actions: production notes"), which a test and `relay check` hold it to.
import { wrappers } from '../actions/wrappers.ts'
import { catalog, type CatalogEndpoint } from '../catalog/index.ts'
import { version } from '../kernel/version.ts'
import { bearer, pathsOf, rowsOf, type Document } from './document.ts'
import { errorSchema, familyOf, rowOperation, wrapperOperation } from './operation.ts'
import { familyWords, type Family } from './words.ts'

/** @param serverUrl where ChatGPT reaches the relay, without `/v1`; it calls https addresses only */
export function actionsDocument(serverUrl: string): Document {
  const rows: readonly CatalogEndpoint[] = catalog
  const direct = rows.filter(({ actions }) => actions === 'direct')
  const families = [...new Set(direct.map(({ id }) => familyOf(id)))] as Family[]
  return {
    openapi: '3.1.0',
    info: {
      title: 'Relay (Actions)',
      version: version(),
      license: { name: 'MIT', identifier: 'MIT' },
      description:
        'Files, batches, images, videos, audio, vector stores and responses. relayProxy reaches every other operation that speaks JSON.',
    },
    servers: [{ url: serverUrl }],
    security: [{ relayToken: [] }],
    tags: [
      ...families.map((name) => ({ name, description: familyWords[name] })),
      { name: 'actions', description: 'Operations made for ChatGPT: JSON both ways.' },
    ],
    paths: pathsOf([
      ...direct.map((row) => [row.method, row.path, rowOperation(row, 'actions')] as const),
      // A colon in a path is no place ChatGPT finds its way to.
      ...wrappers
        .filter(({ path }) => !path.includes(':'))
        .map((wrapper) => [wrapper.method, wrapper.path, wrapperOperation(wrapper, 'actions', rowsOf(wrapper))] as const),
    ]),
    components: { securitySchemes: bearer, schemas: { Error: errorSchema } },
  }
}
