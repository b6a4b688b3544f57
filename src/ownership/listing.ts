// A page of a list, made of our own record: exactly the objects of one project, and those shared with it, whatever else is on
// the account.
import { kinds, type Kind, type ResourceKind } from '../catalog/kinds.ts'
import type { Clock } from '../kernel/clock.ts'
import type { TenantId } from '../kernel/ids.ts'
import type { Store } from '../store/store.ts'
import { createCatchUp } from './listing-home.ts'
import { createRefresh, type Budget } from './listing-refresh.ts'
import {
  type ListedRow,
  type News,
  type Order,
  type Position,
  positionOf,
  rowsBehind,
  type Selection,
  startOf,
  untoldRows,
  writeNews,
} from './listing-rows.ts'
import type { Owner } from './ownership.ts'
import { facetText, fieldOf, isSnapshot, parsedObject } from './told.ts'
import type { AskUpstream, RecordTold } from './upstream.ts'

/** What keeps an object in the list. */
export type Filter = {
  /** A field of the object, dotted. */
  readonly field: string
  /** Of an object in that field (metadata), the key that is meant. */
  readonly key: string | null
  /** Null: the field holds nothing. */
  readonly value: string | null
  /** The value of a model also stands for its dated snapshots. */
  readonly isModel: boolean
}

export type PageRequest = {
  readonly owner: Owner
  readonly kind: ResourceKind
  readonly limit: number
  readonly order: Order
  /** The page behind this id, or the one that ends before it. */
  readonly after: string | null
  readonly before: string | null
  readonly filters: readonly Filter[]
  /** Aborts when nobody waits for the page any more. */
  readonly signal: AbortSignal
}

export type Listed = { readonly id: string; readonly body: string }

export type ListPage =
  | { readonly kind: 'page'; readonly objects: readonly Listed[]; readonly hasMore: boolean }
  /** The cursor names nothing in this list. */
  | { readonly kind: 'missing'; readonly id: string }

export type Listings = {
  /**
   * @throws StoreUnavailable; what `ask` throws when an object was never told and the upstream cannot be reached; the reason of
   * the signal
   */
  readonly page: (request: PageRequest) => Promise<ListPage>
}

export type ListingOptions = {
  readonly store: Store
  readonly ask: AskUpstream
  readonly recordTold: RecordTold
  readonly clock: Clock
  readonly home: () => TenantId | null
  /** All the time a page has for its questions to the upstream. */
  readonly refreshMs: number
  readonly onError: (error: unknown) => void
}

/** Questions to the upstream that one page may ask. */
const maxAsks = 100
/** Rows read at a time where a filter leaves some out. */
const filteredRows = 200
const youngMs = 60_000

