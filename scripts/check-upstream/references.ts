// Compares the places where ids stand, as the rows name them, with a list of them: `{ kind: { field path: [operations] } }`.
import type { Endpoint } from '../../src/catalog/endpoint.ts'

export type ReferenceComparison = {
  /** `POST /v1/videos body.input_reference.file_id`: a place that no row checks. */
  readonly missing: readonly string[]
  /** Fields and operations of the list that were compared. */
  readonly places: number
  /** Those that are no ids, with the reason. */
  readonly meant: ReadonlyMap<string, number>
}

/** Fields that look like ids and name nothing that anybody owns. */
const publicFields: readonly { readonly name: string; readonly reason: string }[] = ['call_id', 'tool_call_id'].map((name) => ({
  name,
  reason: `${name}: pairs a call with its output, within one request or below a path that is checked; another's reaches nothing`,
}))

/** @throws TypeError when the text is no such list */
export function compareReferences(text: string, rows: readonly Endpoint[]): ReferenceComparison {
  const byShape = new Map(rows.filter(({ transport }) => transport === 'http').map((row) => [shape(`${row.method} ${row.path}`), row]))
  const missing: string[] = []
  const meant = new Map<string, number>()
  let places = 0
  for (const { field, operation } of parse(text)) {
    places++
    const name = field.replaceAll('[]', '')
    const free = publicFields.find((each) => name === each.name || name.endsWith(`.${each.name}`))
    if (free !== undefined) {
      meant.set(free.reason, (meant.get(free.reason) ?? 0) + 1)
      continue
    }
    const row = byShape.get(shape(operation))
    if (row === undefined || !row.resources.some(({ act, at }) => act === 'use' && standsAt(at, name)))
      missing.push(`${operation} ${field}`)
  }
  return { missing, places, meant }
}

const standsAt = (at: string, name: string): boolean => ['body', 'form', 'query'].some((place) => at === `${place}.${name}`)

function parse(text: string): readonly { readonly field: string; readonly operation: string }[] {
  return entries(JSON.parse(text)).flatMap(([, fields]) =>
    entries(fields).flatMap(([field, operations]) => {
      if (!Array.isArray(operations)) throw new TypeError(`The operations of ${field} must be an array.`)
      return operations.map((operation) => ({ field, operation: normal(String(operation)) }))
    }),
  )
}

function entries(value: unknown): readonly (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('The list of ids must be a JSON object.')
  return Object.entries(value)
}

/** `POST /images/edits (JSON body)` and `POST /responses?beta=true` are the rows without what follows the path. */
function normal(operation: string): string {
  const [method = '', path = ''] = operation.split(' ')
  const plain = path.replace(/\?.*$/, '')
  return `${method} ${plain.startsWith('/v1/') ? plain : `/v1${plain}`}`
}

const shape = (operation: string): string => operation.replaceAll(/\{[^}]*\}/g, '{}')
