// The pages of the relay itself: is it alive, may it get traffic, what has it done, and what others describe of it. They need
// no token and tell no secret.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Metrics } from '../telemetry/metrics.ts'

/** Why the relay should get no traffic, or null when it should. */
export type Readiness = () => 'draining' | 'upstream_credentials_refused' | null

/** @returns true when the request was for a control page and is answered */
export type Control = (incoming: IncomingMessage, outgoing: ServerResponse) => boolean

export type PageAnswer = {
  readonly status?: number
  readonly contentType: string
  readonly body: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

/** What a page answers to a GET of it. */
export type Page = (incoming: IncomingMessage) => PageAnswer | Promise<PageAnswer>

export type ControlOptions = {
  readonly readiness: Readiness
  readonly metrics: Metrics
  /** More pages, by path. */
  readonly pages: Readonly<Record<string, Page>>
}

export const jsonPage = (value: unknown, status = 200): PageAnswer => ({
  status,
  contentType: 'application/json',
  body: JSON.stringify(value),
})

export function createControl({ readiness, metrics, pages }: ControlOptions): Control {
  const byPath: ReadonlyMap<string, Page> = new Map<string, Page>([
    ['/health', () => jsonPage({ status: 'ok' })],
    [
      '/ready',
      () => {
        const reason = readiness()
        return reason === null ? jsonPage({ status: 'ready' }) : jsonPage({ status: 'not_ready', reason }, 503)
      },
    ],
    ['/metrics', async () => ({ contentType: metrics.contentType, body: await metrics.text() })],
    ...Object.entries(pages),
  ])

  return (incoming, outgoing) => {
    if (incoming.method !== 'GET' && incoming.method !== 'HEAD') return false
    const path = (incoming.url ?? '').split('?', 1)[0] ?? ''
    // A base URL may end in `/v1` or not, here as for operations.
    const page = byPath.get(path) ?? byPath.get(`/v1${path}`)
    if (page === undefined) return false
    answer(page, incoming, outgoing)
    return true
  }
}

function answer(page: Page, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const answered = page(incoming)
  // At once where it can be: what a client sends behind its last request must not come before the answer to it.
  if (!(answered instanceof Promise)) return send(outgoing, answered)
  answered.then(
    (late) => send(outgoing, late),
    () => send(outgoing, { status: 500, contentType: 'text/plain', body: 'the page is unavailable\n' }),
  )
}

function send(outgoing: ServerResponse, { status = 200, contentType, body, headers = {} }: PageAnswer): void {
  outgoing.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  })
  outgoing.end(body)
}
