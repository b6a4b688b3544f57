// One client connection of the bench: sends preassembled requests, checks every answer (status and number of bytes), counts what is wrong.
import { connect, type Socket } from 'node:net'
import { createMessageReader } from './framing.ts'

export type Expectation = { readonly bodyBytes: number }

/** What went wrong, by reason; an answer that is not as expected never counts as done. */
export type Failures = Map<string, number>

export type ClientOptions = {
  readonly port: number
  readonly expect: Expectation
  readonly failures: Failures
  /** The answer is complete; `isCorrect` says whether it was the expected one. */
  readonly onAnswer: (client: Client, isCorrect: boolean) => void
  /** First bytes of a body: an open stream has delivered its event. */
  readonly onFirstBody?: (client: Client) => void
}

export type Client = {
  readonly socket: () => Socket
  send(request: Buffer): void
  destroy(): void
}

// Every answer is read into the same memory: handlers use the bytes at once, and nothing has to be allocated per read.
const readBuffer = Buffer.allocUnsafe(64 * 1024)

export function createClient(options: ClientOptions): Client {
  const { expect, failures } = options
  let isWaiting = false
  let isDestroyed = false
  let status = ''
  let receivedBytes = 0
  let socket: Socket

  const fail = (reason: string): void => {
    if (isDestroyed || !isWaiting) return
    isWaiting = false
    failures.set(reason, (failures.get(reason) ?? 0) + 1)
    options.onAnswer(client, false)
  }

  const open = (): void => {
    const read = createMessageReader({
      onHead: (head) => {
        status = head.slice(9, 12)
        receivedBytes = 0
      },
      onBody: (_bytes, start, end) => {
        if (receivedBytes === 0) options.onFirstBody?.(client)
        receivedBytes += end - start
      },
      onEnd: () => {
        if (status !== '200') fail(`status ${status}`)
        else if (receivedBytes !== expect.bodyBytes) fail(`${receivedBytes} body bytes instead of ${expect.bodyBytes}`)
        else {
          isWaiting = false
          options.onAnswer(client, true)
        }
      },
    })
    const mine = connect({
      host: '127.0.0.1',
      port: options.port,
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (length, bytes) => {
          read(bytes as Buffer, length)
          return true
        },
      },
    })
    mine.on('error', (error) => fail((error as NodeJS.ErrnoException).code ?? error.message))
    // A server may end an idle connection at any time (RFC 9112 9.5): the next request opens another.
    mine.on('end', () => mine.destroy())
    mine.on('close', () => {
      if (socket === mine) fail('connection closed before the end of the answer')
    })
    socket = mine
  }

  const client: Client = {
    socket: () => socket,
    send: (request) => {
      if (socket.destroyed) open()
      isWaiting = true
      socket.write(request)
    },
    destroy: () => {
      isDestroyed = true
      socket.destroy()
    },
  }
  open()
  return client
}
