// The store of several machines: all their relays share one Postgres.
import { errorCode } from '../kernel/error-code.ts'
import type { Secret } from '../kernel/secret.ts'
import { makeDataFolder, nameOfPlace } from './place.ts'
import { openConnections, transact, type Connection } from './postgres-connections.ts'
import { migratePostgres } from './postgres-migrate.ts'
import { StoreError, StoreUnavailable, type Sql, type Store } from './store.ts'
import { guarded } from './transaction.ts'

/** How long a statement may take, its wait for a connection included: a database that does not answer is one that is gone. */
const deadlineMs = 3_000

/**
 * Whoever changes something holds this lock until it is done, in whichever process: what a transaction read is still true
 * when it writes, as on SQLite. A process that dies in the middle lets go when its connection does, or after ten seconds.
 */
const begin = `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = ${deadlineMs};
  SET LOCAL idle_in_transaction_session_timeout = 10000; SELECT pg_advisory_xact_lock(491327021433)`

/**
 * @param tell a line for the operator
 * @throws StoreError
 */
export async function openPostgres({
  url,
  dataDir,
  tell,
}: {
  readonly url: Secret
  readonly dataDir: string
  readonly tell: (line: string) => void
}): Promise<Store> {
  makeDataFolder(dataDir)
  const name = nameOfPlace({ dataDir, databaseUrl: url })
  const connections = openConnections(url)
  try {
    await connections.use((connection) => migratePostgres(connection, name, tell), deadlineMs)
  } catch (error) {
    await connections.close()
    if (error instanceof StoreError) throw error
    throw new StoreError(`The database ${name} cannot be used: ${advice(error)}.`, { cause: error })
  }

  const sqlOf = (connection: Connection): Sql => ({
    all: async (text, ...values) => (await connection.ask(text, values, deadlineMs)).rows,
    run: async (text, ...values) => (await connection.ask(text, values, deadlineMs)).changed,
  })

  return {
    dialect: 'postgres',
    dataDir,
    all: (text, ...values) => connections.use(async (connection) => (await connection.ask(text, values, deadlineMs)).rows, deadlineMs),
    run: (text, ...values) => connections.use(async (connection) => (await connection.ask(text, values, deadlineMs)).changed, deadlineMs),
    transaction: (work) =>
      connections.use((connection) => transact(connection, { begin, deadlineMs }, () => guarded(sqlOf(connection), work)), deadlineMs),
    close: connections.close,
  }
}

/** What an operator can do about a database that does not open (Postgres, "Appendix A. Error Codes"). */
function advice(error: unknown): string {
  const reason = error instanceof StoreUnavailable && error.cause !== undefined ? error.cause : error
  const code = errorCode(reason)
  const text = reason instanceof Error ? reason.message : String(reason)
  if (code.startsWith('28')) return `it refuses the user or the password (${text}); correct DATABASE_URL`
  if (code === '3D000') return `it does not exist (${text}); make it with CREATE DATABASE, or correct DATABASE_URL`
  if (code === '42501') return `the user may not make tables (${text}); let it own the database`
  // A code with a digit in front is the server's own word.
  if (error instanceof StoreUnavailable && !/^\d/.test(code)) {
    return `it cannot be reached (${text}); check that the server runs and that DATABASE_URL names it`
  }
  return text
}
