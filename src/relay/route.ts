// Room 4: which upstream account carries this? One for now; the room is where a pinned or a chosen account will come in.
import type { UpstreamAccount } from '../upstreams/account.ts'
import type { Authorized, Routed } from './exchange.ts'

export type Route = (authorized: Authorized) => Routed

export const createRoute =
  (account: UpstreamAccount): Route =>
  (authorized) => ({ ...authorized, account })
