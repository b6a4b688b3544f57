// Background responses: queued, in progress, over; polled, cancelled, streamed live or taken up again from any event.
import type { SseEvent } from '../../answer.ts'
import type { JobSteps } from '../../behaviour.ts'
import { invalid } from '../../errors.ts'
import type { Platform } from '../../platform.ts'
import { asSse, eventsOf } from './events.ts'
import { isOver, keepResponse, responses, runs } from './stored.ts'
import type { ResponseObject, Run } from './stored.ts'

/** One step in the queue, two steps of work. */
const queuedSteps = 1
const workingSteps = 2

/** Queues a response; `final` is what it will be. */
export function startRun(platform: Platform, run: Run): ResponseObject {
  const queued: ResponseObject = {
    ...run.final,
    status: 'queued',
    completed_at: null,
    incomplete_details: null,
    error: null,
    output: [],
    usage: null,
  }
  platform.objects.together(() => {
    runs(platform).put(run)
    keepResponse(platform, { response: queued, input: run.input, conversationId: null, isStored: true })
  })
  platform.jobs.schedule('responses.start', run.id, queuedSteps)
  return queued
}

export const responseSteps: JobSteps = {
  'responses.start': (platform, id) => {
    const response = responses(platform).get(id)
    if (response?.status !== 'queued') return
    responses(platform).put({ ...response, status: 'in_progress' })
    platform.jobs.schedule('responses.finish', id, workingSteps)
  },
  'responses.finish': (platform, id) => {
    const run = runs(platform).get(id)
    if (run === undefined || responses(platform).get(id)?.status !== 'in_progress') return
    const response = { ...run.final, completed_at: run.final.status === 'completed' ? platform.clock.seconds() : null }
    keepResponse(platform, { response, input: run.input, conversationId: run.conversationId, isStored: true })
    platform.events.announce(`response.${response.status}`, id)
  },
}

/** Only background responses can be cancelled; once one is over, cancelling changes nothing. */
export function cancelRun(platform: Platform, response: ResponseObject): ResponseObject {
  if (!response.background) throw invalid('Cannot cancel a synchronous response.')
  if (isOver(response.status)) return response
  for (const step of Object.keys(responseSteps)) platform.jobs.cancel(step, response.id)
  const cancelled: ResponseObject = { ...response, status: 'cancelled' }
  responses(platform).put(cancelled)
  platform.events.announce('response.cancelled', response.id)
  return cancelled
}

const streamableMs = 5 * 60_000

/** The stream of a background response from behind event `startingAfter`: what has happened at once, the rest as it happens. */
export async function* streamRun(platform: Platform, run: Run, startingAfter: number, signal: AbortSignal): AsyncGenerator<SseEvent> {
  const events = [...eventsOf(run.final, { tokens: platform.tokens, hasObfuscation: run.hasObfuscation })]
  const paceMs = platform.settings.jobPaceMs
  const workMs = workingSteps * paceMs
  for (const [index, event] of events.entries()) {
    // `created` and `queued` are there at once, `in_progress` when the queue is over, the others spread over the work.
    const isLast = index === events.length - 1
    const dueAt = run.startedAt + (index < 2 ? 0 : queuedSteps * paceMs + (workMs * (index - 2)) / events.length)
    if (dueAt > platform.clock.now()) await platform.clock.sleep(dueAt - platform.clock.now(), signal)
    if (index >= 2) await untilStatus(platform, run.id, (status) => (isLast ? isOver(status) : status !== 'queued'), signal)
    if (signal.aborted) return
    const current = responses(platform).get(run.id)
    if (current === undefined) return
    if (current.status === 'cancelled') {
      yield asSse({ type: 'response.cancelled', sequence_number: event.sequence_number, response: current })
      return
    }
    if (event.sequence_number > startingAfter) yield asSse(isLast ? { ...event, response: current } : event)
  }
}

async function untilStatus(
  platform: Platform,
  id: string,
  hasCome: (status: ResponseObject['status']) => boolean,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const status = responses(platform).get(id)?.status
    if (status === undefined || hasCome(status) || signal.aborted) return
    await platform.clock.sleep(5, signal)
  }
}

/** The run whose stream can be taken up again, or OpenAI's refusal. */
export function requireStreamable(platform: Platform, response: ResponseObject): Run {
  const run = runs(platform).get(response.id)
  if (run === undefined || !run.isStream)
    throw invalid('This response cannot be streamed because it was not created with background=true and stream=true.', 'stream')
  // Quirk: the events are kept for five minutes only, the response for a month.
  if (platform.clock.now() - run.startedAt > streamableMs)
    throw invalid('This response can no longer be streamed because it is more than 5 minutes old.', 'stream')
  return run
}
