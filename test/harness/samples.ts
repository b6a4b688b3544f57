// Sample requests and answers for any row of the catalog, chosen to catch whoever re-serialises, decodes or normalises.
import type { Endpoint, RequestKind, ResponseKind } from '../../src/catalog/endpoint.ts'
import { chunked, type HeaderPair } from './http-bytes.ts'

export type SampleBody = { readonly contentType: string; readonly bytes: Buffer }

/** The path of a row with an id in the place of each parameter. Ids use every character an id may hold unescaped. */
export function samplePath(row: Endpoint): string {
  return row.path.replace(/\{(\w+)\}/g, (_, name: string) => `${name}-Ab1_.~x:9`)
}

/** Brackets, repeats, order, an encoded bracket, an empty value, a lone name and a plus: a query nobody may rewrite. */
export const oddQuery = 'include[]=a&include[]=b&x=%5B1%5D&x=2&empty=&lone&plus=a+b%20c&after=%E2%82%AC'

/** All 256 byte values, so that no charset survives it by luck. */
export const everyByte = Buffer.from(Array.from({ length: 256 }, (_, index) => index))

const oddJson =
  '{ "model" :\t"gpt-4o-mini",\r\n "zeta":1.0, "alpha" : [1e2,12345678901234567890,-0],\n"text":"\\u00e9\\/ \\ud83d\\ude00 \u00e9 \u{1f600}", "unknown":1, "unknown": 2 ,"stream":false}\n'

const boundary = 'relay--boundary_7d1'
const multipart = Buffer.concat([
  Buffer.from(
    `a preamble nobody reads\r\n--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="b\u00e9 \\"x\\".bin"\r\nContent-Type: application/octet-stream\r\n\r\n`,
  ),
  everyByte,
  Buffer.from(
    `\r\n--${boundary}\r\ncontent-disposition: form-data; name="image[]"\r\n\r\n\r\n--${boundary}\r\nContent-Disposition:form-data;name=purpose\r\n\r\nuser_data\r\n--${boundary}--\r\nan epilogue`,
  ),
])

const bodies: Readonly<Record<RequestKind, SampleBody>> = {
  json: { contentType: 'application/json', bytes: Buffer.from(oddJson) },
  multipart: { contentType: `multipart/form-data; boundary="${boundary}"`, bytes: multipart },
  sdp: { contentType: 'application/sdp', bytes: Buffer.from('v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n') },
}

export const sampleBody = (kind: RequestKind): SampleBody => bodies[kind]

/** A content type that no column of the row takes. */
export function wrongContentType(row: Endpoint): string {
  return row.request.includes('sdp') ? 'application/json' : 'text/plain'
}

export type SampleAnswer = {
  readonly status: number
  readonly reason: string
  readonly headers: readonly HeaderPair[]
  readonly body: Buffer
  readonly wire: Buffer
}

const answerHeaders: readonly HeaderPair[] = [
  ['X-Request-Id', 'req_upstream_0123456789'],
  ['X-RateLimit-Remaining-Requests', '4999'],
  ['x-repeat', 'one'],
  ['OpenAI-Processing-MS', '17'],
  ['X-Repeat', 'two, with a comma'],
  ['x-empty', ''],
]

/** An answer that fits a kind of the row, in the framing an upstream would use for it. */
export function sampleAnswer(kind: ResponseKind): SampleAnswer {
  if (kind === 'json')
    return lengthAnswer(200, 'OK', 'application/json', Buffer.from('{"object" : "list",\n "data":[ ],"n":1.0,"\\u0061":"\u00e9"}\n'))
  if (kind === 'binary') return lengthAnswer(200, 'Fine', 'application/octet-stream', Buffer.concat([everyByte, everyByte]))
  if (kind === 'sdp') return lengthAnswer(201, 'Created', 'application/sdp', bodies.sdp.bytes, [['Location', '/v1/realtime/calls/rtc_1']])
  if (kind === 'empty') return lengthAnswer(200, 'OK', null, Buffer.alloc(0))
  const events = ['event: a\ndata: {"n":1}\n\n', ': a comment\n\ndata: {"t":"\u00e9', '\u{1f600}"}\r\n\r\n', 'data: [DONE]\n\n'].map(
    (each) => Buffer.from(each),
  )
  const headers: HeaderPair[] = [['Content-Type', 'text/event-stream; charset=utf-8'], ...answerHeaders]
  const head = `HTTP/1.1 200 OK\r\n${headerLines(headers)}Transfer-Encoding: chunked\r\n\r\n`
  return {
    status: 200,
    reason: 'OK',
    headers,
    body: Buffer.concat(events),
    wire: Buffer.concat([Buffer.from(head, 'latin1'), chunked(events)]),
  }
}

function lengthAnswer(
  status: number,
  reason: string,
  contentType: string | null,
  body: Buffer,
  more: readonly HeaderPair[] = [],
): SampleAnswer {
  const headers: HeaderPair[] = [
    ...(contentType === null ? [] : [['Content-Type', contentType] as const]),
    ...answerHeaders,
    ...more,
    ['Content-Length', String(body.length)],
  ]
  const head = `HTTP/1.1 ${status} ${reason}\r\n${headerLines(headers)}\r\n`
  return { status, reason, headers, body, wire: Buffer.concat([Buffer.from(head, 'latin1'), body]) }
}

const headerLines = (headers: readonly HeaderPair[]): string => headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
