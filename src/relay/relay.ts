// The straight line of an exchange: read this first. Each room is one file beside this one; their types fix the order.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { newRequestId, type IntentId } from '../kernel/ids.ts'
import type { Authenticate } from './authenticate.ts'
import type { Authorize } from './authorize.ts'
import { watchDeparture } from './departure.ts'
import type { Opened } from './exchange.ts'
import type { Forward } from './forward.ts'
import type { Observe } from './observe.ts'
import type { Receive } from './receive.ts'
import type { List } from './list.ts'
import { settleRefused } from './refuse.ts'
import type { Resolve } from './resolve.ts'
import type { Route } from './route.ts'
import type { Settle } from './settle.ts'

export type Rooms = {
  readonly receive: Receive
  readonly authenticate: Authenticate
  readonly authorize: Authorize
  readonly resolve: Resolve
  /** In place of the three that follow, where our own record answers. */
  readonly list: List
  readonly route: Route
  readonly forward: Forward
  readonly observe: Observe
  /** A create that was announced is over, however it ended. */
  readonly forget: (intent: IntentId) => void
  readonly settle: Settle
  readonly tick: () => number
  /** A bug of ours: the operator must see it, the client must not. */
  readonly onUnexpected: (requestId: string, error: unknown) => void
}

export type Relay = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>

export function createRelay({
  receive,
  authenticate,
  authorize,
  resolve,
  list,
  route,
  forward,
  observe,
  forget,
  settle,
  tick,
  onUnexpected,
}: Rooms): Relay {
  return async (incoming, outgoing) => {
    const opened = openExchange(incoming, outgoing, tick())
    let intent: IntentId | null = null
    try {
      const received = receive(opened)
      const authenticated = await authenticate(received)
      const authorized = await authorize(authenticated)
      const resolved = await resolve(authorized)
      intent = resolved.intent
      const outcome = resolved.isListed ? await list(resolved) : await observe(await forward(route(resolved)))
      settle(opened, outcome, null)
    } catch (error) {
      await settleRefused(opened, error, { settle, onUnexpected })
    } finally {
      // Only what a crash interrupted stays announced.
      if (intent !== null) forget(intent)
    }
  }
}

export function openExchange(incoming: IncomingMessage, outgoing: ServerResponse, startedTick: number): Opened {
  return {
    requestId: newRequestId(),
    incoming,
    outgoing,
    departure: watchDeparture(outgoing),
    startedTick,
    tally: {
      requestBytes: 0,
      answerBytes: 0,
      firstByteTick: null,
      attempts: 0,
      upstreamRequestId: null,
      endpoint: null,
      caller: null,
      model: null,
      failure: null,
      status: 0,
    },
  }
}