export function createListings(options: ListingOptions): Listings {
  const { store, recordTold, clock, refreshMs, onError } = options
  const refresh = createRefresh(options)
  const catchUp = createCatchUp(options)

  /** Rows that stay in the list after a second look. */
  async function current(rows: readonly ListedRow[], budget: Budget): Promise<readonly ListedRow[]> {
    const news = await refresh.look(rows, budget)
    if (news.size === 0) return rows
    const told = [...news.values()]
    await recordBirths(told)
    // Telling the tenant is what matters: the database hears of it next time if not now.
    await writeNews(store, certain(told), clock.now()).catch(onError)
    return rows.flatMap((row) => {
      const known = news.get(row.seq)
      if (known === undefined) return [row]
      return known.body === null ? [] : [{ ...row, body: known.body }]
    })
  }

  async function tell(rows: readonly ListedRow[], budget: Budget): Promise<void> {
    const told = await refresh.tell(rows, budget)
    await recordBirths(told)
    await writeNews(store, certain(told), clock.now())
  }

  /** Before anybody is shown the ids in them. */
  async function recordBirths(told: readonly News[]): Promise<void> {
    for (const { row, body } of told) if (body !== null) await recordTold(row.owner, row.account, row.kind, [body])
  }

  /** What is worth writing. A question that follows the create too closely may miss the object: such a one is not gone for good. */
  const certain = (news: readonly News[]): readonly News[] =>
    news.filter(({ row, body }) => (body === null ? clock.now() - row.createdAt > youngMs : body !== row.body))

  return {
    async page(request) {
      const { owner, kind, limit, filters } = request
      const budget: Budget = { asks: maxAsks, signal: AbortSignal.any([request.signal, AbortSignal.timeout(refreshMs)]) }
      await catchUp(owner, kind)
      const cursor = request.before ?? request.after
      // The page before a cursor is the one behind it in the other direction, turned around.
      const isBackwards = request.before !== null
      const order: Order = (request.order === 'asc') === isBackwards ? 'desc' : 'asc'
      const selection: Selection = { project: owner.project, kind, order, facet: facetIn(kind, filters) }
      const facet = facetField(kind)
      const chunk = filters.every((each) => isOf(each, facet)) ? 0 : filteredRows
      // Both are asked for at once: a first page then waits for the database one time.
      const [untold, start, ahead] = await Promise.all([
        untoldRows(store, owner.project, kind, maxAsks),
        cursor === null ? startOf(order) : positionOf(store, selection, cursor),
        cursor === null ? rowsBehind(store, selection, startOf(order), Math.max(limit + 1, chunk)) : null,
      ])
      if (start === null) return { kind: 'missing', id: cursor ?? '' }
      if (untold.length > 0) await tell(untold, budget)
      // What was just told belongs into the page.
      let early = untold.length > 0 ? null : ahead
      let position: Position | null = start

      const found: ListedRow[] = []
      while (position !== null && found.length <= limit) {
        // Nobody waits any more: a search over a million objects would go on for seconds.
        request.signal.throwIfAborted()
        const wanted = Math.max(limit + 1 - found.length, chunk)
        const rows: readonly ListedRow[] = early ?? (await rowsBehind(store, selection, position, wanted))
        early = null
        const last = rows.at(-1)
        position = last === undefined || rows.length < wanted ? null : last
        const matching = rows.filter((row) => matches(row, filters)).slice(0, limit + 1 - found.length)
        const lastMatching = matching.at(-1)
        if (found.length + matching.length > limit && lastMatching !== undefined) position = lastMatching
        found.push(...(await current(matching, budget)).filter((row) => matches(row, filters)))
        // A long search lets others have their turn.
        if (matching.length < rows.length) await new Promise((resolve) => setImmediate(resolve))
      }
      const objects = found.slice(0, limit)
      return { kind: 'page', objects: isBackwards ? objects.toReversed() : objects, hasMore: found.length > limit }
    },
  }
}

const facetField = (kind: ResourceKind): string | null => (kinds[kind] as Kind).facet ?? null

/** The filter that the database applies. */
function facetIn(kind: ResourceKind, filters: readonly Filter[]): string | null {
  const field = facetField(kind)
  const value = field === null ? null : (filters.find((each) => isOf(each, field))?.value ?? null)
  return value === null ? null : facetText(value)
}

const isOf = ({ field, key, value, isModel }: Filter, facet: string | null): boolean =>
  field === facet && key === null && value !== null && !isModel

function matches({ body }: ListedRow, filters: readonly Filter[]): boolean {
  if (filters.length === 0) return true
  const object = parsedObject(body)
  return filters.every(({ field, key, value, isModel }) => {
    const told = fieldOf(object, field)
    const own = key === null ? told : ownValue(told, key)
    return own === value || (isModel && value !== null && isSnapshot(own, value))
  })
}

const ownValue = (object: unknown, key: string): unknown =>
  typeof object === 'object' && object !== null && Object.hasOwn(object, key)
    ? (object as Readonly<Record<string, unknown>>)[key]
    : undefined
