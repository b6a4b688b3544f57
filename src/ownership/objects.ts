// Ownership on the table `objects`: what is the asker's is leased for a while, everything else is asked of the database each time.
import { hash } from 'node:crypto'
import { listingOf, type ResourceKind } from '../catalog/kinds.ts'
import { createdAtOf, facetOf } from './told.ts'
import type { Clock } from '../kernel/clock.ts'
import { firstAccountId, newIntentId, type AccountId, type IntentId, type ProcessId, type ProjectId, type TenantId } from '../kernel/ids.ts'
import { StoreUnavailable, type Row, type Sql, type Store, type Value } from '../store/store.ts'
import { createLateOwners } from './late-owners.ts'
import { createLru } from './lru.ts'
import type { Born, Found, Named, Owner, Ownership } from './ownership.ts'
import { createWrites, stateKey } from './writes.ts'

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

/** How long an object that is told once more as it was needs no look at the database. */
const toldMs = 10_000

const live = 'live'

type Lease = { readonly kind: ResourceKind; readonly found: Found; readonly tick: number }

export function createOwnership({ store, clock, processId, home, onError }: OwnershipOptions): Ownership {
  /** Whose ids are, by id, as they were recorded here or found last. */
  const leases = createLru<Lease>(50_000)
  /** How many deletes have begun: what was read before one may be wrong after it. */
  let deletes = 0
  let isReachable = true
  const writes = createWrites({ store, clock })
  /** Digests of objects that were remembered just now. */
  const told = createLru<{ readonly digest: string; readonly tick: number }>(20_000)

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
    const tick = clock.tick()
    if (lease !== null && tick - lease.tick < freshMs) return lease.found
    const began = deletes
    try {
      const found = foundOf(owner, named, await rowsOf(owner, [named.id]))
      // Only what is the owner's: an id that is born a moment later must be seen at once, and the second question for a foreign
      // one must take as long as the first.
      if (found?.access === 'own' && found.isRecorded && began === deletes) leases.set(named.id, { kind: named.kind, found, tick })
      return found
    } catch (error) {
      if (error instanceof StoreUnavailable && lease !== null && tick - lease.tick < leaseMs) return lease.found
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

  const write = <T>(work: (sql: Sql) => Promise<T>): Promise<T> => guarded(writes.write(work))

  const background = (work: Promise<unknown>): void => void work.catch(onError)

  const late = createLateOwners({ insert: (rows) => guarded(writes.insert(rows)), onError })

  const forget = (intent: IntentId): void => background(write((sql) => sql.run('DELETE FROM intents WHERE id = ?', intent)))

  function rowOf(owner: Owner, account: AccountId, { kind, id, parent, body }: Born, now: number): readonly Value[] {
    // Of a listed kind, an object nobody has told us yet is marked: lists ask for it first.
    const object = body ?? (listingOf(kind) !== null ? '' : null)
    return [account, kind, id, owner.tenant, owner.project, parent, createdAtOf(body) ?? now, facetOf(kind, body), object]
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

    async record(owner, account, born) {
      const began = deletes
      const now = clock.now()
      const distinct = born.length === 1 ? born : [...new Map(born.map((each) => [keyOf(account, each), each])).values()]
      const rows = distinct.map((each) => rowOf(owner, account, each, now))
      const states = await guarded(writes.insert(rows)).catch((error: unknown) => {
        if (error instanceof StoreUnavailable) late.keep(rows)
        throw error
      })
      const found: Found = { account, project: owner.project, access: 'own', isRecorded: true }
      const foreign: Named[] = []
      for (const { kind, id } of distinct) {
        const state = states.get(stateKey(owner.project, account, kind, id))
        if (state === undefined) foreign.push({ kind, id })
        if (state === live && began === deletes) leases.set(id, { kind, found, tick: clock.tick() })
      }
      return foreign
    },

    isKnown: (owner, account, named) => leaseOf(owner, named)?.found.account === account,

    remember(account, { kind, id }, body) {
      const key = keyOf(account, { kind, id })
      const digest = hash('sha1', body, 'base64')
      const before = told.get(key)
      const tick = clock.tick()
      if (before?.digest === digest && tick - before.tick < toldMs) return
      told.set(key, { digest, tick })
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
      late.close()
      await writes.close()
    },
  }
}

const keyOf = (account: AccountId, { kind, id }: Named): string => `${account} ${kind} ${id}`

/** Statements stay well under the number of parameters either database takes. */
const maxIds = 512
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
