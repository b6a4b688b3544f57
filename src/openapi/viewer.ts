// GET /docs: a page, the viewer and its start. Everything comes from here, and the page may load from nowhere else.
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { brotliDecompress } from 'node:zlib'

/** The same way up from src/openapi and dist/openapi. */
const bundle = new URL('../../assets/api-reference/standalone.js.br', import.meta.url)

/** Relative addresses: behind a path of a load balancer the page works as well. */
export const docsPage = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Relay API</title><link rel="icon" href="data:,"></head>
<body><div id="app"></div><script src="docs/viewer.js"></script><script src="docs/start.js"></script></body>
</html>
`

/** No fonts, no telemetry, no proxy and no assistant of the maker's: each would be a request to somebody else. */
export const docsStart = `Scalar.createApiReference('#app', {
  url: 'openapi.json',
  withDefaultFonts: false,
  telemetry: false,
  proxyUrl: '',
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: 'never',
  hideClientButton: true,
})
`

/** Scripts of our own only. The viewer writes style elements as it draws, hence inline styles, which reach no other place. */
export const docsPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

export type Viewer = {
  /** As it is kept: `Content-Encoding: br`. */
  readonly compressed: () => Buffer
  /** For the client that does not take Brotli. */
  readonly plain: () => Promise<Buffer>
}

export function createViewer(): Viewer {
  let bytes: Buffer | null = null
  const compressed = (): Buffer => (bytes ??= readFileSync(bundle))
  return { compressed, plain: () => promisify(brotliDecompress)(compressed()) }
}
