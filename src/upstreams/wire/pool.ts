// Connections to one origin. Last in, first out, so that few stay warm and the rest expire. The seam of the wire engine:
// rooms know `send` and nothing below it.
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Connection, type ReplySink, type WireRequest } from './connection.ts'
import { UpstreamFailure } from './failure.ts'
import type { ReplyHead } from './head.ts'
import { Silence } from './silence.ts'

export type { ReplySink, WireRequest } from './connection.ts'

export type PoolOptions = {
  readonly host: string
  readonly port: number
  readonly isTls: boolean
  readonly maxConnections: number
  readonly connectMs: number
}

/** A request under way. `abort` is final and silent: the sink hears nothing more. */
export interface Sending {
  abort(): void
  pause(): void
  resume(): void
}

export type Pool = {
  readonly send: (request: WireRequest, sink: ReplySink) => Sending
  readonly open: () => number
  readonly close: () => void
}

/** Many servers close an idle connection after 5 s without announcing it (uvicorn, Node); a POST must not meet that moment. */
const idleMs = 4000
const maxHeadBytes = 65_536

/**
 * One request on its way. It stands between the connection and the room: once the exchange is over the connection belongs to
 * the next one, and an abort that comes late must not reach it.
 */
class Job implements ReplySink, Sending {
  readonly request: WireRequest
  readonly #sink: ReplySink
  connection: Connection | null = null
  /** Takes the job out of wherever it waits for a connection. */
  cancel: (() => void) | null = null
  isAborted = false

  constructor(request: WireRequest, sink: ReplySink) {
    this.request = request
    this.#sink = sink
  }

  head(head: ReplyHead): void {
    this.#sink.head(head)
  }

  data(bytes: Buffer): void {
    this.#sink.data(bytes)
  }

  end(): void {
    this.connection = null
    this.#sink.end()
  }

  fail(failure: UpstreamFailure): void {
    this.connection = null
    if (!this.isAborted) this.#sink.fail(failure)
  }

  abort(): void {
    this.isAborted = true
    this.connection?.destroy()
    this.connection = null
    this.cancel?.()
    this.cancel = null
  }

  pause(): void {
    this.connection?.pause()
  }

  resume(): void {
    this.connection?.resume()
  }
}

export function createPool(options: PoolOptions): Pool {
  const idle: Connection[] = []
  const waiting: Job[] = []
  const all = new Set<Connection>()
  const silence = new Silence()
  let connecting = 0
  let isClosed = false

  const events = {
    idle(connection: Connection): void {
      const hintMs = connection.keepAliveSeconds === null ? idleMs : connection.keepAliveSeconds * 1000 - 1000
      connection.expiresAt = performance.now() + Math.min(hintMs, 60_000)
      idle.push(connection)
      serveWaiting()
    },
    gone(connection: Connection): void {
      all.delete(connection)
      const at = idle.indexOf(connection)
      if (at >= 0) idle.splice(at, 1)
      serveWaiting()
    },
  }

  const expiry = setInterval(() => {
    const now = performance.now()
    for (const connection of idle.filter((each) => each.expiresAt <= now)) connection.destroy()
  }, 500).unref()

  function serveWaiting(): void {
    while (waiting.length > 0 && (idle.length > 0 || all.size + connecting < options.maxConnections)) {
      const job = waiting.shift()
      if (job === undefined) return
      job.cancel = null
      place(job)
    }
  }

  function place(job: Job): void {
    const connection = idle.pop()
    if (connection !== undefined && !job.request.isFresh) reuse(connection, job)
    else if (connection !== undefined) {
      connection.destroy()
      open(job)
    } else if (all.size + connecting >= options.maxConnections) wait(job)
    else open(job)
  }

  /** Yields to the poll phase first: a close or stray bytes that already wait on the socket must be seen before we write on it. */
  function reuse(connection: Connection, job: Job): void {
    const immediate = setImmediate(() => {
      job.cancel = null
      if (!connection.isAlive || connection.expiresAt <= performance.now()) {
        connection.destroy()
        place(job)
      } else begin(connection, job)
    })
    job.cancel = () => {
      clearImmediate(immediate)
      if (connection.isAlive) events.idle(connection)
    }
  }

  function open(job: Job): void {
    connecting++
    const { host, port } = options
    const socket: Socket = options.isTls
      ? connectTls({ host, port, ...(isIpLiteral(host) ? {} : { servername: host }), ALPNProtocols: ['http/1.1'] })
      : connectTcp({ host, port, noDelay: true })
    const settled = (): void => {
      connecting--
      watch.stop()
      job.cancel = null
      socket.off('error', onError)
    }
    const onError = (cause: unknown): void => {
      settled()
      socket.on('error', () => {}).destroy()
      job.fail(new UpstreamFailure('unreachable', 'no connection', { cause }))
      serveWaiting()
    }
    const watch = silence.watch(options.connectMs, () => onError(new Error(`no connection within ${options.connectMs} ms`)))
    socket.once('error', onError)
    socket.once(options.isTls ? 'secureConnect' : 'connect', () => {
      settled()
      socket.setNoDelay(true)
      const connection = new Connection(socket, events, maxHeadBytes)
      all.add(connection)
      begin(connection, job)
    })
    job.cancel = () => {
      settled()
      socket.on('error', () => {}).destroy()
      serveWaiting()
    }
  }

  function begin(connection: Connection, job: Job): void {
    job.connection = connection
    connection.start(job.request, job, silence)
  }

  function wait(job: Job): void {
    waiting.push(job)
    job.cancel = () => waiting.splice(waiting.indexOf(job), 1)
  }

  return {
    send(request, sink) {
      const job = new Job(request, sink)
      if (isClosed) queueMicrotask(() => job.fail(new UpstreamFailure('unreachable', 'the pool is closed')))
      else place(job)
      return job
    },
    open: () => all.size,
    close() {
      isClosed = true
      clearInterval(expiry)
      for (const connection of all) connection.destroy()
      silence.close()
    },
  }
}

/** RFC 6066 3: an IP literal is no server name. */
const isIpLiteral = (host: string): boolean => /^[\d.]+$/.test(host) || host.includes(':')
