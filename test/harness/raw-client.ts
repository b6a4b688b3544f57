// A client of raw sockets: sends exactly the bytes a test writes, keeps every read with its time, and reads answers
// without correcting them. It reports how an answer ended: whole by its framing, or cut off.
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { answerFraming, createBodyReader, takeHead, valuesOf, type HeaderPair } from './http-bytes.ts'

export type Answer = {
  readonly version: string
  readonly status: number
  readonly reason: string
  readonly headers: readonly HeaderPair[]
  /** 1xx heads that came before it. */
  readonly informational: readonly { readonly status: number; readonly headers: readonly HeaderPair[] }[]
  readonly body: Buffer
  /** How the body ended: by its own framing, by the end of the connection where that is its framing, or cut off. */
  readonly end: 'whole' | 'close' | 'cut'
  readonly framing: 'none' | 'length' | 'chunked' | 'close'
  readonly headAt: number
  readonly endAt: number
}

export type RawClient = {
  readonly socket: Socket
  readonly reads: readonly { readonly at: number; readonly bytes: Buffer }[]
  readonly received: () => Buffer
  /** Writes bytes (strings as latin1); resolves when the kernel took them or the connection is gone. */
  readonly send: (bytes: string | Buffer) => Promise<void>
  /** The next answer on this connection. Rejects when the connection ended before a whole head. */
  readonly answer: (options?: { method?: string; timeoutMs?: number }) => Promise<Answer>
  /** Resolves once at least `count` bytes of the stream have arrived, counted from the start of the connection. */
  readonly bytes: (count: number, timeoutMs?: number) => Promise<void>
  /** Resolves when the text has arrived somewhere in the stream. */
  readonly text: (text: string, timeoutMs?: number) => Promise<void>
  readonly isOpen: () => boolean
  readonly closed: Promise<'end' | 'reset'>
  readonly end: () => void
  readonly reset: () => void
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** Thrown by `answer()` when the connection ended before a head was whole. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
}

const patienceMs = 8_000

