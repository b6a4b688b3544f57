// The HTTP client of the gates: sees status, headers, bytes and when they came, and nothing is retried, followed or decoded.
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'

export type Answer = {
  readonly status: number
  readonly contentType: string
  readonly body: Buffer
  /** Reads of the body as the network delivered them. */
  readonly reads: readonly { readonly at: number; readonly bytes: Buffer }[]
  readonly requestId: string
}

export type Client = {
  readonly isHttps: boolean
  readonly get: (path: string, accept?: string) => Promise<Answer>
  readonly remove: (path: string) => Promise<Answer>
  readonly postJson: (path: string, body: unknown) => Promise<Answer>
  readonly postForm: (
    path: string,
    fields: Readonly<Record<string, string>>,
    file: { readonly field: string; readonly name: string; readonly bytes: Buffer },
  ) => Promise<Answer>
  /** POST without a content type and with `Content-Length: 0`. */
  readonly postEmpty: (path: string) => Promise<Answer>
  /** POST with neither a length nor a coding (RFC 9112 6.3: no body). */
  readonly postBare: (path: string) => Promise<Answer>
  /** Outside `/v1`, without a token. */
  readonly getPublic: (path: string) => Promise<Answer>
}

/** How long one call may be silent; a model may take this long before its first byte. */
const silenceMs = 120_000

/** @param baseUrl with or without `/v1` at its end */
export function createClient(baseUrl: string, token: string): Client {
  const root = new URL(baseUrl.replace(/\/+$/, '').replace(/\/v1$/, ''))
  const prefix = root.pathname.replace(/\/+$/, '')
  const authorization = { authorization: `Bearer ${token}` }

  function send(method: string, path: string, headers: Readonly<Record<string, string>>, body: Buffer | null): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const open = root.protocol === 'https:' ? requestHttps : requestHttp
      const outgoing = open(
        {
          host: root.hostname.replace(/^\[|\]$/g, ''),
          port: root.port,
          method,
          path: prefix + path,
          headers,
          agent: false,
          timeout: silenceMs,
        },
        (incoming) => {
          const reads: { at: number; bytes: Buffer }[] = []
          incoming.on('data', (bytes: Buffer) => reads.push({ at: performance.now(), bytes }))
          incoming.on('error', reject)
          incoming.on('end', () =>
            resolve({
              status: incoming.statusCode ?? 0,
              contentType: incoming.headers['content-type'] ?? '',
              body: Buffer.concat(reads.map(({ bytes }) => bytes)),
              reads,
              requestId: String(incoming.headers['x-request-id'] ?? ''),
            }),
          )
        },
      )
      outgoing.on('timeout', () => outgoing.destroy(new Error(`no byte for ${silenceMs / 1000} s`)))
      outgoing.on('error', reject)
      outgoing.end(body ?? undefined)
    })
  }

  function sendBare(path: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const isTls = root.protocol === 'https:'
      const host = root.hostname.replace(/^\[|\]$/g, '')
      const port = root.port === '' ? (isTls ? 443 : 80) : Number(root.port)
      const socket = isTls ? connectTls({ host, port, servername: host, ALPNProtocols: ['http/1.1'] }) : connectTcp({ host, port })
      const chunks: Buffer[] = []
      socket.setTimeout(silenceMs, () => socket.destroy(new Error(`no byte for ${silenceMs / 1000} s`)))
      socket.on('error', reject)
      socket.on('data', (bytes: Buffer) => chunks.push(bytes))
      socket.on('close', () => resolve(parseClosed(Buffer.concat(chunks))))
      socket.write(`POST ${prefix}${path} HTTP/1.1\r\nHost: ${root.host}\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`)
    })
  }

  return {
    isHttps: root.protocol === 'https:',
    get: (path, accept = 'application/json') => send('GET', `/v1${path}`, { ...authorization, accept }, null),
    getPublic: (path) => send('GET', path, { accept: 'application/json' }, null),
    remove: (path) => send('DELETE', `/v1${path}`, authorization, null),
    postEmpty: (path) => send('POST', `/v1${path}`, { ...authorization, 'content-length': '0' }, null),
    postBare: (path) => sendBare(`/v1${path}`),
    postJson(path, value) {
      const body = Buffer.from(JSON.stringify(value))
      return send(
        'POST',
        `/v1${path}`,
        { ...authorization, 'content-type': 'application/json', 'content-length': String(body.length) },
        body,
      )
    },
    postForm(path, fields, file) {
      const boundary = `relay-check-${process.hrtime.bigint().toString(36)}`
      const parts = Object.entries(fields).map(
        ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
      )
      const opening = `--${boundary}\r\nContent-Disposition: form-data; name="${file.field}"; filename="${file.name}"\r\nContent-Type: application/octet-stream\r\n\r\n`
      const body = Buffer.concat([Buffer.from(parts.join('') + opening), file.bytes, Buffer.from(`\r\n--${boundary}--\r\n`)])
      return send(
        'POST',
        `/v1${path}`,
        { ...authorization, 'content-type': `multipart/form-data; boundary=${boundary}`, 'content-length': String(body.length) },
        body,
      )
    },
  }
}

/** An answer that ended with its connection; a chunked body is shown with its framing taken off. */
function parseClosed(bytes: Buffer): Answer {
  const end = bytes.indexOf('\r\n\r\n')
  const head = bytes.toString('latin1', 0, Math.max(end, 0))
  const rest = bytes.subarray(end + 4)
  const header = (name: string): string => new RegExp(`^${name}: *(.*)$`, 'im').exec(head)?.[1]?.trim() ?? ''
  const body =
    header('transfer-encoding') === 'chunked'
      ? Buffer.from(rest.toString('latin1').replace(/(?:^|\r\n)[0-9a-f]+\r\n/gi, ''), 'latin1')
      : rest
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0),
    contentType: header('content-type'),
    body,
    reads: [],
    requestId: header('x-request-id'),
  }
}
