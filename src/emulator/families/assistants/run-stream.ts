// A run as a stream of events: told from its stored state as that changes, so that it goes on when the client leaves, and shows
// whatever happens to it meanwhile.
import type { SseEvent } from '../../answer.ts'
import type { Platform } from '../../platform.ts'
import { isObject, textOr } from '../../shape.ts'
import type { JsonObject } from '../../shape.ts'
import type { ShowStep } from './shown-step.ts'
import { isActive, messagesIn, plansOf, runsIn, stepsOf } from './stored.ts'
import type { Run, RunStep, Thread, ThreadMessage } from './stored.ts'

type Beginning = {
  /** The run as it was queued. */
  readonly run: Run
  /** The thread, where the request made one. */
  readonly thread?: Thread
  /** Steps that earlier streams have shown to their end; absent for a new run. */
  readonly shown?: ReadonlySet<string>
  readonly show: ShowStep
  readonly signal: AbortSignal
}

const lookMs = 5

export async function* streamRun(platform: Platform, { run, thread, shown, show, signal }: Beginning): AsyncGenerator<SseEvent> {
  const opened = new Set<string>()
  const closed = new Set<string>(shown)
  let status: Run['status'] = 'queued'
  if (thread !== undefined) yield { event: 'thread.created', data: thread }
  if (shown === undefined) yield { event: 'thread.run.created', data: run }
  else {
    for (const step of stepsOf(platform).list({ parent: run.id })) opened.add(step.id)
    for (const step of [...stepsOf(platform).list({ parent: run.id })].map(show))
      if (step.status !== 'in_progress' && !closed.has(step.id)) {
        closed.add(step.id)
        yield { event: `thread.run.step.${step.status}`, data: step }
      }
  }
  yield { event: 'thread.run.queued', data: run }

  for (;;) {
    const current = runsIn(platform).get(run.id)
    // Deleted with its thread.
    if (current === undefined) break
    const steps = [...stepsOf(platform).list({ parent: run.id })].map(show)
    if (status === 'queued' && current.status !== 'queued') {
      status = 'in_progress'
      if (steps.some(({ id }) => !closed.has(id)) || current.status === 'in_progress' || current.status === 'failed')
        yield { event: 'thread.run.in_progress', data: { ...run, status, started_at: current.started_at } }
    }
    for (const step of steps) {
      if (!opened.has(step.id)) {
        opened.add(step.id)
        yield* openStep(platform, step, signal)
      }
      if (step.status !== 'in_progress' && !closed.has(step.id)) {
        closed.add(step.id)
        yield* closeStep(platform, step)
      }
    }
    if (current.status !== status && current.status !== 'queued') {
      status = current.status
      yield { event: `thread.run.${status}`, data: current }
    }
    if (!isActive(current) || current.status === 'requires_action') break
    await platform.clock.sleep(lookMs, signal)
    if (signal.aborted) return
  }
  yield { event: 'done', data: '[DONE]' }
}

async function* openStep(platform: Platform, step: RunStep, signal: AbortSignal): AsyncGenerator<SseEvent> {
  const { step_details: details } = step
  const begun: RunStep = {
    ...step,
    status: 'in_progress',
    completed_at: null,
    cancelled_at: null,
    expired_at: null,
    usage: null,
    step_details: details.type === 'tool_calls' ? { type: 'tool_calls', tool_calls: [] } : details,
  }
  yield { event: 'thread.run.step.created', data: begun }
  yield { event: 'thread.run.step.in_progress', data: begun }
  if (details.type === 'tool_calls') {
    for (const [index, call] of details.tool_calls.entries()) for (const delta of callDeltas(call, index)) yield stepDelta(step, delta)
    return
  }
  const message = messagesIn(platform).get(details.message_creation.message_id)
  if (message !== undefined) yield* openMessage(platform, message, step, signal)
}

async function* openMessage(platform: Platform, message: ThreadMessage, step: RunStep, signal: AbortSignal): AsyncGenerator<SseEvent> {
  const begun: ThreadMessage = {
    ...message,
    status: 'in_progress',
    content: [],
    completed_at: null,
    incomplete_at: null,
    incomplete_details: null,
  }
  yield { event: 'thread.message.created', data: begun }
  yield { event: 'thread.message.in_progress', data: begun }
  const plan = plansOf(platform).get(step.run_id)
  const pace = plan?.tokenPaceMs ?? 0
  const [part] = plan?.content ?? message.content
  const text = part?.['text']
  if (!isObject(text)) return
  let position = 0
  for (const token of platform.tokens.split(textOr(text['value']))) {
    yield messageDelta(message, { type: 'text', text: position === 0 ? { value: token, annotations: [] } : { value: token } })
    position += token.length
    if (pace > 0) await platform.clock.sleep(pace, signal)
    if (signal.aborted || (pace > 0 && isBrokenOff(platform, message))) return
  }
  const annotations = Array.isArray(text['annotations']) ? (text['annotations'] as readonly JsonObject[]) : []
  for (const [index, annotation] of annotations.entries())
    yield messageDelta(message, { type: 'text', text: { annotations: [{ index, ...annotation }] } })
}

const isBrokenOff = (platform: Platform, { id }: ThreadMessage): boolean => {
  const status = messagesIn(platform).get(id)?.status
  return status === undefined || status === 'incomplete'
}

const messageDelta = ({ id }: ThreadMessage, part: JsonObject): SseEvent => ({
  event: 'thread.message.delta',
  data: { id, object: 'thread.message.delta', delta: { content: [{ index: 0, ...part }] } },
})

const stepDelta = ({ id }: RunStep, call: JsonObject): SseEvent => ({
  event: 'thread.run.step.delta',
  data: { id, object: 'thread.run.step.delta', delta: { step_details: { type: 'tool_calls', tool_calls: [call] } } },
})

/** A call in pieces: a function's name first, then its arguments; calls of the platform's own tools come whole. */
function* callDeltas(call: { readonly id: string; readonly type: string } & JsonObject, index: number): Generator<JsonObject> {
  const called = call['function']
  if (!isObject(called)) {
    yield { index, ...call }
    return
  }
  yield { index, id: call.id, type: 'function', function: { name: called['name'], arguments: '', output: null } }
  for (const piece of textOr(called['arguments']).match(/[\s\S]{1,8}/gu) ?? [])
    yield { index, type: 'function', function: { arguments: piece } }
}

function* closeStep(platform: Platform, step: RunStep): Generator<SseEvent> {
  const { step_details: details } = step
  if (details.type === 'message_creation') {
    const message = messagesIn(platform).get(details.message_creation.message_id)
    if (message !== undefined) yield { event: `thread.message.${message.status}`, data: message }
  }
  yield { event: `thread.run.step.${step.status}`, data: step }
}
