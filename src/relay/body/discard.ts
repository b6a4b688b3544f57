// Reads over the rest of a body nobody wants, so that an answer that came early is read and the connection can serve the
// next request; gives up on long ones.
import type { IncomingMessage } from 'node:http'

/** What is cheaper to read over than to reconnect for. */
export const maxDiscardBytes = 8_388_608
/** Time for a client to read an answer that came early, before its connection is cut (RFC 9112 9.6). */
const maxDiscardMs = 3000

/** @param onOver called once, with whether the body was read to its end */
export function discardBody(
  incoming: IncomingMessage,
  onOver: (isWhole: boolean) => void = (isWhole) => isWhole || incoming.socket.destroy(),
): void {
  if (incoming.complete || incoming.destroyed) return onOver(true)
  let bytes = 0
  const over = (isWhole: boolean): void => {
    clearTimeout(timer)
    incoming.off('end', whole).off('close', whole)
    onOver(isWhole)
  }
  const whole = (): void => over(true)
  const timer = setTimeout(() => over(false), maxDiscardMs)
  incoming.removeAllListeners('data').on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > maxDiscardBytes) incoming.pause()
  })
  incoming.once('end', whole).once('close', whole)
  incoming.resume()
}
