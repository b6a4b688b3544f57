// The pages of the relay itself, as a table: what http/ serves without a token, and the documents describe.

type Row = {
  readonly operationId: string
  readonly path: `/${string}`
  readonly summary: string
  readonly answer: 'json' | 'text' | 'html' | 'script'
}

export const pages = {
  health: { operationId: 'relayHealth', path: '/health', summary: 'Is the process alive?', answer: 'json' },
  ready: { operationId: 'relayReady', path: '/ready', summary: 'Should it get traffic? 503 where not.', answer: 'json' },
  metrics: { operationId: 'relayMetrics', path: '/metrics', summary: 'Counters in the text format of Prometheus.', answer: 'text' },
  openapi: {
    operationId: 'relayOpenapi',
    path: '/openapi.json',
    summary: 'This description of everything that is carried.',
    answer: 'json',
  },
  openapiActions: {
    operationId: 'relayOpenapiActions',
    path: '/openapi.actions.json',
    summary: 'The description to give to ChatGPT.',
    answer: 'json',
  },
  docs: { operationId: 'relayDocs', path: '/docs', summary: 'The API reference, to read in a browser.', answer: 'html' },
  docsStart: {
    operationId: 'relayDocsStart',
    path: '/docs/start.js',
    summary: 'Starts the viewer of the API reference.',
    answer: 'script',
  },
  docsViewer: { operationId: 'relayDocsViewer', path: '/docs/viewer.js', summary: 'The viewer of the API reference.', answer: 'script' },
  manifest: { operationId: 'relayManifest', path: '/manifest', summary: 'What ChatGPT can call here, by group.', answer: 'json' },
  v1Manifest: {
    operationId: 'relayManifestV1',
    path: '/v1/manifest',
    summary: 'The manifest, below the base URL of the API.',
    answer: 'json',
  },
  plugin: {
    operationId: 'relayPlugin',
    path: '/.well-known/ai-plugin.json',
    summary: 'Where the description is, and how to authenticate.',
    answer: 'json',
  },
  v1Health: {
    operationId: 'relayHealthV1',
    path: '/v1/health',
    summary: 'Is the process alive? Below the base URL of the API.',
    answer: 'json',
  },
  ping: { operationId: 'actionsPing', path: '/v1/actions/ping', summary: 'Is the relay there?', answer: 'json' },
  info: {
    operationId: 'actionsRelayInfo',
    path: '/v1/actions/relay_info',
    summary: 'What this relay is, and where its documents are.',
    answer: 'json',
  },
} as const satisfies Readonly<Record<string, Row>>

export type PageId = keyof typeof pages

export type Page = (typeof pages)[PageId]
