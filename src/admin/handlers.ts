// What each operation does: a call of the directory. The record is total, so that a row without its code does not compile.
import { adoptObjects } from './adopt.ts'
import type { Context, Given, Page } from './context.ts'
import type { AdminToken, Role, Token } from '../identity/records.ts'
import { readDuration, readExpiry } from './expiry.ts'
import type { OperationId } from './operations.ts'

/** Records as the directory has them, or a page of them: what of it is answered, the row of outputs.ts says. */
type Handler = (given: Given, context: Context) => Promise<unknown>

const defaultOverlap = '24h'
const defaultRows = 20

export const handlers: Readonly<Record<OperationId, Handler>> = {
  'tenants.create': (given, { directory, actor }) => directory.tenants.create(actor, { name: text(given, 'name') }),
  'tenants.list': (_, { directory }) => directory.tenants.list(),
  'tenants.disable': (given, { directory, actor }) => directory.tenants.disable(actor, { tenant: text(given, 'tenant') }),
  'tenants.enable': (given, { directory, actor }) => directory.tenants.enable(actor, { tenant: text(given, 'tenant') }),

  'projects.create': (given, { directory, actor }) =>
    directory.projects.create(actor, { name: text(given, 'name'), ...texts(given, 'tenant') }),
  'projects.list': (given, { directory }) => directory.projects.list(texts(given, 'tenant')),

  'tokens.create': async (given, { directory, actor, now }) => {
    const { expires } = texts(given, 'expires')
    const made = await directory.tokens.create(actor, {
      ...texts(given, 'tenant', 'project', 'name'),
      ...lists(given, 'permissions', 'models', 'endpoints'),
      ...(expires === undefined ? {} : { expires: readExpiry('expires', expires) }),
    })
    return { ...withState(made.token, now), token: made.secret }
  },
  'tokens.list': async (given, { directory, now }) =>
    (await directory.tokens.list(texts(given, 'tenant', 'project'))).map((token) => withState(token, now)),
  'tokens.rotate': async (given, { directory, actor, now }) => {
    const overlapMs = readDuration('overlap', texts(given, 'overlap').overlap ?? defaultOverlap)
    const made = await directory.tokens.rotate(actor, { token: text(given, 'token'), ...texts(given, 'tenant'), overlapMs })
    return { ...withState(made.token, now), token: made.secret }
  },
  'tokens.revoke': async (given, { directory, actor, now }) =>
    withState(await directory.tokens.revoke(actor, { token: text(given, 'token'), ...texts(given, 'tenant') }), now),

  'members.add': (given, { directory, actor }) =>
    directory.members.add(actor, { email: text(given, 'email'), role: text(given, 'role') as Role, ...texts(given, 'tenant') }),
  'members.list': (given, { directory }) => directory.members.list(texts(given, 'tenant')),
  'members.remove': (given, { directory, actor }) =>
    directory.members.remove(actor, { member: text(given, 'member'), ...texts(given, 'tenant') }),

  'accounts.create': (given, { directory, actor }) =>
    directory.accounts.create(actor, {
      name: text(given, 'name'),
      key: text(given, 'key'),
      ...texts(given, 'url', 'organization', 'project'),
    }),
  'accounts.list': (_, { directory }) => directory.accounts.list(),
  'accounts.assign': (given, { directory, actor }) => directory.accounts.assign(actor, texts(given, 'account', 'tenant', 'project')),
  'accounts.rekey': (given, { directory, actor }) =>
    directory.accounts.rekey(actor, { account: text(given, 'account'), key: text(given, 'key') }),
  'accounts.remove': (given, { directory, actor }) => directory.accounts.remove(actor, { account: text(given, 'account') }),

  'shares.grant': (given, { directory, actor }) => directory.shares.grant(actor, sharing(given)),
  'shares.list': (given, { directory }) => directory.shares.list(texts(given, 'tenant', 'project')),
  'shares.revoke': (given, { directory, actor }) => directory.shares.revoke(actor, sharing(given)),

  'objects.adopt': adoptObjects,

  'audit.list': async (given, { directory }): Promise<Page> => {
    const limit = (given['limit'] as number | undefined) ?? defaultRows
    const before = given['before'] as number | undefined
    const rows = await directory.audit.list({ limit: limit + 1, ...(before === undefined ? {} : { before }) })
    return { rows: rows.slice(0, limit), hasMore: rows.length > limit }
  },
  'audit.verify': async (_, { directory }) => {
    const { rows, brokenAt } = await directory.audit.verify()
    const verdict =
      brokenAt === null
        ? `The audit is whole: ${rows} rows, none missing and none changed.`
        : `The audit is broken at row ${brokenAt}: it is missing, or not as it was written.`
    return { ok: brokenAt === null, rows, brokenAt, verdict }
  },

  'admin_tokens.create': async (given, { directory, actor }) => {
    const made = await directory.adminTokens.create(actor, { name: text(given, 'name') })
    return { ...withAdminState(made.token), token: made.secret }
  },
  'admin_tokens.list': async (_, { directory }) => (await directory.adminTokens.list()).map(withAdminState),
  'admin_tokens.revoke': async (given, { directory, actor }) =>
    withAdminState(await directory.adminTokens.revoke(actor, { token: text(given, 'token') })),
}

const text = (given: Given, name: string): string => given[name] as string

/** Those of the names that were given; the directory has its own words for what was not. */
function texts<Name extends string>(given: Given, ...names: readonly Name[]): { readonly [Key in Name]?: string } {
  return pick(given, names) as { readonly [Key in Name]?: string }
}

function lists<Name extends string>(given: Given, ...names: readonly Name[]): { readonly [Key in Name]?: readonly string[] } {
  return pick(given, names) as { readonly [Key in Name]?: readonly string[] }
}

const pick = (given: Given, names: readonly string[]): Given =>
  Object.fromEntries(Object.entries(given).filter(([name]) => names.includes(name)))

const sharing = (given: Given): { readonly kind: string; readonly id: string; readonly project: string; readonly tenant?: string } => ({
  kind: text(given, 'kind'),
  id: text(given, 'id'),
  project: text(given, 'project'),
  ...texts(given, 'tenant'),
})

const withState = (token: Token, now: number): Token & { readonly state: string } => ({
  ...token,
  state: token.revokedAt !== null ? 'revoked' : token.expiresAt !== null && token.expiresAt <= now ? 'expired' : 'valid',
})

const withAdminState = (token: AdminToken): AdminToken & { readonly state: string } => ({
  ...token,
  state: token.revokedAt === null ? 'valid' : 'revoked',
})
