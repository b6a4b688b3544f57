// What an operator sees of tenants and what belongs to them. Times are milliseconds since the epoch; no record holds a secret.
import type { AccountId, AdminTokenId, MemberId, ProjectId, TenantId, TokenId } from '../kernel/ids.ts'

/** Whom an audit row names: `cli:root`, or `admin:` and the name of an admin token. */
export type Actor = string

export type Tenant = {
  readonly id: TenantId
  readonly name: string
  /** Null: that of the settings. */
  readonly account: AccountId | null
  readonly createdAt: number
  /** Null while its tokens are valid. */
  readonly disabledAt: number | null
}

export type Project = {
  readonly id: ProjectId
  readonly name: string
  readonly tenant: TenantId
  readonly tenantName: string
  /** Null: that of its tenant. */
  readonly account: AccountId | null
  readonly createdAt: number
}

/** What a token may do. Each list is of patterns with `*` for any run of characters; null allows all. */
export type Scope = {
  /** `files:read`, `files:*`, `*:read`. */
  readonly permissions: readonly string[] | null
  /** `gpt-5*`. */
  readonly models: readonly string[] | null
  /** Over ids of catalog rows: `files.*`. */
  readonly endpoints: readonly string[] | null
}

export type Token = Scope & {
  readonly id: TokenId
  readonly name: string
  readonly last4: string
  readonly tenant: TenantId
  readonly tenantName: string
  readonly project: ProjectId
  readonly projectName: string
  readonly expiresAt: number | null
  /** Null where the relay made it by itself. */
  readonly createdBy: Actor | null
  readonly createdAt: number
  /** Null unless it was revoked. */
  readonly revokedAt: number | null
  /** To the minute. */
  readonly lastUsedAt: number | null
}

/** `admin` may change what belongs to the tenant, `viewer` may look. */
export type Role = 'admin' | 'viewer'

export type Member = {
  readonly id: MemberId
  readonly email: string
  readonly role: Role
  readonly tenant: TenantId
  readonly tenantName: string
  readonly createdAt: number
}

/** An upstream account. Its key can be written and never read back. */
export type Account = {
  readonly id: AccountId
  readonly name: string
  /** Null: the URL of the settings. */
  readonly url: string | null
  readonly organization: string | null
  readonly project: string | null
  /** False for `default`, whose key is in the settings. */
  readonly hasKey: boolean
  readonly createdAt: number
}

export type AdminToken = {
  readonly id: AdminTokenId
  readonly name: string
  readonly last4: string
  readonly createdAt: number
  readonly revokedAt: number | null
}

/** Read of an object, granted to a project that does not own it. */
export type Share = {
  readonly kind: string
  readonly id: string
  readonly account: AccountId
  readonly project: ProjectId
  readonly projectName: string
  readonly tenant: TenantId
  readonly tenantName: string
}

export type AuditRow = {
  /** From 1, without gaps. */
  readonly seq: number
  readonly at: number
  readonly actor: Actor
  /** `token.create` */
  readonly action: string
  /** The id of what was changed. */
  readonly target: string
  readonly detail: Readonly<Record<string, unknown>>
  /** Over this row and all before it. */
  readonly hash: string
}
