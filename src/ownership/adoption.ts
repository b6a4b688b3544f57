// Adoption: the operator says whose the objects are that were on an account before the relay. Nothing that somebody owns
// changes hands.
import { kinds, listingOf, type ResourceKind } from '../catalog/kinds.ts'
import type { Clock } from '../kernel/clock.ts'
import type { AccountId } from '../kernel/ids.ts'
import type { Sql, Store } from '../store/store.ts'
import { claim, recordedOf } from './claim.ts'
import type { Owner } from './ownership.ts'
import { fieldOf, isSnapshot, parsedObject } from './told.ts'
import {
  type AskUpstream,
  canBeListed,
  canBeRetrieved,
  type RecordTold,
  retrieval,
  type Told,
  toldBy,
  UnusableAnswer,
  walk,
} from './upstream.ts'

export type AdoptRequest<Actor> = {
  readonly owner: Owner
  readonly account: AccountId
  readonly kind: ResourceKind
  /** Objects by id, or those of the upstream's list: all of them, or what its filters leave. */
  readonly from: { readonly ids: readonly string[] } | { readonly query: Readonly<Record<string, string>> }
  /** Looks at everything and changes nothing. */
  readonly isDryRun: boolean
  readonly actor: Actor
  readonly signal?: AbortSignal | undefined
}

export type Adopted = {
  /** What became the owner's, or would. */
  readonly claimed: readonly string[]
  /** What was the owner's before. */
  readonly theirs: readonly string[]
  /** How many belong to somebody else: they stay where they are. */
  readonly others: number
  /** Ids the upstream does not know. */
  readonly missing: readonly string[]
  /** False where the upstream cannot be asked about a single object of the kind: the ids were taken as they are. */
  readonly isVerified: boolean
}

export type Adopt<Actor> = (request: AdoptRequest<Actor>) => Promise<Adopted>

/** What was asked cannot be done; the message says so to the operator. */
export class AdoptionError extends Error {
  override readonly name = 'AdoptionError'
}

/** Runs a change and writes its audit row in the same transaction; without an entry nothing was changed. */
export type AuditedChange<Actor> = <T>(
  actor: Actor,
  work: (sql: Sql) => Promise<{
    readonly result: T
    readonly entry: { readonly action: string; readonly target: string; readonly detail: Readonly<Record<string, unknown>> } | null
  }>,
) => Promise<T>

export type AdoptionOptions<Actor> = {
  readonly store: Store
  readonly ask: AskUpstream
  readonly recordTold: RecordTold
  readonly change: AuditedChange<Actor>
  readonly clock: Clock
}

const neverAborted = new AbortController().signal
/** Objects claimed in one transaction, each with its audit row. */
const batchSize = 500
const inParallel = 8

