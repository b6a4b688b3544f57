// The answer of the upstream as a room sees it: its head, and then a flow that can be taken once. What arrives between the
// head and the taking (the rest of the same read) waits here, so that no byte depends on how promises are scheduled.
import type { ReplyHead } from '../upstreams/wire/head.ts'
import type { ReplySink, Sending } from '../upstreams/wire/pool.ts'
import type { UpstreamFailure } from '../upstreams/wire/failure.ts'

export type ReplyFlow = { readonly data: (bytes: Buffer) => void; readonly end: () => void; readonly fail: (failure: UpstreamFailure) => void }

export type Reply = {
  readonly head: ReplyHead
  /** Starts the flow into `flow`. @returns true when the whole body had already come and went out in this call */
  readonly take: (flow: ReplyFlow) => boolean
  readonly sending: Sending
}

/** @param start begins the exchange with the sink it is given. @returns the answer once its head is there; rejects with an UpstreamFailure before it */
export function openReply(start: (sink: ReplySink) => Sending): { readonly sending: Sending; readonly reply: Promise<Reply> } {
  let flow: ReplyFlow | null = null
  const early: Buffer[] = []
  let hasEnded = false
  let failure: UpstreamFailure | null = null
  let answer: (head: ReplyHead) => void = () => {}
  let reject: (failure: UpstreamFailure) => void = () => {}
  const headed = new Promise<ReplyHead>((resolve, refuse) => {
    answer = resolve
    reject = refuse
  })

  const sending = start({
    head: (head) => answer(head),
    data: (bytes) => (flow === null ? early.push(bytes) : flow.data(bytes)),
    end: () => {
      hasEnded = true
      flow?.end()
    },
    fail: (reason) => {
      failure = reason
      reject(reason)
      flow?.fail(reason)
    },
  })

  const take = (taker: ReplyFlow): boolean => {
    for (const bytes of early) taker.data(bytes)
    early.length = 0
    flow = taker
    if (failure !== null) taker.fail(failure)
    else if (hasEnded) taker.end()
    return hasEnded
  }
  return { sending, reply: headed.then((head) => ({ head, take, sending })) }
}
