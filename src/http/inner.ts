// Calls the relay makes to itself: a pair of streams in the place of a TCP connection, one half handed to the listening
// server as if it had just been accepted, HTTP/1.1 spoken over the other. No port, no address, no way around a room.
import { request as httpRequest, type IncomingMessage, type Server } from 'node:http'
import { Duplex, type Readable } from 'node:stream'

export type InnerRequest = {
  readonly method: string
  /** Canonical path with its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** A stream goes out as it comes; `bytes` is its length where that is known. */
  readonly body: null | Buffer | { readonly stream: Readable; readonly bytes: number | null }
  /** Aborts the exchange in every phase; the rooms see a client that leaves. */
  readonly signal: AbortSignal
}

/** Resolves with the head of the answer; rejects when the exchange was aborted or cut off before it. */
export type InnerCaller = (request: InnerRequest) => Promise<IncomingMessage>

export function createInnerCaller(server: Server): InnerCaller {
  return ({ method, path, headers, body, signal }) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(innerFailure(signal.reason))
      const near = new Half()
      const far = new Half()
      near.peer = far
      far.peer = near
      // A client that goes takes its connection with it; a server that goes leaves what it wrote to be read.
      near.once('close', () => far.destroy())
      far.once('close', () => near.push(null))
      // What happens on the wire shows on the request and its answer; without listeners a reset would be an uncaught error.
      near.on('error', () => {})
      far.on('error', () => {})
      server.emit('connection', far)

      const length = body === null ? (method === 'POST' ? 0 : null) : Buffer.isBuffer(body) ? body.length : body.bytes
      const outgoing = httpRequest({
        method,
        path,
        createConnection: () => near,
        setHost: false,
        headers: { Host: 'relay', Connection: 'close', ...headers, ...(length === null ? {} : { 'Content-Length': String(length) }) },
      })
      const abort = (): void => void outgoing.destroy(innerFailure(signal.reason))
      signal.addEventListener('abort', abort, { once: true })
      near.once('close', () => signal.removeEventListener('abort', abort))
      outgoing.once('response', resolve)
      // After the head, an error shows on the answer as a body that was cut.
      outgoing.on('error', reject)

      if (body === null || Buffer.isBuffer(body)) return void outgoing.end(body ?? undefined)
      const { stream } = body
      stream.once('error', (error) => outgoing.destroy(error))
      outgoing.once('close', () => stream.destroy())
      stream.pipe(outgoing)
    })
}

const innerFailure = (reason: unknown): Error => (reason instanceof Error ? reason : new Error('the inner exchange was given up'))

/**
 * One end of a connection. Bytes are copied on their way, as a kernel would: whoever wrote them may take the memory back
 * at once (kernel/release.ts does), which node's own `duplexPair` would show to the reader.
 */
class Half extends Duplex {
  peer: Half | null = null
  #written: (() => void) | null = null

  override _read(): void {
    const written = this.#written
    this.#written = null
    written?.()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    const { peer } = this
    if (peer === null || peer.destroyed) done(new Error('the other end is gone'))
    else if (chunk.length === 0 || peer.push(Buffer.from(chunk))) done()
    // The writer waits until the reader wants more.
    else peer.#written = done
  }

  override _final(done: () => void): void {
    this.peer?.push(null)
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const written = this.#written
    this.#written = null
    written?.()
    done(error)
  }
}
