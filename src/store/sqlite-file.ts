// The file of a SQLite store: made with the right modes, opened, brought up to the schema of this version.
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { migrations } from './migrations/list.ts'
import { sqliteWords } from './migrations/words.ts'
import { cannotWrite, databaseFile, makeDataFolder } from './place.ts'
import { newerSchema, StoreError } from './store.ts'

/**
 * Opens `<dataDir>/relay.db`, makes it where it is missing, and brings its schema up to this version.
 * @param tell a line for the operator
 * @throws StoreError
 */
export function openDatabase(dataDir: string, tell: (line: string) => void): DatabaseSync {
  const file = databaseFile(dataDir)
  makeDataFolder(dataDir)
  try {
    // Made here and not by SQLite, so that nobody else can read it for a moment; WAL files take the mode of the database.
    closeSync(openSync(file, 'a', 0o600))
  } catch (error) {
    throw cannotWrite(dataDir, error)
  }
  let database: DatabaseSync | null = null
  try {
    database = new DatabaseSync(file, { timeout: 5_000 })
    // A commit is on disk when it returns; the log files keep readers and the one writer out of each other's way.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    migrate(database, file, tell)
    return database
  } catch (error) {
    database?.close()
    if (error instanceof StoreError) throw error
    throw new StoreError(`The database ${file} cannot be used: ${advice(error)}.`, { cause: error })
  }
}

/** How many steps of the migrations this database has taken. */
export function schemaOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
}

/** Copies a database as of this moment into a new file, readable for its owner only and on disk when this returns. */
export function copyDatabase(database: DatabaseSync, file: string): void {
  closeSync(openSync(file, 'wx', 0o600))
  database.prepare('VACUUM INTO ?').run(file)
  syncFile(file)
}

/** What was written to a file is on disk when this returns. */
export function syncFile(file: string): void {
  const descriptor = openSync(file, 'r+')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Result codes of SQLite an operator can do something about (https://sqlite.org/rescode.html); the low byte is the primary one. */
export function advice(error: unknown): string {
  const code = primaryCode(error)
  const text = error instanceof Error ? error.message : String(error)
  if (code === 5 || code === 6) return `another process holds it locked (${text}); end that process`
  if (code === 8 || code === 14) return `this user may not write it (${text}); give the file to the user of the relay`
  if (code === 13) return `the disk is full (${text}); free some space`
  if (code === 11 || code === 26) return `it is damaged (${text}); restore it from a backup, or move it away to start with an empty one`
  return text
}

/** The primary result code of SQLite; 0 for an error that is none of SQLite's. */
export function primaryCode(error: unknown): number {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0
}

function migrate(database: DatabaseSync, file: string, tell: (line: string) => void): void {
  const known = migrations.length
  const refusal = newerSchema(file, schemaOf(database), known)
  if (refusal !== null) throw refusal
  if (schemaOf(database) === known) return
  database.exec('BEGIN IMMEDIATE')
  try {
    // Read again: another process may have migrated while this one waited for the lock.
    const present = schemaOf(database)
    if (present > 0 && present < known && hasRows(database)) tell(keepCopy(file, present))
    for (let version = present; version < known; version++) {
      database.exec(migrations[version]?.(sqliteWords) ?? '')
      database.exec(`PRAGMA user_version = ${version + 1}`)
    }
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** Under the write lock of `migrate`, so that what is copied is what the migration finds. */
function keepCopy(file: string, present: number): string {
  const kept = `${file}.before-${String(present + 1).padStart(4, '0')}`
  const aside = `${kept}.partial`
  rmSync(aside, { force: true })
  // A connection of its own: one in a transaction cannot copy.
  const reader = new DatabaseSync(file, { readOnly: true })
  try {
    copyDatabase(reader, aside)
  } finally {
    reader.close()
  }
  renameSync(aside, kept)
  return `The database ${file} moves from schema ${present} to ${migrations.length}; what it was is kept in ${kept}.`
}

function hasRows(database: DatabaseSync): boolean {
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").all()
  return tables.some(({ name }) => database.prepare(`SELECT 1 FROM "${String(name)}" LIMIT 1`).get() !== undefined)
}

export function hasTable(database: DatabaseSync, name: string): boolean {
  return database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(name) !== undefined
}
