// Stands between a client and a real upstream and keeps what both say. The client gets every byte as it comes; only what is kept is
// without secrets.
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { request as requestPlain } from 'node:http'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stream } from '../answer.ts'
import { ApiError, unknownUrl } from '../errors.ts'
import { faultHeader } from '../faults/fault.ts'
import type { JournalEntry } from '../journal.ts'
import { BrokenOff } from './broken-off.ts'
import { recordingNames } from './recording.ts'
import type { Mark } from './recording.ts'
import { createSpool } from './spool.ts'
import type { Spool } from './spool.ts'
import type { Tape, TapedRequest } from './tape.ts'
import { inlineBytesMax, saveRecording } from './write-recording.ts'

type RecorderOptions = {
  readonly directory: string
  /** What stands for `/v1`: `https://api.openai.com/v1`. */
  readonly upstreamUrl: string
  /** Null passes on the key of the client. */
  readonly upstreamKey: string | null
  readonly warn: (what: string, error: unknown) => void
}

/** For an upload that goes on behind an answer to it. */
const patienceMs = 1000
/** How long the upstream may go on behind a client that has left. */
const farewellMs = 500
const marksMax = 10_000

export async function createRecorder({ directory, upstreamUrl, upstreamKey, warn }: RecorderOptions): Promise<Tape> {
  mkdirSync(directory, { recursive: true })
  const base = new URL(upstreamUrl)
  const request = base.protocol === 'https:' ? (await import('node:https')).request : requestPlain
  let number = Math.max(0, ...recordingNames(directory).map((name) => Number.parseInt(name, 10)))

  const ask = (taped: TapedRequest, signal: AbortSignal): ClientRequest =>
    request({
      protocol: base.protocol,
      hostname: base.hostname.replace(/^\[|\]$/g, ''),
      port: base.port,
      method: taped.method,
      path: `${base.pathname.replace(/\/$/, '')}${taped.path.slice('/v1'.length)}${taped.rawQuery === '' ? '' : `?${taped.rawQuery}`}`,
      headers: upstreamHeaders(taped.request, base.host, upstreamKey),
      // A connection for each exchange: one that was kept may be gone when the next request is on its way.
      agent: false,
      signal,
    })

  const take: Tape['take'] = async (taped) => {
    if (!taped.path.startsWith('/v1/')) throw unknownUrl(taped.method, taped.path)
    const name = `${String(++number).padStart(4, '0')}-${slug(taped.method, taped.path)}`
    const file = join(directory, name)
    const given = createSpool({ file: `${file}.request.bin`, memoryBytesMax: inlineBytesMax, isScrubbed: true })
    const taken = createSpool({ file: `${file}.answer.bin`, memoryBytesMax: inlineBytesMax, isScrubbed: true })
    const left = new AbortController()
    taped.response.once('close', () => {
      if (!taped.response.writableFinished) setTimeout(() => left.abort(), farewellMs).unref()
    })
    const upstream = ask(taped, left.signal)
    const forget = async (): Promise<void> => {
      upstream.destroy()
      await Promise.all([given.discard(), taken.discard()])
    }
    try {
      let sentAt = performance.now()
      const sent = forward(taped.request, upstream, given).then(() => {
        sentAt = performance.now()
        return given.end()
      })
      // Whoever waits for it is told; nobody waits when there is no answer.
      sent.catch(() => undefined)
      const [head] = (await once(upstream, 'response')) as [IncomingMessage]
      const headAfterMs = Math.max(0, Math.round(performance.now() - sentAt))
      upstream.on('error', () => undefined)
      const facts: Partial<JournalEntry> = {}
      const save = async (marks: readonly Mark[], end: 'whole' | 'cut'): Promise<void> => {
        const asked = await Promise.race([sent, sleep(patienceMs, null)])
        if (asked === null) {
          await forget()
          return warn('an exchange was not recorded', `${taped.method} ${taped.path} was answered before it had been sent`)
        }
        const answer = { head, headAfterMs, marks, end, body: await taken.end() }
        Object.assign(facts, await saveRecording({ directory, name, taped, asked, answer }))
      }
      return {
        recording: `${name}.json`,
        facts,
        answer: stream(copied(head, { taken, left: left.signal, save, forget }), {
          status: head.statusCode ?? 502,
          headers: endToEnd(head.rawHeaders).flat(),
        }),
      }
    } catch (error) {
      await forget()
      if (left.signal.aborted) throw error
      warn('the upstream could not be asked', error instanceof Error ? error.message : error)
      throw unreachable(error)
    }
  }
  return { take, restart: () => {} }
}

type Copying = {
  readonly taken: Spool
  readonly left: AbortSignal
  readonly save: (marks: readonly Mark[], end: 'whole' | 'cut') => Promise<void>
  readonly forget: () => Promise<void>
}

