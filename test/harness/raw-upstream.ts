// An upstream of raw sockets: keeps every byte that arrived and answers exactly the bytes a test scripts, when it scripts
// them: in pieces, late, cut off, malformed, before the request was read, or to nobody at all.
import { createHash } from 'node:crypto'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createBodyReader, requestFraming, takeHead, type BodyReader, type Head, type HeaderPair } from './http-bytes.ts'

export type RecordedConnection = {
  readonly id: number
  readonly socket: Socket
  readonly openedAt: number
  /** Null while it is open. `reset` is an RST of the peer, `end` its FIN, `here` our own doing. */
  closed: { readonly at: number; readonly by: 'end' | 'reset' | 'here' } | null
  readonly gone: Promise<void>
  bytesIn: number
}

export type RecordedRequest = {
  readonly connection: RecordedConnection
  readonly method: string
  readonly target: string
  readonly version: string
  /** Head as latin1, exactly as it came. */
  readonly headText: string
  readonly headers: readonly HeaderPair[]
  readonly framing: 'none' | 'length' | 'chunked'
  readonly headAt: number
  /** Null until the last byte of the body arrived. */
  completeAt: number | null
  /** Decoded bytes, up to `keepBytes`. */
  body: Buffer
  bodyBytes: number
  /** Hex, once complete. */
  sha256: string
}

export type Exchange = {
  readonly request: RecordedRequest
  readonly socket: Socket
  /** Resolves true when the whole request has arrived, false when its connection went first. */
  readonly whole: Promise<boolean>
  /** Resolves when the connection is gone, by whomever. */
  readonly gone: Promise<void>
  /** Writes bytes; resolves when the kernel took them or the connection is gone. */
  readonly send: (bytes: string | Buffer) => Promise<void>
  /** Waits, and says whether the connection is still there. */
  readonly pause: (ms: number) => Promise<boolean>
  readonly end: () => void
  readonly reset: () => void
}

export type Script = (exchange: Exchange) => void | Promise<void>

