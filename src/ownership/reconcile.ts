// Finishes what a crash or a lost connection left open: creates whose object nobody recorded, deletes the upstream has not
// carried out, rows of objects that are long gone. Nothing is ever given to somebody on a guess.
import type { ResourceKind } from '../catalog/kinds.ts'
import type { Clock } from '../kernel/clock.ts'
import type { AccountId, IntentId } from '../kernel/ids.ts'
import type { Row, Sql, Store } from '../store/store.ts'
import { claim, recordedOf } from './claim.ts'
import type { Owner } from './ownership.ts'
import { assign, type Intent } from './reconcile-assign.ts'
import { facetOf } from './told.ts'
import { type AskUpstream, canBeListed, deletion, type RecordTold, type Told, toldBy, walk } from './upstream.ts'

export type ReconcileOptions = {
  readonly store: Store
  readonly ask: AskUpstream
  readonly recordTold: RecordTold
  readonly clock: Clock
  /** How old an announced create must be to be looked into: older than the longest request, whatever became of its process. */
  readonly graceMs: number
  /** Objects of which nobody can say whose they are: only adoption gives them an owner. */
  readonly onOrphans: (kind: ResourceKind, count: number) => void
  /** One account or object could not be looked into; it is tried again. */
  readonly onError: (error: unknown) => void
}

export type Reconcile = (signal: AbortSignal) => Promise<void>

/** Created times are whole seconds, and clocks of two machines differ a little. */
const skewMs = 5_000
/** An object is made this soon after its create was sent, or it is not taken for that of the create. */
const windowMs = 60_000
/** Pages read in search of one account's orphans of a kind. */
const maxPages = 1_000
const keepGoneMs = 30 * 24 * 3_600_000
const keepLeasesMs = 24 * 3_600_000
const maxRows = 1_000
const maxBackOffMs = 3_600_000

export function createReconcile(options: ReconcileOptions): Reconcile {
  const { store, clock, onError } = options
  const finishDeletes = createFinishDeletes(options)
  return async (signal) => {
    // One that fails must not keep the others from their turn.
    for (const step of [() => settleIntents(options, signal), () => finishDeletes(signal), () => prune(store, clock.now())])
      if (!signal.aborted) await step().catch((error: unknown) => signal.aborted || onError(error))
  }
}

async function settleIntents(options: ReconcileOptions, signal: AbortSignal): Promise<void> {
  const { store, clock, graceMs, onError } = options
  const now = clock.now()
  const left = await store.all(
    `SELECT DISTINCT i.account, i.kind FROM intents i WHERE i.sent_at < ? AND NOT EXISTS (${livingProcess})`,
    ...[now - graceMs, now],
  )
  for (const row of left) {
    if (signal.aborted) return
    await settleKind(options, row['account'] as AccountId, row['kind'] as ResourceKind, signal).catch(
      (error: unknown) => signal.aborted || onError(error),
    )
  }
}

async function settleKind(options: ReconcileOptions, account: AccountId, kind: ResourceKind, signal: AbortSignal): Promise<void> {
  const { store, ask, recordTold, clock, graceMs, onOrphans } = options
  const startedAt = clock.now()
  const rows = await store.all(
    `SELECT i.id, i.tenant, i.project, i.sent_at, CASE WHEN EXISTS (${livingProcess}) THEN 1 ELSE 0 END AS lives
      FROM intents i WHERE i.account = ? AND i.kind = ?`,
    ...[startedAt, account, kind],
  )
  const intents = rows.map((row) => intentOf(row, startedAt - graceMs))
  const left = intents.filter(({ isLeft }) => isLeft)
  const from = Math.min(...left.map((intent) => intent.from))
  const to = Math.max(...left.map((intent) => intent.to))

  const told: Told[] = []
  if (canBeListed(kind)) {
    let pages = 0
    for await (const page of walk(ask, account, kind, { signal })) {
      told.push(
        ...page.filter(({ createdAt, text }) => createdAt !== null && createdAt >= from && createdAt <= to && isAnnounced(kind, text)),
      )
      if (page.some(({ createdAt }) => createdAt !== null && createdAt < from) || ++pages >= maxPages) break
    }
  }
  const recorded = await recordedOf(
    store,
    account,
    kind,
    told.map(({ id }) => id),
  )
  const { owned, orphans, settled } = assign(
    told.filter(({ id }) => !recorded.has(id)),
    intents,
    !bornOnTheWay.has(kind),
  )
  await store.transaction(async (sql) => {
    for (const { owner, objects } of owned) await claim(sql, owner, account, kind, objects, startedAt)
    await claim(sql, null, account, kind, orphans, startedAt)
    for (const id of settled) await sql.run('DELETE FROM intents WHERE id = ?', id)
  })
  for (const { owner, objects } of owned)
    await recordTold(
      owner,
      account,
      kind,
      objects.map(({ text }) => text),
    )
  if (orphans.length > 0) onOrphans(kind, orphans.length)
}

