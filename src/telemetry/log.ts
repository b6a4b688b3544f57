// Structured logs: one JSON line an exchange, only the fields named here. What is not a field cannot leak: no header, no
// body, no token and no error text of a client ever gets here.
import { writeSync } from 'node:fs'

export type ExchangeFields = {
  readonly requestId: string
  readonly upstreamRequestId: string | null
  readonly tokenId: string | null
  readonly endpoint: string
  readonly method: string
  readonly status: number
  readonly outcome: string
  /** Code of the refusal, when we refused. */
  readonly code: string | null
  readonly model: string | null
  /** What went wrong upstream, in our words. */
  readonly failure: string | null
  readonly attempts: number
  readonly requestBytes: number
  readonly answerBytes: number
  readonly durationMs: number
  readonly firstByteMs: number | null
}

export type Log = {
  readonly exchange: (fields: ExchangeFields) => void
  /** Something the operator should know, with its reason. Never with text of a client. */
  readonly warn: (event: string, details: Readonly<Record<string, string>>) => void
  readonly close: () => void
}

const flushMs = 50
const flushBytes = 65_536
/** Callers choose these texts; nobody needs more of them. */
const maxTextLength = 120

export function createLog({
  isOn,
  now,
  descriptor = 1,
}: {
  readonly isOn: boolean
  readonly now: () => number
  readonly descriptor?: number
}): Log {
  let pending = ''
  /** The rest of a line of which a part is written. */
  let begun: Buffer = Buffer.alloc(0)
  let timer: NodeJS.Timeout | null = null

  function flush(): void {
    if (timer !== null) clearTimeout(timer)
    timer = null
    let bytes = Buffer.concat([begun, Buffer.from(pending)])
    let isInLine = begun.length > 0
    pending = ''
    begun = Buffer.alloc(0)
    try {
      while (bytes.length > 0) {
        const written = writeSync(descriptor, bytes)
        isInLine = bytes[written - 1] !== 0x0a
        bytes = bytes.subarray(written)
      }
    } catch {
      // EAGAIN on a full pipe, EPIPE without a reader: a log that nobody drains must not stop the relay. A line that has begun is finished later.
      if (isInLine) begun = bytes.subarray(0, bytes.indexOf(0x0a) + 1)
    }
  }

  function write(line: string): void {
    pending += line
    if (pending.length >= flushBytes) flush()
    else timer ??= setTimeout(flush, flushMs).unref()
  }

  if (!isOn) return { exchange: () => {}, warn: () => {}, close: () => {} }
  return {
    exchange: (fields) => write(exchangeLine(now(), fields)),
    warn: (event, details) => write(`${JSON.stringify({ time: new Date(now()).toISOString(), level: 'warn', event, ...details })}\n`),
    close: flush,
  }
}

let lastAt = Number.NaN
let lastText = ''

/** Thousands of lines share a millisecond; writing a date costs as much as the rest of a line. */
function timeText(at: number): string {
  if (at !== lastAt) lastText = new Date(at).toISOString()
  lastAt = at
  return lastText
}

/** Put together by hand: this runs for every exchange, and only three of the fields can hold anything but plain words. */
function exchangeLine(now: number, fields: ExchangeFields): string {
  const {
    requestId,
    upstreamRequestId,
    tokenId,
    endpoint,
    method,
    status,
    outcome,
    code,
    model,
    failure,
    attempts,
    requestBytes,
    answerBytes,
    durationMs,
    firstByteMs,
  } = fields
  return (
    `{"time":"${timeText(now)}","level":"info","event":"exchange","request_id":"${requestId}","upstream_request_id":${text(upstreamRequestId)},` +
    `"token_id":${text(tokenId)},"endpoint":"${endpoint}","method":${text(method)},"status":${status},"outcome":"${outcome}","code":${text(code)},"model":${text(model)},"failure":${text(failure)},` +
    `"attempts":${attempts},"request_bytes":${requestBytes},"answer_bytes":${answerBytes},"duration_ms":${durationMs.toFixed(1)},"first_byte_ms":${firstByteMs === null ? 'null' : firstByteMs.toFixed(1)}}\n`
  )
}

const text = (value: string | null): string =>
  value === null ? 'null' : JSON.stringify(value.length > maxTextLength ? value.slice(0, maxTextLength) : value)
