// All SQL about tokens.
import type { TokenId } from '../kernel/ids.ts'
import type { Store } from '../store/sqlite.ts'

/** A stored token. Times are milliseconds since the epoch. */
export type Token = {
  readonly id: TokenId
  readonly name: string
  readonly last4: string
  readonly createdAt: number
  /** Null while it is valid. */
  readonly revokedAt: number | null
}

export type TokenQueries = {
  readonly insert: (token: Token, hash: Buffer) => void
  readonly revoke: (id: TokenId, at: number) => void
  readonly all: () => readonly Token[]
  readonly valid: () => readonly { readonly token: Token; readonly hash: Buffer }[]
  readonly count: () => number
}

const columns = 'id, name, last4, created_at, revoked_at'

export function tokenQueries({ database }: Store): TokenQueries {
  const insert = database.prepare(`INSERT INTO tokens (${columns}, hash) VALUES (?, ?, ?, ?, ?, ?)`)
  const revoke = database.prepare('UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL')
  const all = database.prepare(`SELECT ${columns} FROM tokens ORDER BY created_at, id`)
  const valid = database.prepare(`SELECT ${columns}, hash FROM tokens WHERE revoked_at IS NULL ORDER BY created_at, id`)
  const count = database.prepare('SELECT count(*) AS count FROM tokens')

  return {
    insert: (token, hash) => void insert.run(token.id, token.name, token.last4, token.createdAt, token.revokedAt, hash),
    revoke: (id, at) => void revoke.run(at, id),
    all: () => all.all().map(tokenOf),
    valid: () => valid.all().map((row) => ({ token: tokenOf(row), hash: Buffer.from(row['hash'] as Uint8Array) })),
    count: () => Number(count.get()?.['count']),
  }
}

/** STRICT tables keep the types of the columns, so the casts hold. */
function tokenOf(row: Record<string, unknown>): Token {
  return {
    id: row['id'] as TokenId,
    name: row['name'] as string,
    last4: row['last4'] as string,
    createdAt: row['created_at'] as number,
    revokedAt: row['revoked_at'] as number | null,
  }
}
