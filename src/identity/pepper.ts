// The key under which token secrets are hashed: a stolen database alone does not let anybody test guesses. It lies in a file beside
// the database, or is made from the setting `secret`, which several machines can share.
import { createHmac, createSecretKey, hkdfSync, randomBytes, type KeyObject } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode } from '../kernel/error-code.ts'
import type { Secret } from '../kernel/secret.ts'
import { StoreError, type Sql, type Store } from '../store/store.ts'

const size = 32

/** A key for one purpose: whoever learns it learns neither the pepper nor the others (RFC 5869). */
export function keyFor(pepper: KeyObject, purpose: 'upstream-keys' | 'audit' | 'namespace'): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', pepper, '', `relay ${purpose}`, size)))
}

/** Tells two peppers apart and says nothing about either. */
export function fingerprintOf(pepper: KeyObject): string {
  return createHmac('sha256', pepper).update('relay fingerprint').digest('hex').slice(0, 32)
}

export function otherPepper(): StoreError {
  return new StoreError(
    'The tokens of this database were made under another pepper, so that none of them would be known here: set the same RELAY_SECRET on every machine, or copy the file token-pepper from the one that made them.',
  )
}

/**
 * The pepper of this database. One that holds nothing made under a pepper takes any; after that every process must have the same.
 * @param secret the setting; without it `<dataDir>/token-pepper` is read, or made while it is not needed yet
 */
export async function loadPepper({ store, secret }: { readonly store: Store; readonly secret: Secret | null }): Promise<KeyObject> {
  const pepper = createSecretKey(secret === null ? await fromFile(store) : derived(secret))
  const fingerprint = fingerprintOf(pepper)
  if ((await storedFingerprint(store)) === fingerprint) return pepper
  await store.transaction(async (sql) => {
    const stored = await storedFingerprint(sql)
    if (stored === fingerprint) return
    if (await isNeeded(sql)) {
      if (stored !== null) throw otherPepper()
      // Tokens without a fingerprint are of a version that knew only the file.
      if (secret !== null)
        throw new StoreError(
          `The tokens of this database were made under ${fileOf(store)}: start without RELAY_SECRET, or with an empty database.`,
        )
    }
    await sql.run('UPDATE revision SET pepper = ?', fingerprint)
  })
  return pepper
}

const fileOf = (store: Store): string => join(store.dataDir, 'token-pepper')

function derived(secret: Secret): Buffer {
  return Buffer.from(hkdfSync('sha256', secret.reveal(), '', 'relay token-pepper', size))
}

async function fromFile(store: Store): Promise<Buffer> {
  const file = fileOf(store)
  const pepper = read(file) ?? (await make(file, store))
  if (pepper.length !== size) {
    throw new StoreError(
      `${file} holds ${pepper.length} bytes instead of ${size}: restore it from the backup that belongs to this database.`,
    )
  }
  return pepper
}

async function storedFingerprint(sql: Sql): Promise<string | null> {
  return ((await sql.all('SELECT pepper FROM revision'))[0]?.['pepper'] ?? null) as string | null
}

/** Whether the database holds something that only the pepper it was made under can read. */
async function isNeeded(sql: Sql): Promise<boolean> {
  const rows = await sql.all(
    'SELECT (SELECT count(*) FROM tokens) + (SELECT count(*) FROM admin_tokens) + (SELECT count(*) FROM accounts WHERE sealed_key IS NOT NULL) + (SELECT count(*) FROM audit) AS count',
  )
  return Number(rows[0]?.['count']) > 0
}

function read(file: string): Buffer | null {
  try {
    return readFileSync(file)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw new StoreError(`${file} cannot be read (${errorCode(error)}): it must belong to the user of the relay.`, { cause: error })
  }
}

/** Written aside and linked into place, so that of two processes one wins and both use the same whole file. */
async function make(file: string, store: Store): Promise<Buffer> {
  const isLate = await isNeeded(store)
  // Whoever stored tokens had made the pepper before: look once more before calling it lost.
  const late = isLate ? read(file) : null
  if (late !== null) return late
  if (isLate) {
    throw new StoreError(
      store.dialect === 'sqlite'
        ? `${file} is missing, and the tokens of the database cannot be checked without it: restore it from the backup, or move relay.db away to start without tokens.`
        : `${file} is missing, and the tokens of the database cannot be checked without it: copy it from the machine that made them, or set RELAY_SECRET if they were made under one.`,
    )
  }
  const pepper = randomBytes(size)
  const aside = `${file}.${randomBytes(8).toString('hex')}`
  const descriptor = openSync(aside, 'wx', 0o600)
  try {
    writeSync(descriptor, pepper)
    fsyncSync(descriptor)
    linkSync(aside, file)
    return pepper
  } catch (error) {
    const theirs = errorCode(error) === 'EEXIST' ? read(file) : null
    if (theirs === null) throw error
    return theirs
  } finally {
    closeSync(descriptor)
    unlinkSync(aside)
  }
}
