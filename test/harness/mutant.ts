// A relay with one fault: stands in front of a good one and breaks one thing, so that a gate can be seen to notice.
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Exchange = {
  readonly method: string
  readonly path: string
  readonly contentType: string | undefined
  readonly hasLength: boolean
}
export type Answered = { status: number; contentType: string; body: Buffer }

export type Mutation = {
  /** Answers itself instead of asking the good relay. */
  readonly instead?: (exchange: Exchange) => Answered | null
  /** Changes a whole answer, which therefore arrives in one piece. */
  readonly change?: (answered: Answered, exchange: Exchange) => Answered | null
}

export type Mutant = { readonly url: string } & AsyncDisposable

export async function startMutant(port: number, mutation: Mutation): Promise<Mutant> {
  const server = createServer((incoming, outgoing) => {
    const exchange: Exchange = {
      method: incoming.method ?? '',
      path: (incoming.url ?? '').split('?')[0] ?? '',
      contentType: incoming.headers['content-type'],
      hasLength: incoming.headers['content-length'] !== undefined,
    }
    const own = mutation.instead?.(exchange)
    if (own !== null && own !== undefined) return finish(outgoing, own)
    pass(incoming, outgoing, port, exchange, mutation)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function pass(incoming: IncomingMessage, outgoing: ServerResponse, port: number, exchange: Exchange, { change }: Mutation): void {
  const asked = request(
    { host: '127.0.0.1', port, method: exchange.method, path: incoming.url, headers: incoming.headers, agent: false },
    (answer) => {
      const chunks: Buffer[] = []
      const changes =
        change?.({ status: answer.statusCode ?? 0, contentType: answer.headers['content-type'] ?? '', body: Buffer.alloc(0) }, exchange) ??
        null
      if (changes === null) {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
        return
      }
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => {
        const whole: Answered = {
          status: answer.statusCode ?? 0,
          contentType: answer.headers['content-type'] ?? '',
          body: Buffer.concat(chunks),
        }
        finish(outgoing, change?.(whole, exchange) ?? whole)
      })
    },
  )
  asked.on('error', () => outgoing.destroy())
  incoming.pipe(asked)
}

function finish(outgoing: ServerResponse, { status, contentType, body }: Answered): void {
  outgoing.writeHead(status, { 'content-type': contentType, 'content-length': body.length })
  outgoing.end(body)
}
