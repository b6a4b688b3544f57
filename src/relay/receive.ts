// Room 1: which row of the catalog is this? Refuses what no row allows, before anything of the body is read.
import type { Endpoint } from '../catalog/endpoint.ts'
import { modelParams } from '../catalog/endpoint.ts'
import { catalog } from '../catalog/index.ts'
import { createMatcher } from '../catalog/match.ts'
import { notCarried } from '../catalog/not-carried.ts'
import { Refusal } from '../kernel/errors.ts'
import type { Opened, Received } from './exchange.ts'
import { type HeadFacts, readHeadFacts } from './headers.ts'
import { planOf } from './plan.ts'
import { checkModelId, checkPlainId, parseTarget } from './target.ts'

export type Receive = (opened: Opened) => Received

/** The row of a path nobody listed, when the operator lets such paths pass. */
const unlistedRow = (method: Endpoint['method'], path: Endpoint['path']): Endpoint => ({
  id: 'unlisted',
  method,
  path,
  transport: 'http',
  permission: 'unlisted:write',
  request: ['json', 'multipart', 'sdp'],
  response: ['json', 'sse', 'binary'],
  pace: 'generation',
  replay: method === 'GET' ? 'safe' : 'never',
  beta: null,
  status: 'beta',
  actions: 'never',
  // Nobody can tell whose objects such a path touches.
  tenants: 'account',
  resources: [],
  summary: 'A path the catalog does not list.',
})

const unlistedPlan = planOf(unlistedRow('GET', '/v1/unlisted'))

const unlistedMethods: ReadonlySet<string> = new Set(['GET', 'POST', 'DELETE', 'PUT', 'PATCH'])

export function createReceive(options: { readonly unlisted: 'deny' | 'passthrough' }): Receive {
  const match = createMatcher<Endpoint>(catalog)

  return (opened) => {
    const { incoming } = opened
    const method = incoming.method ?? ''
    const head = readHeadFacts(incoming.rawHeaders, incoming.httpVersion)
    checkFraming(head, incoming.httpVersion)
    const { segments, query } = parseTarget(incoming.url ?? '')
    const path = `/${segments.join('/')}`
    const found = match(method, segments, head.isUpgrade)

    if (found.kind === 'wrong-method')
      throw new Refusal('method_not_allowed', { method, path }, { headers: ['Allow', found.methods.join(', ')] })
    if (found.kind === 'unknown') {
      if (options.unlisted === 'deny' || !unlistedMethods.has(method) || isNotCarried(path))
        throw new Refusal('unknown_url', { method, path })
      // Whoever merges slashes or decodes would read another path: here the text goes upstream as it is.
      for (const segment of segments) checkPlainId(segment)
      if (segments.includes('')) throw new Refusal('unknown_url', { method, path })
      const endpoint = unlistedRow(method as Endpoint['method'], path as Endpoint['path'])
      return { ...opened, head, endpoint, plan: unlistedPlan, params: {}, upstreamPath: path.slice(3), query }
    }

    const endpoint = found.row
    opened.tally.endpoint = endpoint
    if (endpoint.transport === 'socket')
      throw new Refusal('upgrade_required', { path: endpoint.path }, { headers: ['Upgrade', 'websocket'] })
    const { params } = found
    return { ...opened, head, endpoint, plan: planOf(endpoint), params, upstreamPath: rebuild(endpoint.path, params), query }
  }
}

/** The path below `/v1`: the template of the row with checked ids in its places. */
function rebuild(template: string, params: Readonly<Record<string, string>>): string {
  return template.slice(3).replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name] ?? ''
    if (modelParams.has(name)) checkModelId(value)
    else checkPlainId(value)
    return value
  })
}

function isNotCarried(path: string): boolean {
  const lower = path.toLowerCase()
  return notCarried.some(({ prefix }) => lower === prefix || lower.startsWith(`${prefix}/`))
}

/** node:http lets some forms through that a stricter reader frames differently (RFC 9112 6.1): those end the connection. */
export function checkFraming(head: HeadFacts, httpVersion: string): void {
  const why =
    head.problem ??
    (httpVersion !== '1.1' && httpVersion !== '1.0'
      ? 'only HTTP/1.0 and HTTP/1.1 are spoken here'
      : head.transferEncoding !== null &&
          (head.contentLength !== null || httpVersion !== '1.1' || head.transferEncoding.toLowerCase() !== 'chunked')
        ? 'transfer-encoding'
        : null)
  if (why !== null) throw new Refusal('malformed_request', { why }, { endsConnection: true })
}
