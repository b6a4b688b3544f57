// Questions of our own to an upstream, outside any exchange of a client: what an object is like now, which objects there
// are. Answers are held whole up to a limit, or read as a stream.
import type { AccountId } from '../kernel/ids.ts'
import { UpstreamFailure } from './wire/failure.ts'
import type { ReplyHead } from './wire/head.ts'
import type { ReplySink, Sending, WireRequest } from './wire/pool.ts'
import type { UpstreamAccount } from './account.ts'

export type Question = {
  readonly method: 'GET' | 'DELETE'
  /** Below `/v1`, with its query: `/files/file-1`. The caller vouches for every byte of it. */
  readonly path: string
  /** Beside those every question has: flat name-value pairs. */
  readonly headers?: readonly string[]
  /** Longest silence of the upstream. */
  readonly silenceMs: number
  readonly signal?: AbortSignal | undefined
}

export type AnswerHead = { readonly status: number; readonly headers: readonly string[] }
export type Answered = AnswerHead & { readonly body: Buffer }
export type AnsweredStream = AnswerHead & {
  /** Must be read to its end or left with `break`, which lets go of the connection. */
  readonly body: AsyncIterable<Buffer>
}

/**
 * Asks and holds the whole answer.
 * @throws UpstreamFailure also when the answer is longer than `maxBytes`; the reason of the signal when it aborts
 * @example await ask(account, { method: 'GET', path: '/files/file-1', maxBytes: 1_048_576, silenceMs: 10_000 })
 */
export async function ask(account: UpstreamAccount, question: Question & { readonly maxBytes: number }): Promise<Answered> {
  const { status, headers, body } = await askStream(account, question)
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of body) {
    bytes += piece.length
    if (bytes > question.maxBytes) throw new UpstreamFailure('malformed', `an answer longer than ${question.maxBytes} bytes`)
    pieces.push(piece)
  }
  return { status, headers, body: Buffer.concat(pieces) }
}

/**
 * Asks and hands the answer out as it comes.
 * @throws UpstreamFailure; the reason of the signal when it aborts
 */
export async function askStream(account: UpstreamAccount, question: Question): Promise<AnsweredStream> {
  question.signal?.throwIfAborted()
  const request = wireRequest(account, question)
  try {
    return await new Answer(account, request, question.signal).opened
  } catch (error) {
    // A pooled connection that died before one byte of the answer: asking again changes nothing (RFC 9110 9.2.2).
    if (!(error instanceof UpstreamFailure) || !error.isStale || question.signal?.aborted === true) throw error
    return await new Answer(account, { ...request, isFresh: true }, question.signal).opened
  }
}

function wireRequest(account: UpstreamAccount, { method, path, headers = [], silenceMs }: Question): WireRequest {
  let lines = `${method} ${account.basePath}${path} HTTP/1.1\r\nHost: ${account.authority}\r\nAuthorization: Bearer ${account.key.reveal()}\r\n`
  if (account.organization !== null) lines += `OpenAI-Organization: ${account.organization}\r\n`
  if (account.project !== null) lines += `OpenAI-Project: ${account.project}\r\n`
  lines += 'Accept: */*\r\nAccept-Encoding: identity\r\n'
  for (let at = 0; at < headers.length; at += 2) lines += `${headers[at] ?? ''}: ${headers[at + 1] ?? ''}\r\n`
  return { head: `${lines}\r\n`, body: { kind: 'none' }, silenceMs, isFresh: false }
}

export type AskOptions = {
  /** Null for an account that is not there any more. */
  readonly accountOf: (id: AccountId) => UpstreamAccount | null
  readonly maxBytes: number
  readonly silenceMs: number
  /** Tells the operator that the upstream refuses the key of an account. */
  readonly onCredentialsRefused: () => void
}

/** Asks by the id of an account; what the answer says of our key is noted as it is for exchanges of clients. */
export function createAsk({
  accountOf,
  maxBytes,
  silenceMs,
  onCredentialsRefused,
}: AskOptions): (
  id: AccountId,
  question: { readonly method: Question['method']; readonly path: string; readonly beta: string | null; readonly signal: AbortSignal },
) => Promise<Answered> {
  return async (id, { method, path, beta, signal }) => {
    const account = accountOf(id)
    if (account === null) throw new UpstreamFailure('unreachable', `no account ${id}`)
    const headers = beta === null ? [] : ['OpenAI-Beta', beta]
    const answered = await ask(account, { method, path, headers, silenceMs, signal, maxBytes })
    if (answered.status !== 401) account.credentials.accepted()
    else if (account.credentials.refused()) onCredentialsRefused()
    return answered
  }
}

/** What waits unread before the upstream is asked to wait too. */
const maxWaitingBytes = 262_144

/** One answer on its way: bytes wait here until they are read. */
class Answer implements ReplySink {
  readonly opened: Promise<AnsweredStream>
  readonly #signal: AbortSignal | undefined
  readonly #sending: Sending
  #open: (answer: AnsweredStream) => void = () => {}
  #refuse: (reason: unknown) => void = () => {}
  #pieces: Buffer[] = []
  #waitingBytes = 0
  #state: 'running' | 'ended' | 'failed' = 'running'
  #reason: unknown = null
  #wake: () => void = () => {}

  constructor(account: UpstreamAccount, request: WireRequest, signal: AbortSignal | undefined) {
    this.#signal = signal
    this.opened = new Promise((resolve, reject) => {
      this.#open = resolve
      this.#refuse = reject
    })
    this.#sending = account.pool.send(request, this)
    signal?.addEventListener('abort', this.#onAbort)
  }

  readonly #onAbort = (): void => {
    this.#sending.abort()
    this.#over('failed', this.#signal?.reason)
  }

  head({ status, headers }: ReplyHead): void {
    this.#open({ status, headers, body: this.#body() })
  }

  data(bytes: Buffer): void {
    this.#pieces.push(bytes)
    this.#waitingBytes += bytes.length
    if (this.#waitingBytes > maxWaitingBytes) this.#sending.pause()
    this.#wake()
  }

  end(): void {
    this.#over('ended', null)
  }

  fail(failure: UpstreamFailure): void {
    this.#over('failed', failure)
  }

  #over(state: 'ended' | 'failed', reason: unknown): void {
    this.#signal?.removeEventListener('abort', this.#onAbort)
    if (this.#state !== 'running') return
    this.#state = state
    this.#reason = reason
    this.#refuse(reason)
    this.#wake()
  }

  async *#body(): AsyncGenerator<Buffer, void> {
    try {
      for (;;) {
        const pieces = this.#pieces
        this.#pieces = []
        this.#waitingBytes = 0
        yield* pieces
        if (this.#pieces.length > 0) continue
        if (this.#state === 'ended') return
        if (this.#state === 'failed') throw this.#reason
        this.#sending.resume()
        await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    } finally {
      // Left before its end: the connection cannot be used for anything else.
      if (this.#state === 'running') {
        this.#sending.abort()
        this.#over('ended', null)
      }
    }
  }
}
