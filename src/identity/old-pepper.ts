// The key under which token secrets are hashed: a stolen database alone does not let anybody test guesses.
import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode } from '../kernel/error-code.ts'
import { StoreError, type Store } from '../store/sqlite.ts'
import { tokenQueries } from './queries.ts'

const size = 32

/** Reads `<dataDir>/token-pepper`, or makes it when the store holds no token yet. */
export function loadPepper(store: Store): KeyObject {
  const file = join(store.dataDir, 'token-pepper')
  const pepper = read(file) ?? make(file, store)
  if (pepper.length !== size) {
    throw new StoreError(
      `${file} holds ${pepper.length} bytes instead of ${size}: restore it from the backup that belongs to this database.`,
    )
  }
  return createSecretKey(pepper)
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
function make(file: string, store: Store): Buffer {
  const count = tokenQueries(store).count()
  // Whoever stored tokens had made the pepper before: look once more before calling it lost.
  const late = count > 0 ? read(file) : null
  if (late !== null) return late
  if (count > 0) {
    throw new StoreError(
      `${file} is missing, and the tokens of the database cannot be checked without it: restore it from the backup, or move relay.db away to start without tokens.`,
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
