// One connection to an upstream: one exchange at a time, never two (no pipelining). It dies at the first thing out of order;
// only a connection whose request was sent whole and whose answer ended exactly where its framing said goes back to the pool.
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { releasableBytes, release } from '../../kernel/release.ts'
import { type BodyReader, createBodyReader } from './body.ts'
import { UpstreamFailure } from './failure.ts'
import { headEnd, parseHead, type ReplyHead } from './head.ts'
import type { Silence, Watch } from './silence.ts'

export type WireRequest = {
  /** The whole head, latin1, ending in the empty line; its framing headers agree with the body below. */
  readonly head: string
  readonly body:
    | { readonly kind: 'none' }
    | { readonly kind: 'bytes'; readonly bytes: Buffer }
    /** `bytes` is null where the length is not known: the body goes out chunked. */
    | { readonly kind: 'stream'; readonly stream: Readable; readonly bytes: number | null }
  /** Longest silence of the upstream, ms. */
  readonly silenceMs: number
  /** Over a connection that nothing was sent on before: what else waits idle may be as stale as the last one. */
  readonly isFresh: boolean
}

/** The moments of an answer: `head` once, `data` any number of times, then exactly one of `end` and `fail`. */
export interface ReplySink {
  head(head: ReplyHead): void
  /** Payload as it came; everything of one read in one call. The sink owns the memory and may release it. */
  data(bytes: Buffer): void
  end(): void
  fail(failure: UpstreamFailure): void
}

type Exchange = {
  readonly sink: ReplySink
  readonly watch: Watch
  reader: BodyReader | null
  isReusable: boolean
  isSent: boolean
  informational: number
  stopSending: (() => void) | null
}

/** Interim answers beyond this are a flood, not information (RFC 9110 15.2 sets no bound). */
const maxInformational = 32
const maxPendingBytes = 262_144
/** What was sent before a reset is here already: only the loop has to come round to it. */
const lostMs = 1000

export type ConnectionEvents = { readonly idle: (connection: Connection) => void; readonly gone: (connection: Connection) => void }

export class Connection {
  readonly #socket: Socket
  readonly #events: ConnectionEvents
  readonly #maxHeadBytes: number
  #exchange: Exchange | null = null
  #partialHead: Buffer | null = null
  #served = 0
  /** Runs once writing has failed: what the upstream said before it went must come within this time. */
  #lost: NodeJS.Timeout | null = null
  #isGone = false
  /** Set while idle: when the pool must drop it, on the clock of `performance.now()`. */
  expiresAt = Number.POSITIVE_INFINITY
  keepAliveSeconds: number | null = null

