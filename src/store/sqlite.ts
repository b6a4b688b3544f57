// The store of one machine: SQLite in the data folder. Several processes may have it open (a running relay and `relay token`).
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { openDatabase, primaryCode } from './sqlite-file.ts'
import { StoreConflict, StoreUnavailable, type Row, type Sql, type Store, type Value } from './store.ts'
import { guarded } from './transaction.ts'

/** Texts kept prepared; beyond it the oldest is made anew. */
const preparedMost = 500

/**
 * Statements run at once, on this thread, and answer with a promise that is done already.
 * @param tell a line for the operator
 * @throws StoreError
 */
export function openSqlite({ dataDir, tell }: { readonly dataDir: string; readonly tell: (line: string) => void }): Store {
  const database = openDatabase(dataDir, tell)
  const prepare = createPrepare(database)
  const all = (text: string, values: readonly Value[]): readonly Row[] => prepare(text).all(...values) as unknown as readonly Row[]
  const run = (text: string, values: readonly Value[]): number => Number(prepare(text).run(...values).changes)

  // Whoever comes while a transaction is open waits behind it, first come first served.
  const waiting: (() => void)[] = []
  let isOpen = false

  function over(): void {
    isOpen = false
    while (!isOpen) {
      const begin = waiting.shift()
      if (begin === undefined) return
      begin()
    }
  }

  /** Now, or the moment no transaction is open any more. */
  function alone<T>(execute: () => T): T | Promise<T> {
    if (!isOpen) return execute()
    return new Promise((resolve) => {
      waiting.push(() => resolve(Promise.try(execute)))
    })
  }

  const own: Sql = {
    all: async (text, ...values) => translated(() => all(text, values)),
    run: async (text, ...values) => translated(() => run(text, values)),
  }

  return {
    dialect: 'sqlite',
    dataDir,
    all: async (text, ...values) => alone(() => translated(() => all(text, values))),
    run: async (text, ...values) => alone(() => translated(() => run(text, values))),
    transaction: async (work) => {
      await alone(() => {
        isOpen = true
      })
      try {
        translated(() => database.exec('BEGIN IMMEDIATE'))
        const result = await guarded(own, work)
        translated(() => database.exec('COMMIT'))
        return result
      } finally {
        if (database.isTransaction) database.exec('ROLLBACK')
        over()
      }
    },
    close: async () => alone(() => database.close()),
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

function translated<T>(execute: () => T): T {
  try {
    return execute()
  } catch (error) {
    if (unavailable.has(primaryCode(error))) throw new StoreUnavailable('The database cannot be used at the moment.', { cause: error })
    if (error instanceof Error && 'errcode' in error && conflict.has(error.errcode))
      throw new StoreConflict(error.message, { cause: error })
    throw error
  }
}

/** The store as identity still reads it, until it has moved to `openStore` of open.ts. */
export type SyncStore = {
  readonly database: DatabaseSync
  readonly dataDir: string
  readonly transaction: <T>(work: () => T) => T
  readonly version: () => number
  readonly close: () => void
}
export type { SyncStore as Store }
export { StoreError } from './store.ts'

export function openStore({ dataDir }: { readonly dataDir: string }): SyncStore {
  const database = openDatabase(dataDir, () => {})
  return {
    database,
    dataDir,
    version: () => Number(database.prepare('PRAGMA data_version').get()?.['data_version']),
    close: () => database.close(),
    transaction: (work) => {
      database.exec('BEGIN IMMEDIATE')
      try {
        const result = work()
        database.exec('COMMIT')
        return result
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK')
        throw error
      }
    },
  }
}
