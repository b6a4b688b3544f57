// Ownership on the table `objects`. Reads go to the database (SQLite: microseconds) or to a lease of it (Postgres); writes of
// one turn of the event loop become one transaction, so that many creates share the wait for the disk.
import { hash } from 'node:crypto'
import { kinds, type Kind, type ResourceKind } from '../catalog/kinds.ts'
import { createdAtOf, facetOf } from './told.ts'
import type { Clock } from '../kernel/clock.ts'
import { firstAccountId, newIntentId, type AccountId, type IntentId, type ProcessId, type ProjectId, type TenantId } from '../kernel/ids.ts'
import { StoreUnavailable, type Row, type Sql, type Store } from '../store/store.ts'
import { createLru } from './lru.ts'
import type { Born, Found, Named, Owner, Ownership } from './ownership.ts'

export type OwnershipOptions = {
  readonly store: Store
  readonly clock: Clock
  /** Whose creates are announced: while it lives they are under way. */
  readonly processId: ProcessId
  /** Whose unrecorded ids are; null when they are nobody's. */
  readonly home: () => TenantId | null
  /** A write nobody waits for has failed. */
  readonly onError: (error: unknown) => void
}

/** How long an object that was found counts without another look, and how long it may while the database is away. */
const freshMs = 5_000
const leaseMs = 60_000

/**
 * While writes come fast, transactions are this far apart: those that come in between share one wait for the disk. On a slow
 * disk they are further apart, so that the exchanges that write nothing have three quarters of the time.
 */
const commitGapMs = 2
const maxCommitGapMs = 50
/** How long an object that is told once more as it was needs no look at the database. */
const toldMs = 10_000

const live = 'live'

type Waiting = {
  readonly work: (sql: Sql) => Promise<unknown>
  readonly done: (result: unknown) => void
  readonly fail: (error: unknown) => void
}
type Lease = { readonly kind: ResourceKind; readonly found: Found; readonly at: number }

