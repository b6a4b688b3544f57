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
  /** Sockets on which an answer has begun: a parse error after that can only end them. */
  const answering = new WeakSet<Duplex>()
  /** Sockets that end with the answer they are getting: what was pipelined behind it is no request any more (RFC 9112 9.6). */
  const closing = new WeakSet<Duplex>()

  function handle(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { socket } = incoming
    if (closing.has(socket)) return
    if (control(incoming, outgoing)) return
    answering.add(socket)
    onOpened()
    outgoing.once('close', () => {
      answering.delete(socket)
      onClosed()
    })
    void (actions(incoming, outgoing) ?? relay(incoming, outgoing))
    if (!outgoing.shouldKeepAlive) closing.add(socket)
  }

  const server = createServer(
    { maxHeaderSize: options.maxHeaderBytes, headersTimeout: options.headMs, requestTimeout: 0, connectionsCheckingInterval: Math.min(1000, options.headMs), keepAliveTimeout: keepAliveMs, noDelay: true, requireHostHeader: false },
    handle,
  )
  const actions = options.actions(createInnerCaller(server))
  // 100 Continue waits until a room wants the body; any other expectation is refused (RFC 9110 10.1.1).
  server.on('checkContinue', handle)
  server.on('checkExpectation', (_incoming: IncomingMessage, outgoing: ServerResponse) => answerRaw(outgoing.socket, new Refusal('expectation_failed')))
  server.on('connect', (_incoming: IncomingMessage, socket: Duplex) => answerRaw(socket, new Refusal('malformed_request', { why: 'CONNECT has no meaning here' })))
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (error.code === 'ECONNRESET' || answering.has(socket)) socket.destroy()
    else answerRaw(socket, refusalOf(error, options.headMs))
  })
  // Nothing below may hold the process up: a socket that misbehaves is only ever closed.
  server.on('dropRequest', (_incoming: IncomingMessage, socket: Duplex) => socket.destroy())

  await listen(server, options.host, options.port)
  const address = server.address()
  return { port: typeof address === 'object' && address !== null ? address.port : options.port, close: (drainMs) => close(server, drainMs) }
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

function close(server: Server, drainMs: number): Promise<void> {
  return new Promise((resolve) => {
    // A kept-alive connection becomes idle only when its exchange ends.
    const sweep = setInterval(() => server.closeIdleConnections(), 50)
    const cut = setTimeout(() => server.closeAllConnections(), drainMs)
    server.close(() => {
      clearInterval(sweep)
      clearTimeout(cut)
      resolve()
    })
    server.closeIdleConnections()
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

const reasons: Readonly<Record<number, string>> = { 400: 'Bad Request', 408: 'Request Timeout', 417: 'Expectation Failed', 431: 'Request Header Fields Too Large' }
