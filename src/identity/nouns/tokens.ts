// Relay tokens: made, listed, rotated, revoked. The secret is answered once and kept nowhere.
import type { Clock } from '../../kernel/clock.ts'
import { newTokenId, newTokenSecret, type ProjectId, type TenantId, type TokenId } from '../../kernel/ids.ts'
import type { Row, Sql, Store } from '../../store/store.ts'
import type { Change } from '../change.ts'
import type { Digest } from '../digest.ts'
import { DirectoryError } from '../directory-error.ts'
import { checkName, checkScope, type Vocabulary } from '../names.ts'
import type { Actor, Project, Scope, Token } from '../records.ts'
import { findProject } from './projects.ts'
import { findTenant } from './tenants.ts'

/** The secret is in this answer and nowhere else. */
export type NewToken = { readonly token: Token; readonly secret: string }

export type TokenOptions = Partial<Scope> & {
  /** The tenant `default` where none is named. */
  readonly tenant?: string
  /** The project `default` of the tenant where none is named. */
  readonly project?: string
  /** The first free one of `token-1`, `token-2`, ... where none is given. */
  readonly name?: string
  readonly expires?: { readonly at: number } | { readonly afterMs: number }
}

/** A token by id, or by the name of a valid one; the tenant is needed where several have a token of that name. */
export type NamedToken = { readonly token: string; readonly tenant?: string }

export type Tokens = {
  readonly create: (actor: Actor, options: TokenOptions) => Promise<NewToken>
  /** Oldest first, revoked ones too. */
  readonly list: (options?: { readonly tenant?: string; readonly project?: string }) => Promise<readonly Token[]>
  /** By name: every valid token of that name, so that a rotated one does not stay. Answers the newest. Twice is no error. */
  readonly revoke: (actor: Actor, options: NamedToken) => Promise<Token>
  /** A new secret for the same scope under the same name; the old one ends after the overlap. */
  readonly rotate: (actor: Actor, options: NamedToken & { readonly overlapMs: number }) => Promise<NewToken>
  /** A first token when nobody could call the relay otherwise; null when somebody can. */
  readonly ensureFirst: () => Promise<NewToken | null>
}

type Draft = Scope & Pick<Token, 'name' | 'expiresAt' | 'createdBy'>

