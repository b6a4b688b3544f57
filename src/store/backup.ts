// A SQLite store as one file. The token pepper goes along: without it the tokens of the database are worth nothing.
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { databaseFile } from './place.ts'
import { advice, copyDatabase, hasTable, schemaOf, syncFile } from './sqlite-file.ts'
import { StoreError } from './store.ts'

export type BackedUp = { readonly file: string; readonly schema: number; readonly sizeBytes: number }

/** Beside the database in the data folder, and a row in the table `backup` of a backup. */
export const pepperName = 'token-pepper'

/**
 * Copies the database as of this moment into `file`, while relays use it. An older backup of that name is replaced.
 * @throws StoreError
 */
export function backUp({ dataDir, file }: { readonly dataDir: string; readonly file: string }): BackedUp {
  const source = databaseFile(dataDir)
  if (!existsSync(source)) {
    throw new StoreError(`There is no database in ${dataDir}: name the folder of the relay with --data-dir or RELAY_DATA_DIR.`)
  }
  const target = resolve(file)
  if (existsSync(target) && !isBackup(target)) {
    throw new StoreError(`${target} is there already and is no backup of a relay: choose another name.`)
  }
  const aside = `${target}.${randomBytes(4).toString('hex')}.partial`
  try {
    const database = new DatabaseSync(source, { readOnly: true, timeout: 5_000 })
    try {
      copyDatabase(database, aside)
    } finally {
      database.close()
    }
    const schema = addPepper(aside, join(dataDir, pepperName))
    renameSync(aside, target)
    return { file: target, schema, sizeBytes: statSync(target).size }
  } catch (error) {
    throw new StoreError(`${source} cannot be copied to ${target}: ${advice(error)}.`, { cause: error })
  } finally {
    rmSync(aside, { force: true })
  }
}

/** A copy becomes a backup by the table of what lies beside the database. */
function addPepper(copy: string, pepper: string): number {
  const database = new DatabaseSync(copy)
  try {
    database.exec('CREATE TABLE backup (name TEXT NOT NULL PRIMARY KEY, content BLOB NOT NULL) STRICT')
    // There is none where RELAY_SECRET takes its place.
    if (existsSync(pepper)) database.prepare('INSERT INTO backup (name, content) VALUES (?, ?)').run(pepperName, readFileSync(pepper))
    return schemaOf(database)
  } finally {
    database.close()
    syncFile(copy)
  }
}

function isBackup(file: string): boolean {
  try {
    const database = new DatabaseSync(file, { readOnly: true })
    try {
      return hasTable(database, 'backup')
    } finally {
      database.close()
    }
  } catch {
    return false
  }
}
