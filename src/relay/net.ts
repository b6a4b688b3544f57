// The safety net below all rows: names that mean an id wherever they stand in a request, also where no row has them.
import type { Resource } from '../catalog/endpoint.ts'
import { referenceKeys } from '../catalog/references.ts'

export const net: ReadonlyMap<string, Resource> = new Map(
  [...referenceKeys].map(([key, kind]) => [key, { act: 'use', kind, at: `body.**.${key}` }]),
)