export function createTokens({
  store,
  change,
  digest,
  clock,
  vocabulary,
  hasSettingsToken,
}: {
  readonly store: Store
  readonly change: Change
  readonly digest: Digest
  readonly clock: Clock
  readonly vocabulary: Vocabulary
  readonly hasSettingsToken: boolean
}): Tokens {
  async function insert(sql: Sql, revision: number, project: Project, draft: Draft): Promise<NewToken> {
    const secret = newTokenSecret()
    const token: Token = {
      ...draft,
      id: newTokenId(),
      last4: secret.slice(-4),
      tenant: project.tenant,
      tenantName: project.tenantName,
      project: project.id,
      projectName: project.name,
      createdAt: clock.now(),
      revokedAt: null,
      lastUsedAt: null,
    }
    await sql.run(
      'INSERT INTO tokens (id, name, hash, last4, tenant, project, permissions, models, endpoints, expires_at, created_by, created_at, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      token.id,
      token.name,
      Buffer.from(digest(secret), 'latin1'),
      token.last4,
      token.tenant,
      token.project,
      textOf(token.permissions),
      textOf(token.models),
      textOf(token.endpoints),
      token.expiresAt,
      token.createdBy,
      token.createdAt,
      revision,
    )
    return { token, secret }
  }

  /** Those that count now; the newest comes last. */
  const valid = async (sql: Sql, where: string, ...values: readonly string[]): Promise<readonly Token[]> =>
    (await sql.all(`${tokenRows} WHERE ${countsNow} AND ${where} ${oldestFirst}`, clock.now(), ...values)).map(tokenOf)

  /** The first of `token-1`, `token-2`, ... for whoever does not care. */
  async function freeName(sql: Sql, tenant: TenantId): Promise<string> {
    const rows = await sql.all(
      `SELECT k.name FROM tokens k WHERE ${countsNow} AND k.tenant = ? AND k.name LIKE 'token-%'`,
      clock.now(),
      tenant,
    )
    const taken = new Set(rows.map((row) => row['name']))
    let number = 1
    while (taken.has(`token-${number}`)) number++
    return `token-${number}`
  }

  /** By id the one token, whatever became of it; by name the valid ones of one tenant. */
  async function find(sql: Sql, { token: named, tenant }: NamedToken): Promise<readonly [Token, ...Token[]]> {
    const owner = tenant === undefined ? null : await findTenant(sql, tenant)
    const isTheirs = (token: Token): boolean => owner === null || token.tenant === owner.id
    const [byId] = (await sql.all(`${tokenRows} WHERE k.id = ?`, named)).map(tokenOf).filter(isTheirs)
    if (byId !== undefined) return [byId]
    const [first, ...others] = (await valid(sql, 'k.name = ?', named)).filter(isTheirs)
    if (first === undefined)
      throw new DirectoryError('unknown', 'token', `There is no token ${named}: \`relay token list\` shows the names and ids.`)
    const tenants = new Set([first, ...others].map(({ tenantName }) => tenantName))
    if (tenants.size > 1)
      throw new DirectoryError('invalid', 'tenant', `${[...tenants].join(' and ')} have a token named ${named} each: name the tenant too.`)
    return [first, ...others]
  }

  return {
    create: async (actor, options) => {
      if (options.name !== undefined) checkName('token', options.name)
      const scope = scopeOf(options)
      checkScope(scope, vocabulary)
      const expiresAt = expiryOf(options.expires, clock.now())
      return await change(actor, async (sql, revision) => {
        const project = await findProject(sql, options)
        const name = options.name ?? (await freeName(sql, project.tenant))
        if ((await valid(sql, 'k.tenant = ? AND k.name = ?', project.tenant, name)).length > 0)
          throw new DirectoryError(
            'taken',
            'name',
            `${project.tenantName} has a token named ${name} already: choose another name, or revoke that one first.`,
          )
        const made = await insert(sql, revision, project, { ...scope, name, expiresAt, createdBy: actor })
        return { result: made, entry: { action: 'token.create', target: made.token.id, detail: detailOf(made.token) } }
      })
    },

    list: async ({ tenant, project } = {}) => {
      if (project !== undefined) return await rowsOf('k.project = ?', (await findProject(store, { project, tenant })).id)
      if (tenant !== undefined) return await rowsOf('k.tenant = ?', (await findTenant(store, tenant)).id)
      return await rowsOf('1 = 1')
    },

    revoke: (actor, named) =>
      change(actor, async (sql, revision) => {
        const found = await find(sql, named)
        const newest = found.at(-1) ?? found[0]
        const open = found.filter(({ revokedAt }) => revokedAt === null)
        if (open.length === 0) return { result: newest, entry: null }
        const revokedAt = clock.now()
        for (const { id } of open) await sql.run('UPDATE tokens SET revoked_at = ?, revision = ? WHERE id = ?', revokedAt, revision, id)
        return {
          result: { ...newest, revokedAt },
          entry: { action: 'token.revoke', target: newest.id, detail: { name: newest.name, ids: open.map(({ id }) => id) } },
        }
      }),

    rotate: async (actor, { overlapMs, ...named }) => {
      if (!Number.isSafeInteger(overlapMs) || overlapMs < 0)
        throw new DirectoryError('invalid', 'overlap', 'An overlap is a time of 0 or more.')
      return await change(actor, async (sql, revision) => {
        const found = await find(sql, named)
        const old = found.at(-1) ?? found[0]
        const now = clock.now()
        const newest = (await valid(sql, 'k.tenant = ? AND k.name = ?', old.tenant, old.name)).at(-1)
        if (newest?.id !== old.id)
          throw new DirectoryError(
            'invalid',
            'token',
            `${old.name} (${old.id}) is not valid any more, or was rotated already: make another token.`,
          )
        // The new one may live as long as the old one was meant to.
        const expiresAt = old.expiresAt === null ? null : now + (old.expiresAt - old.createdAt)
        const until = Math.min(old.expiresAt ?? Infinity, now + overlapMs)
        await sql.run('UPDATE tokens SET expires_at = ?, revision = ? WHERE id = ?', until, revision, old.id)
        const project = await findProject(sql, { project: old.project })
        const made = await insert(sql, revision, project, { ...scopeOf(old), name: old.name, expiresAt, createdBy: actor })
        return {
          result: made,
          entry: { action: 'token.rotate', target: made.token.id, detail: { ...detailOf(made.token), replaces: old.id, until } },
        }
      })
    },

    ensureFirst: async () => {
      const isCallable = async (sql: Sql): Promise<boolean> =>
        hasSettingsToken || (await sql.all(`SELECT 1 AS found FROM tokens k WHERE ${countsNow} LIMIT 1`, clock.now())).length > 0
      if (await isCallable(store)) return null
      return await change('relay', async (sql, revision) => {
        // Looked at again under the lock: of processes that start together one makes it.
        if (await isCallable(sql)) return { result: null, entry: null }
        const project = await findProject(sql, {})
        const made = await insert(sql, revision, project, { ...scopeOf({}), name: 'first', expiresAt: null, createdBy: null })
        return { result: made, entry: { action: 'token.create', target: made.token.id, detail: detailOf(made.token) } }
      })
    },
  }

  async function rowsOf(where: string, ...values: readonly string[]): Promise<readonly Token[]> {
    return (await store.all(`${tokenRows} WHERE ${where} ${oldestFirst}`, ...values)).map(tokenOf)
  }
}

