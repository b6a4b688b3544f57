// A host of files over TLS on loopback: what a download link leads to, and a trap that notices every connection.
import { readFileSync } from 'node:fs'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Network } from '../../src/actions/fetch.ts'

const certificate = (name: string): string => readFileSync(join(import.meta.dirname, '..', 'fixtures', 'tls', name), 'utf8')

/** The one name its certificate is for. */
export const fileHostName = 'files.oaiusercontent.com'

export type FileHost = {
  readonly port: number
  readonly connections: () => number
  readonly requests: { readonly url: string; readonly headers: IncomingHttpHeaders }[]
  /** Every name leads here, and this address counts as public. */
  readonly network: Network
  readonly answer: (answer: (incoming: IncomingMessage, outgoing: ServerResponse) => void) => void
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

export async function startFileHost(): Promise<FileHost> {
  let connections = 0
  const requests: FileHost['requests'] = []
  let answer = (_incoming: IncomingMessage, outgoing: ServerResponse): void => void outgoing.end('a file of the conversation')
  const server = createServer({ key: certificate('key.pem'), cert: certificate('cert.pem') }, (incoming, outgoing) => {
    requests.push({ url: incoming.url ?? '', headers: incoming.headers })
    answer(incoming, outgoing)
  })
  server.on('connection', () => connections++)
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => {
    server.listen({ port: 0, host: '::', ipv6Only: false }, resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    port,
    connections: () => connections,
    requests,
    network: { resolve: () => Promise.resolve(['127.0.0.1']), isPublic: () => true, port, trust: certificate('cert.pem') },
    answer: (next) => {
      answer = next
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
