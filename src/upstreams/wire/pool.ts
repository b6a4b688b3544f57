// Connections to one origin. Last in, first out, so that few stay warm and the rest expire. The seam of the wire engine:
// rooms know `send` and nothing below it.
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Connection, type ReplySink, type WireRequest } from './connection.ts'
import { UpstreamFailure } from './failure.ts'
import { createSilence } from './silence.ts'

export type { ReplySink, WireRequest } from './connection.ts'

export type PoolOptions = {
  readonly host: string
  readonly port: number
  readonly isTls: boolean
  readonly maxConnections: number
  readonly connectMs: number
}

/** A request under way. `abort` is final and silent: the sink hears nothing more. */
export type Sending = { readonly abort: () => void; readonly pause: () => void; readonly resume: () => void }

export type Pool = {
  readonly send: (request: WireRequest, sink: ReplySink) => Sending
  readonly open: () => number
  readonly close: () => void
}

/** Many servers close an idle connection after 5 s without announcing it (uvicorn, Node); a POST must not meet that moment. */
const idleMs = 4000
const maxHeadBytes = 65_536

type Job = { readonly request: WireRequest; readonly sink: ReplySink; connection: Connection | null; cancel: (() => void) | null; isAborted: boolean }

export function createPool(options: PoolOptions): Pool {
  const idle: Connection[] = []
  const waiting: Job[] = []
  const all = new Set<Connection>()
  const silence = createSilence()
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
      if (job !== undefined) place(job)
    }
  }

  function place(job: Job): void {
    if (job.isAborted) return
    const connection = idle.pop()
    if (connection !== undefined) return reuse(connection, job)
    if (all.size + connecting >= options.maxConnections) {
      waiting.push(job)
      return
    }
    open(job)
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
      if (!job.isAborted) job.sink.fail(new UpstreamFailure('unreachable', 'no connection', { cause }))
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
    const { head, data, end, fail } = job.sink
    // Once the exchange is over the connection belongs to the next one: an abort that comes late must not reach it.
    const sink: ReplySink = {
      head,
      data,
      end: () => {
        job.connection = null
        end()
      },
      fail: (failure) => {
        job.connection = null
        fail(failure)
      },
    }
    const watch = silence.watch(job.request.silenceMs, () => {
      connection.destroy()
      sink.fail(new UpstreamFailure('silent', `silent for ${job.request.silenceMs} ms`))
    })
    connection.start(job.request, sink, watch)
  }

  return {
    send(request, sink) {
      const job: Job = { request, sink, connection: null, cancel: null, isAborted: false }
      if (isClosed) queueMicrotask(() => sink.fail(new UpstreamFailure('unreachable', 'the pool is closed')))
      else place(job)
      return {
        abort() {
          if (job.isAborted) return
          job.isAborted = true
          job.connection?.destroy()
          job.cancel?.()
          const at = waiting.indexOf(job)
          if (at >= 0) waiting.splice(at, 1)
        },
        pause: () => job.connection?.pause(),
        resume: () => job.connection?.resume(),
      }
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