/** The process that announced the create `i` says that it lives. */
const livingProcess = 'SELECT 1 FROM leases l WHERE l.name = i.process AND l.until_at > ?'

function intentOf(row: Row, oldBefore: number): Intent {
  const sentAt = row['sent_at'] as number
  return {
    id: row['id'] as IntentId,
    owner: { tenant: row['tenant'], project: row['project'] } as Owner,
    from: sentAt - skewMs,
    to: sentAt + windowMs,
    isLeft: sentAt < oldBefore && row['lives'] === 0,
  }
}

/** Files that jobs of the upstream write: no create announces them, and whoever asks about the job records them. */
const madeByJobs: Readonly<Partial<Record<ResourceKind, readonly string[]>>> = {
  file: ['batch_output', 'fine-tune-results', 'assistants_output'],
}

function isAnnounced(kind: ResourceKind, text: string): boolean {
  const words = madeByJobs[kind]
  return words === undefined || !words.includes(facetOf(kind, text) ?? '')
}

/**
 * Kinds of which an object also comes about on the way of another request, which announces none: one that fits a create may be
 * another tenant's. test/ownership/reconcile.test.ts holds this against the catalog.
 */
export const bornOnTheWay: ReadonlySet<ResourceKind> = new Set(['agent_environment', 'agent_session', 'container', 'vector_store'])

type BackOff = { readonly attempts: number; readonly nextAt: number }

function createFinishDeletes({ store, ask, clock, onError }: ReconcileOptions): (signal: AbortSignal) => Promise<void> {
  const backOffs = new Map<number, BackOff>()
  let isFirst = true

  async function finish(sql: Sql, row: Row, signal: AbortSignal): Promise<void> {
    const [seq, id, parent] = [row['seq'] as number, row['id'] as string, row['parent'] as string | null]
    const question = deletion(row['kind'] as ResourceKind, { id, parent })
    const answer = question === null ? null : await ask(row['account'] as AccountId, { ...question, signal })
    const isGone = answer === null || answer.status < 300 || toldBy(id, answer) === 'gone'
    if (!isGone && !refusals.has(answer.status)) throw new Error(`the upstream answered a delete with status ${answer.status}`)
    await sql.run("UPDATE objects SET state = ? WHERE seq = ? AND state = 'deleting'", isGone ? 'gone' : 'live', seq)
    backOffs.delete(seq)
  }

  return async (signal) => {
    const rows = await store.all(
      `SELECT seq, account, kind, id, parent FROM objects WHERE state = 'deleting' ORDER BY seq LIMIT ${maxRows}`,
    )
    const now = clock.now()
    const present = new Set(rows.map((row) => row['seq'] as number))
    for (const seq of backOffs.keys()) if (!present.has(seq)) backOffs.delete(seq)
    for (const row of rows) {
      const seq = row['seq'] as number
      // What is new since the last time is most likely under way: it gets one turn to finish by itself. After a start it is a leftover.
      const backOff = backOffs.get(seq) ?? { attempts: 0, nextAt: isFirst ? now : now + 1 }
      backOffs.set(seq, backOff)
      if (signal.aborted || backOff.nextAt > now) continue
      await finish(store, row, signal).catch((error: unknown) => {
        if (signal.aborted) return
        const attempts = backOff.attempts + 1
        backOffs.set(seq, { attempts, nextAt: now + Math.min(maxBackOffMs, 30_000 * 2 ** attempts) })
        onError(error)
      })
    }
    isFirst = false
  }
}

/** The upstream will not delete it, today or tomorrow: it is the owner's again. */
const refusals: ReadonlySet<number> = new Set([400, 409, 422])

/** Ids that ended stay known for a while: until then nobody takes them for unrecorded ones. */
async function prune(store: Store, now: number): Promise<void> {
  await store.run("UPDATE objects SET ended_at = ? WHERE state = 'gone' AND ended_at IS NULL", now)
  const ended = "state = 'gone' AND ended_at < ?"
  await store.run(
    `DELETE FROM shares WHERE EXISTS (SELECT 1 FROM objects o
      WHERE o.id = shares.id AND o.kind = shares.kind AND o.account = shares.account AND o.state = 'gone' AND o.ended_at < ?)`,
    now - keepGoneMs,
  )
  await store.run('DELETE FROM leases WHERE until_at < ?', now - keepLeasesMs)
  await store.run(`DELETE FROM objects WHERE seq IN (SELECT seq FROM objects WHERE ${ended} LIMIT ${maxRows})`, now - keepGoneMs)
}
