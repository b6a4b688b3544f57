// The line of an action: recognised in front of the relay, authenticated, its body held and checked; then its handler
// makes inner calls, each of which goes through every room of the relay with the token of this caller.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Endpoint } from '../catalog/endpoint.ts'
import type { EndpointId } from '../catalog/index.ts'
import { createMatcher } from '../catalog/match.ts'
import type { InnerCaller } from '../http/inner.ts'
import { Refusal } from '../kernel/errors.ts'
import type { Authenticate } from '../relay/authenticate.ts'
import { discardBody } from '../relay/body/discard.ts'
import type { Holder } from '../relay/body/hold.ts'
import { readJsonFacts } from '../relay/body/json-facts.ts'
import { codingOf, kindOf } from '../relay/body/media-type.ts'
import { ClientLeft } from '../relay/departure.ts'
import type { Authenticated, Opened } from '../relay/exchange.ts'
import { headerValue, readHeadFacts } from '../relay/headers.ts'
import { checkFraming } from '../relay/receive.ts'
import { settleRefused } from '../relay/refuse.ts'
import { openExchange } from '../relay/relay.ts'
import type { Settle } from '../relay/settle.ts'
import { parseTarget } from '../relay/target.ts'
import { planOf } from '../relay/plan.ts'
import { PassOn, type Action, type ActionAnswer, type CallOptions } from './action.ts'
import { answerPassed, answerValue } from './answer.ts'
import { parseExactly } from './exact-json.ts'
import type { FetchFile } from './fetch.ts'
import { handlers } from './handlers.ts'
import { pathOf, rowOf } from './paths.ts'
import { checkShape, isObject, readQuery, type Values } from '../kernel/shape.ts'
import { wrappers, type Wrapper } from './wrappers.ts'

export type ActionsOptions = {
  readonly authenticate: Authenticate
  /** Bodies of clients. */
  readonly holder: Holder
  /** Answers of inner calls that are read whole. */
  readonly answerHolder: Holder
  readonly maxJsonDepth: number
  readonly answerMs: number
  readonly fetchFile: FetchFile
  readonly settle: Settle
  readonly tick: () => number
  readonly onUnexpected: (requestId: string, error: unknown) => void
}

/** @returns the exchange when the request is an action's, or null: then it is somebody else's */
export type Actions = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void> | null

/** What belongs to the actions, with or without `/v1`. Some clients encode the colon. */
const ours = /^(?:\/v1)?\/(?:actions(?:[/?]|$)|proxy(?:\?|$)|responses(?::|%3[aA])stream(?:\?|$))/

/** Headers that ChatGPT's actions cannot set and other clients may: they mean the same on the calls. */
const handedOn = ['idempotency-key', 'openai-beta', 'openai-organization', 'openai-project', 'user-agent', 'x-client-request-id']

type Row = Endpoint & { readonly wrapper: Wrapper }

/** A wrapper as a row of the matcher, the log and the metrics. */
const rowOfWrapper = (wrapper: Wrapper): Row => ({
  id: wrapper.id,
  method: wrapper.method,
  path: wrapper.path,
  transport: 'http',
  permission: 'actions:write',
  request: wrapper.request === null ? [] : ['json'],
  response: ['json'],
  pace: 'generation',
  replay: 'never',
  beta: null,
  status: 'stable',
  actions: 'direct',
  // Its inner calls go through rows of their own, and those say what they do with resources.
  tenants: 'owned',
  resources: [],
  summary: wrapper.summary,
  wrapper,
})

