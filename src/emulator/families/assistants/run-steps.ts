// A run over time: it waits, thinks, answers or asks for the results of functions; it is cancelled and it expires.
import type { JobSteps } from '../../behaviour.ts'
import { newId } from '../../ids.ts'
import type { Platform } from '../../platform.ts'
import { messagesIn, isActive, plansOf, runsIn, stepsOf } from './stored.ts'
import type { Plan, Run, RunStatus, RunStep, ThreadMessage, Usage } from './stored.ts'
import { think } from './thinking.ts'
import type { Thought } from './thinking.ts'

const workingSteps = 2

export function queueRun(platform: Platform, run: Run): void {
  runsIn(platform).put(run, run.thread_id)
  platform.jobs.schedule('threads.runs.start', run.id)
  if (run.expires_at !== null) platform.jobs.scheduleAt('threads.runs.expire', run.id, run.expires_at * 1000)
}

export const runSteps: JobSteps = {
  'threads.runs.start': async (platform, id) => {
    const run = runIn(platform, id, 'queued')
    if (run === undefined) return
    const thought = await think(platform, run)
    if (runIn(platform, id, 'queued') === undefined) return
    platform.objects.together(() => {
      runsIn(platform).put({ ...run, status: 'in_progress', started_at: run.started_at ?? platform.clock.seconds() }, run.thread_id)
      begin(platform, run, thought)
    })
    platform.jobs.schedule('threads.runs.finish', id, workingSteps)
  },
  'threads.runs.finish': (platform, id) => {
    const run = runIn(platform, id, 'in_progress')
    const plan = plansOf(platform).get(id)
    if (run === undefined || plan === undefined) return
    platform.objects.together(() => finish(platform, run, plan))
  },
  'threads.runs.cancel': (platform, id) => {
    const run = runIn(platform, id, 'cancelling')
    if (run !== undefined) breakOff(platform, run, 'cancelled')
  },
  'threads.runs.expire': (platform, id) => {
    const run = runsIn(platform).get(id)
    if (run !== undefined && isActive(run)) breakOff(platform, run, 'expired')
  },
}

/** Cancelling takes a moment: what the run was about to do is called off at once. */
export function cancelRun(platform: Platform, run: Run): Run {
  for (const step of ['threads.runs.start', 'threads.runs.finish']) platform.jobs.cancel(step, run.id)
  const cancelling: Run = { ...run, status: 'cancelling', required_action: null }
  runsIn(platform).put(cancelling, run.thread_id)
  platform.jobs.schedule('threads.runs.cancel', run.id)
  return cancelling
}

const runIn = (platform: Platform, id: string, status: RunStatus): Run | undefined => {
  const run = runsIn(platform).get(id)
  return run?.status === status ? run : undefined
}

/** The steps that a thought shows first: what was looked up is done, the message or the calls are under way. */
function begin(platform: Platform, run: Run, { hosted, ...thought }: Thought): void {
  if (hosted.length > 0) {
    const looked = newStep(platform, run, { type: 'tool_calls', tool_calls: hosted })
    putStep(platform, { ...looked, status: 'completed', completed_at: platform.clock.seconds(), usage: noUsage })
  }
  if (thought.failure !== null) {
    plansOf(platform).put({ ...thought, id: run.id, stepId: null, messageId: null })
    return
  }
  const calls = thought.calls.map((call) => ({ ...call, function: { ...call.function, output: null } }))
  const message = calls.length > 0 ? null : newMessage(platform, run)
  if (message !== null) messagesIn(platform).put(message, run.thread_id)
  const step = newStep(
    platform,
    run,
    message === null
      ? { type: 'tool_calls', tool_calls: calls }
      : { type: 'message_creation', message_creation: { message_id: message.id } },
  )
  putStep(platform, step)
  plansOf(platform).put({ ...thought, id: run.id, stepId: step.id, messageId: message?.id ?? null })
}

