// The databases of a whole suite: where a test of its own would be too slow, one serves all tests of a file.
import { makeDatabase, startServer } from './postgres.ts'

export type DatabaseKind = 'sqlite' | 'postgres'

export type SuiteDatabase = { readonly url: string | null } & AsyncDisposable

/** @returns null where there is no Postgres on this machine; a line says so */
export async function openDatabase(kind: DatabaseKind): Promise<SuiteDatabase | null> {
  if (kind === 'sqlite') return { url: null, [Symbol.asyncDispose]: async () => {} }
  const given = process.env['TEST_DATABASE_URL'] ?? ''
  if (given !== '') return { url: await makeDatabase(given), [Symbol.asyncDispose]: async () => {} }
  const server = await startServer()
  if ('why' in server) {
    process.stderr.write(`NOT TESTED ON POSTGRES: ${server.why}; set TEST_DATABASE_URL to a Postgres\n`)
    return null
  }
  return { url: await makeDatabase(server.url), [Symbol.asyncDispose]: server.end }
}
