// Keeps everybody from writing owners down, as a slow disk would: whatever leaves the relay meanwhile has not waited for it.
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { databaseFile } from '../../src/store/place.ts'

export type Hold = {
  /** Resolves when nobody can write. */
  readonly begin: () => Promise<void>
  readonly end: () => Promise<void>
} & AsyncDisposable

export function createHold(dataDir: string, databaseUrl: string | null): Hold {
  return databaseUrl === null ? onSqlite(databaseFile(dataDir)) : onPostgres(databaseUrl)
}

function onSqlite(file: string): Hold {
  const database = new DatabaseSync(file, { timeout: 0 })
  return {
    async begin() {
      for (;;) {
        try {
          return database.exec('BEGIN IMMEDIATE')
        } catch {
          // The relay writes just now.
          await sleep(1)
        }
      }
    },
    end: async () => database.exec('COMMIT'),
    [Symbol.asyncDispose]: async () => database.close(),
  }
}

function onPostgres(url: string): Hold {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  return {
    // Reading goes on.
    begin: async () => void (await sql.unsafe('BEGIN; LOCK TABLE objects IN SHARE MODE')),
    end: async () => void (await sql.unsafe('COMMIT')),
    [Symbol.asyncDispose]: () => sql.end(),
  }
}
