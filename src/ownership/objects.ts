// Ownership on the table `objects`. Reads go to the database (SQLite: microseconds) or to a lease of it (Postgres); writes of
// one turn of the event loop become one transaction, so that many creates share the wait for the disk.
import { hash } from 'node:crypto'
import { kinds, type Kind, type ResourceKind } from '../catalog/kinds.ts'
import { createdAtOf, facetOf } from './told.ts'
import type { Clock } from '../kernel/clock.ts'
import { firstAccountId, newIntentId, type AccountId, type IntentId, type ProjectId, type TenantId } from '../kernel/ids.ts'
import { StoreUnavailable, type Row, type Sql, type Store } from '../store/store.ts'
import { createLru } from './lru.ts'
import type { Born, Found, Named, Owner, Ownership } from './ownership.ts'

export type OwnershipOptions = {
  readonly store: Store
  readonly clock: Clock
  /** Whose unrecorded ids are; null when they are nobody's. */
  readonly home: () => TenantId | null
  /** A write nobody waits for has failed. */
  readonly onError: (error: unknown) => void
}

/** How long a row read from Postgres counts without another look, and how long it may while the database is away. */
const freshMs = 5_000
const leaseMs = 60_000

/** While writes come fast, transactions are this far apart: those that come in between share one wait for the disk. */
const commitGapMs = 2
/** How long an object that is told once more as it was needs no look at the database. */
const toldMs = 10_000

const live = 'live'

type Waiting = {
  readonly work: (sql: Sql) => Promise<unknown>
  readonly done: (result: unknown) => void
  readonly fail: (error: unknown) => void
}
type Read = { readonly rows: readonly Row[]; readonly at: number }

