// Room 3: may this caller do this, is the body one the row takes, and what does it say? JSON is held and read for facts;
// everything else streams.
import { Refusal } from '../kernel/errors.ts'
import type { Holder } from './body/hold.ts'
import { gunzip } from './body/inflate.ts'
import { readJsonFacts, type JsonFacts } from './body/json-facts.ts'
import { acceptedText, codingOf, hasBoundary, kindOf } from './body/media-type.ts'
import { ClientLeft } from './departure.ts'
import type { Authenticated, Authorized, RequestBody } from './exchange.ts'
import { isChoice, unnamedModel } from './model-choice.ts'
import type { Plan } from './plan.ts'

export type Authorize = (authenticated: Authenticated) => Authorized | Promise<Authorized>

const none: RequestBody = { kind: 'none' }

export function createAuthorize(options: {
  readonly holder: Holder
  readonly maxJsonBytes: number
  readonly maxJsonDepth: number
  readonly clientSilenceMs: number
  /** Several tenants use this relay. */
  readonly isShared: () => boolean
}): Authorize {
  return (authenticated) => {
    const { head, outgoing, endpoint, plan, caller } = authenticated
    if (!caller.mayDo(endpoint.permission) || !caller.mayCall(endpoint.id))
      throw new Refusal('insufficient_permissions', { missing: caller.mayDo(endpoint.permission) ? endpoint.id : endpoint.permission })
    if (endpoint.tenants === 'account' && options.isShared())
      throw new Refusal('not_for_tenants', { method: endpoint.method, path: endpoint.path })
    const announced = head.contentLength === null ? null : Number(head.contentLength)
    const isEmpty = head.transferEncoding === null && (announced === null || announced === 0)
    if (isEmpty) return { ...authenticated, body: none, facts: null }

    const kind = kindOf(head.contentType)
    const isTaken = kind !== null && endpoint.request.includes(kind)
    // A chunked body shows only by its first byte whether it is one at all.
    if (!isTaken && announced === null && !head.expectsContinue) return firstByteThen(authenticated, options.clientSilenceMs)
    if (!isTaken) throw unsupported(authenticated)
    const coding = codingOf(head.contentEncoding)
    if (coding === 'other') throw new Refusal('unsupported_content_encoding', { given: printable(head.contentEncoding ?? '') })
    if (kind === 'multipart' && !hasBoundary(head.contentType ?? ''))
      throw new Refusal('malformed_request', { why: 'the multipart content type names no boundary' })
    if (head.expectsContinue) outgoing.writeContinue()
    if (kind !== 'json') {
      // A form is read as it passes; nobody can read one that is compressed without undoing that.
      if (coding !== 'identity' && plan.form.size > 0) throw new Refusal('unsupported_content_encoding', { given: 'gzip' })
      const body: RequestBody = { kind: 'stream', bytes: announced, gate: null }
      return { ...authenticated, body, facts: null }
    }
    return hold(authenticated, announced, coding)
  }

  async function hold(authenticated: Authenticated, announced: number | null, coding: 'identity' | 'gzip'): Promise<Authorized> {
    const { incoming, plan, tally, caller } = authenticated
    const { bytes, release } = await options.holder.hold(incoming, announced)
    void authenticated.departure.over.then(release)
    tally.requestBytes = bytes.length
    if (bytes.length === 0) return { ...authenticated, body: none, facts: null }
    const inflated = coding === 'gzip' ? await inflate(bytes, options.maxJsonBytes) : null
    const facts = readJsonFacts(inflated ?? bytes, options.maxJsonDepth, plan.body)
    tally.model = facts.model
    if (caller.mayUse !== null) checkModel(caller.mayUse, facts, plan)
    return { ...authenticated, body: { kind: 'bytes', bytes, inflated, isRecoded: false }, facts }
  }
}

/** Left out, the model is the upstream's choice; that of an assistant or an agent was chosen when it was made. */
function checkModel(mayUse: (model: string) => boolean, { model, mentions }: JsonFacts, { choosesModel }: Plan): void {
  if (model !== null && !mayUse(model)) throw new Refusal('model_not_allowed', { model: printable(model), param: 'model' })
  const isChosen = mentions.some(({ resource }) => isChoice(resource) || chosenBefore.has(resource.at))
  if (choosesModel && !isChosen) throw unnamedModel()
}

const chosenBefore: ReadonlySet<string> = new Set(['body.assistant_id', 'body.agent_id'])

async function inflate(bytes: Buffer, maxBytes: number): Promise<Buffer> {
  const inflated = await gunzip(bytes, maxBytes)
  if ('bytes' in inflated) return inflated.bytes
  if (inflated.fault === 'too-large') throw new Refusal('request_too_large', { limit: String(maxBytes) })
  throw new Refusal('invalid_json', { why: 'It is not valid gzip.' })
}

/** RFC 9112 7.1: a chunked body may be empty, and an empty body needs no content type. */
async function firstByteThen(authenticated: Authenticated, silenceMs: number): Promise<Authorized> {
  const { incoming, departure } = authenticated
  const isEmpty = await new Promise<boolean>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Refusal('request_timeout', { seconds: String(silenceMs / 1000) })), silenceMs)
    const decide = (answer: boolean): void => {
      clearTimeout(timer)
      incoming.pause()
      resolve(answer)
    }
    incoming.once('data', () => decide(false)).once('end', () => decide(true))
    departure.onLeave(() => {
      clearTimeout(timer)
      reject(new ClientLeft())
    })
  })
  if (isEmpty) return { ...authenticated, body: none, facts: null }
  throw unsupported(authenticated)
}

function unsupported({ head, endpoint }: Authenticated): Refusal {
  return new Refusal('unsupported_media_type', {
    given: printable(head.contentType ?? ''),
    path: endpoint.path,
    accepted: acceptedText(endpoint.request),
  })
}

const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 100)
