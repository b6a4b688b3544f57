// Room 6: the answer goes to the client as it comes. From here on nothing can be refused: an answer that breaks off is
// broken off towards the client too, never ended as if it were whole.
import { startAnswer } from './body/answer-writer.ts'
import type { Forwarded, Outcome } from './exchange.ts'
import { clientHeaders, headerValue } from './headers.ts'

export type Observe = (forwarded: Forwarded) => Promise<Outcome>

export function createObserve(tick: () => number): Observe {
  return async (forwarded) => {
    const { reply, replyHead, outgoing, incoming, departure, requestId, tally } = forwarded
    const { status, reason } = replyHead
    const headers = clientHeaders(replyHead.headers, status === 204 || status === 304)
    headers.push('x-relay-request-id', requestId)
    tally.status = status
    tally.upstreamRequestId = headerValue(replyHead.headers, 'x-request-id')
    tally.firstByteTick = tick()
    // The upstream's own Date passes; a second one would be ours.
    outgoing.sendDate = false
    const hasLength =
      replyHead.framing.kind === 'length' || (replyHead.framing.kind === 'none' && headerValue(headers, 'content-length') !== null)
    const writer = startAnswer(forwarded, status, reason, headers, hasLength)

    let hasFailed = false
    departure.onLeave(() => reply.abort())
    outgoing.on('drain', () => reply.resume())
    const hasBegun = reply.take({
      data(bytes, isLast) {
        tally.answerBytes += bytes.length
        if (!writer.write(bytes, isLast)) reply.pause()
      },
      end: writer.end,
      fail(failure) {
        hasFailed = true
        tally.failure = failure.describe()
        // Where the end of the connection is the end of the body, only a reset says that this is none (RFC 9112 6.3).
        if (incoming.httpVersion === '1.0') incoming.socket.resetAndDestroy()
        else outgoing.destroy()
      },
    })
    if (!hasBegun) outgoing.flushHeaders()

    const wasWritten = await departure.over
    return wasWritten ? 'completed' : hasFailed ? 'upstream-failed' : 'client-left'
  }
}
