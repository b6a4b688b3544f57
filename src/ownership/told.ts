// What an object says of itself, as the upstream told it: the two facts that lists are ordered and filtered by.
import { kinds, type Kind, type ResourceKind } from '../catalog/kinds.ts'

/** Facets are texts of tenants, and Postgres indexes no more than a few thousand bytes: those that begin alike are told apart by the whole field. */
export const facetText = (value: string): string => value.slice(0, 256)

/** What most lists of the kind filter by, read out of the body so that the database can. */
export function facetOf(kind: ResourceKind, body: string | null): string | null {
  const { facet }: Kind = kinds[kind]
  if (facet === undefined || body === null) return null
  const value = fieldOf(parsedObject(body), facet)
  return typeof value === 'string' ? facetText(value) : null
}

/** Seconds in OpenAI's objects; ours are ms. Null where the object does not say. */
export function createdAtOf(body: string | null): number | null {
  if (body === null) return null
  const object = parsedObject(body)
  const value = fieldOf(object, 'created_at') ?? fieldOf(object, 'created')
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value < 1e11 ? value * 1000 : null
}

/** @param path dotted */
export function fieldOf(object: unknown, path: string): unknown {
  let value = object
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[name]
  }
  return value
}

/** Null for what is no JSON. */
export function parsedObject(body: string): unknown {
  try {
    return JSON.parse(body) as unknown
  } catch {
    return null
  }
}

/** Whether a model is a dated one of a name: `gpt-5-2025-08-07` of `gpt-5`. */
export const isSnapshot = (model: unknown, name: string): boolean =>
  typeof model === 'string' && model.startsWith(name) && /^-\d{4}-\d{2}-\d{2}$/.test(model.slice(name.length))
