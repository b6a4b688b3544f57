// Reads the head of an HTTP/1.1 answer, strictly (RFC 9112). Whatever a lenient reader and a strict one could frame
// differently is refused: a pooled connection that two parties read differently hands one tenant's bytes to another.
import { UpstreamFailure } from './failure.ts'

/** How the end of the body is known (RFC 9112 6.3). `close`: the end of the connection is the end of the body. */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'close' }

export type ReplyHead = {
  readonly status: number
  readonly reason: string
  /** Flat name-value pairs in wire order and case, latin1 text. */
  readonly headers: readonly string[]
  readonly framing: Framing
  readonly isReusable: boolean
  /** From `Keep-Alive: timeout=`, seconds; null where the upstream did not say. */
  readonly keepAliveSeconds: number | null
}

// RFC 9112 4: three digits; anything past 599 is no status class (RFC 9110 15). The reason may hold tabs, spaces, visible and obs-text bytes.
const statusLine = /^HTTP\/1\.([01]) ([1-5][0-9][0-9])(?: ([\t\x20-\x7e\x80-\xff]*))?$/
// RFC 9112 5: token ":" OWS value OWS, no space before the colon, no folding, no bare CR or LF.
const fieldLines = /^(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)*$/
const digits = /^[0-9]{1,15}$/

const malformed = (what: string): UpstreamFailure => new UpstreamFailure('malformed', what)

/**
 * @param text the head as latin1, from the status line up to and including the CRLF before the empty line
 * @throws UpstreamFailure 'malformed'
 */
export function parseHead(text: string): ReplyHead {
  const lineEnd = text.indexOf('\r\n')
  const status = statusLine.exec(text.slice(0, lineEnd))
  if (status === null) throw malformed('status line')
  const block = text.slice(lineEnd + 2)
  if (!fieldLines.test(block)) throw malformed('header field')
  const isHttp10 = status[1] === '0'
  const code = Number(status[2])

  const headers: string[] = []
  let length: string | null = null
  let coding: string | null = null
  let connection = ''
  let keepAliveSeconds: number | null = null
  for (let at = 0; at < block.length;) {
    const end = block.indexOf('\r\n', at)
    const colon = block.indexOf(':', at)
    const name = block.slice(at, colon)
    const value = trim(block, colon + 1, end)
    headers.push(name, value)
    at = end + 2
    // Only these lengths can name a framing header; lower-casing every name costs more than the rest of the loop.
    if (name.length === 14 && name.toLowerCase() === 'content-length') {
      if (length !== null || !digits.test(value)) throw malformed('content-length')
      length = value
    } else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') {
      if (coding !== null || value.toLowerCase() !== 'chunked') throw malformed('transfer-encoding')
      coding = value
    } else if (name.length === 10) {
      const lower = name.toLowerCase()
      if (lower === 'connection') connection += `,${value.toLowerCase()}`
      else if (lower === 'keep-alive') keepAliveSeconds = Number(/timeout=(\d{1,6})/i.exec(value)?.[1] ?? Number.NaN) || null
    }
  }
  // RFC 9112 6.1: both together is how smuggling starts; 1.0 knows no transfer codings.
  if (coding !== null && (length !== null || isHttp10)) throw malformed('conflicting framing')

  const framing = framingOf(code, length, coding)
  const tokens = connection.split(',').map((token) => token.trim())
  const saysClose = tokens.includes('close')
  // A bodyless status that still announces content may be followed by it: such a connection is not trusted again.
  const announcesLostBody = framing.kind === 'none' && code !== 304 && (coding !== null || (length !== null && Number(length) > 0))
  const isReusable = !isHttp10 && !saysClose && framing.kind !== 'close' && !announcesLostBody
  return { status: code, reason: status[3] ?? '', headers, framing, isReusable, keepAliveSeconds }
}

function framingOf(status: number, length: string | null, coding: string | null): Framing {
  if (status < 200 || status === 204 || status === 304) return { kind: 'none' }
  if (coding !== null) return { kind: 'chunked' }
  if (length === null) return { kind: 'close' }
  return length === '0' ? { kind: 'none' } : { kind: 'length', bytes: Number(length) }
}

/** OWS is spaces and tabs only (RFC 9110 5.6.3); `String.trim` would eat obs-text such as U+00A0. */
function trim(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isOws(text.charCodeAt(start))) start++
  while (end > start && isOws(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

const isOws = (code: number): boolean => code === 0x20 || code === 0x09

const endOfHead = Buffer.from('\r\n\r\n')

/**
 * Finds the end of a head in bytes that may still be growing.
 * @returns the offset just past the empty line, or -1 when more bytes are needed
 * @throws UpstreamFailure 'malformed' on a bare LF, which would otherwise leave us waiting for an end that never comes
 */
export function headEnd(bytes: Buffer, maxBytes: number): number {
  const at = bytes.indexOf(endOfHead)
  if (at < 0) {
    for (let lf = bytes.indexOf(0x0a); lf >= 0; lf = bytes.indexOf(0x0a, lf + 1))
      if (bytes[lf - 1] !== 0x0d) throw malformed('bare line feed')
    if (bytes.length > maxBytes) throw malformed('head too large')
    return -1
  }
  if (at > maxBytes) throw malformed('head too large')
  return at + 4
}
