// Room 5: which upstream account carries this? Objects decide, because each lives on one account; else the project of the caller.
import { Refusal } from '../kernel/errors.ts'
import type { AccountId } from '../kernel/ids.ts'
import type { UpstreamAccount } from '../upstreams/account.ts'
import type { Resolved, Routed } from './exchange.ts'

export type Route = (resolved: Resolved) => Routed

/** @param accountOf null for an account that is not there any more */
export const createRoute =
  (accountOf: (id: AccountId) => UpstreamAccount | null): Route =>
  (resolved) => {
    const account = accountOf(resolved.accountId)
    if (account === null) throw new Refusal('no_upstream_account')
    return { ...resolved, account }
  }
