// Runs of threads and their steps.
import { json, sse } from '../../answer.ts'
import type { Answer } from '../../answer.ts'
import type { Call, Family } from '../../behaviour.ts'
import { invalid } from '../../errors.ts'
import { array, boolean, isObject, metadata, object, optional, readShape, string } from '../../shape.ts'
import { newestFirst, page, readPageQuery } from '../../state/pages.ts'
import { readResources, toolResources } from './fields.ts'
import { addMessage } from './messages.ts'
import { newThreadRunShape, readRun, runShape } from './run-request.ts'
import { cancelRun, putStep, queueRun } from './run-steps.ts'
import { streamRun } from './run-stream.ts'
import { showStepsTo } from './shown-step.ts'
import { activeRun, noRun, noStep, plansOf, requireThread, runsIn, stepsOf, threadsOf } from './stored.ts'
import type { Run, RunStep } from './stored.ts'
import { makeThread, threadShape } from './threads.ts'

const newThreadShape = { ...newThreadRunShape, thread: optional(object(threadShape)), tool_resources: toolResources() }

const outputsShape = {
  tool_outputs: array(object({ tool_call_id: optional(string()), output: optional(string()) })),
  stream: optional(boolean()),
}

export const runs = {
  'threads.runs.create': async (call) => {
    const { platform } = call
    const request = readShape(runShape, await call.json())
    const { id: threadId } = requireThread(platform, call.param('thread_id'))
    const asked = readRun(platform, request)
    refuseSecond(call, threadId)
    for (const [index, message] of (request.additional_messages ?? []).entries())
      await addMessage(platform, threadId, message, `additional_messages[${index}].`)
    refuseSecond(call, threadId)
    const run: Run = { ...asked, thread_id: threadId }
    queueRun(platform, run)
    return request.stream === true ? sse(streamRun(platform, { run, show: showStepsTo(call), signal: call.signal })) : json(run)
  },
  'threads.create_and_run': async (call) => {
    const { platform } = call
    const request = readShape(newThreadShape, await call.json())
    const asked = readRun(platform, request)
    const resources = await readResources(platform, request.tool_resources)
    const made = await makeThread(platform, request.thread ?? noThreadGiven, 'thread.')
    const thread = { ...made, tool_resources: { ...made.tool_resources, ...resources } }
    threadsOf(platform).put(thread)
    const run: Run = { ...asked, thread_id: thread.id }
    queueRun(platform, run)
    return request.stream === true ? sse(streamRun(platform, { run, thread, show: showStepsTo(call), signal: call.signal })) : json(run)
  },
  'threads.runs.list': (call) =>
    json(
      page(runsIn(call.platform), readPageQuery(call.query, newestFirst), {
        parent: requireThread(call.platform, call.param('thread_id')).id,
        unknown: noRun,
      }),
    ),
  'threads.runs.retrieve': (call) => json(find(call)),
  'threads.runs.update': async (call) => {
    const request = readShape({ metadata: optional(metadata()) }, await call.json())
    const old = find(call)
    const updated: Run = { ...old, metadata: request.metadata ?? old.metadata }
    runsIn(call.platform).put(updated, old.thread_id)
    return json(updated)
  },
  'threads.runs.cancel': (call) => {
    const run = find(call)
    if (!['queued', 'in_progress', 'requires_action'].includes(run.status)) throw invalid(`Cannot cancel run with status '${run.status}'.`)
    return json(cancelRun(call.platform, run))
  },
  'threads.runs.submit_tool_outputs': async (call) => {
    const request = readShape(outputsShape, await call.json())
    const outputs = new Map(request.tool_outputs.map(({ tool_call_id: id = '', output = '' }) => [id, output]))
    return submit(call, outputs, request.stream === true)
  },
  'threads.runs.steps.list': (call) => {
    const { data, ...rest } = page(stepsOf(call.platform), readPageQuery(call.query, newestFirst), {
      parent: find(call).id,
      unknown: noStep,
    })
    return json({ ...rest, data: data.map(showStepsTo(call)) })
  },
  'threads.runs.steps.retrieve': (call) => {
    const id = call.param('step_id')
    const step = stepsOf(call.platform).get(id, find(call).id)
    if (step === undefined) throw noStep(id)
    return json(showStepsTo(call)(step))
  },
} satisfies Family

const noThreadGiven = { messages: undefined, metadata: undefined, tool_resources: undefined }

function find(call: Call): Run {
  const thread = requireThread(call.platform, call.param('thread_id'))
  const id = call.param('run_id')
  const run = runsIn(call.platform).get(id, thread.id)
  if (run === undefined) throw noRun(id)
  return run
}

function refuseSecond({ platform }: Call, threadId: string): void {
  const active = activeRun(platform, threadId)
  if (active !== undefined) throw invalid(`Thread ${threadId} already has an active run ${active.id}.`)
}

/** Takes the results of all functions that were called, and lets the run go on. */
function submit(call: Call, outputs: ReadonlyMap<string, string>, isStream: boolean): Answer {
  const { platform } = call
  const run = find(call)
  if (run.required_action === null) throw invalid(`Runs in status "${run.status}" do not accept tool outputs.`)
  const wanted = run.required_action.submit_tool_outputs.tool_calls.map(({ id }) => id)
  const given = [...outputs.keys()]
  const listed = (ids: readonly string[]): string => `[${ids.map((id) => `'${id}'`).join(', ')}]`
  if (given.length !== wanted.length || wanted.some((id) => !outputs.has(id)))
    throw invalid(`Expected tool outputs for call_ids ${listed(wanted)}, got ${listed(given)}`)
  const steps = [...stepsOf(platform).list({ parent: run.id })]
  const shown = new Set(steps.filter(({ status }) => status !== 'in_progress').map(({ id }) => id))
  const queued: Run = { ...run, status: 'queued', required_action: null }
  platform.objects.together(() => {
    for (const step of steps) if (step.status === 'in_progress') putStep(platform, completed(call, step, outputs))
    queueRun(platform, queued)
  })
  return isStream ? sse(streamRun(platform, { run: queued, shown, show: showStepsTo(call), signal: call.signal })) : json(queued)
}

function completed({ platform }: Call, step: RunStep, outputs: ReadonlyMap<string, string>): RunStep {
  const { step_details: details } = step
  return {
    ...step,
    status: 'completed',
    completed_at: platform.clock.seconds(),
    usage: plansOf(platform).get(step.run_id)?.usage ?? null,
    step_details:
      details.type === 'message_creation'
        ? details
        : {
            type: 'tool_calls',
            tool_calls: details.tool_calls.map((each) => ({
              ...each,
              function: { ...(isObject(each['function']) ? each['function'] : {}), output: outputs.get(each.id) ?? '' },
            })),
          },
  }
}
