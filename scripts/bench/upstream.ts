// The upstream of the bench: answers from preassembled bytes on raw sockets, so that it costs next to nothing. It runs in the process of the
// load (load.ts): one event loop for both ends batches their work and spares the core the switching between two processes.
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'
import { createMessageReader } from './framing.ts'
import { jsonAnswer, objectAnswer, responseAnswer, streamEnd, streamEvents, streamHead, uploadAnswer } from './payloads.ts'

/** What the next requests are answered with; one load runs at a time, so nothing has to be read from a request. */
export type AnswerMode = 'json' | 'burst' | 'paced' | 'idle' | 'upload' | 'response' | 'object'

export type Upstream = {
  readonly port: number
  /** The head of the last request: shows what a contender really sent. */
  readonly lastHead: () => string
  answerWith(mode: AnswerMode): void
  close(): void
}

const eventIntervalMs = 10

type PacedStream = { readonly socket: Socket; sent: number; dueAt: number }

export async function startUpstream(): Promise<Upstream> {
  let mode: AnswerMode = 'json'
  let lastHead = ''
  const sockets = new Set<Socket>()
  const paced = new Set<PacedStream>()
  const pulse = setInterval(() => writeDueEvents(paced), 1)

  const answer = (socket: Socket, head: string, receivedBytes: number): void => {
    if (mode === 'json') socket.write(jsonAnswer)
    else if (mode === 'upload') socket.write(uploadAnswer(receivedBytes))
    else if (mode === 'response') socket.write(responseAnswer(head.split(' ', 2)[1] ?? ''))
    else if (mode === 'object') socket.write(objectAnswer(head.split(' ', 2)[1] ?? ''))
    else {
      socket.write(streamHead)
      if (mode === 'burst') {
        for (const event of streamEvents) socket.write(event)
        socket.write(streamEnd)
      } else if (mode === 'paced') paced.add({ socket, sent: 0, dueAt: performance.now() })
      else socket.write(streamEvents[0] ?? '')
    }
  }

  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    let receivedBytes = 0
    let head = ''
    const read = createMessageReader({
      onHead: (text) => {
        receivedBytes = 0
        head = text
        lastHead = text
      },
      onBody: (_bytes, start, end) => {
        receivedBytes += end - start
      },
      onEnd: () => answer(socket, head, receivedBytes),
    })
    socket.on('data', (bytes) => read(bytes, bytes.length))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  })
  // 5,000 streams are opened in a hurry: the default backlog of 511 would drop some and wait a second for the next SYN.
  server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 })
  await once(server, 'listening')

  return {
    port: (server.address() as AddressInfo).port,
    lastHead: () => lastHead,
    answerWith: (next) => {
      mode = next
    },
    close: () => {
      clearInterval(pulse)
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

function writeDueEvents(streams: Set<PacedStream>): void {
  const now = performance.now()
  for (const stream of streams) {
    if (stream.socket.destroyed) streams.delete(stream)
    if (now < stream.dueAt) continue
    const event = streamEvents[stream.sent]
    if (event === undefined) {
      stream.socket.write(streamEnd)
      streams.delete(stream)
    } else {
      stream.socket.write(event)
      stream.sent++
      stream.dueAt += eventIntervalMs
    }
  }
}
