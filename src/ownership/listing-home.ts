// What was on an account before several tenants or projects came to share it belongs to the tenant the operator named as its home. It is
// recorded when that tenant first lists a kind: the upstream's list is read once to its end. What is younger and still
// nobody's stays so: it may be on its way to another tenant (the output of a batch nobody has looked at yet).
import type { ResourceKind } from '../catalog/kinds.ts'
import type { Clock } from '../kernel/clock.ts'
import { firstAccountId, type ProjectId, type TenantId } from '../kernel/ids.ts'
import type { Store } from '../store/store.ts'
import { claim, recordedOf } from './claim.ts'
import type { Owner } from './ownership.ts'
import { type AskUpstream, type RecordTold, type Told, walk } from './upstream.ts'

export type HomeOptions = {
  readonly store: Store
  readonly ask: AskUpstream
  readonly recordTold: RecordTold
  readonly clock: Clock
  /** Whose the objects are that nobody recorded; null when they are nobody's. */
  readonly home: () => TenantId | null
  /** The walk broke off; the next list begins it again. */
  readonly onError: (error: unknown) => void
}

/** Records what is the caller's because it was there before, as far as that takes no more than a few pages; the rest follows behind. */
export type CatchUp = (caller: Owner, kind: ResourceKind) => Promise<void>

/** A list waits for this many pages of the upstream. */
const pagesAwaited = 3

type Walking = { readonly begun: Promise<void>; readonly done: Promise<void> }

export function createCatchUp({ store, ask, recordTold, clock, home, onError }: HomeOptions): CatchUp {
  const walked = new Set<string>()
  const walking = new Map<string, Walking>()

  async function isWalked(key: string, kind: ResourceKind, tenant: TenantId): Promise<boolean> {
    if (walked.has(key)) return true
    const rows = await store.all(
      'SELECT 1 AS found FROM walked WHERE account = ? AND kind = ? AND tenant = ?',
      firstAccountId,
      kind,
      tenant,
    )
    if (rows.length > 0) walked.add(key)
    return rows.length > 0
  }

  function begin(key: string, kind: ResourceKind, owner: Owner, before: number): Walking {
    const { promise: begun, resolve } = Promise.withResolvers<void>()
    const done = read(kind, owner, before, resolve)
      .then(() => void walked.add(key))
      .catch(onError)
      .finally(() => {
        resolve()
        walking.delete(key)
      })
    return { begun, done }
  }

  async function read(kind: ResourceKind, owner: Owner, before: number, onBegun: () => void): Promise<void> {
    let pages = 0
    for await (const page of walk(ask, firstAccountId, kind, { signal: new AbortController().signal })) {
      const old = page.filter(({ createdAt }) => createdAt !== null && createdAt < before)
      if (old.length > 0) await take(kind, owner, old)
      if (++pages === pagesAwaited) onBegun()
    }
    await store.run(
      'INSERT INTO walked (account, kind, tenant) VALUES (?, ?, ?) ON CONFLICT (account, kind, tenant) DO NOTHING',
      ...[firstAccountId, kind, owner.tenant],
    )
  }

  /** Also what a walk before this one claimed, which may have ended before the ids born there were recorded. */
  async function take(kind: ResourceKind, owner: Owner, old: readonly Told[]): Promise<void> {
    await store.transaction((sql) => claim(sql, owner, firstAccountId, kind, old, clock.now()))
    const recorded = await recordedOf(
      store,
      firstAccountId,
      kind,
      old.map(({ id }) => id),
    )
    const own = old.filter(({ id }) => recorded.get(id)?.owner.project === owner.project)
    await recordTold(
      owner,
      firstAccountId,
      kind,
      own.map(({ text }) => text),
    )
  }

  return async (caller, kind) => {
    if (home() !== caller.tenant) return
    const key = `${kind} ${caller.tenant}`
    if (await isWalked(key, kind, caller.tenant)) return
    const running = walking.get(key)
    if (running !== undefined) return running.begun
    const [project, before] = [await firstProject(store, caller.tenant), await sharedSince(store)]
    if (project === null || before === null) return
    const started = walking.get(key) ?? begin(key, kind, { tenant: caller.tenant, project }, before)
    walking.set(key, started)
    return started.begun
  }
}

/** The project each tenant is made with. */
async function firstProject(store: Store, tenant: TenantId): Promise<ProjectId | null> {
  const [row] = await store.all("SELECT id FROM projects WHERE tenant = ? AND name = 'default'", tenant)
  return (row?.['id'] as ProjectId | undefined) ?? null
}

/** When the first project came beside the one that every relay begins with (which has no date); each tenant is made with one. */
async function sharedSince(store: Store): Promise<number | null> {
  const [row] = await store.all('SELECT min(created_at) AS since FROM projects WHERE created_at > 0')
  return (row?.['since'] as number | null | undefined) ?? null
}
