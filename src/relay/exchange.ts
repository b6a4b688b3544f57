// The records handed from room to room. Each room adds what it found out; the types are the order of the rooms.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Endpoint } from '../catalog/endpoint.ts'
import type { AccountId, IntentId, RequestId } from '../kernel/ids.ts'
import type { Named, Owner } from '../ownership/ownership.ts'
import type { Caller } from '../identity/caller.ts'
import type { ReplyHead } from '../upstreams/wire/head.ts'
import type { UpstreamAccount } from '../upstreams/account.ts'
import type { Departure } from './departure.ts'
import type { FormGate } from './body/form-gate.ts'
import type { JsonFacts } from './body/json-facts.ts'
import type { HeadFacts } from './headers.ts'
import type { Plan } from './plan.ts'
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
  readonly plan: Plan
  /** Raw values of the path's parameters. */
  readonly params: Readonly<Record<string, string>>
  /** Path below `/v1`, rebuilt from the row, without the query. */
  readonly upstreamPath: string
  /** Raw, with its question mark, or nothing. */
  readonly query: string
  readonly head: HeadFacts
}

export type Authenticated = Received & { readonly caller: Caller; readonly presented: string }

/** A body that is sent: none, held bytes that were read for facts, or the client's stream, through a gate where a form is read. */
export type RequestBody =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'bytes'
      readonly bytes: Buffer
      /** What `bytes` say where they are compressed. */
      readonly inflated: Buffer | null
      /** They are no longer compressed, though the client's were. */
      readonly isRecoded: boolean
    }
  | { readonly kind: 'stream'; readonly bytes: number | null; readonly gate: FormGate | null }

export type Authorized = Authenticated & { readonly body: RequestBody; readonly facts: JsonFacts | null }

export type Resolved = Authorized & {
  readonly owner: Owner
  /** Who owns what is born: the owner of the object the path names, or else the caller. */
  readonly heir: Owner
  /** Where the objects it names live, or where the project's requests go. */
  readonly accountId: AccountId
  /** The query with the values each tenant has a space of its own for. */
  readonly upstreamQuery: string
  /** What stands upstream for a value each tenant has a space of its own for; null in a relay of one tenant. */
  readonly label: ((value: string) => string) | null
  /** All there is on the account is the caller's, recorded or not: nothing has to be kept apart. */
  readonly isAlone: boolean
  /** What is denied from now on and deleted by this exchange. */
  readonly deleting: Named | null
  /** The create that was announced. */
  readonly intent: IntentId | null
  /** A list that is answered here: the upstream's holds what is not the caller's. */
  readonly isListed: boolean
}

export type Routed = Resolved & { readonly account: UpstreamAccount }

export type Forwarded = Routed & { readonly reply: Reply; readonly replyHead: ReplyHead }

export type Outcome = 'completed' | 'refused' | 'client-left' | 'upstream-failed'
