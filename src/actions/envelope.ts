// Reads the envelope of the guarded proxy into one row of the catalog and one canonical path. Whatever another reader
// could take for another path is refused; the checks stand in the order callers of the predecessor know.
import { jsonObstacle, jsonObstacles } from '../catalog/actions.ts'
import type { Endpoint } from '../catalog/endpoint.ts'
import { catalog, type EndpointId } from '../catalog/index.ts'
import { createMatcher } from '../catalog/match.ts'
import { notCarried } from '../catalog/not-carried.ts'
import { Refusal } from '../kernel/errors.ts'
import { isObject, type Values } from '../kernel/shape.ts'
import { wrappers } from './wrappers.ts'

export type Envelope = {
  readonly id: EndpointId
  readonly params: Readonly<Record<string, string>>
  /** With its question mark, or nothing. */
  readonly query: string
  readonly json: unknown
}

const match = createMatcher<Endpoint>(catalog)
const methods: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
const aliases = { query: ['query', 'params', 'query_params'], body: ['body', 'json', 'json_body'] } as const
const keys: ReadonlySet<string> = new Set(['method', 'path', ...aliases.query, ...aliases.body])
/** Paths of our own; the proxy calls the upstream's only. */
const ownPaths: ReadonlySet<string> = new Set([...wrappers.map((each): string => each.path), '/v1/health', '/v1/manifest'])

const wrongEnvelope = (why: string, param: string): Refusal => new Refusal('proxy_envelope', { why, param })
const malformed = (why: string): Refusal => new Refusal('proxy_malformed', { why })
const refused = (why: string): Refusal => new Refusal('proxy_refused', { why })

/** @throws Refusal proxy_envelope, proxy_malformed, proxy_refused */
export function readEnvelope(body: Values): Envelope {
  for (const key of Object.keys(body)) if (!keys.has(key)) throw wrongEnvelope('Extra inputs are not permitted', key.slice(0, 64))
  const given = text(body, 'method')
  const rawPath = text(body, 'path')
  const query = oneOf(body, aliases.query) ?? {}
  if (!isObject(query)) throw wrongEnvelope('Input should be an object', 'query')
  const json = oneOf(body, aliases.body)

  const method = given.toUpperCase()
  if (!methods.has(method)) throw malformed(`Unsupported method: ${given.slice(0, 20)}`)
  const segments = readPath(rawPath)
  if ([json, query].some((each) => isObject(each) && asksToStream(each['stream'])))
    throw refused('stream=true is not allowed via /v1/proxy (use explicit streaming route)')

  const path = `/${segments.join('/')}`
  if (ownPaths.has(path) || path === '/v1/actions' || path.startsWith('/v1/actions/')) throw refused('path is blocked')
  const administration = ['/v1/admin', ...notCarried.map(({ prefix }) => prefix)].find(
    (prefix) => path === prefix || path.startsWith(`${prefix}/`),
  )
  if (administration !== undefined) throw refused(`blocked prefix: ${administration}`)

  const found = match(method, segments, false)
  if (found.kind !== 'found') throw refused('method/path not allowlisted for /v1/proxy')
  const obstacle = jsonObstacle(found.row)
  if (obstacle === 'multipart') throw refused('multipart endpoint blocked via /v1/proxy')
  if (obstacle !== null) throw refused(`endpoint blocked via /v1/proxy: ${jsonObstacles[obstacle]}`)
  const takesBody = found.row.request.includes('json')
  if (!takesBody && json !== undefined && !(isObject(json) && Object.keys(json).length === 0))
    throw wrongEnvelope('This operation takes no body', 'body')
  return { id: found.row.id as EndpointId, params: found.params, query: writeQuery(query), json: takesBody ? (json ?? {}) : undefined }
}

/** The one reading of a path. No encoding, no empty or dot segment, no character that is not part of a name survives it. */
function readPath(raw: string): readonly string[] {
  if (raw.trim() === '') throw malformed('path is required')
  if (/:\/\/|^\s*http/i.test(raw)) throw malformed('path must be an OpenAI API path, not a URL')
  if (raw.includes('?')) throw malformed("path must not include '?'; use `query` field")
  if (raw.includes(':')) throw refused("':' paths are not allowed via /v1/proxy")
  if (/\s/u.test(raw)) throw refused('path must not contain whitespace')
  const segments = raw.replace(/^\//, '').split('/')
  if (raw.length > 2048 || raw.includes('..') || !segments.every((segment) => /^[A-Za-z0-9._~-]+$/.test(segment) && segment !== '.'))
    throw refused('path contains illegal sequences')
  return segments[0] === 'v1' ? segments : ['v1', ...segments]
}

function text(body: Values, key: string): string {
  const value = body[key]
  if (value === undefined || value === null) throw wrongEnvelope('Field required', key)
  if (typeof value !== 'string') throw wrongEnvelope('Input should be a string', key)
  return value
}

/** Null counts as not given: models write it for what they leave out. */
function oneOf(body: Values, names: readonly string[]): unknown {
  const given = names.filter((name) => body[name] !== undefined && body[name] !== null)
  if (given.length > 1) throw wrongEnvelope('Two names for one field', given.join(', '))
  return given[0] === undefined ? undefined : body[given[0]]
}

/** Anything but a plain no: some upstreams take "true" and 1 for yes. */
const asksToStream = (value: unknown): boolean => value !== undefined && value !== null && value !== false && value !== 'false'

/** Lists as OpenAI's SDKs write them, `include[]=a&include[]=b`; null is left out. */
function writeQuery(query: Values): string {
  const pairs: string[] = []
  const add = (name: string, value: unknown): void => {
    if (value === null || value === undefined) return
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
      throw wrongEnvelope('Input should be text, a number or a boolean', `query.${name.slice(0, 64)}`)
    pairs.push(`${encode(name)}=${encode(String(value))}`)
  }
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) for (const each of value) add(name.endsWith('[]') ? name : `${name}[]`, each)
    else add(name, value)
  }
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

/** A lone surrogate has no UTF-8: it would be an error of ours. */
const encode = (value: string): string => encodeURIComponent(value.toWellFormed())