/** The chunks of the upstream as they come. Of an answer its client did not stay for, nothing is kept. */
async function* copied(head: IncomingMessage, { taken, left, save, forget }: Copying): AsyncGenerator<Uint8Array> {
  const headAt = performance.now()
  const marks: Mark[] = []
  const incoming = head.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer, undefined>
  const next = async (): Promise<Buffer | null> => {
    const { value } = await incoming.next()
    if (value === undefined) return null
    mark(marks, Math.round(performance.now() - headAt), value.length)
    await taken.push(value)
    return value
  }
  const length = Number(head.headers['content-length'] ?? Infinity)
  let received = 0
  let last: Buffer | null = null
  let state: 'open' | 'over' | 'gone' = 'open'
  try {
    let end: 'whole' | 'cut' = 'whole'
    try {
      for (let chunk = await next(); chunk !== null; chunk = await next()) {
        received += chunk.length
        // With the last byte the client goes on, and may look for the recording.
        if (received === length) last = chunk
        else yield chunk
      }
    } catch {
      if (left.aborted) {
        state = 'gone'
        return
      }
      end = 'cut'
    }
    state = 'over'
    await save(marks, end)
    if (last !== null) yield last
    if (end === 'cut') throw new BrokenOff()
  } finally {
    // Clients leave with the last event, a moment before the end of the body: what is still to come may be nothing.
    if (state !== 'over') {
      const isWhole = state === 'open' && (await untilOver(next).catch(() => false))
      await (isWhole ? save(marks, 'whole') : forget())
    }
  }
}

async function untilOver(next: () => Promise<Buffer | null>): Promise<true> {
  while ((await next()) !== null);
  return true
}

/** What comes within one millisecond came together. */
function mark(marks: Mark[], afterMs: number, sizeBytes: number): void {
  const last = marks.at(-1)
  if (last !== undefined && (last[0] === afterMs || marks.length >= marksMax)) marks[marks.length - 1] = [last[0], last[1] + sizeBytes]
  else marks.push([afterMs, sizeBytes])
}

/** The body, to the upstream and to the spool. An upstream that has had enough does not keep the rest from being read. */
async function forward(request: IncomingMessage, upstream: ClientRequest, spool: Spool): Promise<void> {
  for await (const chunk of request as AsyncIterable<Buffer>) {
    await spool.push(chunk)
    if (!upstream.destroyed && !upstream.write(chunk)) await drained(upstream)
  }
  upstream.end()
}

const drained = (upstream: ClientRequest): Promise<void> =>
  new Promise((resolve) => {
    if (upstream.destroyed) return resolve()
    const done = (): void => {
      upstream.off('drain', done).off('close', done)
      resolve()
    }
    upstream.once('drain', done).once('close', done)
  })

/** RFC 9110 7.6.1: they are about one connection. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

function endToEnd(raw: readonly string[]): (readonly [name: string, value: string])[] {
  const pairs = Array.from({ length: raw.length / 2 }, (_, index) => [raw[index * 2] ?? '', raw[index * 2 + 1] ?? ''] as const)
  const named = pairs.flatMap(([name, value]) => (name.toLowerCase() === 'connection' ? value.toLowerCase().split(/\s*,\s*/) : []))
  return pairs.filter(([name]) => !hopByHop.has(name.toLowerCase()) && !named.includes(name.toLowerCase()))
}

/** The request's own, with the key of the upstream, and asking for answers that can be read. Faults are meant for us. */
function upstreamHeaders(request: IncomingMessage, host: string, key: string | null): string[] {
  const replaced = new Set(['host', 'accept-encoding', 'expect', faultHeader, ...(key === null ? [] : ['authorization'])])
  const headers = endToEnd(request.rawHeaders).filter(([name]) => !replaced.has(name.toLowerCase()))
  const isChunked = request.headers['transfer-encoding'] !== undefined
  const hasLength = request.headers['content-length'] !== undefined
  return [
    ...['host', host, 'accept-encoding', 'identity'],
    ...(key === null ? [] : ['authorization', `Bearer ${key}`]),
    ...headers.flat(),
    ...(isChunked ? ['transfer-encoding', 'chunked'] : []),
    // Else Node would send an empty body in chunks.
    ...(!isChunked && !hasLength && request.method !== 'GET' ? ['content-length', '0'] : []),
  ]
}

const slug = (method: string, path: string): string =>
  `${method}-${path.slice('/v1/'.length)}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 60)

/** The client may try again: it will not reach the upstream any sooner, and is not told to stop. */
function unreachable(error: unknown): ApiError {
  const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  return new ApiError(502, `The upstream of the recording could not be reached (${reason}).`, {
    type: 'server_error',
    code: 'upstream_unreachable',
  })
}
