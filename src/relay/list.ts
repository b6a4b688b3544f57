// Answers a list from our own record: the upstream's list holds the objects of everybody on the account.
import { listingOf, type Listing, type ResourceKind } from '../catalog/kinds.ts'
import { Refusal } from '../kernel/errors.ts'
import type { Filter, ListPage, Listings } from '../ownership/listing.ts'
import { StoreUnavailable } from '../store/store.ts'
import { UpstreamFailure } from '../upstreams/wire/failure.ts'
import { hideAccountNames } from './account-names.ts'
import { ClientLeft } from './departure.ts'
import type { Outcome, Resolved } from './exchange.ts'
import { refusalOf } from './forward.ts'
import { answerOwn, type OwnAnswer } from './list-answer.ts'
import { mentionOf, missing } from './mention.ts'

/** The answer to a row that lists. @throws Refusal, ClientLeft */
export type List = (resolved: Resolved) => Promise<Outcome>

export type ListOptions = {
  readonly listings: Listings
  /** The list of models is the upstream's, with some left out. */
  readonly listModels: (resolved: Resolved, signal: AbortSignal) => Promise<OwnAnswer>
  /** Longest silence of the upstream that a list may meet. */
  readonly silenceMs: number
  readonly tick: () => number
}

export function createList({ listings, listModels, silenceMs, tick }: ListOptions): List {
  async function listOwn(resolved: Resolved, kind: ResourceKind, signal: AbortSignal): Promise<OwnAnswer> {
    const { upstreamQuery, owner, plan, params } = resolved
    const list = listingOf(kind)
    if (list === null) throw new Error(`${kind} has no list`)
    const query = new URLSearchParams(upstreamQuery)
    const order = readOrder(query, list)
    const limit = readLimit(query, list)
    const after = query.get('after')
    const before = list.hasBefore ? query.get('before') : null
    const page = await listings.page({ owner, kind, limit, order, after, before, filters: readFilters(query, list), signal })
    if (page.kind === 'page') return { status: 200, body: Buffer.from(bodyOf(page, list)) }
    const name = before === null ? 'after' : 'before'
    const [resource] = plan.queries.get(name) ?? []
    if (resource === undefined) throw new Error(`${kind} has no cursor`)
    throw missing(mentionOf(resource, page.id, name), params)
  }

  return async (resolved) => {
    const { departure, plan } = resolved
    if (plan.list === null) throw new Error(`${resolved.endpoint.id} lists nothing`)
    const left = new AbortController()
    departure.onLeave(() => left.abort())
    try {
      const made = plan.list === 'model' ? listModels(resolved, left.signal) : listOwn(resolved, plan.list, left.signal)
      return await answerOwn(resolved, hidden(resolved, await made), tick)
    } catch (error) {
      if (departure.hasLeft()) throw new ClientLeft()
      if (error instanceof StoreUnavailable) throw new Refusal('store_unavailable', {}, { cause: error, headers: ['Retry-After', '1'] })
      throw error instanceof UpstreamFailure ? refusalOf(error, silenceMs) : error
    }
  }
}

/** Objects of lists say whose they are upstream: with several tenants on the account that is nobody's business. */
function hidden({ label }: Resolved, { status, body }: OwnAnswer): OwnAnswer {
  return { status, body: label === null ? body : Buffer.from(hideAccountNames(body.toString('utf8'))) }
}

function bodyOf({ objects, hasMore }: Extract<ListPage, { kind: 'page' }>, { hasEnds }: Listing): string {
  const ends = hasEnds
    ? `"first_id":${JSON.stringify(objects[0]?.id ?? null)},"last_id":${JSON.stringify(objects.at(-1)?.id ?? null)},`
    : ''
  return `{"object":"list","data":[${objects.map(({ body }) => body).join(',')}],${ends}"has_more":${hasMore}}`
}

function readOrder(query: URLSearchParams, { hasOrder, defaultOrder }: Listing): 'asc' | 'desc' {
  const order = (hasOrder ? query.get('order') : null) ?? defaultOrder
  if (order === 'asc' || order === 'desc') return order
  throw said('invalid_value', `Invalid value: '${order}'. Supported values are: 'asc' and 'desc'.`, 'order')
}

function readLimit(query: URLSearchParams, { defaultLimit, maxLimit }: Listing): number {
  const given = query.get('limit')
  if (given === null) return defaultLimit
  const limit = Number(given)
  if (!Number.isInteger(limit))
    throw said('invalid_type', "Invalid type for 'limit': expected an integer, but got a string instead.", 'limit')
  if (limit < 1)
    throw said(
      'integer_below_min_value',
      `Invalid 'limit': integer below minimum value. Expected a value >= 1, but got ${limit} instead.`,
      'limit',
    )
  if (limit > maxLimit)
    throw said(
      'integer_above_max_value',
      `Invalid 'limit': integer above maximum value. Expected a value <= ${maxLimit}, but got ${limit} instead.`,
      'limit',
    )
  return limit
}

/** A refusal in the words the upstream has for the query of a list. */
const said = (code: string, message: string, param: string): Refusal =>
  new Refusal('invalid_value', { param, why: code }, { words: { status: 400, message, param, code } })

function readFilters(query: URLSearchParams, { filters, filterDefaults, hasMetadata }: Listing): readonly Filter[] {
  const named = Object.entries(filters).flatMap(([name, field]) => {
    const value = query.get(name) ?? filterDefaults[name] ?? null
    return value === null ? [] : [{ field, key: null, value, isModel: field === 'model' }]
  })
  if (!hasMetadata) return named
  const pairs = [...query].flatMap(([name, value]) => {
    const [, key] = /^metadata\[(.+)\]$/.exec(name) ?? []
    return key === undefined ? [] : [{ field: 'metadata', key, value, isModel: false }]
  })
  const isNull = query.get('metadata') === 'null'
  return [...named, ...pairs, ...(isNull ? [{ field: 'metadata', key: null, value: null, isModel: false }] : [])]
}
