// The store of one machine: SQLite in the data folder. Several processes may have it open (a running relay and `relay token`).
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { errorCode } from '../kernel/error-code.ts'
import { openDatabase, primaryCode } from './sqlite-file.ts'
import { StoreConflict, StoreUnavailable, type Row, type Sql, type Store, type Value } from './store.ts'
import { guarded } from './transaction.ts'

/** Texts kept prepared; beyond it the oldest is made anew. */
const preparedMost = 500

/**
 * How long somebody else may hold the lock, in tries. Between two tries the thread is free; in one it waits, because the
 * others are done within milliseconds: their transactions await nothing.
 */
const tries = { most: 250, waitMs: 10, pauseMs: 10 }

/**
 * Statements run at once, on this thread, and answer with a promise that is done already.
 * @param tell a line for the operator
 * @throws StoreError
 */
export function openSqlite({ dataDir, tell }: { readonly dataDir: string; readonly tell: (line: string) => void }): Store {
  const database = openDatabase(dataDir, tell)
  database.exec(`PRAGMA busy_timeout = ${tries.waitMs}`)
  const prepare = createPrepare(database)
  const all = (text: string, values: readonly Value[]): readonly Row[] => prepare(text).all(...values) as unknown as readonly Row[]
  const run = (text: string, values: readonly Value[]): number => Number(prepare(text).run(...values).changes)

  /** The transaction of this connection; whoever comes meanwhile waits until it is over, first come first served. */
  let open: Promise<void> | null = null

  /** Runs `execute` where no transaction of ours is open, and again as long as another process holds the lock. */
  async function alone<T>(execute: () => T): Promise<T> {
    for (let failed = 0; ; failed++) {
      while (open !== null) await open
      try {
        return execute()
      } catch (error) {
        if (!isBusy(error) || failed >= tries.most) throw translated(error)
      }
      await sleep(tries.pauseMs)
    }
  }

  const inside: Sql = {
    all: async (text, ...values) => translating(() => all(text, values)),
    run: async (text, ...values) => translating(() => run(text, values)),
  }

  return {
    dialect: 'sqlite',
    dataDir,
    all: (text, ...values) => alone(() => all(text, values)),
    run: (text, ...values) => alone(() => run(text, values)),
    transaction: async (work) => {
      const over = await alone(() => {
        database.exec('BEGIN IMMEDIATE')
        const { promise, resolve } = Promise.withResolvers<void>()
        open = promise
        return resolve
      })
      try {
        const result = await guarded(inside, work)
        translating(() => database.exec('COMMIT'))
        return result
      } finally {
        if (database.isTransaction) database.exec('ROLLBACK')
        open = null
        over()
      }
    },
    close: () =>
      alone(() => {
        if (database.isOpen) database.close()
      }),
  }
}

function createPrepare(database: DatabaseSync): (text: string) => StatementSync {
  const prepared = new Map<string, StatementSync>()
  return (text) => {
    const known = prepared.get(text)
    if (known !== undefined) return known
    const made = database.prepare(text)
    const [oldest] = prepared.size < preparedMost ? [] : prepared.keys()
    if (oldest !== undefined) prepared.delete(oldest)
    prepared.set(text, made)
    return made
  }
}

/** Busy, locked, read-only, an error of the disk, full, cannot be opened (https://sqlite.org/rescode.html). */
const unavailable: ReadonlySet<number> = new Set([5, 6, 8, 10, 13, 14])
/** Extended codes: UNIQUE, PRIMARY KEY. */
const conflict: ReadonlySet<unknown> = new Set([2067, 1555])

const isBusy = (error: unknown): boolean => primaryCode(error) === 5

function translated(error: unknown): unknown {
  if (errorCode(error) === 'ERR_INVALID_STATE') return new StoreUnavailable('The database is closed.', { cause: error })
  if (unavailable.has(primaryCode(error))) return new StoreUnavailable('The database cannot be used at the moment.', { cause: error })
  if (error instanceof Error && 'errcode' in error && conflict.has(error.errcode)) return new StoreConflict(error.message, { cause: error })
  return error
}

function translating<T>(execute: () => T): T {
  try {
    return execute()
  } catch (error) {
    throw translated(error)
  }
}
