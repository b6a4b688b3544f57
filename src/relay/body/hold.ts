// Holds a JSON body in memory, within one body's limit and within what all held bodies together may take.
import type { IncomingMessage } from 'node:http'
import { Refusal } from '../../kernel/errors.ts'
import { ClientLeft } from '../departure.ts'

export type Holder = {
  /**
   * Reads a whole body. Its bytes count against the shared limit until `release` is called.
   * @throws Refusal request_too_large, relay_overloaded, request_timeout; ClientLeft
   */
  readonly hold: (incoming: IncomingMessage, announcedBytes: number | null) => Promise<Held>
}

export type Held = { readonly bytes: Buffer; readonly release: () => void }

export type HolderOptions = { readonly maxBodyBytes: number; readonly maxHeldBytes: number; readonly silenceMs: number }

export function createHolder({ maxBodyBytes, maxHeldBytes, silenceMs }: HolderOptions): Holder {
  let heldBytes = 0
  const tooLarge = (): Refusal => new Refusal('request_too_large', { limit: String(maxBodyBytes) })

  return {
    hold(incoming, announcedBytes) {
      if (announcedBytes !== null && announcedBytes > maxBodyBytes) return Promise.reject(tooLarge())
      return new Promise((resolve, reject) => {
        const chunks: Buffer[] = []
        let bytes = 0
        let timer: NodeJS.Timeout | null = null
        const release = (): void => {
          heldBytes -= bytes
          bytes = 0
        }
        let isOver = false
        const stop = (reason: Refusal | ClientLeft): void => {
          incoming.off('data', onData).off('end', onEnd).off('close', onClose)
          isOver = true
          if (timer !== null) clearTimeout(timer)
          release()
          reject(reason)
        }
        const onClose = (): void => stop(new ClientLeft())
        const onData = (chunk: Buffer): void => {
          bytes += chunk.length
          heldBytes += chunk.length
          if (bytes > maxBodyBytes) return stop(tooLarge())
          if (heldBytes > maxHeldBytes) return stop(new Refusal('relay_overloaded', {}, { headers: ['Retry-After', '1'] }))
          chunks.push(chunk)
          timer?.refresh()
        }
        const onEnd = (): void => {
          isOver = true
          incoming.off('close', onClose)
          if (timer !== null) clearTimeout(timer)
          const [first] = chunks
          resolve({ bytes: chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks), release })
        }
        incoming.on('data', onData).once('end', onEnd).once('close', onClose)
        // A body that came with its head is whole by the next turn of the loop: no timer for the usual case.
        setImmediate(() => {
          if (!isOver) timer = setTimeout(() => stop(new Refusal('request_timeout', { seconds: String(silenceMs / 1000) })), silenceMs)
        })
      })
    },
  }
}
