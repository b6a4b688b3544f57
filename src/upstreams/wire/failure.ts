// How an upstream exchange can go wrong. The kind decides the refusal; the text is for the log and never answered to a client.

export type FailureKind =
  /** No connection could be made: DNS, refused, TLS, connect deadline. Nothing was sent. */
  | 'unreachable'
  /** The connection was lost before the answer was complete. */
  | 'broken'
  /** The answer is not valid HTTP/1.1, or frames itself in two ways. */
  | 'malformed'
  /** Silence beyond the deadline of the pace. */
  | 'silent'
  /** We gave up ourselves: the client left, or its body broke off. */
  | 'aborted'

export class UpstreamFailure extends Error {
  override readonly name = 'UpstreamFailure'
  readonly kind: FailureKind
  /** True when not one byte of an answer had arrived on a connection that had served before: the classic stale pooled connection. */
  isStale = false

  constructor(kind: FailureKind, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.kind = kind
  }
}