export function createOwnership({ store, clock, processId, home, onError }: OwnershipOptions): Ownership {
  /** Whose ids are, by id, as they were recorded here or found last. */
  const leases = createLru<Lease>(50_000)
  /** How many deletes have begun: what was read before one may be wrong after it. */
  let deletes = 0
  let isReachable = true
  let waiting: Waiting[] = []
  let flushing: Promise<void> | null = null
  let nextCommitTick = 0
  /** Digests of objects that were remembered just now. */
  const told = createLru<{ readonly digest: string; readonly at: number }>(20_000)

  /** Notes whether the database answers. */
  async function guarded<T>(work: Promise<T>): Promise<T> {
    try {
      const result = await work
      isReachable = true
      return result
    } catch (error) {
      if (error instanceof StoreUnavailable) isReachable = false
      throw error
    }
  }

  /**
   * The rows of the ids that are the tenant's: one of another's costs what a missing one costs. Only the home needs those of
   * others too, because what nobody recorded is its own.
   */
  function rowsOf({ tenant, project }: Owner, ids: readonly string[]): Promise<readonly Row[]> {
    const isHome = home() === tenant
    return guarded(store.all(selection(ids.length, isHome), project, ...padded(ids), ...(isHome ? [] : [tenant])))
  }

  function leaseOf(owner: Owner, { kind, id }: Named): Lease | null {
    const lease = leases.get(id)
    return lease !== undefined && lease.kind === kind && lease.found.project === owner.project ? lease : null
  }

  async function findOne(owner: Owner, named: Named): Promise<Found | null> {
    const lease = leaseOf(owner, named)
    const now = clock.now()
    if (lease !== null && now - lease.at < freshMs) return lease.found
    const began = deletes
    try {
      const found = foundOf(owner, named, await rowsOf(owner, [named.id]))
      // Only what is the owner's: an id that is born a moment later must be seen at once, and the second question for a foreign
      // one must take as long as the first.
      if (found?.access === 'own' && found.isRecorded && began === deletes) leases.set(named.id, { kind: named.kind, found, at: now })
      return found
    } catch (error) {
      if (error instanceof StoreUnavailable && lease !== null && now - lease.at < leaseMs) return lease.found
      throw error
    }
  }

  function foundOf(owner: Owner, named: Named, rows: readonly Row[]): Found | null {
    let isRecorded = false
    for (const row of rows) {
      if (row['id'] !== named.id) continue
      // Recorded as something else: of another tenant's, not even the home may try it under another kind.
      isRecorded ||= row['kind'] === named.kind || row['tenant'] !== owner.tenant
      if (row['kind'] !== named.kind) continue
      if (row['tenant'] !== owner.tenant || row['state'] === 'gone') continue
      const account = row['account'] as AccountId
      const project = row['project'] as ProjectId
      if (project === owner.project) return { account, project, access: row['state'] === live ? 'own' : 'deleting', isRecorded }
      if (row['shared'] === 1 && row['state'] === live) return { account, project, access: 'read', isRecorded }
    }
    return !isRecorded && home() === owner.tenant ? { account: firstAccountId, project: owner.project, access: 'own', isRecorded } : null
  }

  /** On SQLite one transaction takes everything that waits; Postgres does that by itself, and a transaction would cost round trips. */
  function write<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    if (store.dialect === 'postgres') return guarded(work(store))
    return new Promise<T>((resolve, reject) => {
      waiting.push({ work, done: resolve as (result: unknown) => void, fail: reject })
      flushLater()
    })
  }

  function flushLater(): void {
    flushing ??= new Promise((flushed) => {
      const waitMs = nextCommitTick - clock.tick()
      const begin = (): void => void flush().then(flushed)
      if (waitMs > 0) setTimeout(begin, waitMs)
      else setImmediate(begin)
    })
  }

  async function flush(): Promise<void> {
    const batch = waiting
    waiting = []
    const beganTick = clock.tick()
    try {
      const results = await store.transaction(async (sql) => {
        const all: unknown[] = []
        for (const { work } of batch) all.push(await work(sql))
        return all
      })
      batch.forEach(({ done }, at) => done(results[at]))
    } catch (error) {
      for (const { fail } of batch) fail(error)
    }
    const endedTick = clock.tick()
    nextCommitTick = endedTick + Math.min(maxCommitGapMs, Math.max(commitGapMs, 3 * (endedTick - beganTick)))
    flushing = null
    if (waiting.length > 0) flushLater()
  }

  const background = (work: Promise<unknown>): void => void work.catch(onError)

  const forget = (intent: IntentId): void => background(write((sql) => sql.run('DELETE FROM intents WHERE id = ?', intent)))

  /** One statement for all of them: one round trip. @returns the rows that are the owner's */
  function insert(sql: Sql, owner: Owner, account: AccountId, born: readonly Born[]): Promise<readonly Row[]> {
    const now = clock.now()
    const values = born.flatMap(({ kind, id, parent, body }) => [
      ...[account, kind, id, owner.tenant, owner.project, parent],
      // Of a listed kind, an object nobody has told us yet is marked: lists ask for it first.
      ...[createdAtOf(body) ?? now, facetOf(kind, body), body ?? (isListed(kind) ? '' : null)],
    ])
    return sql.all(insertion(born.length), ...values)
  }

  return {
    async find(owner, named) {
      const [first] = named
      if (first === undefined) return []
      if (named.length === 1) return [await findOne(owner, first)]
      const ids = [...new Set(named.map(({ id }) => id))]
      const byId = new Map<string, Row[]>(ids.map((id) => [id, []]))
      for (let at = 0; at < ids.length; at += maxIds)
        for (const row of await rowsOf(owner, ids.slice(at, at + maxIds))) byId.get(row['id'] as string)?.push(row)
      return named.map((each) => foundOf(owner, each, byId.get(each.id) ?? []))
    },

    async record(owner, account, born, intent = null) {
      const distinct = born.length === 1 ? born : [...new Map(born.map((each) => [keyOf(account, each), each])).values()]
      const began = deletes
      const mine = new Set<string>()
      for (let at = 0; at < distinct.length; at += maxRows) {
        const part = distinct.slice(at, at + maxRows)
        for (const row of await write((sql) => insert(sql, owner, account, part))) {
          const named: Named = { kind: row['kind'] as ResourceKind, id: row['id'] as string }
          mine.add(keyOf(account, named))
          const found: Found = { account, project: owner.project, access: 'own', isRecorded: true }
          if (row['state'] === live && began === deletes) leases.set(named.id, { kind: named.kind, found, at: clock.now() })
        }
      }
      if (intent !== null) forget(intent)
      return distinct.filter((each) => !mine.has(keyOf(account, each))).map(({ kind, id }) => ({ kind, id }))
    },

    isKnown: (owner, account, named) => leaseOf(owner, named)?.found.account === account,

    remember(account, { kind, id }, body) {
      const key = keyOf(account, { kind, id })
      const digest = hash('sha1', body, 'base64')
      const before = told.get(key)
      const now = clock.now()
      if (before?.digest === digest && now - before.at < toldMs) return
      told.set(key, { digest, at: now })
      background(
        write((sql) =>
          sql.run(
            'UPDATE objects SET body = ?, facet = ?, created_at = coalesce(?, created_at) WHERE id = ? AND kind = ? AND account = ? AND (body IS NULL OR body <> ?)',
            ...[body, facetOf(kind, body), createdAtOf(body), id, kind, account, body],
          ),
        ),
      )
    },

    async intend(owner, account, kind) {
      const id = newIntentId()
      const written = write((sql) =>
        sql.run(
          'INSERT INTO intents (id, account, kind, tenant, project, process, sent_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
          ...[id, account, kind, owner.tenant, owner.project, processId, clock.now()],
        ),
      )
      if (store.dialect === 'sqlite' || !isReachable) await written
      else {
        // Handed to the kernel before the create is: a crash of ours no longer stops it, and nobody waits for the way back.
        written.catch(onError)
        await new Promise((resolve) => setImmediate(resolve))
      }
      return id
    },

    forget,

    async beginDelete(account, { kind, id }) {
      leases.delete(id)
      await write((sql) => sql.run("UPDATE objects SET state = 'deleting' WHERE id = ? AND kind = ? AND account = ?", id, kind, account))
      deletes++
      leases.delete(id)
    },

    endDelete(account, { kind, id }, state) {
      background(
        write((sql) =>
          sql.run(
            "UPDATE objects SET state = ? WHERE id = ? AND kind = ? AND account = ? AND state = 'deleting'",
            state,
            id,
            kind,
            account,
          ),
        ),
      )
    },

    isReachable: () => isReachable,

    async close() {
      while (flushing !== null) await flushing
    },
  }
}