export type RawUpstream = {
  readonly url: string
  readonly port: number
  readonly requests: RecordedRequest[]
  readonly connections: RecordedConnection[]
  /** Replaces the script for the requests to come. */
  readonly script: (script: Script) => void
  /** Resolves with the `count`-th request (from 1) once its head has arrived. */
  readonly request: (count: number) => Promise<RecordedRequest>
  readonly openConnections: () => number
  readonly clear: () => void
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

export type RawUpstreamOptions = {
  /** Called for each connection before anything was read: to greet, to reset, to poison. */
  readonly onConnection?: (connection: RecordedConnection) => void
  readonly keepBytes?: number
  readonly port?: number
}

const patienceMs = 10_000

/** The answer of a script that wants none in particular: waits for the whole request, then a small JSON object. */
export const okScript: Script = async (exchange) => {
  if (await exchange.whole)
    await exchange.send('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{"ok":true}')
}

/** Answers every whole request with the same bytes. */
export const answering =
  (...pieces: readonly (string | Buffer)[]): Script =>
  async (exchange) => {
    if (!(await exchange.whole)) return
    for (const piece of pieces) await exchange.send(piece)
  }

/** Node cannot reset what it has begun to shut down: the try fails with EINVAL and leaves the handle open for ever. */
export function resetSocket(socket: Socket): void {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}

export async function rawUpstream(script: Script = okScript, options: RawUpstreamOptions = {}): Promise<RawUpstream> {
  const requests: RecordedRequest[] = []
  const connections: RecordedConnection[] = []
  const waiting: { count: number; resolve: (request: RecordedRequest) => void }[] = []
  const current = { script }

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    let resolveGone: () => void = () => {}
    const connection: RecordedConnection = {
      id: connections.length + 1,
      socket,
      openedAt: performance.now(),
      closed: null,
      bytesIn: 0,
      gone: new Promise((resolve) => (resolveGone = resolve)),
    }
    connections.push(connection)
    const close = (by: 'end' | 'reset' | 'here'): void => {
      connection.closed ??= { at: performance.now(), by }
      resolveGone()
    }
    socket.on('error', (error: NodeJS.ErrnoException) => close(error.code === 'ECONNRESET' || error.code === 'EPIPE' ? 'reset' : 'here'))
    socket.on('close', () => close('here'))
    socket.on('end', () => {
      close('end')
      socket.end()
    })
    options.onConnection?.(connection)
    readRequests(connection, options.keepBytes ?? 16 * 1024 * 1024, (exchange) => {
      requests.push(exchange.request)
      for (const each of waiting) if (each.count === requests.length) each.resolve(exchange.request)
      Promise.resolve(current.script(exchange)).catch((error: unknown) =>
        socket.destroy(error instanceof Error ? error : new Error(String(error))),
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  const port = (server.address() as AddressInfo).port

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    connections,
    script: (next) => {
      current.script = next
    },
    request: (count) => {
      const known = requests[count - 1]
      if (known !== undefined) return Promise.resolve(known)
      const { promise, resolve, reject } = Promise.withResolvers<RecordedRequest>()
      const timer = setTimeout(
        () => reject(new Error(`no request number ${count} came in ${patienceMs} ms, only ${requests.length}`)),
        patienceMs,
      )
      waiting.push({
        count,
        resolve: (request) => {
          clearTimeout(timer)
          resolve(request)
        },
      })
      return promise
    },
    openConnections: () => connections.filter((connection) => connection.closed === null).length,
    clear: () => {
      requests.length = 0
    },
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const connection of connections) connection.socket.destroy()
      await closed
    },
  }
}

/** Splits what arrives on a connection into requests, one after the other, and calls `onRequest` at the end of each head. */
function readRequests(connection: RecordedConnection, keepBytes: number, onRequest: (exchange: Exchange) => void): void {
  const { socket } = connection
  let pending: Buffer = Buffer.alloc(0)
  let body: { reader: BodyReader; finish: () => void } | null = null

  const open = (head: Head): void => {
    const framing = requestFraming(head)
    const [method = '', target = '', version = ''] = head.startLine.split(' ')
    const kept: Buffer[] = []
    const hash = createHash('sha256')
    const request: RecordedRequest = {
      connection,
      method,
      target,
      version,
      headText: head.text,
      headers: head.headers,
      headAt: performance.now(),
      framing: framing.kind === 'close' ? 'none' : framing.kind,
      completeAt: null,
      body: Buffer.alloc(0),
      bodyBytes: 0,
      sha256: '',
    }
    let resolveWhole: (isWhole: boolean) => void = () => {}
    const whole = new Promise<boolean>((resolve) => (resolveWhole = resolve))
    connection.gone.then(() => resolveWhole(false)).catch(() => {})
    const reader = createBodyReader(framing, (bytes) => {
      if (request.bodyBytes < keepBytes) kept.push(Buffer.from(bytes))
      request.bodyBytes += bytes.length
      hash.update(bytes)
    })
    body = {
      reader,
      finish: () => {
        body = null
        request.body = Buffer.concat(kept)
        request.sha256 = hash.digest('hex')
        request.completeAt = performance.now()
        resolveWhole(true)
      },
    }
    onRequest(exchangeOn(connection, request, whole))
  }

  socket.on('data', (bytes: Buffer) => {
    connection.bytesIn += bytes.length
    let rest: Buffer | null = pending.length === 0 ? bytes : Buffer.concat([pending, bytes])
    pending = Buffer.alloc(0)
    while (rest !== null) {
      if (body === null) {
        const taken = takeHead(rest)
        if (taken === null) {
          pending = rest
          return
        }
        rest = taken.rest
        open(taken.head)
      }
      const running: { reader: BodyReader; finish: () => void } | null = body
      if (running === null) continue
      rest = running.reader.push(rest)
      if (running.reader.isDone()) running.finish()
      if (rest !== null && rest.length === 0 && body === null) return
    }
  })
}

function exchangeOn(connection: RecordedConnection, request: RecordedRequest, whole: Promise<boolean>): Exchange {
  const { socket } = connection
  return {
    request,
    socket,
    whole,
    gone: connection.gone,
    send: (bytes) =>
      new Promise((resolve) => {
        // Never at once: a script that sends until its connection is closed would keep the loop from closing it.
        if (socket.destroyed || socket.writableEnded) return void setImmediate(resolve)
        socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, () => resolve())
        connection.gone.then(resolve).catch(() => {})
      }),
    pause: async (ms) => {
      await Promise.race([sleep(ms), connection.gone])
      return connection.closed === null
    },
    end: () => socket.end(),
    reset: () => resetSocket(socket),
  }
}
