// What ownership asks of an upstream: the object of an id, the deletion of one, and the upstream's own list, newest first.
import type { Endpoint } from '../catalog/endpoint.ts'
import { catalog } from '../catalog/index.ts'
import { listingOf, type ResourceKind } from '../catalog/kinds.ts'
import { elementsOf } from '../kernel/json-elements.ts'
import type { AccountId } from '../kernel/ids.ts'
import type { Owner } from './ownership.ts'
import { createdAtOf, fieldOf, parsedObject } from './told.ts'

export type UpstreamQuestion = {
  readonly method: 'GET' | 'DELETE'
  /** Below `/v1`. */
  readonly path: string
  /** The `OpenAI-Beta` value the row asks for. */
  readonly beta: Endpoint['beta']
  readonly signal: AbortSignal
}

/**
 * Asks an account and holds the whole answer, whatever its status.
 * @throws when no whole answer came, or the signal aborted
 */
export type AskUpstream = (account: AccountId, question: UpstreamQuestion) => Promise<{ readonly status: number; readonly body: Buffer }>

/**
 * Records the ids that are born in what was told of objects, for the owner of those objects; what is somebody else's stays so.
 * @throws StoreUnavailable
 */
export type RecordTold = (owner: Owner, account: AccountId, kind: ResourceKind, texts: readonly string[]) => Promise<void>

/** An object as the upstream told it. `createdAt` is null where it does not say. */
export type Told = { readonly id: string; readonly createdAt: number | null; readonly text: string }

/** The upstream answered something else than what was asked for. */
export class UnusableAnswer extends Error {
  override readonly name = 'UnusableAnswer'
  readonly status: number

  constructor(status: number) {
    super(`the upstream answered with status ${status}`)
    this.status = status
  }
}

type Placed = { readonly id: string; readonly parent: string | null }

/** @returns null where no row of the catalog names one object of the kind, or the id cannot stand in a path */
export const retrieval = (kind: ResourceKind, placed: Placed): Omit<UpstreamQuestion, 'signal'> | null =>
  question(rowsOf(kind).retrieve, placed)

/** @returns null where no row of the catalog deletes one */
export const deletion = (kind: ResourceKind, placed: Placed): Omit<UpstreamQuestion, 'signal'> | null =>
  question(rowsOf(kind).remove, placed)

/** The row whose answer is one object of the kind. */
export const retrieveRow = (kind: ResourceKind): Endpoint | null => rowsOf(kind).retrieve
export const canBeRetrieved = (kind: ResourceKind): boolean => rowsOf(kind).retrieve !== null
export const canBeListed = (kind: ResourceKind): boolean => rowsOf(kind).list !== null && listingOf(kind) !== null

/** What an answer to a retrieval says: the object, that there is none, or neither. */
export function toldBy(id: string, answer: { readonly status: number; readonly body: Buffer }): Told | 'gone' | null {
  const text = answer.body.toString('utf8').trim()
  const object = parsedObject(text)
  // Whoever does not speak like the upstream (a proxy in between) cannot say that something is gone.
  if (answer.status === 404 || answer.status === 410) return fieldOf(object, 'error') === undefined ? null : 'gone'
  if (answer.status !== 200 || fieldOf(object, 'id') !== id) return null
  return { id, createdAt: createdAtOf(text), text }
}

/**
 * The pages of the upstream's own list, newest first. Objects of one second come together, so that whoever writes down a page
 * can keep their order.
 * @throws UnusableAnswer, or what `ask` throws
 */
export async function* walk(
  ask: AskUpstream,
  account: AccountId,
  kind: ResourceKind,
  { query = {}, signal }: { readonly query?: Readonly<Record<string, string>>; readonly signal: AbortSignal },
): AsyncGenerator<readonly Told[], void> {
  const { list } = rowsOf(kind)
  const listing = listingOf(kind)
  if (list === null || listing === null) return
  const parameters = new URLSearchParams({
    ...query,
    limit: String(listing.maxLimit),
    ...(listing.hasOrder ? { order: 'desc' } : {}),
  })
  let held: readonly Told[] = []
  for (;;) {
    const answer = await ask(account, { method: 'GET', path: `${list.path.slice(3)}?${parameters.toString()}`, beta: list.beta, signal })
    if (answer.status !== 200) throw new UnusableAnswer(answer.status)
    const page = parsedObject(answer.body.toString('utf8'))
    const spans = page === null ? null : elementsOf(answer.body, 'data')
    if (spans === null) throw new UnusableAnswer(answer.status)
    const told = spans.flatMap(({ start, end }) => toldIn(answer.body.toString('utf8', start, end)))
    const last = told.at(-1)
    const all = [...held, ...told]
    if (fieldOf(page, 'has_more') !== true || last === undefined) {
      yield all
      return
    }
    held = all.filter(({ createdAt }) => createdAt === last.createdAt)
    yield all.filter(({ createdAt }) => createdAt !== last.createdAt)
    parameters.set('after', last.id)
  }
}

function toldIn(text: string): readonly Told[] {
  const id = fieldOf(parsedObject(text), 'id')
  return typeof id === 'string' ? [{ id, createdAt: createdAtOf(text), text }] : []
}

type Rows = { readonly list: Endpoint | null; readonly retrieve: Endpoint | null; readonly remove: Endpoint | null }
const rowsByKind = new Map<ResourceKind, Rows>()

function rowsOf(kind: ResourceKind): Rows {
  let rows = rowsByKind.get(kind)
  if (rows === undefined) {
    const listed = (catalog as readonly Endpoint[]).find(({ resources }) =>
      resources.some((each) => each.act === 'list' && each.kind === kind),
    )
    rows = { list: listed ?? null, retrieve: shortest(kind, 'GET', 'use'), remove: shortest(kind, 'DELETE', 'delete') }
    rowsByKind.set(kind, rows)
  }
  return rows
}

/** The row that ends in an id of the kind, with the fewest ids before it: a file is `/files/{file_id}`, not the file of a vector store. */
function shortest(kind: ResourceKind, method: Endpoint['method'], act: 'use' | 'delete'): Endpoint | null {
  const named = (catalog as readonly Endpoint[]).filter((row) => {
    const [last] = paramsOf(row).slice(-1)
    return (
      row.method === method &&
      row.path.endsWith(`{${last}}`) &&
      row.resources.some((each) => each.act === act && each.kind === kind && each.at === `path.${last}`)
    )
  })
  return named.toSorted((one, other) => paramsOf(one).length - paramsOf(other).length)[0] ?? null
}

const paramsOf = ({ path }: Endpoint): readonly string[] => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '')

/** Ids of any upstream; nothing that could lead to another path. */
const plainId = /^[A-Za-z0-9_][A-Za-z0-9_.:-]*$/

function question(row: Endpoint | null, { id, parent }: Placed): Omit<UpstreamQuestion, 'signal'> | null {
  if (row === null) return null
  const names = paramsOf(row)
  const ids = names.length === 1 ? [id] : names.length === 2 && parent !== null ? [parent, id] : null
  if (ids === null || !ids.every((each) => plainId.test(each))) return null
  let at = 0
  const path = row.path.slice(3).replace(/\{\w+\}/g, () => ids[at++] ?? '')
  return { method: row.method === 'DELETE' ? 'DELETE' : 'GET', path, beta: row.beta }
}
