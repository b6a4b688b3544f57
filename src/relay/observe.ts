// Room 7: the answer goes to the client as it comes; ids that are born in it wait for their owner to be written down. Once it has
// begun nothing can be refused: an answer that breaks off is broken off towards the client too, never ended as if it were whole.
import { Refusal } from '../kernel/errors.ts'
import type { Born, Named, Ownership } from '../ownership/ownership.ts'
import { startAnswer, type AnswerWriter } from './body/answer-writer.ts'
import type { Forwarded, Outcome } from './exchange.ts'
import { clientHeaders, headerValue } from './headers.ts'
import { createRecorder, type Recorder } from './recorder.ts'
import { scrub } from './scrub.ts'
import { StoreUnavailable } from '../store/store.ts'
import { UpstreamFailure } from '../upstreams/wire/failure.ts'

export type Observe = (forwarded: Forwarded) => Promise<Outcome>

export type ObserveOptions = {
  readonly tick: () => number
  readonly ownership: Ownership
  /** An id that was just born belongs to somebody else already: the upstream gave it out twice. */
  readonly onConflict: (requestId: string, named: readonly Named[]) => void
}

/** An error longer than this is cut: no upstream writes one. */
const maxErrorBytes = 262_144

export function createObserve({ tick, ownership, onConflict }: ObserveOptions): Observe {
  /** Writes owners down; the first to be written also ends what announced the create. */
  function recording({ heir, accountId, requestId, intent: first }: Forwarded): (born: readonly Born[]) => Promise<void> {
    let intent = first
    return async (born) => {
      const announced = intent
      intent = null
      const others = await ownership.record(heir, accountId, born, announced)
      if (others.length > 0) onConflict(requestId, others)
    }
  }

  /** What the status alone tells of a delete or a create that was announced. */
  function conclude({ replyHead: { status }, accountId, deleting, intent }: Forwarded): void {
    if (intent !== null && status >= 400 && status < 500) ownership.forget(intent)
    if (deleting === null) return
    if (status < 300 || status === 404 || status === 410) ownership.endDelete(accountId, deleting, 'gone')
    // It still has the object, and says why. After a 5xx nobody knows: it is deleted once more later.
    else if (status < 500) ownership.endDelete(accountId, deleting, 'live')
  }

  /** The id of a call stands at the end of the `Location` of the answer and nowhere else. */
  async function recordLocation({ plan, replyHead }: Forwarded, record: (born: readonly Born[]) => Promise<void>): Promise<void> {
    if (plan.location === null || replyHead.status >= 300) return
    const id = /([^/?#]+)\/?(?:[?#].*)?$/.exec(headerValue(replyHead.headers, 'location') ?? '')?.[1]
    if (id === undefined) return
    try {
      await record([{ kind: plan.location, id, parent: null, body: null }])
    } catch (error) {
      throw new Refusal('owner_unwritten', {}, { cause: error })
    }
  }

  /** Errors are short: what is not the caller's to know is taken out of the whole of one. */
  async function answerScrubbed(forwarded: Forwarded, headers: readonly string[]): Promise<Outcome> {
    const { reply, replyHead, departure, tally, owner } = forwarded
    departure.onLeave(() => reply.abort())
    const body = await reply
      .whole(maxErrorBytes)
      .then(async (text) => Buffer.from(await scrub(text.toString('utf8'), saidBy(forwarded), owner, ownership)))
      .catch((error: unknown) => {
        if (error instanceof UpstreamFailure) throw new Refusal('upstream_failed', {}, { cause: error })
        if (error instanceof StoreUnavailable) throw new Refusal('store_unavailable', {}, { cause: error })
        throw error
      })
    const kept = headers.filter((_, at) => (headers[at - (at % 2)] ?? '').toLowerCase() !== 'content-length')
    kept.push('Content-Length', String(body.length))
    tally.answerBytes = body.length
    const writer = startAnswer(forwarded, replyHead.status, replyHead.reason, kept, true)
    if (body.length > 0) writer.write(body, true)
    writer.end()
    return (await departure.over) ? 'completed' : 'client-left'
  }

  return async (forwarded) => {
    const { reply, replyHead, outgoing, incoming, departure, requestId, tally, label } = forwarded
    const { status, reason } = replyHead
    conclude(forwarded)
    const isError = label !== null && status >= 400
    const headers = clientHeaders(replyHead.headers, status === 204 || status === 304, label !== null)
    headers.push('x-relay-request-id', requestId)
    tally.status = status
    tally.upstreamRequestId = headerValue(replyHead.headers, 'x-request-id')
    tally.firstByteTick = tick()
    const form = formOf(forwarded)
    if (form !== null || isError) refuseCoded(forwarded)
    const record = recording(forwarded)
    if (forwarded.plan.location !== null) await recordLocation(forwarded, record)
    // The upstream's own Date passes; a second one would be ours.
    outgoing.sendDate = false
    if (isError) return await answerScrubbed(forwarded, headers)

    const hasLength =
      replyHead.framing.kind === 'length' || (replyHead.framing.kind === 'none' && headerValue(headers, 'content-length') !== null)
    let writer: AnswerWriter | null = null
    const begin = (): AnswerWriter => (writer ??= startAnswer(forwarded, status, reason, headers, hasLength))
    // With ids in it, the head waits for the first of them: until then the answer can still be a refusal.
    if (form !== 'json') begin()

    let hasFailed = false
    const breakOff = (): void => {
      hasFailed = true
      // Where the end of the connection is the end of the body, only a reset says that this is none (RFC 9112 6.3).
      if (incoming.httpVersion === '1.0') incoming.socket.resetAndDestroy()
      else outgoing.destroy()
    }
    const write = (bytes: Buffer, isLast: boolean): void => {
      if (!begin().write(bytes, isLast)) reply.pause()
    }
    let refuse: (error: unknown) => void = () => {}
    const refused = form === null ? null : new Promise<never>((_, reject) => (refuse = reject))
    const recorder: Recorder | null =
      form === null
        ? null
        : createRecorder({
            ownership,
            owner: forwarded.heir,
            account: forwarded.accountId,
            plan: forwarded.plan,
            isTold: ({ when }) => when === undefined || forwarded.facts?.[when] === true,
            form,
            hidesAccount: label !== null,
            record,
            release: write,
            onEnd: () => begin().end(),
            onFree: () => {
              if (!outgoing.writableNeedDrain) reply.resume()
            },
            onFail(error) {
              reply.abort()
              tally.failure = 'the owner could not be written down'
              if (writer === null) refuse(new Refusal('owner_unwritten', {}, { cause: error }))
              else breakOff()
            },
          })
    departure.onLeave(() => reply.abort())
    outgoing.on('drain', () => {
      if (recorder?.isWaiting() !== true) reply.resume()
    })
    const hasBegun = reply.take({
      data(bytes, isLast) {
        tally.answerBytes += bytes.length
        if (recorder === null) return write(bytes, isLast)
        recorder.push(bytes, isLast)
        if (recorder.isWaiting()) reply.pause()
      },
      end: () => (recorder === null ? begin().end() : recorder.end()),
      fail(failure) {
        tally.failure = failure.describe()
        breakOff()
      },
    })
    if (!hasBegun && writer !== null) outgoing.flushHeaders()

    const wasWritten = refused === null ? await departure.over : await Promise.race([departure.over, refused])
    return wasWritten ? 'completed' : hasFailed ? 'upstream-failed' : 'client-left'
  }
}

/** How the answer is read for ids; null where it bears none. */
function formOf({ plan, facts, replyHead }: Forwarded): 'json' | 'event' | null {
  if (replyHead.status >= 300 || (plan.answer === null && plan.event === null)) return null
  if (plan.whens !== null && !plan.whens.some((when) => facts?.[when] === true)) return null
  const type = (headerValue(replyHead.headers, 'content-type') ?? '').trim().toLowerCase()
  if (type.startsWith('text/event-stream')) return plan.event === null ? null : 'event'
  return plan.answer !== null && /^application\/(?:[\w.+-]*\+)?json\b/.test(type) ? 'json' : null
}

/** It was asked for without compression: what cannot be read cannot be kept apart. */
function refuseCoded({ replyHead, reply, label }: Forwarded): void {
  const coding = (headerValue(replyHead.headers, 'content-encoding') ?? 'identity').trim().toLowerCase()
  if (coding === 'identity' || coding === '' || label === null) return
  reply.abort()
  throw new Refusal('upstream_failed', {}, { cause: new Error(`the upstream answered in ${coding}, which was not asked for`) })
}

/** What the caller wrote in the request themselves. */
function saidBy({ incoming, body }: Forwarded): (id: string) => boolean {
  const url = incoming.url ?? ''
  const held = body.kind === 'bytes' ? (body.inflated ?? body.bytes) : null
  return (id) => url.includes(id) || held?.includes(id) === true
}