function finish(platform: Platform, run: Run, plan: Plan): void {
  const now = platform.clock.seconds()
  if (plan.failure !== null) {
    end(platform, run, { status: 'failed', failed_at: now, last_error: plan.failure })
    return
  }
  if (plan.calls.length > 0) {
    // The plan stays: its usage belongs to the step that the outputs will complete.
    const required = { type: 'submit_tool_outputs', submit_tool_outputs: { tool_calls: plan.calls } } as const
    runsIn(platform).put({ ...run, status: 'requires_action', required_action: required }, run.thread_id)
    return
  }
  const message = plan.messageId === null ? undefined : messagesIn(platform).get(plan.messageId)
  const ended = plan.isCut
    ? ({ status: 'incomplete', incomplete_details: { reason: 'max_tokens' }, incomplete_at: now } as const)
    : ({ status: 'completed', completed_at: now } as const)
  if (message !== undefined) messagesIn(platform).put({ ...message, ...ended, content: plan.content }, run.thread_id)
  const step = plan.stepId === null ? undefined : stepsOf(platform).get(plan.stepId)
  if (step !== undefined) putStep(platform, { ...step, status: 'completed', completed_at: now, usage: plan.usage })
  end(
    platform,
    run,
    plan.isCut
      ? { status: 'incomplete', incomplete_details: { reason: 'max_completion_tokens' } }
      : { status: 'completed', completed_at: now },
  )
}

/** Ends a run, its usage summed over its steps. */
function end(platform: Platform, run: Run, how: Partial<Run>): void {
  const used = [...stepsOf(platform).list({ parent: run.id })].flatMap(({ usage }) => usage ?? [])
  runsIn(platform).put({ ...run, required_action: null, expires_at: null, usage: used.reduce(addUsage, noUsage), ...how }, run.thread_id)
  plansOf(platform).delete(run.id)
  platform.jobs.cancel('threads.runs.expire', run.id)
}

/** Ends a run in the middle of what it does. */
function breakOff(platform: Platform, run: Run, status: 'cancelled' | 'expired'): void {
  const now = platform.clock.seconds()
  platform.objects.together(() => {
    for (const step of [...stepsOf(platform).list({ parent: run.id })])
      if (step.status === 'in_progress') putStep(platform, { ...step, status, [`${status}_at`]: now })
    for (const message of [...messagesIn(platform).list({ parent: run.thread_id, order: 'desc' })])
      if (message.run_id === run.id && message.status === 'in_progress')
        messagesIn(platform).put(
          { ...message, status: 'incomplete', incomplete_at: now, incomplete_details: { reason: `run_${status}` } },
          run.thread_id,
        )
    end(platform, run, status === 'cancelled' ? { status, cancelled_at: now } : { status, expires_at: run.expires_at })
  })
}

export const putStep = (platform: Platform, step: RunStep): void => stepsOf(platform).put(step, step.run_id)

const newStep = (platform: Platform, run: Run, details: RunStep['step_details']): RunStep => ({
  id: newId('step'),
  object: 'thread.run.step',
  created_at: platform.clock.seconds(),
  run_id: run.id,
  assistant_id: run.assistant_id,
  thread_id: run.thread_id,
  type: details.type,
  status: 'in_progress',
  cancelled_at: null,
  completed_at: null,
  expired_at: null,
  failed_at: null,
  last_error: null,
  step_details: details,
  metadata: null,
  usage: null,
})

const newMessage = (platform: Platform, run: Run): ThreadMessage => ({
  id: newId('threadMessage'),
  object: 'thread.message',
  created_at: platform.clock.seconds(),
  assistant_id: run.assistant_id,
  thread_id: run.thread_id,
  run_id: run.id,
  status: 'in_progress',
  incomplete_details: null,
  incomplete_at: null,
  completed_at: null,
  role: 'assistant',
  content: [],
  attachments: [],
  metadata: {},
})

const noUsage: Usage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, prompt_token_details: { cached_tokens: 0 } }

const addUsage = (a: Usage, b: Usage): Usage => ({
  prompt_tokens: a.prompt_tokens + b.prompt_tokens,
  completion_tokens: a.completion_tokens + b.completion_tokens,
  total_tokens: a.total_tokens + b.total_tokens,
  prompt_token_details: { cached_tokens: a.prompt_token_details.cached_tokens + b.prompt_token_details.cached_tokens },
})