export async function rawClient(port: number, host = '127.0.0.1'): Promise<RawClient> {
  const reads: { at: number; bytes: Buffer }[] = []
  const wakers = new Set<() => void>()
  const wake = (): void => {
    for (const each of [...wakers]) each()
  }
  let state: 'open' | 'end' | 'reset' = 'open'
  let resolveClosed: (how: 'end' | 'reset') => void = () => {}
  const closed = new Promise<'end' | 'reset'>((resolve) => (resolveClosed = resolve))
  const close = (how: 'end' | 'reset'): void => {
    if (state !== 'open') return
    state = how
    resolveClosed(how)
    wake()
  }

  const socket = connect({ port, host, noDelay: true, allowHalfOpen: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  socket.on('data', (bytes) => {
    reads.push({ at: performance.now(), bytes })
    unread.push(bytes)
    total += bytes.length
    wake()
  })
  socket.on('error', () => close('reset'))
  socket.on('end', () => {
    close('end')
    socket.end()
  })
  socket.on('close', () => close('end'))

  /** Waits until `isReady` holds or the connection ended; false for the latter. */
  const until = async (isReady: () => boolean, timeoutMs: number): Promise<boolean> => {
    const deadline = performance.now() + timeoutMs
    while (!isReady()) {
      if (state !== 'open') return false
      const left = deadline - performance.now()
      if (left <= 0)
        throw new Error(`nothing more came in ${timeoutMs} ms; so far: ${JSON.stringify(all().toString('latin1').slice(0, 400))}`)
      const abort = new AbortController()
      await Promise.race([
        new Promise<void>((resolve) => {
          const waker = (): void => {
            wakers.delete(waker)
            resolve()
          }
          wakers.add(waker)
        }),
        sleep(left, undefined, { signal: abort.signal }).catch(() => {}),
      ])
      abort.abort()
    }
    return true
  }
  const all = (): Buffer => Buffer.concat(reads.map((read) => read.bytes))

  let total = 0
  /** What arrived and no answer has taken yet. */
  const unread: Buffer[] = []
  const takeUnread = (): Buffer => Buffer.concat(unread.splice(0))

  const answer: RawClient['answer'] = async ({ method = 'GET', timeoutMs = patienceMs } = {}) => {
    const informational: { status: number; headers: readonly HeaderPair[] }[] = []
    for (;;) {
      let taken: ReturnType<typeof takeHead> = null
      const isThere = await until(() => {
        if (unread.length === 0) return false
        const bytes = takeUnread()
        taken = takeHead(bytes)
        if (taken === null) unread.push(bytes)
        return taken !== null
      }, timeoutMs)
      const headAt = performance.now()
      if (!isThere || taken === null)
        throw new NoAnswer(
          `the connection ended (${state}) before an answer; came: ${JSON.stringify(takeUnread().toString('latin1').slice(0, 400))}`,
        )
      const { head, rest }: NonNullable<ReturnType<typeof takeHead>> = taken
      if (rest.length > 0) unread.push(rest)
      const match = /^(HTTP\/\d\.\d) (\d{3}) ?(.*)$/s.exec(head.startLine)
      if (match === null) throw new Error(`no status line but ${JSON.stringify(head.startLine)}`)
      const status = Number(match[2])
      if (status >= 100 && status < 200 && status !== 101) {
        informational.push({ status, headers: head.headers })
        continue
      }
      const framing = answerFraming(head, status, method)
      const parts: Buffer[] = []
      const reader = createBodyReader(framing, (bytes) => parts.push(bytes))
      let end: Answer['end'] | null = reader.isDone() ? 'whole' : null
      while (end === null) {
        if (!(await until(() => unread.length > 0, timeoutMs))) {
          end = framing.kind === 'close' && state === 'end' ? 'close' : 'cut'
          break
        }
        const left = reader.push(takeUnread())
        if (left !== null && left.length > 0) unread.push(left)
        if (reader.isDone()) end = 'whole'
      }
      return {
        version: match[1] ?? '',
        status,
        reason: match[3] ?? '',
        headers: head.headers,
        informational,
        body: Buffer.concat(parts),
        end,
        framing: framing.kind,
        headAt,
        endAt: performance.now(),
      }
    }
  }

  return {
    socket,
    reads,
    received: all,
    send: (bytes) =>
      new Promise((resolve) => {
        if (socket.destroyed || socket.writableEnded) return void setImmediate(resolve)
        socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, () => resolve())
        closed.then(() => resolve()).catch(() => {})
      }),
    answer,
    bytes: async (count, timeoutMs = patienceMs) => {
      if (!(await until(() => total >= count, timeoutMs))) throw new NoAnswer(`the connection ended (${state}) after ${total} bytes`)
    },
    text: async (text, timeoutMs = patienceMs) => {
      if (!(await until(() => all().includes(text), timeoutMs)))
        throw new NoAnswer(`the connection ended (${state}) without ${JSON.stringify(text)}`)
    },
    isOpen: () => state === 'open',
    closed,
    end: () => socket.end(),
    reset: () => (socket.writableEnded ? socket.destroy() : socket.resetAndDestroy()),
    [Symbol.asyncDispose]: async () => {
      socket.destroy()
    },
  }
}

export type RequestParts = {
  readonly method?: string
  readonly path?: string
  readonly version?: string
  /** Null leaves the header out. */
  readonly token?: string | null
  readonly host?: string | null
  readonly headers?: readonly HeaderPair[]
  /** With a body, `content-length` is added unless the headers frame it themselves. */
  readonly body?: string | Buffer
}

/** The bytes of a request. Nothing is corrected: what the parts say is what is sent. */
export function requestBytes({
  method = 'GET',
  path = '/v1/models',
  version = 'HTTP/1.1',
  token = null,
  host = 'relay.test',
  headers = [],
  body,
}: RequestParts): Buffer {
  const lines = [`${method} ${path} ${version}`]
  if (host !== null) lines.push(`Host: ${host}`)
  if (token !== null) lines.push(`Authorization: Bearer ${token}`)
  for (const [name, value] of headers) lines.push(`${name}: ${value}`)
  const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body
  const isFramed = valuesOf(headers, 'content-length').length + valuesOf(headers, 'transfer-encoding').length > 0
  if (bytes !== undefined && !isFramed) lines.push(`Content-Length: ${bytes.length}`)
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), bytes ?? Buffer.alloc(0)])
}

/** One request on a connection of its own. */
export async function ask(port: number, parts: RequestParts): Promise<Answer> {
  await using client = await rawClient(port)
  await client.send(requestBytes(parts))
  return await client.answer({ method: parts.method ?? 'GET' })
}
