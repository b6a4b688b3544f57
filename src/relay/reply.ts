// The answer of the upstream as a room sees it: its head, and then a flow that can be taken once. What arrives between the
// head and the taking (the rest of the same read) waits here, so that no byte depends on how promises are scheduled.
import type { UpstreamFailure } from '../upstreams/wire/failure.ts'
import type { ReplyHead } from '../upstreams/wire/head.ts'
import type { ReplySink, Sending } from '../upstreams/wire/pool.ts'

export interface ReplyFlow {
  /** `isLast` when the end is known to follow at once, so that both can leave in one write. */
  data(bytes: Buffer, isLast: boolean): void
  end(): void
  fail(failure: UpstreamFailure): void
}

export class Reply implements ReplySink {
  readonly #early: Buffer[] = []
  #flow: ReplyFlow | null = null
  #hasEnded = false
  /** Why the answer broke off, as soon as it did. */
  failure: UpstreamFailure | null = null
  #resolve: (head: ReplyHead) => void = () => {}
  #reject: (failure: UpstreamFailure) => void = () => {}
  #sending: Sending | null = null
  /** The head of the answer; rejects with an UpstreamFailure when none comes. */
  readonly headed: Promise<ReplyHead> = new Promise((resolve, reject) => {
    this.#resolve = resolve
    this.#reject = reject
  })

  /** @param start begins the exchange with the sink it is given */
  static open(start: (sink: ReplySink) => Sending): Reply {
    const reply = new Reply()
    reply.#sending = start(reply)
    return reply
  }

  head(head: ReplyHead): void {
    this.#resolve(head)
  }

  data(bytes: Buffer): void {
    if (this.#flow === null) this.#early.push(bytes)
    else this.#flow.data(bytes, false)
  }

  end(): void {
    this.#hasEnded = true
    this.#flow?.end()
  }

  fail(failure: UpstreamFailure): void {
    this.failure = failure
    this.#reject(failure)
    this.#flow?.fail(failure)
  }

  /** Starts the flow. @returns true when something already went out in this call */
  take(flow: ReplyFlow): boolean {
    this.#flow = flow
    const early = this.#early
    for (let at = 0; at < early.length; at++) flow.data(early[at] ?? Buffer.alloc(0), this.#hasEnded && at === early.length - 1)
    if (this.failure !== null) flow.fail(this.failure)
    else if (this.#hasEnded) flow.end()
    return this.#hasEnded || early.length > 0
  }

  /** The rest of the answer, cut at `maxBytes`. @throws UpstreamFailure when it breaks off */
  whole(maxBytes: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const pieces: Buffer[] = []
      let bytes = 0
      this.take({
        data(piece) {
          if (bytes < maxBytes) pieces.push(piece)
          bytes += piece.length
        },
        end: () => resolve(Buffer.concat(pieces).subarray(0, maxBytes)),
        fail: reject,
      })
    })
  }

  abort(): void {
    this.#sending?.abort()
  }

  pause(): void {
    this.#sending?.pause()
  }

  resume(): void {
    this.#sending?.resume()
  }
}
