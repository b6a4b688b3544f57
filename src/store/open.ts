// Which database holds the state of this relay: a file in its data folder, or the Postgres of `databaseUrl`.
import type { Place } from './place.ts'
import { openSqlite } from './sqlite.ts'
import type { Store } from './store.ts'

/**
 * Opens the database, makes it where it is missing, and brings its schema up to this version.
 * @param tell a line for the operator; standard error unless said otherwise
 * @throws StoreError
 * @example const store = await openStore({ dataDir: '/var/lib/relay', databaseUrl: null })
 */
export async function openStore({
  dataDir,
  databaseUrl,
  tell = (line) => void process.stderr.write(`relay: ${line}\n`),
}: Place & { readonly tell?: (line: string) => void }): Promise<Store> {
  if (databaseUrl === null) return openSqlite({ dataDir, tell })
  const { openPostgres } = await import('./postgres.ts')
  return openPostgres({ url: databaseUrl, dataDir, tell })
}
