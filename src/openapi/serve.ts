// The pages of this module, as http/ serves them: the documents, the reference page, and the small ones that lead to them.
import type { IncomingMessage } from 'node:http'
import { jsonPage, type Page } from '../http/control.ts'
import { health, info, manifest, ping, plugin } from './discovery.ts'
import { adminDocumentPath } from './admin-document.ts'
import { createDocuments } from './documents.ts'
import { pages, type PageId } from './pages.ts'
import { createViewer, docsPage, docsPolicy, docsStart } from './viewer.ts'

export type ServeOptions = {
  /** Where clients reach the relay, with or without `/v1` at its end; null: at the address the reader asked. */
  readonly publicUrl: string | null
  readonly now: () => Date
  /** Whether there is an admin API to describe. */
  readonly hasAdmin: boolean
}

const json = 'application/json'
const script = 'text/javascript; charset=utf-8'

export function createPages({ publicUrl, now, hasAdmin }: ServeOptions): Readonly<Record<string, Page>> {
  const documents = createDocuments()
  const viewer = createViewer()
  // The paths of the documents begin with `/v1` themselves.
  const server = (incoming: IncomingMessage): string => (publicUrl ?? askedAddress(incoming)).replace(/\/v1$/, '')

  // The other pages of the table are those of http/ itself.
  const served: Readonly<Record<Exclude<PageId, 'health' | 'ready' | 'metrics'>, Page>> = {
    openapi: (incoming) => ({ contentType: json, body: documents.full(server(incoming)) }),
    openapiActions: (incoming) => ({ contentType: json, body: documents.actions(server(incoming)) }),
    docs: () => ({
      contentType: 'text/html; charset=utf-8',
      body: docsPage,
      headers: { 'content-security-policy': docsPolicy, 'referrer-policy': 'no-referrer' },
    }),
    docsStart: () => ({ contentType: script, body: docsStart }),
    docsViewer: async (incoming) => {
      const headers = { 'cache-control': 'public, max-age=3600', vary: 'Accept-Encoding' }
      return takesBrotli(incoming)
        ? { contentType: script, body: viewer.compressed(), headers: { ...headers, 'content-encoding': 'br' } }
        : { contentType: script, body: await viewer.plain(), headers }
    },
    manifest: (incoming) => jsonPage(manifest(server(incoming))),
    v1Manifest: (incoming) => jsonPage(manifest(server(incoming))),
    plugin: (incoming) => jsonPage(plugin(server(incoming))),
    v1Health: () => jsonPage(health(now())),
    ping: () => jsonPage(ping),
    info: (incoming) => jsonPage(info(server(incoming))),
  }
  const described: Page = (incoming) => ({ contentType: json, body: documents.admin(server(incoming)) })
  return {
    ...Object.fromEntries(Object.entries(served).map(([id, page]) => [pages[id as PageId].path, page])),
    ...(hasAdmin ? { [adminDocumentPath]: described } : {}),
  }
}

/**
 * Where this reader reached us. A balancer that ends TLS says so in X-Forwarded-Proto; whoever lies with it or with Host lies
 * to nobody else, as no cache may keep the answer.
 */
function askedAddress({ headers, socket }: IncomingMessage): string {
  const host = headers.host ?? ''
  const isPlain = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/.test(host)
  return `${headers['x-forwarded-proto'] === 'https' ? 'https' : 'http'}://${isPlain ? host : `127.0.0.1:${socket.localPort ?? 0}`}`
}

/** Named, and not with a weight of nothing (RFC 9110 12.5.3). */
function takesBrotli({ headers }: IncomingMessage): boolean {
  return (headers['accept-encoding'] ?? '').split(',').some((each) => /^\s*br\s*(?:;|$)/i.test(each) && !/;\s*q=0(?:\.0*)?\s*$/i.test(each))
}
