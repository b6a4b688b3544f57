// The listening side: node:http with its limits, errors of the HTTP layer in OpenAI's shape, and a close that drains.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { errorBody, Refusal } from '../kernel/errors.ts'
import { newRequestId } from '../kernel/ids.ts'
import type { Control } from './control.ts'
import { createInnerCaller, type InnerCaller } from './inner.ts'

export type HttpServerOptions = {
  readonly host: string
  readonly port: number
  readonly maxHeaderBytes: number
  /** Time for a client to send the head of a request, ms. */
  readonly headMs: number
  readonly control: Control
  /** Null from it: the request is the relay's. */
  readonly actions: (inner: InnerCaller) => (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void> | null
  readonly relay: (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>
  readonly onOpened: () => void
  readonly onClosed: () => void
}

export type HttpServer = {
  readonly port: number
  /** Stops accepting, lets open exchanges finish for at most `drainMs`, then cuts what is left. */
  readonly close: (drainMs: number) => Promise<void>
}

/** Longer than the idle time of common load balancers (60 s), so that they close first and never write into our close. */
const keepAliveMs = 75_000

/** @throws the error of `listen` (EADDRINUSE, EACCES, ...) */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { control, relay, onOpened, onClosed } = options
  /** Every socket with the number of its exchanges under way. One without any has nothing to finish. */
  const sockets = new Map<Duplex, number>()
  const isAnswering = (socket: Duplex): boolean => (sockets.get(socket) ?? 0) > 0
  /** Answers that are not over. */
  const open = new Set<ServerResponse>()
  let isDraining = false
  /** Sockets that end with the answer they are getting: what was pipelined behind it is no request any more (RFC 9112 9.6). */
  const closing = new WeakSet<Duplex>()

  function handle(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { socket } = incoming
    if (closing.has(socket)) return
    count(socket, 1)
    open.add(outgoing)
    if (isDraining) outgoing.shouldKeepAlive = false
    const isPage = control(incoming, outgoing)
    if (!isPage) onOpened()
    outgoing.once('close', () => {
      count(socket, -1)
      open.delete(outgoing)
      if (!isPage) onClosed()
    })
    if (!isPage) void (actions(incoming, outgoing) ?? relay(incoming, outgoing))
    if (!outgoing.shouldKeepAlive) closing.add(socket)
  }

  /** A socket that is gone is not counted any more. */
  function count(socket: Duplex, change: 1 | -1): void {
    const before = sockets.get(socket)
    if (before !== undefined) sockets.set(socket, before + change)
  }

  const server = createServer(
    {
      maxHeaderSize: options.maxHeaderBytes,
      headersTimeout: options.headMs,
      requestTimeout: 0,
      connectionsCheckingInterval: Math.min(1000, options.headMs),
      keepAliveTimeout: keepAliveMs,
      noDelay: true,
      requireHostHeader: false,
    },
    handle,
  )
  server.on('connection', (socket: Duplex) => {
    sockets.set(socket, 0)
    socket.once('close', () => sockets.delete(socket))
  })
  const actions = options.actions(createInnerCaller(server))
  // 100 Continue waits until a room wants the body; any other expectation is refused (RFC 9110 10.1.1).
  server.on('checkContinue', handle)
  server.on('checkExpectation', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const body = errorBody(new Refusal('expectation_failed'))
    const id = newRequestId()
    closing.add(incoming.socket)
    outgoing.shouldKeepAlive = false
    outgoing.writeHead(417, [
      'Content-Type',
      'application/json',
      'Content-Length',
      String(Buffer.byteLength(body)),
      'x-request-id',
      id,
      'x-relay-request-id',
      id,
    ])
    outgoing.end(body)
  })
  server.on('connect', (_incoming: IncomingMessage, socket: Duplex) => {
    // Behind a request that still waits for its answer, anything written here would be taken for that answer.
    if (isAnswering(socket)) socket.destroy()
    else answerRaw(socket, new Refusal('malformed_request', { why: 'CONNECT has no meaning here' }))
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // Bytes behind the last request of a connection are nobody's: its answer goes on, and the connection ends with it.
    if (error.code === 'HPE_CLOSED_CONNECTION' && isAnswering(socket)) return
    if (error.code === 'ECONNRESET' || isAnswering(socket)) socket.destroy()
    else answerRaw(socket, refusalOf(error, options.headMs))
  })
  // Nothing below may hold the process up: a socket that misbehaves is only ever closed.
  server.on('dropRequest', (_incoming: IncomingMessage, socket: Duplex) => socket.destroy())

  /** node's own closing forgets sockets that never sent a whole head, and with them the time a head may take. */
  function close(drainMs: number): Promise<void> {
    isDraining = true
    for (const outgoing of open) if (!outgoing.headersSent) outgoing.shouldKeepAlive = false
    return new Promise((resolve) => {
      const endIdle = (): void => {
        for (const [socket, exchanges] of sockets) if (exchanges === 0) socket.destroy()
      }
      const sweep = setInterval(endIdle, 50)
      const cut = setTimeout(() => server.closeAllConnections(), drainMs)
      server.close(() => {
        clearInterval(sweep)
        clearTimeout(cut)
        resolve()
      })
      endIdle()
    })
  }

  await listen(server, options.host, options.port)
  const address = server.address()
  return { port: typeof address === 'object' && address !== null ? address.port : options.port, close }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, backlog: 4096 }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function refusalOf(error: NodeJS.ErrnoException, headMs: number): Refusal {
  if (error.code === 'HPE_HEADER_OVERFLOW') return new Refusal('headers_too_large')
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return new Refusal('request_timeout', { seconds: String(headMs / 1000) })
  return new Refusal('malformed_request', { why: 'it is not valid HTTP/1.1' })
}

/** For requests that never became one: there is no ServerResponse to write with, or it must not be used. */
function answerRaw(socket: Duplex | null, refusal: Refusal): void {
  if (socket === null || !socket.writable) return void socket?.destroy()
  const body = errorBody(refusal)
  const id = newRequestId()
  socket.end(
    `HTTP/1.1 ${refusal.status} ${reasons[refusal.status] ?? 'Bad Request'}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `x-request-id: ${id}\r\nx-relay-request-id: ${id}\r\nConnection: close\r\n\r\n${body}`,
  )
  // The client may still be sending: without this its unread bytes would keep the socket half open.
  setTimeout(() => socket.destroy(), 1000).unref()
}

const reasons: Readonly<Record<number, string>> = { 400: 'Bad Request', 408: 'Request Timeout', 431: 'Request Header Fields Too Large' }
