// Tenants of a relay under measurement: made the way an operator makes them, and given as many objects as a row needs.
import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { objectBody } from './payloads.ts'

/** Of whom the objects are, as the database names them. */
export type TenantIds = { readonly tenant: string; readonly project: string }

/** Where the command line of a checkout finds the state of a relay. */
export type RelayState = { readonly checkout: string; readonly dataDir: string; readonly databaseUrl?: string }

const run = promisify(execFile)

/** Makes a tenant and a token of it that may do what the loads do and no more. @returns the token */
export async function makeTenant(state: RelayState, name: string): Promise<string> {
  await command(state, 'tenant', 'create', name)
  const scope = ['--permission', 'chat:*', '--permission', 'responses:*', '--permission', 'files:*', '--permission', 'batches:*']
  const made = await command(state, 'token', 'create', 'bench', '--tenant', name, ...scope, '--model', 'gpt-*', '--json')
  return (JSON.parse(made) as { readonly token: string }).token
}

async function command({ checkout, dataDir, databaseUrl }: RelayState, ...words: readonly string[]): Promise<string> {
  const env = {
    PATH: process.env['PATH'],
    HOME: dataDir,
    RELAY_DATA_DIR: dataDir,
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
  }
  const { stdout } = await run(process.execPath, [resolve(checkout, 'dist', 'main.js'), ...words], { env, cwd: dataDir })
  return stdout
}

export function openDatabase(dataDir: string): DatabaseSync {
  return new DatabaseSync(join(dataDir, 'relay.db'))
}

export function idsOf(database: DatabaseSync, name: string): TenantIds {
  const row = database
    .prepare('SELECT t.id AS tenant, p.id AS project FROM tenants t JOIN projects p ON p.tenant = t.id WHERE t.name = ?')
    .get(name)
  if (row === undefined) throw new Error(`there is no tenant ${name}`)
  return { tenant: String(row['tenant']), project: String(row['project']) }
}

export type ListedKind = 'file' | 'batch'

/** The id of the object with this number. */
export const objectId = (kind: ListedKind, number: number): string =>
  `${kind === 'file' ? 'file-' : 'batch_'}${number.toString(16).padStart(24, '0')}`

/** Writes objects as if each had been made through the relay, a second after the other; where a number has no owner there is none. */
export function fillObjects(database: DatabaseSync, kind: ListedKind, count: number, ownerOf: (number: number) => TenantIds | null): void {
  const insert = database.prepare(
    `INSERT INTO objects (account, kind, id, tenant, project, state, created_at, facet, body) VALUES ('ups_default', ?, ?, ?, ?, 'live', ?, ?, ?)`,
  )
  database.exec('BEGIN')
  for (let number = 0; number < count; number++) {
    const owner = ownerOf(number)
    if (owner === null) continue
    const id = objectId(kind, number)
    const at = 1_700_000_000_000 + number * 1000
    const body = objectBody(id).replace('"created_at":1795348800', `"created_at":${at / 1000}`)
    insert.run(kind, id, owner.tenant, owner.project, at, kind === 'file' ? 'assistants' : null, body)
  }
  database.exec('COMMIT')
}
