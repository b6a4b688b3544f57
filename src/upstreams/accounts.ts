// All upstream accounts of a relay: the one of the settings, and those with a key of their own that tenants or projects were given.
import type { AccountId } from '../kernel/ids.ts'
import { firstAccountId } from '../kernel/ids.ts'
import type { Secret } from '../kernel/secret.ts'
import type { UpstreamAccount } from './account.ts'

export type Credentials = {
  /** Null: the one of the settings. */
  readonly url: string | null
  /** Null where it cannot be opened. */
  readonly key: Secret | null
  readonly organization: string | null
  readonly project: string | null
}

export type Accounts = {
  /** Null for an account that is not there, or whose key cannot be opened. */
  readonly get: (id: AccountId) => UpstreamAccount | null
  /** Open connections to all of them. */
  readonly open: () => number
  readonly close: () => void
}

/** @param open makes an account; its connections open when it is first used */
export function createAccounts({
  first,
  known,
  open,
}: {
  readonly first: UpstreamAccount
  readonly known: () => ReadonlyMap<AccountId, Credentials>
  readonly open: (credentials: Credentials & { readonly key: Secret }) => UpstreamAccount
}): Accounts {
  const opened = new Map<AccountId, UpstreamAccount>()
  const all = (): readonly UpstreamAccount[] => [first, ...opened.values()]
  return {
    get(id) {
      if (id === firstAccountId) return first
      const credentials = known().get(id)
      if (credentials === undefined || credentials.key === null) return null
      let account = opened.get(id)
      // Nothing of an account changes but its key, which no connection knows; one that was removed and made again has another id.
      if (account === undefined) opened.set(id, (account = open({ ...credentials, key: credentials.key })))
      else if (account.key.reveal() !== credentials.key.reveal()) opened.set(id, (account = { ...account, key: credentials.key }))
      return account
    },
    open: () => all().reduce((sum, { pool }) => sum + pool.open(), 0),
    close: () => {
      for (const { pool } of all()) pool.close()
    },
  }
}
