// Watches a body that streams through: counts it, and notices a client that has stopped sending.
import type { IncomingMessage } from 'node:http'

export type UploadWatch = { readonly onSilent: (listener: () => void) => void }

/** Silence counts only while we are reading: a body held back by a slow upstream is not the client's fault. */
export function watchUpload(incoming: IncomingMessage, silenceMs: number, tally: { requestBytes: number }): UploadWatch {
  let listener: (() => void) | null = null
  const timer = setTimeout(() => {
    if (incoming.isPaused()) timer.refresh()
    else listener?.()
  }, silenceMs)
  incoming.on('data', (bytes: Buffer) => {
    tally.requestBytes += bytes.length
    timer.refresh()
  })
  const stop = (): void => clearTimeout(timer)
  incoming.once('end', stop).once('close', stop)
  return { onSilent: (next) => void (listener = next) }
}
