// The pages of the relay itself: is it alive, may it get traffic, what has it done. They need no token and tell no secret.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Metrics } from '../telemetry/metrics.ts'

/** Why the relay should get no traffic, or null when it should. */
export type Readiness = () => 'draining' | 'upstream_credentials_refused' | null

/** @returns true when the request was for a control page and is answered */
export type Control = (incoming: IncomingMessage, outgoing: ServerResponse) => boolean

export function createControl({ readiness, metrics }: { readonly readiness: Readiness; readonly metrics: Metrics }): Control {
  const pages: Readonly<Record<string, (outgoing: ServerResponse) => void>> = {
    '/health': (outgoing) => send(outgoing, 200, 'application/json', '{"status":"ok"}'),
    '/ready': (outgoing) => {
      const reason = readiness()
      send(outgoing, reason === null ? 200 : 503, 'application/json', JSON.stringify(reason === null ? { status: 'ready' } : { status: 'not_ready', reason }))
    },
    '/metrics': (outgoing) => {
      metrics.text().then(
        (text) => send(outgoing, 200, metrics.contentType, text),
        () => send(outgoing, 500, 'text/plain', 'metrics are unavailable\n'),
      )
    },
  }

  return (incoming, outgoing) => {
    const page = incoming.method === 'GET' || incoming.method === 'HEAD' ? pages[incoming.url ?? ''] : undefined
    if (page === undefined) return false
    page(outgoing)
    return true
  }
}

function send(outgoing: ServerResponse, status: number, contentType: string, body: string): void {
  outgoing.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body), 'cache-control': 'no-store' })
  outgoing.end(body)
}
