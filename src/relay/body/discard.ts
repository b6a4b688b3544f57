// Reads over the rest of a body nobody wants, so that the connection can serve the next request; gives up on long ones.
import type { IncomingMessage } from 'node:http'

/** What is cheaper to read over than to reconnect for. */
const maxDiscardBytes = 8_388_608
/** Time for a client to read an answer that came early, before its connection is cut (RFC 9112 9.6). */
const maxDiscardMs = 3000

export function discardBody(incoming: IncomingMessage): void {
  if (incoming.complete || incoming.destroyed) return
  let bytes = 0
  const { socket } = incoming
  const timer = setTimeout(() => socket.destroy(), maxDiscardMs)
  const stop = (): void => clearTimeout(timer)
  incoming.removeAllListeners('data').on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > maxDiscardBytes) incoming.pause()
  })
  incoming.once('end', stop).once('close', stop)
  incoming.resume()
}
