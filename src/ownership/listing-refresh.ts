// Looks at objects of a page again where they may have changed since the upstream told them: a few at a time, within a
// deadline, and never more than a fixed number for one page. What cannot be asked is shown as it was told last.
import { listingOf, type Listing, type ResourceKind } from '../catalog/kinds.ts'
import type { Clock } from '../kernel/clock.ts'
import { createLru } from './lru.ts'
import type { ListedRow, News } from './listing-rows.ts'
import { fieldOf, parsedObject } from './told.ts'
import { type AskUpstream, retrieval, toldBy } from './upstream.ts'

/** How many questions one page may still ask, and until when. */
export type Budget = { asks: number; readonly signal: AbortSignal }

export type Refresh = {
  /** @returns what was told just now of the rows that were asked about, by their `seq`; it may be what it was */
  readonly look: (rows: readonly ListedRow[], budget: Budget) => Promise<ReadonlyMap<number, News>>
  /** For objects that were never told. @throws what `ask` throws when the upstream cannot be asked at all */
  readonly tell: (rows: readonly ListedRow[], budget: Budget) => Promise<readonly News[]>
}

const inParallel = 8
/** An object that does not change by itself is looked at again after this time: somebody else may have deleted it. */
const settledMs = 60_000

export function createRefresh({ ask, clock }: { readonly ask: AskUpstream; readonly clock: Clock }): Refresh {
  const lookedAt = createLru<number>(20_000)

  async function askAbout(row: ListedRow, signal: AbortSignal): Promise<{ readonly status: number; readonly news: News | null }> {
    const question = retrieval(row.kind, row)
    if (question === null) return { status: 0, news: null }
    const answer = await ask(row.account, { ...question, signal })
    const told = toldBy(row.id, answer)
    if (told === null) return { status: answer.status, news: null }
    if (told !== 'gone') lookedAt.set(String(row.seq), clock.now())
    return { status: answer.status, news: { row, body: told === 'gone' ? null : told.text } }
  }

  /** Runs over the rows with a few workers; `visit` says whether to go on. */
  async function forEach(rows: readonly ListedRow[], budget: Budget, visit: (row: ListedRow) => Promise<boolean>): Promise<void> {
    const waiting = rows.slice(0, Math.max(0, budget.asks))
    budget.asks -= waiting.length
    const work = async (): Promise<void> => {
      for (let row = waiting.shift(); row !== undefined && !budget.signal.aborted; row = waiting.shift())
        if (!(await visit(row))) waiting.length = 0
    }
    await Promise.all(Array.from({ length: inParallel }, work))
  }

  return {
    async look(rows, budget) {
      const now = clock.now()
      const due = rows.flatMap((row) => {
        const urgency = urgencyOf(row, now)
        const before = lookedAt.get(String(row.seq)) ?? 0
        const isDue = urgency === 'now' || (urgency === 'seldom' && now - before >= settledMs)
        return isDue ? [{ row, rank: urgency === 'now' ? -1 : before }] : []
      })
      const news = new Map<number, News>()
      await forEach(
        due.toSorted((one, other) => one.rank - other.rank).map(({ row }) => row),
        budget,
        async (row) => {
          try {
            const { status, news: told } = await askAbout(row, budget.signal)
            if (told !== null) news.set(row.seq, told)
            return status !== 429
          } catch {
            // Nothing comes through just now: what was told last is shown.
            return false
          }
        },
      )
      return news
    },

    async tell(rows, budget) {
      const news: News[] = []
      await forEach(rows, budget, async (row) => {
        try {
          const { status, news: told } = await askAbout(row, budget.signal)
          if (told !== null) news.push(told)
          return status !== 429
        } catch (error) {
          if (budget.signal.aborted) return false
          throw error
        }
      })
      return news
    },
  }
}

/** Whether what was told of an object may be out of date. */
function urgencyOf({ kind, body }: ListedRow, now: number): 'now' | 'seldom' | 'never' {
  const refresh = refreshOf(kind)
  if (refresh === 'always') return 'now'
  const object = parsedObject(body)
  if (expiryOf(object) <= now) return 'now'
  if (refresh === 'expiry') return 'never'
  if (refresh === 'never') return 'seldom'
  const word = fieldOf(object, refresh.field)
  return typeof word === 'string' && refresh.until.includes(word) ? 'seldom' : 'now'
}

const refreshOf = (kind: ResourceKind): Listing['refresh'] => listingOf(kind)?.refresh ?? 'never'

/** When an object ends by itself, in ms: at a time it names, or so long after it was last used. */
function expiryOf(object: unknown): number {
  const expiresAt = fieldOf(object, 'expires_at')
  if (typeof expiresAt === 'number') return expiresAt * 1000
  const lastActiveAt = fieldOf(object, 'last_active_at')
  const minutes = fieldOf(object, 'expires_after.minutes')
  return typeof lastActiveAt === 'number' && typeof minutes === 'number' ? (lastActiveAt + minutes * 60) * 1000 : Number.POSITIVE_INFINITY
}
