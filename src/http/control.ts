// The pages of the relay itself: is it alive, may it get traffic, what has it done, what can it do. They need no token and
// tell no secret. Which there are is a table of openapi/, so that the documents name what is served.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { health, info, manifest, ping, plugin } from '../openapi/discovery.ts'
import { createDocuments, serverUrl } from '../openapi/documents.ts'
import { pages, type PageId } from '../openapi/pages.ts'
import { createViewer, docsPage, docsPolicy, docsStart } from '../openapi/viewer.ts'
import type { Metrics } from '../telemetry/metrics.ts'

/** Why the relay should get no traffic, or null when it should. */
export type Readiness = () => 'draining' | 'upstream_credentials_refused' | null

/** @returns true when the request was for a control page and is answered */
export type Control = (incoming: IncomingMessage, outgoing: ServerResponse) => boolean

export type ControlOptions = {
  readonly readiness: Readiness
  readonly metrics: Metrics
  /** Where clients reach the relay; null: at the address the reader asked. */
  readonly publicUrl: string | null
  readonly now: () => Date
}

type Answer = (outgoing: ServerResponse, incoming: IncomingMessage) => void

export function createControl({ readiness, metrics, publicUrl, now }: ControlOptions): Control {
  const documents = createDocuments()
  const viewer = createViewer()
  const server = (incoming: IncomingMessage): string => serverUrl(publicUrl ?? askedAddress(incoming))
  const describing = (describe: (server: string) => unknown): Answer => (outgoing, incoming) => sendJson(outgoing, 200, describe(server(incoming)))

  const answers: Readonly<Record<PageId, Answer>> = {
    health: (outgoing) => sendJson(outgoing, 200, { status: 'ok' }),
    ready: (outgoing) => {
      const reason = readiness()
      sendJson(outgoing, reason === null ? 200 : 503, reason === null ? { status: 'ready' } : { status: 'not_ready', reason })
    },
    metrics: (outgoing) => {
      metrics.text().then(
        (text) => send(outgoing, 200, metrics.contentType, text),
        () => send(outgoing, 500, 'text/plain', 'metrics are unavailable\n'),
      )
    },
    openapi: (outgoing, incoming) => send(outgoing, 200, json, documents.full(server(incoming))),
    openapiActions: (outgoing, incoming) => send(outgoing, 200, json, documents.actions(server(incoming))),
    docs: (outgoing) => send(outgoing, 200, 'text/html; charset=utf-8', docsPage, { 'content-security-policy': docsPolicy, 'referrer-policy': 'no-referrer' }),
    docsStart: (outgoing) => send(outgoing, 200, script, docsStart),
    docsViewer: (outgoing, incoming) => {
      const kept = { 'cache-control': 'public, max-age=3600', vary: 'Accept-Encoding' }
      if (/\bbr\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(String(incoming.headers['accept-encoding'] ?? ''))) return send(outgoing, 200, script, viewer.compressed(), { ...kept, 'content-encoding': 'br' })
      viewer.plain().then(
        (bytes) => send(outgoing, 200, script, bytes, kept),
        () => send(outgoing, 500, 'text/plain', 'the viewer is unavailable\n'),
      )
    },
    manifest: describing(manifest),
    v1Manifest: describing(manifest),
    plugin: describing(plugin),
    v1Health: (outgoing) => sendJson(outgoing, 200, health(now())),
    ping: (outgoing) => sendJson(outgoing, 200, ping),
    info: describing(info),
  }
  const byPath: ReadonlyMap<string, Answer> = new Map((Object.keys(pages) as PageId[]).map((id) => [pages[id].path, answers[id]]))

  return (incoming, outgoing) => {
    if (incoming.method !== 'GET' && incoming.method !== 'HEAD') return false
    const answer = byPath.get((incoming.url ?? '').split('?', 1)[0] ?? '')
    if (answer === undefined) return false
    answer(outgoing, incoming)
    return true
  }
}

const json = 'application/json'
const script = 'text/javascript; charset=utf-8'

/**
 * Where this reader reached us. A balancer that ends TLS says so in X-Forwarded-Proto; whoever lies with it or with Host lies
 * to nobody else, as no cache may keep the answer.
 */
function askedAddress({ headers, socket }: IncomingMessage): string {
  const host = headers.host ?? ''
  const isPlain = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/.test(host)
  return `${headers['x-forwarded-proto'] === 'https' ? 'https' : 'http'}://${isPlain ? host : `127.0.0.1:${socket.localPort ?? 0}`}`
}

function sendJson(outgoing: ServerResponse, status: number, value: unknown): void {
  send(outgoing, status, json, JSON.stringify(value))
}

function send(outgoing: ServerResponse, status: number, contentType: string, body: string | Buffer, headers: Readonly<Record<string, string>> = {}): void {
  outgoing.writeHead(status, {
    'content-type': contentType, 'content-length': Buffer.byteLength(body), 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', ...headers,
  })
  outgoing.end(body)
}
