// The admin API over HTTP: recognised in front of the actions and the relay, with tokens of its own. Its line is that of an
// action, up to where the table takes over; what it shares with the rooms is how a request is read and an answer is ended.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Endpoint } from '../catalog/endpoint.ts'
import { createMatcher } from '../catalog/match.ts'
import type { Actor } from '../identity/records.ts'
import { Refusal } from '../kernel/errors.ts'
import { isObject, readQuery } from '../kernel/shape.ts'
import { discardBody } from '../relay/body/discard.ts'
import { createHolder } from '../relay/body/hold.ts'
import { codingOf, kindOf } from '../relay/body/media-type.ts'
import type { Opened } from '../relay/exchange.ts'
import { ownHeaders, readHeadFacts, type HeadFacts } from '../relay/headers.ts'
import { checkFraming } from '../relay/receive.ts'
import { settleRefused } from '../relay/refuse.ts'
import { openExchange } from '../relay/relay.ts'
import type { Settle } from '../relay/settle.ts'
import { parseTarget } from '../relay/target.ts'
import { checkGiven, rowOf, type Perform } from './admin.ts'
import type { Given } from './context.ts'
import { inputsAt, type Operation } from './operation.ts'
import type { OperationId } from './operations.ts'
import type { Answer } from './present.ts'

export type AdminApiOptions = {
  readonly perform: Perform
  /** Who presents this admin token, as the audit names them. */
  readonly actorOf: (presented: string) => Actor | null | Promise<Actor | null>
  readonly settle: Settle
  readonly tick: () => number
  /** Longest pause of a client that sends a body, ms. */
  readonly silenceMs: number
  readonly onUnexpected: (requestId: string, error: unknown) => void
}

/** @returns the exchange when the request is the admin API's, or null: then it is somebody else's */
export type AdminApi = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void> | null

/** Never below `/v1`, where the tokens of clients count. */
const ours = /^\/admin(?:[/?]|$)/

/** No input of the table is longer. */
const maxBodyBytes = 65_536
/** Of all callers at once: nobody but an operator gets this far. */
const maxHeldBytes = 16 * maxBodyBytes

type Row = Endpoint & { readonly operation: Operation & { readonly id: OperationId } }

/** An operation as a row of the matcher, the log and the metrics. */
const endpointOf = (operation: Row['operation']): Row => ({
  id: `admin.${operation.id}`,
  method: operation.method,
  // The reader of targets puts `v1` in front of every path that does not begin with it.
  path: `/v1${operation.path}`,
  transport: 'http',
  permission: 'admin:write',
  request: operation.method === 'POST' ? ['json'] : [],
  response: ['json'],
  pace: 'control',
  replay: 'never',
  beta: null,
  status: 'stable',
  actions: 'never',
  tenants: 'account',
  resources: [],
  summary: operation.summary,
  operation,
})

export function createAdminApi({ perform, actorOf, settle, tick, silenceMs, onUnexpected }: AdminApiOptions): AdminApi {
  const match = createMatcher<Row>([...rowOf.values()].map(endpointOf))
  const holder = createHolder({ maxBodyBytes, maxHeldBytes, silenceMs })

  return (incoming, outgoing) => (ours.test(incoming.url ?? '') ? exchange(incoming, outgoing) : null)

  async function exchange(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const opened = openExchange(incoming, outgoing, tick())
    try {
      const { head, operation, params, query } = receive(opened)
      const actor = await authenticate(head)
      const inQuery = readQuery(inputsAt(operation, 'query').properties, query)
      checkGiven(operation, 'query', inQuery)
      checkGiven(operation, 'path', params)
      const body = await readBody(opened, head, operation)
      checkGiven(operation, 'body', body)
      answer(opened, await perform(operation.id, actor, { ...body, ...inQuery, ...params }))
      settle(opened, (await opened.departure.over) ? 'completed' : 'client-left', null)
    } catch (error) {
      await settleRefused(opened, error, { settle, onUnexpected })
    } finally {
      discardBody(incoming)
    }
  }

  function receive(opened: Opened): {
    readonly head: HeadFacts
    readonly operation: Row['operation']
    readonly params: Readonly<Record<string, string>>
    readonly query: string
  } {
    const { incoming } = opened
    const method = incoming.method ?? ''
    const head = readHeadFacts(incoming.rawHeaders, incoming.httpVersion)
    checkFraming(head, incoming.httpVersion)
    const { segments, query } = parseTarget(incoming.url ?? '')
    const path = `/${segments.slice(1).join('/')}`
    const found = match(method, segments, false)
    if (found.kind === 'wrong-method')
      throw new Refusal('method_not_allowed', { method, path }, { headers: ['Allow', found.methods.join(', ')] })
    if (found.kind === 'unknown') throw new Refusal('unknown_url', { method, path })
    opened.tally.endpoint = found.row
    const params = Object.fromEntries(Object.entries(found.params).map(([name, value]) => [name, decoded(value)]))
    return { head, operation: found.row.operation, params, query }
  }

  async function authenticate(head: HeadFacts): Promise<Actor> {
    const challenge = { headers: ['WWW-Authenticate', 'Bearer'] }
    const presented = /^bearer[ \t]+(\S+)[ \t]*$/i.exec(head.authorization ?? '')?.[1]
    if (presented === undefined) throw new Refusal('missing_admin_token', {}, challenge)
    const actor = await actorOf(presented)
    if (actor === null) throw new Refusal('invalid_admin_token', {}, challenge)
    return actor
  }

  async function readBody({ incoming, outgoing, departure, tally }: Opened, head: HeadFacts, { method, path }: Operation): Promise<Given> {
    const announced = head.contentLength === null ? null : Number(head.contentLength)
    if (head.transferEncoding === null && (announced === null || announced === 0)) return {}
    const takes = method === 'POST' ? 'application/json' : 'no body'
    if (takes === 'no body' || kindOf(head.contentType) !== 'json')
      throw new Refusal('unsupported_media_type', {
        given: (head.contentType ?? '').replace(/[^\x20-\x7e]/g, '?').slice(0, 100),
        path,
        accepted: takes,
      })
    if (codingOf(head.contentEncoding) !== 'identity')
      throw new Refusal('unsupported_content_encoding', { given: (head.contentEncoding ?? '').slice(0, 40) })
    if (head.expectsContinue) outgoing.writeContinue()
    const { bytes, release } = await holder.hold(incoming, announced)
    void departure.over.then(release)
    tally.requestBytes = bytes.length
    return parseObject(bytes)
  }
}

function answer({ outgoing, requestId, tally }: Opened, value: Answer): void {
  const body = Buffer.from(JSON.stringify(value))
  tally.status = 200
  tally.answerBytes = body.length
  // Some answers hold a secret.
  outgoing.writeHead(200, [...ownHeaders(body.length, requestId), 'Cache-Control', 'no-store'])
  outgoing.end(body)
}

/** @throws Refusal malformed_path */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch (error) {
    throw new Refusal('malformed_path', { why: 'an encoding in it is no UTF-8' }, { cause: error })
  }
}

/** @throws Refusal invalid_json */
function parseObject(bytes: Buffer): Given {
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    throw new Refusal('invalid_json', { why: 'The body is no JSON.' }, { cause: error })
  }
  if (!isObject(value)) throw new Refusal('invalid_json', { why: 'The body is no JSON object.' })
  return value
}
