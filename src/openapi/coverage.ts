// How ChatGPT reaches each row, in words: the table of `relay coverage`.
import { wrappers } from '../actions/wrappers.ts'
import { jsonObstacle, jsonObstacles } from '../catalog/actions.ts'
import type { ActionsBucket } from '../catalog/endpoint.ts'
import { catalog, type CatalogEndpoint, type EndpointId } from '../catalog/index.ts'

export type Covered = {
  readonly id: EndpointId
  readonly method: string
  readonly path: string
  readonly bucket: ActionsBucket
  /** The operations that lead to it, or why none does. */
  readonly how: string
}

export function coverage(): readonly Covered[] {
  const rows: readonly CatalogEndpoint[] = catalog
  return rows.map((row) => ({
    id: row.id,
    method: row.transport === 'socket' ? 'SOCKET' : row.method,
    path: row.path,
    bucket: row.actions,
    how: howOf(row),
  }))
}

function howOf(row: CatalogEndpoint): string {
  switch (row.actions) {
    case 'direct':
      return 'as it is'
    case 'wrapped':
      return wrappersOf(row.id)
        .map(({ method, path }) => `${method} ${path}`)
        .join(', ')
    case 'proxied':
      return 'POST /v1/proxy'
    case 'never': {
      const obstacle = jsonObstacle(row)
      return obstacle === null ? '' : jsonObstacles[obstacle]
    }
  }
}

/** The wrappers that call a row. */
export const wrappersOf = (id: EndpointId): readonly (typeof wrappers)[number][] =>
  wrappers.filter(({ calls }) => (calls as readonly EndpointId[]).includes(id))
