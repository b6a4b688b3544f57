// The records handed from room to room. Each room adds what it found out; the types are the order of the rooms.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Endpoint } from '../catalog/endpoint.ts'
import type { RequestId } from '../kernel/ids.ts'
import type { Caller } from '../identity/tokens.ts'
import type { ReplyHead } from '../upstreams/wire/head.ts'
import type { UpstreamAccount } from '../upstreams/account.ts'
import type { Departure } from './departure.ts'
import type { JsonFacts } from './body/json-facts.ts'
import type { HeadFacts } from './headers.ts'
import type { Reply } from './reply.ts'

/** What every exchange has from its first moment, also when it is refused in the first room. */
export type Opened = {
  readonly requestId: RequestId
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly departure: Departure
  /** Monotonic ms. */
  readonly startedTick: number
  /** Counters that grow while bytes pass; read once, when the exchange settles. */
  readonly tally: Tally
}

export type Tally = {
  requestBytes: number
  answerBytes: number
  firstByteTick: number | null
  attempts: number
  upstreamRequestId: string | null
  endpoint: Endpoint | null
  caller: Caller | null
  model: string | null
  /** What went wrong upstream, for the log. */
  failure: string | null
  status: number
}

export type Received = Opened & {
  readonly endpoint: Endpoint
  /** Path below `/v1`, rebuilt from the row, with the raw query. */
  readonly upstreamPath: string
  readonly head: HeadFacts
}

export type Authenticated = Received & { readonly caller: Caller; readonly presented: string }

/** A body that is sent: none, held bytes that were read for facts, or the client's stream. */
export type RequestBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'stream'; readonly bytes: number | null }

export type Authorized = Authenticated & { readonly body: RequestBody; readonly facts: JsonFacts | null }

export type Routed = Authorized & { readonly account: UpstreamAccount }

export type Forwarded = Routed & { readonly reply: Reply; readonly replyHead: ReplyHead }

export type Outcome = 'completed' | 'refused' | 'client-left' | 'upstream-failed'
