// What a handler of an action is given, and what it gives back.
import type { IncomingMessage } from 'node:http'
import type { EndpointId } from '../catalog/index.ts'
import type { FetchFile } from './fetch.ts'
import type { Form } from './form.ts'
import type { Values } from '../kernel/shape.ts'

export type CallOptions = {
  readonly params?: Readonly<Record<string, string>>
  /** Raw query with its question mark. */
  readonly query?: string
  /** At most one of the three. */
  readonly json?: unknown
  readonly bytes?: Buffer
  readonly form?: Form
  /** Where it is not the deadline of the action that ends the call. */
  readonly signal?: AbortSignal
}

export type Action = {
  readonly params: Readonly<Record<string, string>>
  readonly query: Values
  /** The body, held against the shape of the row; empty where the row takes none. */
  readonly body: Values
  /** The body as it came. */
  readonly bytes: Buffer
  /** Whether the client named text/event-stream in its Accept. */
  readonly wantsEvents: boolean
  /** Aborts when the client left. */
  readonly left: AbortSignal
  /** Aborts when the client left, and when the time of the answer is over. */
  readonly signal: AbortSignal
  /** An inner call to a row of the catalog, through all its rooms, with the token of this caller. */
  readonly call: (id: EndpointId, options?: CallOptions) => Promise<IncomingMessage>
  /** The same, read whole and parsed. An answer that is no success leaves the handler and goes to the client as it came. */
  readonly callJson: (id: EndpointId, options?: CallOptions) => Promise<Record<string, unknown>>
  /** The same, for an answer of bytes. @throws Refusal answer_too_large */
  readonly callBytes: (
    id: EndpointId,
    maxBytes: number,
    options?: CallOptions,
  ) => Promise<{ readonly bytes: Buffer; readonly headers: IncomingMessage['headers'] }>
  readonly fetchFile: FetchFile
}

/** A value answered as JSON with 200, or the answer of a call as it came. */
export type ActionAnswer = { readonly value: unknown } | { readonly passed: IncomingMessage }

export type Handler = (action: Action) => Promise<ActionAnswer>

/** Leaves a handler with the answer of a call that was no success. */
export class PassOn extends Error {
  override readonly name = 'PassOn'
  readonly answer: IncomingMessage

  constructor(answer: IncomingMessage) {
    super('the call was refused')
    this.answer = answer
  }
}