export function createActions(options: ActionsOptions): (inner: InnerCaller) => Actions {
  const { authenticate, settle, tick, onUnexpected } = options
  const match = createMatcher<Row>(wrappers.map(rowOfWrapper))

  return (inner) => (incoming, outgoing) => (ours.test(incoming.url ?? '') ? exchange(incoming, outgoing, inner) : null)

  async function exchange(incoming: IncomingMessage, outgoing: ServerResponse, inner: InnerCaller): Promise<void> {
    const opened = openExchange(incoming, outgoing, tick())
    const left = new AbortController()
    opened.departure.onLeave(() => left.abort(new ClientLeft()))
    const late = new AbortController()
    let timer: NodeJS.Timeout | null = null
    try {
      const { row, params, query, authentication } = receive(opened)
      const authenticated = await authentication
      const { wrapper } = row
      const values = readQuery(wrapper.query, query)
      const { bytes, body } = await readBody(authenticated, wrapper)
      if (wrapper.pace === 'answer')
        timer = setTimeout(() => late.abort(new Refusal('answer_timeout', { seconds: String(options.answerMs / 1000) })), options.answerMs)
      const action = createAction(authenticated, inner, {
        params,
        query: values,
        body,
        bytes,
        left: left.signal,
        signal: AbortSignal.any([left.signal, late.signal]),
      })
      const answer = await handlers[wrapper.id](action).catch((error: unknown): ActionAnswer => {
        if (error instanceof PassOn) return { passed: error.answer }
        // Whatever broke because the time was over or the client gone says less than that does.
        throw action.signal.aborted ? action.signal.reason : error
      })
      if (timer !== null) clearTimeout(timer)
      const outcome =
        'passed' in answer
          ? await answerPassed(opened, answer.passed, tick)
          : await answerValue(opened, answer.value, isObject(answer.value) && 'openaiFileResponse' in answer.value)
      settle(opened, outcome, null)
    } catch (error) {
      await settleRefused(opened, error, { settle, onUnexpected })
    } finally {
      if (timer !== null) clearTimeout(timer)
      // Calls that nobody waits for any more end with the exchange.
      left.abort(new ClientLeft())
      discardBody(incoming)
    }
  }

  function receive(opened: Opened): {
    readonly row: Row
    readonly params: Readonly<Record<string, string>>
    readonly query: string
    readonly authentication: Authenticated | Promise<Authenticated>
  } {
    const { incoming } = opened
    const method = incoming.method ?? ''
    const head = readHeadFacts(incoming.rawHeaders, incoming.httpVersion)
    checkFraming(head, incoming.httpVersion)
    const { segments, query } = parseTarget((incoming.url ?? '').replace(/%3a/i, ':'))
    const path = `/${segments.join('/')}`
    const found = match(method, segments, false)
    if (found.kind === 'wrong-method')
      throw new Refusal('method_not_allowed', { method, path }, { headers: ['Allow', found.methods.join(', ')] })
    if (found.kind === 'unknown') throw new Refusal('unknown_url', { method, path })
    opened.tally.endpoint = found.row
    return {
      row: found.row,
      params: found.params,
      query,
      authentication: authenticate({
        ...opened,
        head,
        endpoint: found.row,
        plan: planOf(found.row),
        params: found.params,
        upstreamPath: '',
        query,
      }),
    }
  }

  async function readBody(
    authenticated: Authenticated,
    { request, path }: Wrapper,
  ): Promise<{ readonly bytes: Buffer; readonly body: Values }> {
    const { head, incoming, outgoing, departure, tally } = authenticated
    const announced = head.contentLength === null ? null : Number(head.contentLength)
    const isEmpty = head.transferEncoding === null && (announced === null || announced === 0)
    if (request === null && isEmpty) return { bytes: Buffer.alloc(0), body: {} }
    if (!isEmpty && (request === null || kindOf(head.contentType) !== 'json'))
      throw new Refusal('unsupported_media_type', {
        given: (head.contentType ?? '').replace(/[^\x20-\x7e]/g, '?').slice(0, 100),
        path,
        accepted: request === null ? 'no body' : 'application/json',
      })
    if (codingOf(head.contentEncoding) !== 'identity')
      throw new Refusal('unsupported_content_encoding', { given: (head.contentEncoding ?? '').slice(0, 40) })
    if (head.expectsContinue) outgoing.writeContinue()
    const { bytes, release } = isEmpty ? { bytes: Buffer.alloc(0), release: () => {} } : await options.holder.hold(incoming, announced)
    void departure.over.then(release)
    tally.requestBytes = bytes.length
    const body = bytes.length === 0 ? {} : parseObject(bytes, options.maxJsonDepth, authenticated)
    if (request !== null && !request.additionalProperties) checkShape(request, body)
    return { bytes, body }
  }

  function createAction(
    authenticated: Authenticated,
    inner: InnerCaller,
    given: Pick<Action, 'params' | 'query' | 'body' | 'bytes' | 'left' | 'signal'>,
  ): Action {
    const { incoming, presented, tally, departure } = authenticated
    const headers: Record<string, string> = { Authorization: `Bearer ${presented}` }
    for (const name of handedOn) {
      const value = headerValue(incoming.rawHeaders, name)
      if (value !== null) headers[name] = value
    }

    async function call(
      id: EndpointId,
      { params = {}, query = '', json, bytes, form, signal = given.signal }: CallOptions = {},
    ): Promise<IncomingMessage> {
      const row = rowOf(id)
      const content =
        form !== undefined
          ? form
          : bytes !== undefined
            ? { contentType: 'application/json', bytes }
            : json === undefined
              ? null
              : { contentType: 'application/json', bytes: Buffer.from(JSON.stringify(json)) }
      tally.attempts++
      const answer = await inner({
        method: row.method,
        path: pathOf(row, params) + query,
        signal,
        headers: {
          ...headers,
          ...(row.beta === null || 'openai-beta' in headers ? {} : { 'OpenAI-Beta': row.beta }),
          ...(content === null ? {} : { 'Content-Type': content.contentType }),
        },
        body: content === null ? null : 'stream' in content ? content : content.bytes,
      }).catch((error: unknown) => {
        if (error instanceof Refusal) throw error
        throw new Refusal('upstream_failed', {}, { cause: error })
      })
      tally.upstreamRequestId = headerValue(answer.rawHeaders, 'x-request-id')
      return answer
    }

    async function held(answer: IncomingMessage, maxBytes: number): Promise<Buffer> {
      const announced = answer.headers['content-length'] === undefined ? null : Number(answer.headers['content-length'])
      const tooLarge = new Refusal('answer_too_large', { why: `it is larger than ${maxBytes} bytes` })
      if (announced !== null && announced > maxBytes) throw tooLarge
      const { bytes, release } = await options.answerHolder.hold(answer, announced).catch((error: unknown) => {
        if (error instanceof ClientLeft) throw new Refusal('upstream_failed', {}, { cause: error })
        throw error instanceof Refusal && error.code === 'request_too_large' ? tooLarge : error
      })
      void departure.over.then(release)
      if (bytes.length > maxBytes) throw tooLarge
      return bytes
    }

    return {
      ...given,
      wantsEvents: /(?:^|,)\s*text\/event-stream\b/i.test(incoming.headers.accept ?? ''),
      fetchFile: options.fetchFile,
      call,
      async callJson(id, callOptions) {
        const answer = await succeeded(call(id, callOptions))
        const value = parsed(await held(answer, Number.MAX_SAFE_INTEGER))
        if (!isObject(value)) throw new Refusal('upstream_failed')
        return value
      },
      async callBytes(id, maxBytes, callOptions) {
        const answer = await succeeded(call(id, callOptions))
        return { bytes: await held(answer, maxBytes), headers: answer.headers }
      },
    }
  }
}

async function succeeded(calling: Promise<IncomingMessage>): Promise<IncomingMessage> {
  const answer = await calling
  if ((answer.statusCode ?? 0) >= 300) throw new PassOn(answer)
  return answer
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    throw new Refusal('upstream_failed', {}, { cause: error })
  }
}

/** @throws Refusal json_too_complex, invalid_json */
function parseObject(bytes: Buffer, maxDepth: number, { plan, tally }: Authenticated): Values {
  tally.model = readJsonFacts(bytes, maxDepth, plan.body).model
  return parseExactly(bytes.toString('utf8')) as Values
}