const isListed = (kind: ResourceKind): boolean => {
  const { list }: Kind = kinds[kind]
  return list !== undefined
}

const keyOf = (account: AccountId, { kind, id }: Named): string => `${account} ${kind} ${id}`

/** Statements stay well under the number of parameters either database takes. */
const maxRows = 100
const maxIds = 512
const insertions = new Map<number, string>()

function insertion(count: number): string {
  let text = insertions.get(count)
  if (text === undefined) {
    const row = "(?, ?, ?, ?, ?, ?, 'live', ?, ?, ?)"
    text = `INSERT INTO objects (account, kind, id, tenant, project, parent, state, created_at, facet, body)
      VALUES ${Array.from({ length: count }, () => row).join(', ')}
      ON CONFLICT (id, kind, account) DO UPDATE SET body = coalesce(nullif(excluded.body, ''), objects.body), facet = coalesce(excluded.facet, objects.facet)
      WHERE objects.tenant = excluded.tenant AND objects.project = excluded.project
      RETURNING kind, id, state`
    insertions.set(count, text)
  }
  return text
}

const selections = { ofAll: new Map<number, string>(), ofTenant: new Map<number, string>() }

/** One text for each power of two, so that few statements are prepared however many ids a body names. */
function selection(count: number, isOfAll: boolean): string {
  const size = powerOfTwo(count)
  const texts = isOfAll ? selections.ofAll : selections.ofTenant
  let text = texts.get(size)
  if (text === undefined) {
    text = `SELECT account, kind, id, tenant, project, state,
        CASE WHEN EXISTS (SELECT 1 FROM shares s WHERE s.id = o.id AND s.kind = o.kind AND s.account = o.account AND s.project = ?)
          THEN 1 ELSE 0 END AS shared
      FROM objects o WHERE o.id IN (${Array.from({ length: size }, () => '?').join(', ')})${isOfAll ? '' : ' AND o.tenant = ?'}`
    texts.set(size, text)
  }
  return text
}

function padded(ids: readonly string[]): readonly string[] {
  const size = powerOfTwo(ids.length)
  return [...ids, ...Array.from({ length: size - ids.length }, () => ids[0] ?? '')]
}

const powerOfTwo = (count: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, count)))
