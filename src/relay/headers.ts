// Which headers cross the relay, in either direction. Everything that is not named here passes as it came, with its
// repeats, order and case.

/** Of one connection only, never of the message (RFC 9110 7.6.1; Keep-Alive and Proxy-Connection by custom). */
const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'proxy-authenticate',
  'proxy-authorization',
  'http2-settings',
]

const requestDrops = new Set([
  ...hopByHop,
  // Made anew for the upstream connection.
  'host',
  'content-length',
  // Answered by us (RFC 9110 10.1.1).
  'expect',
  // Every header that may carry a relay token; the operator's key takes their place.
  'authorization',
  'api-key',
  'x-relay-key',
  'x-api-key',
  // State and addresses of the client are not the upstream's business (RFC 6265, RFC 7239).
  'cookie',
  'cookie2',
  'forwarded',
  'via',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'fastly-client-ip',
  'x-original-url',
  'x-original-host',
  'x-rewrite-url',
  // Some servers take the method from them: a read would become a delete that nobody allowed.
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  'x-envoy-external-address',
])
const requestDropPrefixes = ['x-forwarded-', 'x-original-forwarded-']

/** They choose whose quota is used: the operator's choice, not the caller's. */
const accountHeaders = new Set(['openai-organization', 'openai-project'])

const replyDrops = new Set([
  ...hopByHop,
  // Cookies of the operator's session at the edge of the upstream.
  'set-cookie',
  'set-cookie2',
  ...accountHeaders,
  // Ours; an upstream relay of the same make must not speak for us.
  'x-relay-request-id',
])

/** Facts of a request head that rooms decide by. Names were compared without case; values are latin1 text as sent. */
export type HeadFacts = {
  readonly authorization: string | null
  readonly apiKey: string | null
  readonly relayKey: string | null
  readonly contentType: string | null
  readonly contentEncoding: string | null
  readonly contentLength: string | null
  readonly transferEncoding: string | null
  readonly connection: string
  readonly isUpgrade: boolean
  readonly expectsContinue: boolean
  /** First thing wrong with the head as a whole, for a 400. */
  readonly problem: string | null
}

type Facts = { -readonly [Key in keyof HeadFacts]: HeadFacts[Key] }
type SingleFact = 'authorization' | 'apiKey' | 'relayKey' | 'contentType' | 'contentEncoding' | 'contentLength' | 'transferEncoding'

/** Headers of which a second one would let two readers see two messages (RFC 9112 3.2 for Host, 6.3 for lengths). */
const singles: ReadonlyMap<string, SingleFact> = new Map([
  ['authorization', 'authorization'],
  ['api-key', 'apiKey'],
  ['x-relay-key', 'relayKey'],
  ['content-type', 'contentType'],
  ['content-encoding', 'contentEncoding'],
  ['content-length', 'contentLength'],
  ['transfer-encoding', 'transferEncoding'],
])
const hostText = /^[A-Za-z0-9.\-_:[\]]*$/

/** One pass over the flat name-value pairs of a request. */
export function readHeadFacts(raw: readonly string[], httpVersion: string): HeadFacts {
  const facts: Facts = {
    authorization: null,
    apiKey: null,
    relayKey: null,
    contentType: null,
    contentEncoding: null,
    contentLength: null,
    transferEncoding: null,
    connection: '',
    isUpgrade: false,
    expectsContinue: false,
    problem: null,
  }
  let hosts = 0
  for (let at = 0; at < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase()
    const value = raw[at + 1] ?? ''
    const single = singles.get(name)
    if (single !== undefined) {
      if (facts[single] !== null) facts.problem ??= `two ${name} headers`
      facts[single] = value
    } else if (name === 'host') {
      if (++hosts > 1) facts.problem ??= 'two host headers'
      if (!hostText.test(value)) facts.problem ??= 'the host header is not a host'
    } else if (name === 'connection') facts.connection += `,${value}`
    else if (name === 'upgrade') facts.isUpgrade = true
    else if (name === 'expect') facts.expectsContinue = httpVersion !== '1.0'
  }
  // RFC 9112 3.2: 1.0 knows no Host.
  if (hosts === 0 && httpVersion !== '1.0') facts.problem ??= 'no host header'
  return facts
}

