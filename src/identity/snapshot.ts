// What is read of the database to know callers by heart: the places (tenants and projects), upstream accounts, admin tokens, and the
// relay tokens that changed since the last look.
import { firstAccountId, type AccountId, type AdminTokenId, type ProjectId, type TenantId, type TokenId } from '../kernel/ids.ts'
import type { Secret } from '../kernel/secret.ts'
import type { Row, Sql, Value } from '../store/store.ts'
import { patternsOf } from './nouns/tokens.ts'
import type { Scope } from './records.ts'
import type { Seal } from './seal.ts'

/** A project, as far as callers are concerned. */
export type Place = {
  readonly project: ProjectId
  readonly tenant: TenantId
  readonly tenantName: string
  readonly isDisabled: boolean
  readonly account: AccountId
}

export type StoredToken = {
  readonly id: TokenId
  /** As `Digest` makes it, one character a byte. */
  readonly digest: string
  readonly name: string
  readonly project: ProjectId
  readonly scope: Scope
  readonly isRevoked: boolean
  readonly expiresAt: number | null
  readonly lastUsedAt: number | null
}

export type StoredAdminToken = { readonly id: AdminTokenId; readonly digest: string; readonly name: string }

/** Null key: it was not sealed under this pepper, or was changed. */
export type UpstreamCredentials = {
  readonly id: AccountId
  readonly name: string
  /** Null: the URL of the settings. */
  readonly url: string | null
  readonly key: Secret | null
  readonly organization: string | null
  readonly project: string | null
}

export type Snapshot = {
  readonly revision: number
  /** All tokens are in it: whatever is not is none. */
  readonly isWhole: boolean
  readonly places: readonly Place[]
  readonly accounts: readonly UpstreamCredentials[]
  readonly adminTokens: readonly StoredAdminToken[]
  /** Those that changed after the revision that was named, or all of them. */
  readonly tokens: readonly StoredToken[]
}

const tries = 10

export const readRevision = async (sql: Sql): Promise<number> => Number((await sql.all('SELECT n FROM revision'))[0]?.['n'])

/** One moment of the database: what changed while it was read is read again. Changes take longer than this. */
export async function readSnapshot(sql: Sql, seal: Seal, after: number): Promise<Snapshot> {
  for (let count = 0; count < tries; count++) {
    const revision = await readRevision(sql)
    // A database that was put back to an earlier day: nothing of what is known can be trusted.
    const since = after > revision ? -1 : after
    const snapshot: Snapshot = {
      revision,
      isWhole: since === -1,
      places: (await sql.all(placeRows)).map(placeOf),
      accounts: (await sql.all(accountRows)).map((row) => credentialsOf(row, seal)),
      adminTokens: (await sql.all(adminTokenRows)).map(adminTokenOf),
      tokens: (await sql.all(tokenRows, since)).map(tokenOf),
    }
    if ((await readRevision(sql)) === revision) return snapshot
  }
  throw new Error(`The tokens changed ${tries} times while they were read.`)
}

const placeRows =
  'SELECT p.id, p.tenant, t.name, t.disabled_at, coalesce(p.account, t.account) AS account FROM projects p JOIN tenants t ON t.id = p.tenant ORDER BY p.id'

/** The types of the columns are those of the schema, so the casts hold. */
function placeOf(row: Row): Place {
  return {
    project: row['id'] as ProjectId,
    tenant: row['tenant'] as TenantId,
    tenantName: row['name'] as string,
    isDisabled: row['disabled_at'] !== null,
    account: (row['account'] ?? firstAccountId) as AccountId,
  }
}

const accountRows = 'SELECT id, name, url, sealed_key, organization, project FROM accounts WHERE sealed_key IS NOT NULL ORDER BY id'

function credentialsOf(row: Row, seal: Seal): UpstreamCredentials {
  return {
    id: row['id'] as AccountId,
    name: row['name'] as string,
    url: row['url'] as string | null,
    key: opened(row['sealed_key'] as Uint8Array, row['id'] as string, seal),
    organization: row['organization'] as string | null,
    project: row['project'] as string | null,
  }
}

function opened(sealed: Uint8Array, owner: string, seal: Seal): Secret | null {
  try {
    return seal.open(sealed, owner)
  } catch {
    return null
  }
}

const adminTokenRows = 'SELECT id, name, hash FROM admin_tokens WHERE revoked_at IS NULL'

function adminTokenOf(row: Row): StoredAdminToken {
  return { id: row['id'] as AdminTokenId, name: row['name'] as string, digest: textOf(row['hash']) }
}

const tokenRows =
  'SELECT id, name, hash, project, permissions, models, endpoints, expires_at, revoked_at, last_used_at FROM tokens WHERE revision > ?'

function tokenOf(row: Row): StoredToken {
  return {
    id: row['id'] as TokenId,
    digest: textOf(row['hash']),
    name: row['name'] as string,
    project: row['project'] as ProjectId,
    scope: {
      permissions: patternsOf(row['permissions']),
      models: patternsOf(row['models']),
      endpoints: patternsOf(row['endpoints']),
    },
    isRevoked: row['revoked_at'] !== null,
    expiresAt: row['expires_at'] as number | null,
    lastUsedAt: row['last_used_at'] as number | null,
  }
}

const textOf = (bytes: Value | undefined): string => Buffer.from(bytes as Uint8Array).toString('latin1')
