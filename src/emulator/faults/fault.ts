// What can be broken about an answer, and how it is asked for: `status=429; retry-after=2`. The same words serve the request
// header, `--fault` and scripts; the table below is also the one of the guide.
import { empty, json } from '../answer.ts'
import type { Answer } from '../answer.ts'
import { ApiError, errorObject } from '../errors.ts'

/** How a request asks for one. */
export const faultHeader = 'x-emulator-fault'

/** In bytes of the body; `head` is before its first byte, `before` the answer's own head is not sent either. */
type Place = 'before' | number

export type Fault = {
  /** As it was asked for. */
  readonly text: string
  /** Is answered instead of doing what was asked. */
  readonly instead: Answer | null
  readonly silence: { readonly ms: number; readonly at: Place } | null
  readonly dripBytesPerSecond: number | null
  readonly malformed: 'json' | 'html' | null
  /** How much more (or less) the length says than there is. */
  readonly lengthOff: number | null
  readonly end: { readonly how: 'cut' | 'reset'; readonly at: Place } | null
}

type Draft = { -readonly [Key in keyof Fault]: Fault[Key] } & { retryAfter: string | null; status: number | null; isOverloaded: boolean }

/** `read` says false to a value it does not take. */
type Word = { readonly takes: string; readonly effect: string; readonly read: (value: string | null, draft: Draft) => boolean }

export const faultWords: Readonly<Record<string, Word>> = {
  status: {
    takes: 'status=<200 to 599>',
    effect: 'The request is not carried out and gets this status: from 400 with an error of OpenAI, below with an empty body.',
    read: (value, draft) => {
      draft.status = wholeOf(value)
      return draft.status !== null && draft.status >= 200 && draft.status <= 599
    },
  },
  'retry-after': {
    takes: 'retry-after=<seconds or a date>',
    effect: 'The header `Retry-After` of `status` and `overloaded`.',
    read: (value, draft) => {
      draft.retryAfter = value
      return value !== null && /^[\x20-\x7e]+$/.test(value)
    },
  },
  overloaded: {
    takes: 'overloaded',
    effect: 'As `status=503` with the code `server_is_overloaded`.',
    read: (value, draft) => {
      draft.isOverloaded = true
      return value === null
    },
  },
  silence: {
    takes: 'silence=<ms> or silence=<ms>@<byte>',
    effect: 'Nothing is sent for so long: before the head, or behind that many bytes of the body.',
    read: (value, draft) => {
      const [, ms = '', at] = /^(\d{1,9})(?:@(\d{1,15}))?$/.exec(value ?? '') ?? []
      draft.silence = { ms: Number(ms), at: at === undefined ? 'before' : Number(at) }
      return ms !== ''
    },
  },
  drip: {
    takes: 'drip=<bytes per second>',
    effect: 'The body comes that slowly.',
    read: (value, draft) => {
      draft.dripBytesPerSecond = wholeOf(value)
      return draft.dripBytesPerSecond !== null && draft.dripBytesPerSecond > 0
    },
  },
  malformed: {
    takes: 'malformed or malformed=html',
    effect: 'JSON that does not parse, in a stream in its second event; with `html` a page of HTML where JSON, or that event, should be.',
    read: (value, draft) => {
      draft.malformed = value === 'html' ? 'html' : 'json'
      return value === null || value === 'html' || value === 'json'
    },
  },
  length: {
    takes: 'length=+<bytes> or length=-<bytes>',
    effect: 'A `Content-Length` that much too long or too short; the connection ends with the body. A stream is collected for it.',
    read: (value, draft) => {
      draft.lengthOff = Number(value)
      return /^[+-]\d{1,12}$/.test(value ?? '') && draft.lengthOff !== 0
    },
  },
  cut: {
    takes: 'cut=<byte> or cut=before',
    effect: 'The connection is closed in order behind that many bytes of the body (0: behind the head), or before the head.',
    read: (value, draft) => readEnd('cut', value, draft),
  },
  reset: {
    takes: 'reset=<byte> or reset=before',
    effect: 'As `cut`, but the connection is reset (TCP RST).',
    read: (value, draft) => readEnd('reset', value, draft),
  },
}

