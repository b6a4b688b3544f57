// The listening side: node:http with its limits, errors of the HTTP layer in OpenAI's shape, and a close that drains.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { errorBody, Refusal } from '../kernel/errors.ts'
import { newRequestId } from '../kernel/ids.ts'
import { ownHeaders } from '../relay/headers.ts'
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

type Connection = {
  /** Answers that are not over, in the order of their requests. A connection without any has nothing to finish. */
  readonly answers: ServerResponse[]
  /** It ends with the answer it is getting: what was pipelined behind it is no request any more (RFC 9112 9.6). */
  isClosing: boolean
}

/** @throws the error of `listen` (EADDRINUSE, EACCES, ...) */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { control, relay, onOpened, onClosed } = options
  /**
   * What is known of every open socket. The arrays are small and stay: a Set of all open answers is copied whenever it has
   * seen a few dozen, and its old copies keep finished exchanges alive past the young generation (a fifth of a request's CPU).
   */
  const connections = new Map<Duplex, Connection>()
  const isAnswering = (socket: Duplex): boolean => (connections.get(socket)?.answers.length ?? 0) > 0
  let isDraining = false

  function handle(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const connection = connections.get(incoming.socket)
    if (connection === undefined || connection.isClosing) return
    const { answers } = connection
    answers.push(outgoing)
    if (isDraining) outgoing.shouldKeepAlive = false
    const isPage = control(incoming, outgoing)
    if (!isPage) onOpened()
    outgoing.once('close', () => {
      answers.splice(answers.indexOf(outgoing), 1)
      if (!isPage) onClosed()
    })
    if (!isPage) void (actions(incoming, outgoing) ?? relay(incoming, outgoing))
    if (!outgoing.shouldKeepAlive) connection.isClosing = true
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
    connections.set(socket, { answers: [], isClosing: false })
    socket.once('close', () => connections.delete(socket))
  })
  const actions = options.actions(createInnerCaller(server))
  // 100 Continue waits until a room wants the body; any other expectation is refused (RFC 9110 10.1.1).
  server.on('checkContinue', handle)
  server.on('checkExpectation', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const body = errorBody(new Refusal('expectation_failed'))
    const id = newRequestId()
    const connection = connections.get(incoming.socket)
    if (connection !== undefined) connection.isClosing = true
    outgoing.shouldKeepAlive = false
    outgoing.writeHead(417, ownHeaders(Buffer.byteLength(body), id))
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
    for (const { answers } of connections.values())
      for (const outgoing of answers) if (!outgoing.headersSent) outgoing.shouldKeepAlive = false
    return new Promise((resolve) => {
      const endIdle = (): void => {
        for (const [socket, { answers }] of connections) if (answers.length === 0) socket.destroy()
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
