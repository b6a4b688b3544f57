// Paths of inner calls, built from the row and checked values: what a caller writes never becomes part of a path unread.
import type { EndpointId } from '../catalog/index.ts'
import { catalog } from '../catalog/index.ts'
import type { Endpoint } from '../catalog/endpoint.ts'
import { invalid } from '../kernel/shape.ts'

const rows: ReadonlyMap<string, Endpoint> = new Map(catalog.map((row) => [row.id, row]))

export function rowOf(id: EndpointId): Endpoint {
  const row = rows.get(id)
  if (row === undefined) throw new Error(`no row ${id}`)
  return row
}

/** Unreserved characters (RFC 3986 2.3): one spelling each, to every reader. Every id of OpenAI's is made of them. */
const plainId = /^(?!\.{1,2}$)[A-Za-z0-9._~-]{1,512}$/

/** @throws Refusal invalid_value */
export function pathOf(row: Endpoint, params: Readonly<Record<string, string>>): string {
  return row.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name] ?? ''
    if (!plainId.test(value)) throw invalid(name, 'it is no id')
    return value
  })
}