/** Whoever asked for a fault in words that are none. */
export class FaultError extends Error {
  override readonly name = 'FaultError'
}

/**
 * Reads the words of a fault.
 * @example parseFault('silence=500; cut=120')
 * @throws FaultError
 */
export function parseFault(text: string): Fault {
  const draft: Draft = {
    text: text.trim(),
    instead: null,
    silence: null,
    dripBytesPerSecond: null,
    malformed: null,
    lengthOff: null,
    end: null,
    retryAfter: null,
    status: null,
    isOverloaded: false,
  }
  const given = text
    .split(';')
    .map((each) => each.trim())
    .filter((each) => each !== '')
  if (given.length === 0) throw new FaultError(`no fault is named: use ${known()}`)
  for (const each of given) {
    const [name = '', value = null] = /^([^=]*?)\s*(?:=\s*(.*))?$/s.exec(each)?.slice(1) ?? []
    const word = Object.hasOwn(faultWords, name.toLowerCase()) ? faultWords[name.toLowerCase()] : undefined
    if (word === undefined) throw new FaultError(`"${each}" is no fault: use ${known()}`)
    if (!word.read(value ?? null, draft)) throw new FaultError(`"${each}" does not fit: write ${word.takes}`)
  }
  const { retryAfter, status, isOverloaded, ...fault } = draft
  if (isOverloaded && status !== null) throw new FaultError('"overloaded" has a status of its own: take out one of the two')
  if (retryAfter !== null && status === null && !isOverloaded)
    throw new FaultError('"retry-after" needs a status to go with: add status=429 or overloaded')
  const answered = isOverloaded ? 503 : status
  return answered === null ? fault : { ...fault, instead: answerOf(answered, retryAfter) }
}

function answerOf(status: number, retryAfter: string | null): Answer {
  const error = stagedError(status, { retryAfter })
  return status < 400 ? empty(error) : json({ error: errorObject(error) }, error)
}

const known = (): string => Object.keys(faultWords).join(', ')

const wholeOf = (value: string | null): number | null => (/^\d{1,12}$/.test(value ?? '') ? Number(value) : null)

function readEnd(how: 'cut' | 'reset', value: string | null, draft: Draft): boolean {
  if (draft.end !== null) return false
  const at = value === 'before' ? 'before' : wholeOf(value)
  draft.end = { how, at: at ?? 0 }
  return at !== null
}

type Stage = {
  readonly message?: string | undefined
  readonly type?: string | undefined
  readonly code?: string | null | undefined
  readonly param?: string | null | undefined
  readonly retryAfter?: string | null
}

type Usual = { readonly message: string; readonly type?: string; readonly code?: string }

/** What OpenAI says with a status, where nobody says otherwise. */
const usual: Readonly<Record<number, Usual>> = {
  401: {
    message: 'Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys.',
    code: 'invalid_api_key',
  },
  403: { message: 'You have insufficient permissions for this operation.' },
  404: { message: 'The requested resource was not found.' },
  409: { message: 'The request conflicts with another one. Please try again.' },
  413: { message: 'Request body too large.' },
  429: { message: 'Rate limit reached for requests. Please try again later.', type: 'requests', code: 'rate_limit_exceeded' },
  500: { message: 'The server had an error while processing your request. Sorry about that!', type: 'server_error' },
  503: {
    message: 'The server is currently overloaded with other requests. Sorry about that! You can retry your request.',
    type: 'service_unavailable_error',
    code: 'server_is_overloaded',
  },
}

/** The error of a status, completed with what OpenAI usually says. */
export function stagedError(status: number, { message, type, code, param, retryAfter }: Stage): ApiError {
  const { message: usualMessage, type: usualType, code: usualCode } = usual[status] ?? usual[status < 500 ? 400 : 500] ?? plain
  return new ApiError(status, message ?? usualMessage, {
    type: type ?? usualType ?? (status < 500 ? 'invalid_request_error' : 'server_error'),
    code: code === undefined ? (usualCode ?? null) : code,
    param: param ?? null,
    headers: retryAfter === null || retryAfter === undefined ? [] : ['retry-after', retryAfter],
  })
}

const plain: Usual = { message: 'The request could not be processed.' }
