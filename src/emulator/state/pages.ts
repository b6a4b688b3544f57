// Cursor lists: `limit`, `order`, `after`, `before` in, `data`, `first_id`, `last_id`, `has_more` out.
import { ApiError, invalid, invalidType, invalidValue } from '../errors.ts'
import type { Query } from '../query.ts'
import type { Collection, Stored } from './objects.ts'

export type Order = 'asc' | 'desc'

export type PageQuery = {
  readonly limit: number
  readonly order: Order
  readonly after: string | undefined
  readonly before: string | undefined
}

/** What a list does when it is not told. */
export type PageDefaults = { readonly limit: number; readonly max: number; readonly order: Order }

/** The usual list: 20 at a time, at most 100, newest first. */
export const newestFirst: PageDefaults = { limit: 20, max: 100, order: 'desc' }
export const oldestFirst: PageDefaults = { limit: 20, max: 100, order: 'asc' }

export function readPageQuery(query: Query, defaults: PageDefaults): PageQuery {
  const order = query.get('order') ?? defaults.order
  if (order !== 'asc' && order !== 'desc') throw invalidValue('order', order, ['asc', 'desc'])
  return { limit: readLimit(query.get('limit'), defaults), order, after: query.get('after'), before: query.get('before') }
}

function readLimit(given: string | undefined, { limit, max }: PageDefaults): number {
  if (given === undefined) return limit
  const wanted = Number(given)
  if (!Number.isInteger(wanted)) throw invalidType('limit', 'an integer', given)
  if (wanted < 1)
    throw invalid(
      `Invalid 'limit': integer below minimum value. Expected a value >= 1, but got ${wanted} instead.`,
      'limit',
      'integer_below_min_value',
    )
  if (wanted > max)
    throw invalid(
      `Invalid 'limit': integer above maximum value. Expected a value <= ${max}, but got ${wanted} instead.`,
      'limit',
      'integer_above_max_value',
    )
  return wanted
}

export type Page<T> = {
  readonly object: 'list'
  readonly data: readonly T[]
  readonly first_id: string | null
  readonly last_id: string | null
  readonly has_more: boolean
}

export const pageOf = <T extends Stored>(data: readonly T[], hasMore: boolean): Page<T> => ({
  object: 'list',
  data,
  first_id: data[0]?.id ?? null,
  last_id: data.at(-1)?.id ?? null,
  has_more: hasMore,
})

type PageOptions<T> = {
  readonly parent?: string
  readonly where?: (object: T) => boolean
  /** What is thrown when `after` or `before` names nothing: a cursor that is not the caller's answers like one that never was. */
  readonly unknown: (id: string) => ApiError
}

/**
 * One page of a stored collection.
 * @example page(files, readPageQuery(call.query, newestFirst), { unknown: noSuchFile })
 */
export function page<T extends Stored>(from: Collection<T>, query: PageQuery, { parent = '', where, unknown }: PageOptions<T>): Page<T> {
  const cursor = query.before ?? query.after
  if (cursor !== undefined && from.position(cursor, parent) === undefined) throw atCursor(unknown(cursor), query)
  // `before` is the page that ends at the cursor: walk away from it against the order, then turn the page around.
  const isBackwards = query.before !== undefined
  const order = isBackwards ? opposite(query.order) : query.order
  const found: T[] = []
  for (const object of from.list({ parent, order, ...(cursor === undefined ? {} : { after: cursor }) })) {
    if (where !== undefined && !where(object)) continue
    found.push(object)
    if (found.length > query.limit) break
  }
  const hasMore = found.length > query.limit
  if (hasMore) found.pop()
  return pageOf(isBackwards ? found.toReversed() : found, hasMore)
}

/** The same for a list that is put together when it is asked for; `all` is in order of creation. */
export function pageOfArray<T extends Stored>(all: readonly T[], query: PageQuery, unknown: (id: string) => ApiError): Page<T> {
  const ordered = query.order === 'asc' ? all : all.toReversed()
  const cursor = query.before ?? query.after
  const at = cursor === undefined ? -1 : ordered.findIndex(({ id }) => id === cursor)
  if (cursor !== undefined && at === -1) throw atCursor(unknown(cursor), query)
  if (query.before !== undefined) return pageOf(ordered.slice(Math.max(0, at - query.limit), at), at > query.limit)
  return pageOf(ordered.slice(at + 1, at + 1 + query.limit), ordered.length > at + 1 + query.limit)
}

/** The words for an object that is not there, with the name of the parameter that named it. */
const atCursor = ({ status, message, type, code }: ApiError, { before }: PageQuery): ApiError =>
  new ApiError(status, message, { type, code, param: before === undefined ? 'after' : 'before' })

const opposite = (order: Order): Order => (order === 'asc' ? 'desc' : 'asc')
