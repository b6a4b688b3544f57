// Room 7: the answer goes to the client as it comes; ids that are born in it wait for their owner to be written down. Once it has
// begun nothing can be refused: an answer that breaks off is broken off towards the client too, never ended as if it were whole.
import type { Resource } from '../catalog/endpoint.ts'
import { Refusal } from '../kernel/errors.ts'
import type { Born, Named, Ownership } from '../ownership/ownership.ts'
import { startAnswer, type AnswerWriter } from './body/answer-writer.ts'
import type { Forwarded, Outcome } from './exchange.ts'
import { clientHeaders, headerValue } from './headers.ts'
import { createLaterRecorder } from './record-later.ts'
import { createRecorder, type Recorder } from './recorder.ts'
import { answerScrubbed } from './scrubbed-answer.ts'

export type Observe = (forwarded: Forwarded) => Promise<Outcome>

export type ObserveOptions = {
  readonly tick: () => number
  readonly ownership: Ownership
  /** An id that was just born belongs to somebody else already: the upstream gave it out twice. */
  readonly onConflict: (requestId: string, named: readonly Named[]) => void
}

export function createObserve({ tick, ownership, onConflict }: ObserveOptions): Observe {
  const recording =
    ({ heir, accountId, requestId }: Forwarded): ((born: readonly Born[]) => Promise<void>) =>
    async (born) => {
      const others = await ownership.record(heir, accountId, born)
      if (others.length > 0) onConflict(requestId, others)
    }

  /** What the status alone tells of a delete. */
  function conclude({ replyHead: { status }, accountId, deleting }: Forwarded): void {
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

  return async (forwarded) => {
    const { reply, replyHead, outgoing, incoming, departure, requestId, tally, label, intent, plan, accountId } = forwarded
    const { status, reason } = replyHead
    conclude(forwarded)
    // Redirects name what they lead to.
    const isError = label !== null && status >= 300 && status !== 304
    const headers = clientHeaders(replyHead.headers, status === 204 || status === 304, label !== null)
    headers.push('x-relay-request-id', requestId)
    tally.status = status
    tally.upstreamRequestId = headerValue(replyHead.headers, 'x-request-id')
    tally.firstByteTick = tick()
    const form = formOf(forwarded)
    const coding = form !== null || isError ? codingOf(forwarded) : null
    const record = recording(forwarded)
    if (plan.location !== null) await recordLocation(forwarded, record)
    // The upstream's own Date passes; a second one would be ours.
    outgoing.sendDate = false
    if (isError) return await answerScrubbed(forwarded, headers, ownership)

    const hasLength =
      replyHead.framing.kind === 'length' || (replyHead.framing.kind === 'none' && headerValue(headers, 'content-length') !== null)
    let writer: AnswerWriter | null = null
    const begin = (): AnswerWriter => (writer ??= startAnswer(forwarded, status, reason, headers, hasLength))
    const isLate = coding !== null || (form === 'json' && plan.isTelling)
    // With ids in it, the head waits for the first of them: until then the answer can still be a refusal.
    if (form !== 'json' || isLate) begin()

    let hasFailed = false
    const breakOff = (): void => {
      hasFailed = true
      // Where the end of the connection is the end of the body, only a reset says that this is none (RFC 9112 6.3).
      if (incoming.httpVersion === '1.0') incoming.socket.resetAndDestroy()
      else outgoing.destroy()
    }
    const write = (bytes: Buffer, isLast: boolean): void => {
      if (!departure.hasLeft() && !begin().write(bytes, isLast)) reply.pause()
    }
    // What was announced is being made, whoever still listens: its owner is written down before this exchange is over.
    const isKept = intent !== null && form !== null
    let told: () => void = () => {}
    const wasTold = isKept ? new Promise<void>((resolve) => (told = resolve)) : null
    const isTold = ({ when }: Resource): boolean => when === undefined || forwarded.facts?.[when] === true
    const later = isLate && form === 'json' ? createLaterRecorder({ ownership, account: accountId, plan, coding, isTold, record }) : null
    let refuse: (error: unknown) => void = () => {}
    const refused = form === null || isLate ? null : new Promise<never>((_, reject) => (refuse = reject))
    const recorder: Recorder | null =
      form === null || isLate
        ? null
        : createRecorder({
            ownership,
            owner: forwarded.heir,
            account: accountId,
            plan,
            isTold,
            form,
            hidesAccount: label !== null,
            record,
            release: write,
            onEnd() {
              told()
              if (!departure.hasLeft()) begin().end()
            },
            onFree: () => {
              if (!outgoing.writableNeedDrain) reply.resume()
            },
            onFail(error) {
              told()
              reply.abort()
              tally.failure = 'the owner could not be written down'
              if (writer === null) refuse(new Refusal('owner_unwritten', {}, { cause: error }))
              else breakOff()
            },
          })
    departure.onLeave(() => {
      if (isKept) reply.resume()
      else reply.abort()
    })
    outgoing.on('drain', () => {
      if (recorder?.isWaiting() !== true) reply.resume()
    })
    const hasBegun = reply.take({
      data(bytes, isLast) {
        tally.answerBytes += bytes.length
        later?.push(bytes)
        if (recorder === null) return write(bytes, isLast)
        recorder.push(bytes, isLast)
        if (recorder.isWaiting()) reply.pause()
      },
      end() {
        if (recorder !== null) return recorder.end()
        if (!departure.hasLeft()) begin().end()
        if (later === null) return told()
        later.end().then(told, (error: unknown) => {
          tally.failure = error instanceof Error ? error.message : 'the owner could not be written down'
          told()
        })
      },
      fail(failure) {
        told()
        tally.failure = failure.describe()
        breakOff()
      },
    })
    if (!hasBegun && writer !== null) outgoing.flushHeaders()

    const wasWritten = refused === null ? await departure.over : await Promise.race([departure.over, refused])
    if (wasTold !== null && !wasWritten) await wasTold
    return wasWritten ? 'completed' : hasFailed ? 'upstream-failed' : 'client-left'
  }
}

/** How the answer is read for ids; null where it bears none. */
function formOf({ plan, facts, replyHead }: Forwarded): 'json' | 'event' | null {
  if (replyHead.status >= 300 || (plan.answer === null && plan.event === null)) return null
  if (plan.whens !== null && !plan.whens.some((when) => facts?.[when] === true)) return null
  const type = (headerValue(replyHead.headers, 'content-type') ?? '').trim().toLowerCase()
  if (type.startsWith('text/event-stream')) return plan.event === null ? null : 'event'
  // Whatever it calls itself, or not at all: clients read JSON where JSON is due.
  return plan.answer === null ? null : 'json'
}

/**
 * The coding of an answer that has to be read; null where it has none.
 * @throws Refusal where it was asked for without, because what cannot be read cannot be kept apart
 */
function codingOf({ replyHead, reply, isAlone }: Forwarded): string | null {
  const coding = (headerValue(replyHead.headers, 'content-encoding') ?? 'identity').trim().toLowerCase()
  if (coding === 'identity' || coding === '') return null
  if (isAlone) return coding
  reply.abort()
  throw new Refusal('upstream_failed', {}, { cause: new Error(`the upstream answered in ${coding}, which was not asked for`) })
}
