// The database of one relay: SQLite in the data folder. Several processes may have it open (a running relay and `relay token`).
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { errorCode } from '../kernel/error-code.ts'
import { migrations } from './migrations/list.ts'

export type Store = {
  readonly database: DatabaseSync
  readonly dataDir: string
  /** Runs `work` in one write transaction: all of it happens or nothing. */
  readonly transaction: <T>(work: () => T) => T
  /** A number that is another one after any other connection changed the database (SQLite, "PRAGMA data_version"). */
  readonly version: () => number
  readonly close: () => void
}

/** What keeps the store from opening, in words for the operator. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
}

/**
 * Opens `<dataDir>/relay.db`, makes it where it is missing, and brings its schema up to this version.
 * @example const store = openStore({ dataDir: '/var/lib/relay' })
 */
export function openStore({ dataDir }: { readonly dataDir: string }): Store {
  const file = join(dataDir, 'relay.db')
  try {
    makeFolder(dataDir)
    // Made here and not by SQLite, so that nobody else can read it for a moment; WAL files take the mode of the database.
    closeSync(openSync(file, 'a', 0o600))
  } catch (error) {
    throw new StoreError(
      `The data folder ${dataDir} cannot be written (${errorCode(error)}): set RELAY_DATA_DIR to a folder this user owns.`,
      { cause: error },
    )
  }
  let database: DatabaseSync | null = null
  try {
    database = new DatabaseSync(file, { timeout: 5_000 })
    const store = storeOf(database, dataDir)
    prepare(store, file)
    return store
  } catch (error) {
    database?.close()
    if (error instanceof StoreError) throw error
    throw new StoreError(`The database ${file} cannot be used: ${advice(error)}.`, { cause: error })
  }
}

/** Not `recursive` of mkdirSync: that never returns where a parent cannot have children (/proc; seen in Node 24.21). */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  try {
    mkdirSync(folder, 0o700)
  } catch (error) {
    // Another process was faster.
    if (errorCode(error) !== 'EEXIST') throw error
  }
}

function storeOf(database: DatabaseSync, dataDir: string): Store {
  const begin = database.prepare('BEGIN IMMEDIATE')
  const commit = database.prepare('COMMIT')
  const rollback = database.prepare('ROLLBACK')
  const dataVersion = database.prepare('PRAGMA data_version')

  return {
    database,
    dataDir,
    version: () => Number(dataVersion.get()?.['data_version']),
    close: () => database.close(),
    transaction: (work) => {
      begin.run()
      try {
        const result = work()
        commit.run()
        return result
      } catch (error) {
        if (database.isTransaction) rollback.run()
        throw error
      }
    },
  }
}

function prepare(store: Store, file: string): void {
  // A commit is on disk when it returns; the log files keep readers and the one writer out of each other's way.
  store.database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  const present = schemaVersion(store)
  if (present > migrations.length) {
    throw new StoreError(
      `The database ${file} was written by a newer Relay (schema ${present}, this one knows ${migrations.length}): start that version, or restore the backup made before the upgrade.`,
    )
  }
  if (present === migrations.length) return
  store.transaction(() => {
    // Read again: another process may have migrated while this one waited for the lock.
    for (let version = schemaVersion(store); version < migrations.length; version++) {
      store.database.exec(migrations[version] ?? '')
      store.database.exec(`PRAGMA user_version = ${version + 1}`)
    }
  })
}

function schemaVersion(store: Store): number {
  return Number(store.database.prepare('PRAGMA user_version').get()?.['user_version'])
}

/** Result codes of SQLite an operator can do something about (https://sqlite.org/rescode.html); the low byte is the primary one. */
function advice(error: unknown): string {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0
  const text = error instanceof Error ? error.message : String(error)
  if (code === 5 || code === 6) return `another process holds it locked (${text}); end that process`
  if (code === 8 || code === 14) return `this user may not write it (${text}); give the file to the user of the relay`
  if (code === 13) return `the disk is full (${text}); free some space`
  if (code === 11 || code === 26) return `it is damaged (${text}); restore it from a backup, or move it away to start with an empty one`
  return text
}
