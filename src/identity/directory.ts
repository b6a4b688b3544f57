// Every change an operator can make to tenants and what belongs to them, and every look at it. A change, its audit row and the
// new revision are one transaction. Wherever something is named, its name or its id will do.
import type { KeyObject } from 'node:crypto'
import type { Clock } from '../kernel/clock.ts'
import type { Store } from '../store/store.ts'
import { createAudit } from './audit.ts'
import { createChange, type Change } from './change.ts'
import { createDigest } from './digest.ts'
import type { Vocabulary } from './names.ts'
import { createAccounts } from './nouns/accounts.ts'
import { createAdminTokens } from './nouns/admin-tokens.ts'
import { createMembers } from './nouns/members.ts'
import { createProjects } from './nouns/projects.ts'
import { createShares } from './nouns/shares.ts'
import { createTenants } from './nouns/tenants.ts'
import { createTokens } from './nouns/tokens.ts'
import { createSeal } from './seal.ts'
import type { Account, Actor, AdminToken, AuditRow, Member, Project, Role, Scope, Share, Tenant, Token } from './records.ts'

/** The secret is in this answer and nowhere else. */
export type NewToken = { readonly token: Token; readonly secret: string }
export type NewAdminToken = { readonly token: AdminToken; readonly secret: string }

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

export type Directory = {
  readonly tenants: {
    /** With a project `default`. */
    readonly create: (actor: Actor, options: { readonly name: string }) => Promise<Tenant>
    readonly list: () => Promise<readonly Tenant[]>
    /** Its tokens are refused until it is enabled again; what it owns stays. */
    readonly disable: (actor: Actor, options: { readonly tenant: string }) => Promise<Tenant>
    readonly enable: (actor: Actor, options: { readonly tenant: string }) => Promise<Tenant>
  }
  readonly projects: {
    readonly create: (actor: Actor, options: { readonly name: string; readonly tenant?: string }) => Promise<Project>
    readonly list: (options?: { readonly tenant?: string }) => Promise<readonly Project[]>
  }
  readonly tokens: {
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
  readonly members: {
    /** A member who is there already gets the role. */
    readonly add: (actor: Actor, options: { readonly email: string; readonly role: Role; readonly tenant?: string }) => Promise<Member>
    readonly list: (options?: { readonly tenant?: string }) => Promise<readonly Member[]>
    readonly remove: (actor: Actor, options: { readonly member: string; readonly tenant?: string }) => Promise<Member>
  }
  readonly accounts: {
    readonly create: (
      actor: Actor,
      options: {
        readonly name: string
        readonly key: string
        readonly url?: string
        readonly organization?: string
        readonly project?: string
      },
    ) => Promise<Account>
    readonly list: () => Promise<readonly Account[]>
    /** Only while no tenant, project or object is on it. */
    readonly remove: (actor: Actor, options: { readonly account: string }) => Promise<Account>
    /** For a whole tenant, or for one project of it. Without an account: back to what would count otherwise. */
    readonly assign: (
      actor: Actor,
      options: { readonly account?: string; readonly tenant?: string; readonly project?: string },
    ) => Promise<Tenant | Project>
  }
  readonly adminTokens: {
    readonly create: (actor: Actor, options: { readonly name: string }) => Promise<NewAdminToken>
    readonly list: () => Promise<readonly AdminToken[]>
    readonly revoke: (actor: Actor, options: { readonly token: string }) => Promise<AdminToken>
    /** A first one when there is none that is valid; shown once. */
    readonly ensureFirst: () => Promise<NewAdminToken | null>
  }
  readonly shares: {
    /** `project` is who may read it: another project of the tenant that owns the object. */
    readonly grant: (
      actor: Actor,
      options: { readonly kind: string; readonly id: string; readonly project: string; readonly tenant?: string },
    ) => Promise<Share>
    readonly revoke: (
      actor: Actor,
      options: { readonly kind: string; readonly id: string; readonly project: string; readonly tenant?: string },
    ) => Promise<Share>
    readonly list: (options?: { readonly tenant?: string; readonly project?: string }) => Promise<readonly Share[]>
  }
  readonly audit: {
    /** Newest first. `before` is the `seq` of the last row of the page before. */
    readonly list: (options: { readonly limit: number; readonly before?: number }) => Promise<readonly AuditRow[]>
    /** `brokenAt`: the first row that is missing, or is not as it was written; null when the chain is whole. */
    readonly verify: () => Promise<{ readonly rows: number; readonly brokenAt: number | null }>
  }
  /** A change of somebody else's tables, with its audit row in the same transaction (objects that are adopted). */
  readonly change: Change
}

/** @example const directory = createDirectory({ store, pepper, clock, vocabulary, hasSettingsToken: false, onChanged: async () => {} }) */
export function createDirectory({
  store,
  pepper,
  clock,
  vocabulary,
  hasSettingsToken,
  onChanged,
}: {
  readonly store: Store
  readonly pepper: KeyObject
  readonly clock: Clock
  readonly vocabulary: Vocabulary
  /** Somebody can call the relay without a token of the directory. */
  readonly hasSettingsToken: boolean
  /** After each change: what this process knows by heart is old now. */
  readonly onChanged: () => Promise<void>
}): Directory {
  const audit = createAudit(pepper)
  const change = createChange({ store, pepper, clock, audit, onChanged })
  const digest = createDigest(pepper)
  return {
    tenants: createTenants({ store, change, clock }),
    projects: createProjects({ store, change, clock }),
    tokens: createTokens({ store, change, digest, clock, vocabulary, hasSettingsToken }),
    members: createMembers({ store, change, clock }),
    accounts: createAccounts({ store, change, clock, seal: createSeal(pepper) }),
    adminTokens: createAdminTokens({ store, change, digest, clock }),
    shares: createShares({ store, change }),
    audit: { list: (options) => audit.list(store, options), verify: () => audit.verify(store) },
    change,
  }
}