/** Lower-case names that a Connection header makes hop-by-hop (RFC 9110 7.6.1). Null where it names none: the usual case. */
export function connectionOptions(connection: string): ReadonlySet<string> | null {
  if (connection === '' || connection === ',keep-alive' || connection === ',close') return null
  return new Set(
    connection
      .toLowerCase()
      .split(',')
      .map((token) => token.trim()),
  )
}

/** How one request differs from the usual. */
export type RequestHeaderOptions = {
  /** Callers may choose whose quota is used. */
  readonly passesAccount: boolean
  /** The answer must come without compression. */
  readonly isPlain: boolean
  /** The body was compressed and is no more. */
  readonly isRecoded: boolean
  /** Values each tenant has a space of its own for, by lower-case header name. */
  readonly labels: { readonly names: ReadonlySet<string>; readonly label: (value: string) => string } | null
}

/**
 * The headers of a request that go upstream as `Name: value\r\n` lines.
 * @param secret the token the caller presented: a header that repeats it anywhere is dropped, whatever its name
 */
export function upstreamHeaderLines(raw: readonly string[], connection: string, secret: string, options: RequestHeaderOptions): string {
  const { passesAccount, isPlain, isRecoded, labels } = options
  const named = connectionOptions(connection)
  let lines = isPlain ? 'Accept-Encoding: identity\r\n' : ''
  for (let at = 0; at < raw.length; at += 2) {
    const original = raw[at] ?? ''
    const value = raw[at + 1] ?? ''
    const name = original.toLowerCase()
    if (requestDrops.has(name) || (name.startsWith('x-') && requestDropPrefixes.some((prefix) => name.startsWith(prefix)))) continue
    if (accountHeaders.has(name) && !passesAccount) continue
    if (named?.has(name) === true || (secret.length >= 8 && value.includes(secret))) continue
    if ((isPlain && name === 'accept-encoding') || (isRecoded && name === 'content-encoding')) continue
    lines += `${original}: ${labels?.names.has(name) === true ? labels.label(value) : value}\r\n`
  }
  return lines
}

/** Limits of the whole account: with several tenants they tell each what the others do (OpenAI, "Rate limits in headers"). */
const isAccountWide = (name: string): boolean => name.startsWith('x-ratelimit-')

/**
 * The headers of an answer that reach the client, flat, as they came.
 * @param isShared several tenants use the account
 */
export function clientHeaders(raw: readonly string[], isBodyless: boolean, isShared: boolean): string[] {
  let connection = ''
  for (let at = 0; at < raw.length; at += 2)
    if ((raw[at] ?? '').length === 10 && (raw[at] ?? '').toLowerCase() === 'connection') connection += `,${raw[at + 1] ?? ''}`
  const named = connectionOptions(connection)
  const kept: string[] = []
  for (let at = 0; at < raw.length; at += 2) {
    const original = raw[at] ?? ''
    const name = original.toLowerCase()
    if (replyDrops.has(name) || named?.has(name) === true || (isShared && isAccountWide(name))) continue
    // A status without a body must not announce one (RFC 9110 8.6); what follows on the wire would be read as the next answer.
    if (isBodyless && name === 'content-length') continue
    kept.push(original, raw[at + 1] ?? '')
  }
  return kept
}

/**
 * The headers of a JSON answer of our own, flat.
 * @param upstreamRequestId the upstream's, where the answer is made of one of its answers
 */
export const ownHeaders = (bytes: number, requestId: string, upstreamRequestId: string | null = null): string[] => [
  ...['Content-Type', 'application/json', 'Content-Length', String(bytes)],
  ...['x-request-id', upstreamRequestId ?? requestId, 'x-relay-request-id', requestId],
]

/** First value of a header, looked up without case; null where it is absent. */
export function headerValue(headers: readonly string[], name: string): string | null {
  for (let at = 0; at < headers.length; at += 2) {
    const each = headers[at] ?? ''
    if (each.length === name.length && each.toLowerCase() === name) return headers[at + 1] ?? null
  }
  return null
}
