// Brings the schema of a Postgres up to this version, once, however many processes start together.
import { migrations } from './migrations/list.ts'
import { postgresWords } from './migrations/words.ts'
import { transact, type Connection } from './postgres-connections.ts'
import { newerSchema, StoreError } from './store.ts'

const deadlineMs = 3_000
/** Others may be migrating tables with millions of rows. */
const patienceMs = 600_000

/** @throws StoreError */
export async function migratePostgres(connection: Connection, name: string, tell: (line: string) => void): Promise<void> {
  const [about] = (await connection.ask("SELECT current_setting('server_encoding') AS encoding", [], deadlineMs)).rows
  if (about?.['encoding'] !== 'UTF8') {
    throw new StoreError(`The database ${name} keeps text as ${String(about?.['encoding'])}: make one with ENCODING 'UTF8'.`)
  }
  if ((await presentSchema(connection, name)) === migrations.length) return
  await transact(connection, { begin: 'BEGIN', deadlineMs }, async () => {
    await connection.script('SELECT pg_advisory_xact_lock(491327021434)', patienceMs)
    // Read again: another process may have migrated while this one waited for the lock.
    const present = await presentSchema(connection, name)
    if (present > 0 && present < migrations.length) tell(`The database ${name} moves from schema ${present} to ${migrations.length}.`)
    await connection.script('CREATE TABLE IF NOT EXISTS schema_version (n BIGINT NOT NULL)', deadlineMs)
    for (const step of migrations.slice(present)) await connection.script(step(postgresWords), patienceMs)
    await connection.script(`DELETE FROM schema_version; INSERT INTO schema_version (n) VALUES (${migrations.length})`, deadlineMs)
  })
}

async function presentSchema(connection: Connection, name: string): Promise<number> {
  // Not to_regclass: what it found missing, a session believes until it locks some relation.
  const text = "SELECT count(*) AS count FROM pg_catalog.pg_class WHERE relname = 'schema_version' AND pg_catalog.pg_table_is_visible(oid)"
  if ((await connection.ask(text, [], deadlineMs)).rows[0]?.['count'] === 0) return 0
  const present = Number((await connection.ask('SELECT n FROM schema_version', [], deadlineMs)).rows[0]?.['n'] ?? 0)
  const refusal = newerSchema(name, present, migrations.length)
  if (refusal !== null) throw refusal
  return present
}