const tokenRows = `SELECT k.id, k.name, k.last4, k.tenant, t.name AS tenant_name, k.project, p.name AS project_name, k.permissions, k.models,
  k.endpoints, k.expires_at, k.created_by, k.created_at, k.revoked_at, k.last_used_at
  FROM tokens k JOIN tenants t ON t.id = k.tenant JOIN projects p ON p.id = k.project`
const countsNow = 'k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > ?)'
/** Ids of one millisecond have no order of their own; revisions have. */
const oldestFirst = 'ORDER BY k.created_at, k.revision, k.id'

function scopeOf({ permissions = null, models = null, endpoints = null }: TokenOptions | Scope): Scope {
  return { permissions, models, endpoints }
}

function expiryOf(expires: TokenOptions['expires'], now: number): number | null {
  if (expires === undefined) return null
  const at = 'at' in expires ? expires.at : now + expires.afterMs
  if (!Number.isSafeInteger(at) || at <= now)
    throw new DirectoryError('invalid', 'expires', 'A token expires at a time that is still to come.')
  return at
}

function detailOf({ name, tenant, project, permissions, models, endpoints, expiresAt }: Token): Readonly<Record<string, unknown>> {
  return { name, tenant, project, permissions, models, endpoints, expiresAt }
}

const textOf = (patterns: readonly string[] | null): string | null => (patterns === null ? null : JSON.stringify(patterns))

/** @param text of a column of patterns */
export const patternsOf = (text: unknown): readonly string[] | null =>
  text === null ? null : (JSON.parse(text as string) as readonly string[])

function tokenOf(row: Row): Token {
  return {
    id: row['id'] as TokenId,
    name: row['name'] as string,
    last4: row['last4'] as string,
    tenant: row['tenant'] as TenantId,
    tenantName: row['tenant_name'] as string,
    project: row['project'] as ProjectId,
    projectName: row['project_name'] as string,
    permissions: patternsOf(row['permissions']),
    models: patternsOf(row['models']),
    endpoints: patternsOf(row['endpoints']),
    expiresAt: row['expires_at'] as number | null,
    createdBy: row['created_by'] as string | null,
    createdAt: row['created_at'] as number,
    revokedAt: row['revoked_at'] as number | null,
    lastUsedAt: row['last_used_at'] as number | null,
  }
}
