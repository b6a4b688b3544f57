// Who sends an exchange, and what the relay knows of all tenants together.
import type { AccountId, ProjectId, TenantId, TokenId } from '../kernel/ids.ts'

/** Who sent an exchange. One object per token, made when tokens are loaded: an exchange only reads it. */
export type Caller = {
  readonly tokenId: TokenId
  readonly name: string
  readonly tenant: TenantId
  readonly project: ProjectId
  /** @param permission `family:read` or `family:write`, as catalog rows name them */
  readonly mayDo: (permission: string) => boolean
  /** @param endpoint the id of a catalog row */
  readonly mayCall: (endpoint: string) => boolean
  /** Null where any model may be used. Globs: `gpt-5*`, `ft:*:red:*`. */
  readonly mayUse: ((model: string) => boolean) | null
  /** Where requests of its project go that name no object of another account. */
  readonly account: AccountId
}

/** What concerns all tenants, as of the last look at the store. */
export type Tenancy = {
  /** Several tenants use this relay: side channels are closed and account-wide rows refused. */
  readonly isShared: () => boolean
  /** Several tenants or several projects: lists and batch files of the upstream hold what is not the caller's. */
  readonly isDivided: () => boolean
  /** Whose the objects are that nobody recorded; null when they are nobody's. */
  readonly home: () => TenantId | null
}
