// Every change an operator can make to tenants and what belongs to them, and every look at it. A change, its audit row and the
// new revision are one transaction. Wherever something is named, its name or its id will do.
import type { KeyObject } from 'node:crypto'
import type { Clock } from '../kernel/clock.ts'
import type { Store } from '../store/store.ts'
import { createAudit } from './audit.ts'
import { createChange, type Change } from './change.ts'
import { createDigest } from './digest.ts'
import type { Vocabulary } from './names.ts'
import { createAccounts, type Accounts } from './nouns/accounts.ts'
import { createAdminTokens, type AdminTokens } from './nouns/admin-tokens.ts'
import { createMembers, type Members } from './nouns/members.ts'
import { createProjects, type Projects } from './nouns/projects.ts'
import { createShares, type Shares } from './nouns/shares.ts'
import { createTenants, type Tenants } from './nouns/tenants.ts'
import { createTokens, type Tokens } from './nouns/tokens.ts'
import { createSeal } from './seal.ts'
import type { AuditRow } from './records.ts'

export type Directory = {
  readonly tenants: Tenants
  readonly projects: Projects
  readonly tokens: Tokens
  readonly members: Members
  readonly accounts: Accounts
  readonly adminTokens: AdminTokens
  readonly shares: Shares
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
