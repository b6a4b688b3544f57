// Where the state of a relay is kept.
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errorCode } from '../kernel/error-code.ts'
import type { Secret } from '../kernel/secret.ts'
import { StoreError } from './store.ts'

export type Place = {
  readonly dataDir: string
  /** `postgres://user:password@host:port/database`; null for SQLite in the data folder. */
  readonly databaseUrl: Secret | null
}

/** The file of a SQLite database. */
export const databaseFile = (dataDir: string): string => join(dataDir, 'relay.db')

/** The database in words for the operator: the file, or the address without the password. */
export function nameOfPlace({ dataDir, databaseUrl }: Place): string {
  if (databaseUrl === null) return databaseFile(dataDir)
  const { protocol, username, host, pathname } = new URL(databaseUrl.reveal())
  return `${protocol}//${username}${username === '' ? '' : '@'}${host}${pathname}`
}

/** @throws StoreError where it cannot be made */
export function makeDataFolder(dataDir: string): void {
  try {
    makeFolder(dataDir)
  } catch (error) {
    throw cannotWrite(dataDir, error)
  }
}

export function cannotWrite(dataDir: string, error: unknown): StoreError {
  return new StoreError(
    `The data folder ${dataDir} cannot be written (${errorCode(error)}): set RELAY_DATA_DIR to a folder this user owns.`,
    {
      cause: error,
    },
  )
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
