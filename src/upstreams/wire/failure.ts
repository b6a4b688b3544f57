// How an upstream exchange can go wrong. The kind decides the refusal; the text is for the log and never answered to a client.
import { errorCode } from '../../kernel/error-code.ts'

export type FailureKind =
  /** No connection could be made: DNS, refused, TLS, connect deadline. Nothing was sent. */
  | 'unreachable'
  /** The connection was lost before the answer was complete. */
  | 'broken'
  /** The answer is not valid HTTP/1.1, or frames itself in two ways. */
  | 'malformed'
  /** Silence beyond the deadline of the pace. */
  | 'silent'

export class UpstreamFailure extends Error {
  override readonly name = 'UpstreamFailure'
  readonly kind: FailureKind
  /** True when not one byte of an answer had arrived on a connection that had served before: the classic stale pooled connection. */
  isStale = false

  constructor(kind: FailureKind, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.kind = kind
  }

  /** For the log: what happened, in our words and the short word of the system. Nothing of it came from the upstream. */
  describe(): string {
    return `${this.kind}: ${this.message}${this.cause === undefined ? '' : ` (${errorCode(this.cause)})`}`
  }
}