export function createAdoption<Actor>({ store, ask: askUpstream, recordTold, change, clock }: AdoptionOptions<Actor>): Adopt<Actor> {
  const ask: AskUpstream = (account, question) =>
    askUpstream(account, question).catch((cause: unknown) => {
      throw new AdoptionError('The upstream could not be asked: try again when it answers.', { cause })
    })

  return async (request) => {
    const { owner, account, kind, from, signal = neverAborted } = request
    const found = { claimed: [] as string[], theirs: [] as string[], others: 0, missing: [] as string[] }

    async function take(told: readonly Told[]): Promise<void> {
      const recorded = await recordedOf(
        store,
        account,
        kind,
        told.map(({ id }) => id),
      )
      const free = told.filter(({ id }) => recorded.get(id)?.isOrphan ?? true)
      for (const { id } of told) {
        const row = recorded.get(id)
        if (row === undefined || row.isOrphan) continue
        if (row.owner.tenant === owner.tenant && row.owner.project === owner.project) found.theirs.push(id)
        else found.others++
      }
      const claimed = free.length === 0 ? [] : request.isDryRun ? free.map(({ id }) => id) : await write(free)
      found.claimed.push(...claimed)
      if (request.isDryRun) return
      // Also of what was the owner's before: an adoption that was cut off is finished by the next one.
      const own = new Set([...claimed, ...found.theirs])
      await recordTold(
        owner,
        account,
        kind,
        told.flatMap(({ id, text }) => (own.has(id) ? [text] : [])),
      )
    }

    /** What somebody recorded since the look above stays theirs: only what was written counts. */
    const write = (free: readonly Told[]): Promise<readonly string[]> =>
      change(request.actor, async (sql) => {
        const ids = await claim(sql, owner, account, kind, free, clock.now())
        const entry = { action: 'object.adopt', target: owner.project as string, detail: { account, kind, tenant: owner.tenant, ids } }
        return { result: ids, entry: ids.length === 0 ? null : entry }
      })

    if ('ids' in from) {
      const ids = [...new Set(from.ids)]
      for (let at = 0; at < ids.length; at += batchSize) {
        const part = ids.slice(at, at + batchSize)
        const told = canBeRetrieved(kind) ? await look(part) : part.map((id) => ({ id, createdAt: null, text: '' }))
        await take(told)
      }
      return { ...found, isVerified: canBeRetrieved(kind) }
    }
    if (!canBeListed(kind)) throw new AdoptionError(`The upstream has no list of ${label(kind)}s: name them by id.`)
    checkFilters(kind, from.query)
    try {
      for await (const page of walk(ask, account, kind, { query: from.query, signal })) {
        const told = page.filter(({ text }) => matches(kind, from.query, text))
        for (let at = 0; at < told.length; at += batchSize) await take(told.slice(at, at + batchSize))
      }
    } catch (error) {
      if (error instanceof UnusableAnswer) throw unanswered(error.status)
      throw error
    }
    return { ...found, isVerified: true }

    /** The objects of the ids, newest first as far as that is known; those there are none of are noted. */
    async function look(ids: readonly string[]): Promise<readonly Told[]> {
      const told: Told[] = []
      const waiting = [...ids]
      const work = async (): Promise<void> => {
        for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
          const question = retrieval(kind, { id, parent: null })
          if (question === null) throw new AdoptionError(`'${id}' is no id of a ${label(kind)} that can be asked for.`)
          const answer = await ask(account, { ...question, signal })
          const object = toldBy(id, answer)
          if (object === 'gone') found.missing.push(id)
          else if (object === null) throw unanswered(answer.status)
          else told.push(object)
        }
      }
      await Promise.all(Array.from({ length: inParallel }, work))
      return told.toSorted((one, other) => (other.createdAt ?? 0) - (one.createdAt ?? 0))
    }
  }
}

/** An upstream overlooks a filter it does not know, and then its list is that of everything. */
function checkFilters(kind: ResourceKind, query: Readonly<Record<string, string>>): void {
  const known = Object.keys(filtersOf(kind))
  const unknown = Object.keys(query).find((name) => !known.includes(name))
  if (unknown === undefined) return
  const advice = known.length === 0 ? 'it has none: name the objects by id, or take all' : `use ${known.join(' or ')}`
  throw new AdoptionError(`The list of ${label(kind)}s has no filter ${unknown}: ${advice}.`)
}

/** Whatever the upstream makes of a filter, nothing is taken that was not meant. A model also stands for its dated snapshots. */
function matches(kind: ResourceKind, query: Readonly<Record<string, string>>, text: string): boolean {
  const filters = filtersOf(kind)
  return Object.entries(query).every(([name, value]) => {
    const field = filters[name] ?? name
    const own = fieldOf(parsedObject(text), field)
    return own === value || (field === 'model' && isSnapshot(own, value))
  })
}

const filtersOf = (kind: ResourceKind): Readonly<Record<string, string>> => listingOf(kind)?.filters ?? {}

const label = (kind: ResourceKind): string => kind.replaceAll('_', ' ')

const unanswered = (status: number): AdoptionError =>
  new AdoptionError(
    status === 401 || status === 403
      ? `The upstream refused the key of the account (status ${status}): check the key.`
      : `The upstream answered with status ${status}, so that nothing can be said about the rest: try again.`,
  )

/** Kinds whose objects somebody can own. */
export const isAdoptable = (kind: ResourceKind): boolean => kinds[kind].prefixes.length > 0 || canBeRetrieved(kind)