export function createOwnership({ store, clock, home, onError }: OwnershipOptions): Ownership {
  const cache = store.dialect === 'postgres' ? createLru<Read>(100_000) : null
  /** What is recorded for whom, so that an answer seen again costs no write. */
  const known = createLru<string>(50_000)
  let isReachable = true
  let waiting: Waiting[] = []
  let flushing: Promise<void> | null = null
  let committedTick = Number.NEGATIVE_INFINITY
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

  /** Every row that has one of the ids, whoever owns it: a foreign id and a missing one cost the same. */
  async function rowsOf(owner: Owner, ids: readonly string[]): Promise<readonly Row[]> {
    if (cache === null || ids.length !== 1) return await guarded(store.all(selection(ids.length), owner.project, ...padded(ids)))
    const key = `${owner.project} ${ids[0]}`
    const read = cache.get(key)
    const now = clock.now()
    if (read !== undefined && now - read.at < freshMs) return read.rows
    try {
      const rows = await guarded(store.all(selection(1), owner.project, ids[0] ?? ''))
      // Only what was found is leased: an id that is born a moment later must be seen at once.
      if (rows.length > 0) cache.set(key, { rows, at: now })
      return rows
    } catch (error) {
      if (error instanceof StoreUnavailable && read !== undefined && now - read.at < leaseMs) return read.rows
      throw error
    }
  }

  function foundOf(owner: Owner, named: Named, rows: readonly Row[]): Found | null {
    let isRecorded = false
    for (const row of rows) {
      if (row['id'] !== named.id || row['kind'] !== named.kind) continue
      isRecorded = true
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
      const waitMs = committedTick + commitGapMs - clock.tick()
      const begin = (): void => void flush().then(flushed)
      if (waitMs > 0) setTimeout(begin, waitMs)
      else setImmediate(begin)
    })
  }

  async function flush(): Promise<void> {
    const batch = waiting
    waiting = []
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
    committedTick = clock.tick()
    flushing = null
    if (waiting.length > 0) flushLater()
  }

  const background = (work: Promise<unknown>): void => void work.catch(onError)

  const forget = (intent: IntentId): void => background(write((sql) => sql.run('DELETE FROM intents WHERE id = ?', intent)))

  /** One statement for all of them: one round trip. @returns those that are another's */
  async function insert(sql: Sql, owner: Owner, account: AccountId, born: readonly Born[]): Promise<readonly Named[]> {
    const now = clock.now()
    const values = born.flatMap(({ kind, id, parent, body }) => [
      ...[account, kind, id, owner.tenant, owner.project, parent],
      // Of a listed kind, an object nobody has told us yet is marked: lists ask for it first.
      ...[createdAtOf(body) ?? now, facetOf(kind, body), body ?? (isListed(kind) ? '' : null)],
    ])
    const rows = await sql.all(insertion(born.length), ...values)
    if (rows.length === born.length) return []
    const mine = new Set(rows.map((row) => `${row['kind'] as string} ${row['id'] as string}`))
    return born.filter(({ kind, id }) => !mine.has(`${kind} ${id}`)).map(({ kind, id }) => ({ kind, id }))
  }

  return {
    async find(owner, named) {
      const [first] = named
      if (first === undefined) return []
      const rows = await rowsOf(owner, named.length === 1 ? [first.id] : [...new Set(named.map(({ id }) => id))])
      return named.map((each) => foundOf(owner, each, rows))
    },

    async record(owner, account, born, intent = null) {
      const distinct = [...new Map(born.map((each) => [keyOf(account, each), each])).values()]
      const foreign: Named[] = []
      for (let at = 0; at < distinct.length; at += maxRows) {
        const part = distinct.slice(at, at + maxRows)
        foreign.push(...(await write((sql) => insert(sql, owner, account, part))))
      }
      if (intent !== null) forget(intent)
      const others = new Set(foreign.map((each) => keyOf(account, each)))
      for (const each of distinct) if (!others.has(keyOf(account, each))) known.set(keyOf(account, each), owner.project)
      return foreign
    },

    isKnown: (owner, account, named) => known.get(keyOf(account, named)) === owner.project,

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
          'INSERT INTO intents (id, account, kind, tenant, project, sent_at) VALUES (?, ?, ?, ?, ?, ?)',
          ...[id, account, kind, owner.tenant, owner.project, clock.now()],
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

    async beginDelete(owner, account, { kind, id }) {
      known.delete(keyOf(account, { kind, id }))
      cache?.delete(`${owner.project} ${id}`)
      await write((sql) => sql.run("UPDATE objects SET state = 'deleting' WHERE id = ? AND kind = ? AND account = ?", id, kind, account))
    },

    endDelete(owner, account, { kind, id }, state) {
      cache?.delete(`${owner.project} ${id}`)
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
const insertions = new Map<number, string>()

function insertion(count: number): string {
  let text = insertions.get(count)
  if (text === undefined) {
    const row = "(?, ?, ?, ?, ?, ?, 'live', ?, ?, ?)"
    text = `INSERT INTO objects (account, kind, id, tenant, project, parent, state, created_at, facet, body)
      VALUES ${Array.from({ length: count }, () => row).join(', ')}
      ON CONFLICT (id, kind, account) DO UPDATE SET body = coalesce(nullif(excluded.body, ''), objects.body), facet = coalesce(excluded.facet, objects.facet)
      WHERE objects.tenant = excluded.tenant AND objects.project = excluded.project
      RETURNING kind, id`
    insertions.set(count, text)
  }
  return text
}

const selections = new Map<number, string>()

/** One text for each power of two, so that few statements are prepared however many ids a body names. */
function selection(count: number): string {
  const size = powerOfTwo(count)
  let text = selections.get(size)
  if (text === undefined) {
    text = `SELECT account, kind, id, tenant, project, state,
        CASE WHEN EXISTS (SELECT 1 FROM shares s WHERE s.id = o.id AND s.kind = o.kind AND s.account = o.account AND s.project = ?)
          THEN 1 ELSE 0 END AS shared
      FROM objects o WHERE o.id IN (${Array.from({ length: size }, () => '?').join(', ')})`
    selections.set(size, text)
  }
  return text
}

function padded(ids: readonly string[]): readonly string[] {
  const size = powerOfTwo(ids.length)
  return [...ids, ...Array.from({ length: size - ids.length }, () => ids[0] ?? '')]
}

const powerOfTwo = (count: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, count)))
