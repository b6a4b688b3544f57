// Watches a body that streams through: counts it, and notices a client that has stopped sending.
import type { IncomingMessage } from 'node:http'

/** Silence counts only while we are reading: a body held back by a slow upstream is not the client's fault. */
export function watchUpload(
  incoming: IncomingMessage,
  silenceMs: number,
  tally: { requestBytes: number },
  over: Promise<unknown>,
  onSilent: () => void,
): void {
  const timer = setTimeout(() => {
    if (incoming.isPaused()) timer.refresh()
    else onSilent()
  }, silenceMs)
  // A listener alone would start the flow, and what came before a connection takes it would be lost.
  incoming.pause()
  const onData = (bytes: Buffer): void => {
    tally.requestBytes += bytes.length
    timer.refresh()
  }
  incoming.on('data', onData)
  const stop = (): void => {
    // A cleared timer that is refreshed runs again.
    incoming.off('data', onData)
    clearTimeout(timer)
  }
  incoming.once('end', stop)
  // An answer that came early ends the exchange while the body is still on its way: node then tells `incoming` nothing more.
  void over.then(stop)
}