  constructor(socket: Socket, events: ConnectionEvents, maxHeadBytes: number) {
    this.#socket = socket
    this.#events = events
    this.#maxHeadBytes = maxHeadBytes
    socket.on('data', (bytes: Buffer) => this.#onData(bytes))
    socket.on('end', () => this.#onEnd())
    keepReadable(socket)
    socket.on('error', (cause) => this.#onError(cause))
    socket.on('close', () => this.#onClose())
  }

  get isAlive(): boolean {
    return !this.#isGone && !this.#socket.destroyed
  }

  start(request: WireRequest, sink: ReplySink, silence: Silence): void {
    const watch = silence.watch(request.silenceMs, () => this.#fail(new UpstreamFailure('silent', `silent for ${request.silenceMs} ms`)))
    const exchange: Exchange = { sink, watch, reader: null, isReusable: false, isSent: false, informational: 0, stopSending: null }
    this.#exchange = exchange
    this.expiresAt = Number.POSITIVE_INFINITY
    if (request.body.kind === 'stream') {
      this.#socket.write(request.head, 'latin1')
      this.#pump(exchange, request.body.stream, request.body.bytes === null)
      return
    }
    this.#socket.write(request.body.kind === 'none' ? Buffer.from(request.head, 'latin1') : joined(request.head, request.body.bytes))
    exchange.isSent = true
  }

  pause(): void {
    this.#socket.pause()
    this.#exchange?.watch.pause()
  }

  resume(): void {
    this.#socket.resume()
    this.#exchange?.watch.touch()
  }

  /** Ends the exchange at once and without a further call to its sink. */
  destroy(): void {
    this.#detach()
    this.#socket.destroy()
  }

  /**
   * Sends a body as it comes, with back-pressure. Writes wait for the end of the loop turn: an upstream that answered early
   * and reset has its answer read first, because a write into a reset connection would throw that answer away.
   */
  #pump(exchange: Exchange, stream: Readable, isChunked: boolean): void {
    const socket = this.#socket
    let pending: Buffer[] = []
    let pendingBytes = 0
    let scheduled: NodeJS.Immediate | null = null
    let hasEnded = false

    const flush = (): void => {
      scheduled = null
      if (socket.destroyed || exchange.stopSending === null) return
      socket.cork()
      for (const bytes of pending) {
        if (isChunked) socket.write(`${bytes.length.toString(16)}\r\n`, 'latin1')
        if (bytes.length < releasableBytes) socket.write(bytes)
        else socket.write(bytes, () => release(bytes))
        if (isChunked) socket.write('\r\n', 'latin1')
      }
      pending = []
      pendingBytes = 0
      if (hasEnded && isChunked) socket.write('0\r\n\r\n', 'latin1')
      socket.uncork()
      if (hasEnded) {
        stop()
        exchange.isSent = true
        exchange.watch.touch()
      } else if (!socket.writableNeedDrain && stream.isPaused()) stream.resume()
    }
    const schedule = (): void => {
      scheduled ??= setImmediate(flush)
    }
    const onData = (bytes: Buffer): void => {
      exchange.watch.touch()
      pending.push(bytes)
      pendingBytes += bytes.length
      if (pendingBytes > maxPendingBytes || socket.writableNeedDrain) stream.pause()
      schedule()
    }
    const onEnd = (): void => {
      hasEnded = true
      schedule()
    }
    const onDrain = (): void => {
      exchange.watch.touch()
      stream.resume()
    }
    const stop = (): void => {
      if (scheduled !== null) clearImmediate(scheduled)
      exchange.stopSending = null
      stream.off('data', onData).off('end', onEnd)
      socket.off('drain', onDrain)
    }
    exchange.stopSending = stop
    socket.on('drain', onDrain)
    stream.on('data', onData).on('end', onEnd)
    if (stream.readableEnded) onEnd()
    else stream.resume()
  }

  #onData(bytes: Buffer): void {
    const exchange = this.#exchange
    // Bytes nobody asked for: kept, they would become the answer to the next exchange (response queue poisoning).
    if (exchange === null) return this.destroy()
    // A head is measured whole: one that drips byte by byte is silence.
    if (exchange.reader !== null) exchange.watch.touch()
    try {
      const rest = exchange.reader === null ? this.#readHead(exchange, bytes) : bytes
      if (rest !== null && exchange.reader !== null && this.#exchange === exchange) this.#readBody(exchange, exchange.reader, rest)
    } catch (error) {
      this.#fail(error instanceof UpstreamFailure ? error : new UpstreamFailure('malformed', 'unreadable answer', { cause: error }))
    }
  }

  /** @returns what follows the head of the final answer, or null while it is not complete */
  #readHead(exchange: Exchange, bytes: Buffer): Buffer | null {
    let buffer = this.#partialHead === null ? bytes : Buffer.concat([this.#partialHead, bytes])
    this.#partialHead = null
    for (;;) {
      const end = headEnd(buffer, this.#maxHeadBytes)
      if (end < 0) {
        this.#partialHead = buffer
        return null
      }
      const head = parseHead(buffer.toString('latin1', 0, end - 2))
      buffer = buffer.subarray(end)
      exchange.watch.touch()
      if (head.status >= 200) {
        exchange.reader = createBodyReader(head.framing)
        exchange.isReusable = head.isReusable
        this.keepAliveSeconds = head.keepAliveSeconds
        // The answer is decided: more of the body would only race with the upstream closing (RFC 9112 9.6).
        if (head.status >= 400) exchange.stopSending?.()
        exchange.sink.head(head)
        return buffer
      }
      // We never ask for an upgrade, so 101 is a lie; other interim answers end here, no client of ours asked for them.
      if (head.status === 101 || ++exchange.informational > maxInformational)
        throw new UpstreamFailure('malformed', 'unasked interim answer')
      if (buffer.length === 0) return null
    }
  }

  #readBody(exchange: Exchange, reader: BodyReader, bytes: Buffer): void {
    const received = bytes.length
    const { used, payload } = reader.read(bytes)
    if (payload > 0) exchange.sink.data(payload === bytes.length ? bytes : bytes.subarray(0, payload))
    if (this.#exchange === exchange && reader.isDone()) this.#finish(exchange, used < received)
  }

  #finish(exchange: Exchange, hasExcess: boolean): void {
    const isReusable = exchange.isReusable && exchange.isSent && !hasExcess && !this.#socket.destroyed
    this.#detach()
    this.#served++
    this.#socket.resume()
    if (isReusable) this.#events.idle(this)
    else this.#socket.destroy()
    exchange.sink.end()
  }

  /** An upstream may answer, and go, before it has read the upload: a write then fails while its answer waits to be read (RFC 9112 9.5). */
  #onError(cause: Error): void {
    const exchange = this.#exchange
    const failure = new UpstreamFailure('broken', 'connection lost', { cause })
    const isWriting = 'syscall' in cause && (cause.syscall === 'write' || cause.syscall === 'writev')
    if (!isWriting || exchange === null || this.#lost !== null) return this.#fail(failure)
    exchange.stopSending?.()
    exchange.isReusable = false
    exchange.isSent = false
    this.#lost = setTimeout(() => {
      if (this.#socket.isPaused()) this.#lost?.refresh()
      else this.#fail(failure)
    }, lostMs)
  }

  #onEnd(): void {
    const exchange = this.#exchange
    if (exchange?.reader?.endsByClose === true && this.#lost === null) this.#finish(exchange, true)
    else this.#fail(new UpstreamFailure('broken', 'the upstream closed the connection'))
  }

  #onClose(): void {
    this.#fail(new UpstreamFailure('broken', 'the connection was closed'))
    if (this.#isGone) return
    this.#isGone = true
    this.#events.gone(this)
  }

  /** Ends the exchange with a failure; without one it only makes sure that the socket is gone. */
  #fail(failure: UpstreamFailure): void {
    const exchange = this.#exchange
    if (exchange !== null)
      failure.isStale =
        this.#served > 0 &&
        exchange.reader === null &&
        exchange.informational === 0 &&
        this.#partialHead === null &&
        failure.kind === 'broken'
    this.#detach()
    this.#socket.destroy()
    exchange?.sink.fail(failure)
  }

  #detach(): void {
    const exchange = this.#exchange
    this.#exchange = null
    this.#partialHead = null
    if (this.#lost !== null) clearTimeout(this.#lost)
    this.#lost = null
    if (exchange === null) return
    exchange.watch.stop()
    exchange.stopSending?.()
  }
}

/** Small bodies share one buffer with their head: one copy is cheaper than a second vector to the kernel. */
function joined(head: string, body: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(head.length + body.length)
  bytes.write(head, 0, 'latin1')
  body.copy(bytes, head.length)
  return bytes
}

/**
 * Lets the reading side live on when a write fails. node:net destroys a socket at the first error, with what waits in the
 * kernel unread, and has no public option against it; without these fields (another version of Node) it does as before.
 */
function keepReadable(socket: Socket): void {
  const states = socket as unknown as {
    readonly _readableState?: { autoDestroy: boolean; errored: Error | null }
    readonly _writableState?: { autoDestroy: boolean }
  }
  const { _readableState: reading, _writableState: writing } = states
  if (reading === undefined || writing === undefined) return
  reading.autoDestroy = false
  writing.autoDestroy = false
  // A stream that has seen an error drops what it is given to read.
  socket.on('error', () => {
    reading.errored = null
  })
}
