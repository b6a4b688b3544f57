// Room 6: the answer goes to the client as it comes. From here on nothing can be refused: an answer that breaks off is
// broken off towards the client too, never ended as if it were whole.
import type { Forwarded, Outcome } from './exchange.ts'
import { clientHeaders } from './headers.ts'

export type Observe = (forwarded: Forwarded) => Promise<Outcome>

export function createObserve(tick: () => number): Observe {
  return async ({ reply, outgoing, departure, requestId, tally }) => {
    const { head, sending } = reply
    const headers = clientHeaders(head.headers, head.status === 204 || head.status === 304)
    headers.push('x-relay-request-id', requestId)
    tally.status = head.status
    tally.upstreamRequestId = headerValue(head.headers, 'x-request-id')
    tally.firstByteTick = tick()
    // The upstream's own Date passes; a second one would be ours.
    outgoing.sendDate = false
    outgoing.writeHead(head.status, head.reason, headers)

    let hasFailed = false
    departure.onLeave(() => sending.abort())
    outgoing.on('drain', () => sending.resume())
    const isWhole = reply.take({
      data: (bytes) => {
        tally.answerBytes += bytes.length
        if (!outgoing.write(bytes)) sending.pause()
      },
      end: () => outgoing.end(),
      fail: () => {
        hasFailed = true
        outgoing.destroy()
      },
    })
    if (!isWhole) outgoing.flushHeaders()

    const wasWritten = await departure.over
    return wasWritten ? 'completed' : hasFailed ? 'upstream-failed' : 'client-left'
  }
}

function headerValue(headers: readonly string[], name: string): string | null {
  for (let at = 0; at < headers.length; at += 2) if ((headers[at] ?? '').length === name.length && (headers[at] ?? '').toLowerCase() === name) return headers[at + 1] ?? null
  return null
}
