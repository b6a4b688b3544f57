// How owners get to the database. On SQLite what is written at the same time becomes one transaction, so that many creates share
// the wait for the disk; Postgres does that by itself, and a transaction would cost round trips.
import type { Clock } from '../kernel/clock.ts'
import type { Sql, Store, Value } from '../store/store.ts'

/** The parameters of one row: account, kind, id, tenant, project, parent, created_at, facet, body. */
export type ObjectRow = readonly Value[]
/** What is recorded now, by `stateKey`. An object that is another project's already is not in it. */
export type States = ReadonlyMap<string, Value>

export type Writes = {
  /** Resolves when it is on disk. */
  readonly insert: (rows: readonly ObjectRow[]) => Promise<States>
  /** Any statements; what `insert` was given before comes first. */
  readonly write: <T>(work: (sql: Sql) => Promise<T>) => Promise<T>
  /** Waits for what is under way. */
  readonly close: () => Promise<void>
}

export const stateKey = (project: Value, account: Value, kind: Value, id: Value): string =>
  `${String(project)} ${String(account)} ${String(kind)} ${String(id)}`

/**
 * While writes come fast, transactions are this far apart: those that come in between share one wait for the disk. On a slow
 * disk they are further apart, so that the exchanges that write nothing have three quarters of the time.
 */
const commitGapMs = 2
const maxCommitGapMs = 50
/** Statements stay well under the number of parameters either database takes. */
const maxRows = 100

type Waiting = {
  readonly work: (sql: Sql) => Promise<unknown>
  readonly done: (result: unknown) => void
  readonly fail: (error: unknown) => void
}
type Births = { readonly rows: readonly ObjectRow[]; readonly done: (states: States) => void; readonly fail: (error: unknown) => void }

export function createWrites({ store, clock }: { readonly store: Store; readonly clock: Clock }): Writes {
  let waiting: Waiting[] = []
  let births: Births[] = []
  let flushing: Promise<void> | null = null
  let nextCommitTick = 0

  function flushLater(): void {
    flushing ??= new Promise((flushed) => {
      const waitMs = nextCommitTick - clock.tick()
      const begin = (): void => void flush().then(flushed)
      if (waitMs > 0) setTimeout(begin, waitMs)
      else setImmediate(begin)
    })
  }

  /** Creates that wait together become one statement: what a statement costs beside its rows is paid once. */
  async function flush(): Promise<void> {
    const [others, born] = [waiting, births]
    waiting = []
    births = []
    const beganTick = clock.tick()
    try {
      const { states, results } = await store.transaction(async (sql) => {
        const newRows = born.flatMap(({ rows }) => rows)
        const recorded = await insertInto(sql, newRows)
        const all: unknown[] = []
        for (const { work } of others) all.push(await work(sql))
        return { states: recorded, results: all }
      })
      for (const { done } of born) done(states)
      others.forEach(({ done }, at) => done(results[at]))
    } catch (error) {
      for (const { fail } of [...born, ...others]) fail(error)
    }
    const endedTick = clock.tick()
    nextCommitTick = endedTick + Math.min(maxCommitGapMs, Math.max(commitGapMs, 3 * (endedTick - beganTick)))
    flushing = null
    if (waiting.length + births.length > 0) flushLater()
  }

  if (store.dialect === 'postgres') {
    return { insert: (rows) => insertInto(store, rows), write: (work) => work(store), close: () => Promise.resolve() }
  }
  return {
    insert: (rows) =>
      new Promise((done, fail) => {
        births.push({ rows, done, fail })
        flushLater()
      }),
    write: <T>(work: (sql: Sql) => Promise<T>) =>
      new Promise<T>((done, fail) => {
        waiting.push({ work, done: done as (result: unknown) => void, fail })
        flushLater()
      }),
    async close() {
      while (flushing !== null) await flushing
    },
  }
}

/** In one statement as long as they are not too many: one round trip. */
async function insertInto(sql: Sql, rows: readonly ObjectRow[]): Promise<States> {
  const states = new Map<string, Value>()
  for (let at = 0; at < rows.length; at += maxRows) {
    const part = rows.slice(at, at + maxRows)
    for (const row of await sql.all(insertion(part.length), ...part.flat()))
      states.set(stateKey(row['project'] ?? null, row['account'] ?? null, row['kind'] ?? null, row['id'] ?? null), row['state'] ?? null)
  }
  return states
}

const insertions = new Map<number, string>()

function insertion(count: number): string {
  let text = insertions.get(count)
  if (text === undefined) {
    const row = "(?, ?, ?, ?, ?, ?, 'live', ?, ?, ?)"
    text = `INSERT INTO objects (account, kind, id, tenant, project, parent, state, created_at, facet, body)
      VALUES ${Array.from({ length: count }, () => row).join(', ')}
      ON CONFLICT (id, kind, account) DO UPDATE SET body = coalesce(nullif(excluded.body, ''), objects.body), facet = coalesce(excluded.facet, objects.facet)
      WHERE objects.tenant = excluded.tenant AND objects.project = excluded.project
      RETURNING project, account, kind, id, state`
    insertions.set(count, text)
  }
  return text
}
