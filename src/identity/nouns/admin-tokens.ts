// Admin tokens: what an operator shows to the admin API. They are no relay tokens, and relay tokens are none of them.
import type { Clock } from '../../kernel/clock.ts'
import { newAdminSecret, newAdminTokenId, type AdminTokenId } from '../../kernel/ids.ts'
import type { Row, Sql, Store } from '../../store/store.ts'
import type { Change } from '../change.ts'
import type { Digest } from '../digest.ts'
import { DirectoryError } from '../directory-error.ts'
import { checkName } from '../names.ts'
import type { Actor, AdminToken } from '../records.ts'

/** The secret is in this answer and nowhere else. */
export type NewAdminToken = { readonly token: AdminToken; readonly secret: string }

export type AdminTokens = {
  readonly create: (actor: Actor, options: { readonly name: string }) => Promise<NewAdminToken>
  readonly list: () => Promise<readonly AdminToken[]>
  readonly revoke: (actor: Actor, options: { readonly token: string }) => Promise<AdminToken>
  /** A first one when there is none that is valid; shown once. */
  readonly ensureFirst: () => Promise<NewAdminToken | null>
}

export function createAdminTokens({
  store,
  change,
  digest,
  clock,
}: {
  readonly store: Store
  readonly change: Change
  readonly digest: Digest
  readonly clock: Clock
}): AdminTokens {
  async function insert(sql: Sql, name: string): Promise<NewAdminToken> {
    const secret = newAdminSecret()
    const token: AdminToken = { id: newAdminTokenId(), name, last4: secret.slice(-4), createdAt: clock.now(), revokedAt: null }
    await sql.run(
      'INSERT INTO admin_tokens (id, name, hash, last4, created_at) VALUES (?, ?, ?, ?, ?)',
      token.id,
      name,
      Buffer.from(digest(secret), 'latin1'),
      token.last4,
      token.createdAt,
    )
    return { token, secret }
  }

  const valid = (sql: Sql): Promise<readonly Row[]> => sql.all(`${adminTokenRows} WHERE revoked_at IS NULL`)

  return {
    create: async (actor, { name }) => {
      checkName('token', name)
      return await change(actor, async (sql) => {
        if ((await valid(sql)).some((row) => row['name'] === name))
          throw new DirectoryError(
            'taken',
            'name',
            `There is an admin token named ${name} already: choose another name, or revoke that one first.`,
          )
        const made = await insert(sql, name)
        return { result: made, entry: { action: 'admin-token.create', target: made.token.id, detail: { name } } }
      })
    },

    list: async () => (await store.all(`${adminTokenRows} ORDER BY created_at, id`)).map(adminTokenOf),

    revoke: (actor, { token: named }) =>
      change(actor, async (sql) => {
        const all = (await sql.all(`${adminTokenRows} WHERE id = ? OR name = ?`, named, named)).map(adminTokenOf)
        const token = all.find(({ id }) => id === named) ?? all.find(({ revokedAt }) => revokedAt === null)
        if (token === undefined)
          throw new DirectoryError(
            'unknown',
            'token',
            `There is no admin token ${named}: \`relay admin-token list\` shows the names and ids.`,
          )
        if (token.revokedAt !== null) return { result: token, entry: null }
        const revokedAt = clock.now()
        await sql.run('UPDATE admin_tokens SET revoked_at = ? WHERE id = ?', revokedAt, token.id)
        return { result: { ...token, revokedAt }, entry: { action: 'admin-token.revoke', target: token.id, detail: { name: token.name } } }
      }),

    ensureFirst: async () => {
      if ((await valid(store)).length > 0) return null
      return await change('relay', async (sql) => {
        // Looked at again under the lock: of processes that start together one makes it.
        if ((await valid(sql)).length > 0) return { result: null, entry: null }
        const made = await insert(sql, 'first')
        return { result: made, entry: { action: 'admin-token.create', target: made.token.id, detail: { name: 'first' } } }
      })
    },
  }
}

const adminTokenRows = 'SELECT id, name, last4, created_at, revoked_at FROM admin_tokens'

function adminTokenOf(row: Row): AdminToken {
  return {
    id: row['id'] as AdminTokenId,
    name: row['name'] as string,
    last4: row['last4'] as string,
    createdAt: row['created_at'] as number,
    revokedAt: row['revoked_at'] as number | null,
  }
}
