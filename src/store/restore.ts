// A backup becomes the store of a data folder again. What was there is moved aside, never overwritten.
import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { errorCode } from '../kernel/error-code.ts'
import { pepperName } from './backup.ts'
import { migrations } from './migrations/list.ts'
import { databaseFile, makeDataFolder } from './place.ts'
import { advice, copyDatabase, hasTable, primaryCode, schemaOf, syncFile } from './sqlite-file.ts'
import { newerSchema, StoreError } from './store.ts'

export type Restored = {
  readonly file: string
  readonly schema: number
  /** Where what was there before is now; empty in a new folder. */
  readonly kept: readonly string[]
}

/**
 * @param at names what was there before
 * @throws StoreError when the backup cannot be used or a relay uses the folder; then everything is as it was
 */
export function restore({ dataDir, file, at }: { readonly dataDir: string; readonly file: string; readonly at: Date }): Restored {
  const source = resolve(file)
  const target = databaseFile(dataDir)
  makeDataFolder(dataDir)
  const aside = `${target}.${randomBytes(4).toString('hex')}.partial`
  const moved: { readonly from: string; readonly to: string }[] = []
  try {
    const backup = unpack(source, aside)
    refuseInUse(target, dataDir)
    const suffix = `.before-restore-${at.toISOString().replace(/[-:]|\.\d+/g, '')}`
    // The pepper of a plain copy, such as the one a migration leaves, is the one that lies there.
    const replaced = ['', '-wal', '-shm'].map((end) => [`${target}${end}`, `${target}${suffix}${end}`] as const)
    const pepper = join(dataDir, pepperName)
    if (backup.isWhole) replaced.push([pepper, `${pepper}${suffix}`])
    for (const [from, to] of replaced) {
      if (!existsSync(from)) continue
      renameSync(from, to)
      moved.push({ from, to })
    }
    // A relay that was started since the first look has what is aside now.
    refuseInUse(`${target}${suffix}`, dataDir)
    if (backup.pepper !== null) writeFileSync(pepper, backup.pepper, { mode: 0o600, flag: 'wx', flush: true })
    // Fails where a relay was started in this moment and has made a database of its own.
    linkSync(aside, target)
    return { file: target, schema: backup.schema, kept: moved.map(({ to }) => to) }
  } catch (error) {
    if (!existsSync(target)) for (const { from, to } of moved) renameSync(to, from)
    if (error instanceof StoreError) throw error
    if (errorCode(error) === 'EEXIST') throw inUse(dataDir)
    throw new StoreError(`${source} cannot be restored to ${dataDir}: ${advice(error)}.`, { cause: error })
  } finally {
    rmSync(aside, { force: true })
  }
}

type Unpacked = { readonly schema: number; readonly isWhole: boolean; readonly pepper: Uint8Array | null }

/** Checks a backup and copies its database. */
function unpack(source: string, aside: string): Unpacked {
  const reader = openBackup(source)
  try {
    const schema = schemaOf(reader)
    const refusal = newerSchema(source, schema, migrations.length)
    if (refusal !== null) throw refusal
    if (schema === 0 || !hasTable(reader, 'tokens')) throw new StoreError(`${source} is no backup of a relay.`)
    const [first] = reader.prepare('PRAGMA integrity_check(1)').all()
    const verdict = String(Object.values(first ?? {})[0])
    if (verdict !== 'ok') throw new StoreError(`The backup ${source} is damaged (${verdict}): use another one.`)
    copyDatabase(reader, aside)
  } finally {
    reader.close()
  }
  const copy = new DatabaseSync(aside)
  try {
    const isWhole = hasTable(copy, 'backup')
    const pepper = isWhole ? copy.prepare('SELECT content FROM backup WHERE name = ?').get(pepperName)?.['content'] : null
    if (isWhole) copy.exec('DROP TABLE backup; VACUUM')
    return { schema: schemaOf(copy), isWhole, pepper: pepper instanceof Uint8Array ? pepper : null }
  } finally {
    copy.close()
    syncFile(aside)
  }
}

function openBackup(source: string): DatabaseSync {
  if (!existsSync(source)) throw new StoreError(`There is no ${source}: name the file that \`relay backup\` wrote.`)
  let reader: DatabaseSync | null = null
  try {
    reader = new DatabaseSync(source, { readOnly: true, timeout: 5_000 })
    schemaOf(reader)
    return reader
  } catch (error) {
    reader?.close()
    if (primaryCode(error) === 26) throw new StoreError(`${source} is no backup of a relay.`, { cause: error })
    throw new StoreError(`${source} cannot be read as a backup: ${advice(error)}.`, { cause: error })
  }
}

/** A database leaves the log files only while nobody else has it open (SQLite, "PRAGMA journal_mode"). */
function refuseInUse(file: string, dataDir: string): void {
  if (!existsSync(file)) return
  const database = new DatabaseSync(file, { timeout: 0 })
  try {
    database.exec('PRAGMA journal_mode = DELETE')
  } catch (error) {
    if (primaryCode(error) === 5) throw inUse(dataDir)
    // What is damaged is a reason to restore, and none not to.
  } finally {
    database.close()
  }
}

const inUse = (dataDir: string): StoreError =>
  new StoreError(`A relay uses ${dataDir}: stop it first, and start it again after the restore.`)
