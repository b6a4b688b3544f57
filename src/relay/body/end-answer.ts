// Ends an answer. Where it comes before the request was read whole, and the connection ends with it, its end waits: node would
// close at once, the unread rest of the body would turn that into a reset, and a reset throws away what the client had not
// yet read of the answer (RFC 9112 9.6).
import type { Opened } from '../exchange.ts'
import { discardBody, maxDiscardBytes } from './discard.ts'

/** Before the head of an answer: who will not read the rest of a body must not promise to read the next request (RFC 9112 9.6). */
export function promiseOnlyWhatIsRead({ incoming, outgoing, tally }: Opened): void {
  if (incoming.complete) return
  const { 'content-length': length, 'transfer-encoding': coding } = incoming.headers
  const isLong = coding !== undefined || (length !== undefined && Number(length) - tally.requestBytes > maxDiscardBytes)
  if (isLong) outgoing.shouldKeepAlive = false
}

/** @param last the last bytes of the answer as latin1 text, with whatever framing they need; null when all are written */
export function endAnswer({ incoming, outgoing, departure }: Opened, last: string | null): void {
  if (outgoing.writableEnded || outgoing.destroyed) return
  if (incoming.complete || outgoing.shouldKeepAlive) {
    if (last === null) outgoing.end()
    else outgoing.end(last, 'latin1')
    discardBody(incoming)
    return
  }
  if (last === null) outgoing.flushHeaders()
  else outgoing.write(last, 'latin1')
  departure.answered()
  discardBody(incoming, () => outgoing.end())
}
