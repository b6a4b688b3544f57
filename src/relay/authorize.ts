// Room 3: is this body one the row takes, and what does it say? JSON is held and read for facts; everything else streams.
import { Refusal } from '../kernel/errors.ts'
import type { Holder } from './body/hold.ts'
import { readJsonFacts } from './body/json-facts.ts'
import { acceptedText, codingOf, hasBoundary, kindOf } from './body/media-type.ts'
import { ClientLeft } from './departure.ts'
import type { Authenticated, Authorized, RequestBody } from './exchange.ts'

export type Authorize = (authenticated: Authenticated) => Authorized | Promise<Authorized>

const none: RequestBody = { kind: 'none' }

export function createAuthorize(options: {
  readonly holder: Holder
  readonly maxJsonDepth: number
  readonly clientSilenceMs: number
}): Authorize {
  return (authenticated) => {
    const { head, incoming, outgoing, endpoint, tally } = authenticated
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
    if (kind !== 'json' || coding !== 'identity') {
      const body: RequestBody = { kind: 'stream', bytes: announced }
      return { ...authenticated, body, facts: null }
    }
    return options.holder.hold(incoming, announced).then(({ bytes, release }) => {
      void authenticated.departure.over.then(release)
      tally.requestBytes = bytes.length
      if (bytes.length === 0) return { ...authenticated, body: none, facts: null }
      const facts = readJsonFacts(bytes, options.maxJsonDepth)
      tally.model = facts.model
      return { ...authenticated, body: { kind: 'bytes', bytes }, facts }
    })
  }
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
