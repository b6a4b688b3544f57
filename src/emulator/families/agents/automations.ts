// Automations: sessions that start, or are spoken to, by the clock.
import { json } from '../../answer.ts'
import type { Call, Family, JobSteps } from '../../behaviour.ts'
import { ApiError, invalid, invalidValue, missingParameter, unknownParameter } from '../../errors.ts'
import { newId } from '../../ids.ts'
import type { Platform } from '../../platform.ts'
import { integer, metadata, optional, readShape, string } from '../../shape.ts'
import type { JsonObject } from '../../shape.ts'
import { createNoun } from '../noun.ts'
import { agentError } from './agent-error.ts'
import { requestOf, shownTarget, targetParam } from './automation-target.ts'
import type { AutomationTarget } from './automation-target.ts'
import { readSchedule } from './cron.ts'
import { requireSession } from './session-store.ts'
import { startSession } from './start-session.ts'
import { addInput } from './turns.ts'

type Common = {
  readonly id: string
  readonly object: 'agent.automation'
  readonly created_at: number
  readonly created_by: { readonly type: 'developer' }
  readonly name: string
  readonly metadata: Readonly<Record<string, string>>
  readonly target: AutomationTarget
}

export type Automation = Common &
  (
    | { readonly type: 'periodic'; readonly status: 'active' | 'paused'; readonly expression: string; readonly timezone: string }
    | { readonly type: 'once'; readonly status: 'active' | 'paused' | 'completed'; readonly run_at: number }
  )

/** With the target as it came, which holds what is not shown, and the time of the next occurrence. */
type StoredAutomation = Automation & { readonly raw: JsonObject; readonly dueAt: number | null }

export type Invocation = {
  readonly id: string
  readonly object: 'agent.automation.invocation'
  readonly automation_id: string
  readonly created_at: number
  readonly scheduled_at: number | null
  readonly source: { readonly type: 'manual' } | { readonly type: 'automation'; readonly automation: Automation }
  readonly status: 'queued' | 'completed' | 'failed' | 'skipped'
  readonly skip_reason: 'pending_delivery' | null
  readonly session_id: string | null
  readonly error: { readonly code: string; readonly message: string } | null
}

const shown = ({ raw: _raw, dueAt: _dueAt, ...rest }: StoredAutomation): Automation => rest

const automation = createNoun<StoredAutomation>({
  kind: 'agent.automation',
  label: 'Automation',
  param: 'automation_id',
  where: ({ query }) => {
    const sessionId = query.get('session_id')
    return ({ target }) => sessionId === undefined || (target.type === 'existing_session' && target.session_id === sessionId)
  },
  show: shown,
  onDelete: (platform, { id }) => {
    platform.jobs.cancel('agents.automation.fire', id)
    invocation.collection(platform).deleteAll(id)
  },
})

const invocation = createNoun<Invocation>({
  kind: 'agent.automation.invocation',
  label: 'Invocation',
  param: 'invocation_id',
  parent: (call) => automation.find(call).id,
})

const shared = { name: string({ min: 1 }), target: targetParam, metadata: optional(metadata()) }
const kinds = {
  periodic: { ...shared, expression: string(), timezone: string() },
  once: { ...shared, run_at: integer({ min: 1 }) },
}

export const automations = {
  'agents.automations.list': automation.list,
  'agents.automations.create': automation.create(({ platform }, body) => planned(platform, create(platform, body))),
  'agents.automations.retrieve': automation.retrieve,
  'agents.automations.update': automation.update((current, body, { platform }) => planned(platform, update(platform, current, body))),
  'agents.automations.delete': automation.remove,
  'agents.automations.pause': (call) => json(shown(move(call, 'paused'))),
  'agents.automations.resume': (call) => json(shown(move(call, 'active'))),
  'agents.automations.invocations.list': invocation.list,
  'agents.automations.invocations.retrieve': invocation.retrieve,
  'agents.automations.invocations.create': (call) => {
    const { platform } = call
    return json(queue(platform, automation.find(call), { source: { type: 'manual' }, scheduled_at: null }))
  },
} satisfies Family

function create(platform: Platform, body: JsonObject): StoredAutomation {
  const { type, ...rest } = body
  if (type === undefined) throw missingParameter('type')
  if (type !== 'periodic' && type !== 'once') throw invalidValue('type', type, Object.keys(kinds))
  const raw = rest['target'] as JsonObject
  const common = (given: {
    readonly name: string
    readonly target: Parameters<typeof shownTarget>[1]
    readonly metadata: Common['metadata'] | undefined
  }): Common & { readonly raw: JsonObject; readonly dueAt: null } => ({
    id: newId('agentAutomation'),
    object: 'agent.automation',
    created_at: platform.clock.seconds(),
    created_by: { type: 'developer' },
    name: given.name,
    metadata: given.metadata ?? {},
    target: shownTarget(platform, given.target, raw),
    raw,
    dueAt: null,
  })
  if (type === 'periodic') {
    const given = readShape(kinds.periodic, rest)
    requireOccurrence(platform, given.expression, given.timezone)
    return { ...common(given), type, status: 'active', expression: given.expression, timezone: given.timezone }
  }
  const given = readShape(kinds.once, rest)
  requireFuture(platform, given.run_at)
  return { ...common(given), type, status: 'active', run_at: given.run_at }
}

function requireOccurrence(platform: Platform, expression: string, timezone: string): void {
  if (readSchedule(expression, timezone).next(platform.clock.now()) === null)
    throw invalid("Invalid 'expression': it has no occurrence.", 'expression', 'invalid_value')
}

function requireFuture(platform: Platform, runAt: number): void {
  if (runAt <= platform.clock.seconds()) throw agentError("'run_at' must be in the future.", 'run_at')
}

const updateShape = {
  name: optional(shared.name),
  metadata: shared.metadata,
  target: optional(targetParam),
  expression: optional(string()),
  timezone: optional(string()),
  run_at: optional(integer({ min: 1 })),
}

function update(platform: Platform, current: StoredAutomation, body: JsonObject): StoredAutomation {
  const given = readShape(updateShape, body)
  const stray = (current.type === 'periodic' ? (['run_at'] as const) : (['expression', 'timezone'] as const)).find(
    (name) => given[name] !== undefined,
  )
  if (stray !== undefined) throw unknownParameter(stray)
  if (given.target !== undefined && given.target.type !== current.target.type)
    throw invalidValue('target.type', given.target.type, [current.target.type])
  const raw = given.target === undefined ? current.raw : (body['target'] as JsonObject)
  const changes = {
    name: given.name ?? current.name,
    metadata: given.metadata ?? current.metadata,
    target: given.target === undefined ? current.target : shownTarget(platform, given.target, raw),
    raw,
  }
  if (current.type === 'periodic') {
    const { expression = current.expression, timezone = current.timezone } = given
    requireOccurrence(platform, expression, timezone)
    return { ...current, ...changes, expression, timezone }
  }
  const { run_at: runAt = current.run_at } = given
  if (given.run_at !== undefined) {
    if (current.status === 'completed') throw agentError("'run_at' cannot be changed: the automation has run.", 'run_at')
    requireFuture(platform, runAt)
  }
  return { ...current, ...changes, run_at: runAt }
}

function move(call: Call, status: 'active' | 'paused'): StoredAutomation {
  const { platform } = call
  const current = automation.find(call)
  if (current.status === 'completed') throw agentError(`Automation '${current.id}' is completed.`)
  if (status === 'active' && current.type === 'once' && current.status === 'paused') requireFuture(platform, current.run_at)
  const moved = planned(platform, { ...current, status })
  automation.collection(platform).put(moved)
  return moved
}

/** With the alarm set for its next occurrence, or taken back. */
function planned(platform: Platform, current: StoredAutomation): StoredAutomation {
  platform.jobs.cancel('agents.automation.fire', current.id)
  const dueAt = current.status === 'active' ? nextOf(platform, current) : null
  if (dueAt !== null) platform.jobs.scheduleAt('agents.automation.fire', current.id, dueAt)
  return { ...current, dueAt }
}

const nextOf = (platform: Platform, current: Automation): number | null =>
  current.type === 'once' ? current.run_at * 1000 : readSchedule(current.expression, current.timezone).next(platform.clock.now())

function queue(
  platform: Platform,
  { id }: Automation,
  { source, scheduled_at: scheduledAt }: Pick<Invocation, 'source' | 'scheduled_at'>,
): Invocation {
  const invocations = invocation.collection(platform)
  // A scheduled delivery does not queue up behind another one of its kind.
  const isLate =
    source.type === 'automation' &&
    [...invocations.list({ parent: id, order: 'desc' })].some((each) => each.status === 'queued' && each.source.type === 'automation')
  const made: Invocation = {
    id: newId('agentInvocation'),
    object: 'agent.automation.invocation',
    automation_id: id,
    created_at: platform.clock.seconds(),
    scheduled_at: scheduledAt,
    source,
    status: isLate ? 'skipped' : 'queued',
    skip_reason: isLate ? 'pending_delivery' : null,
    session_id: null,
    error: null,
  }
  platform.objects.together(() => {
    invocations.put(made, id)
    if (!isLate) platform.jobs.schedule('agents.invocation.deliver', made.id)
  })
  return made
}

export const automationSteps: JobSteps = {
  'agents.automation.fire': (platform, id) => {
    const fired = automation.collection(platform).get(id)
    if (fired?.status !== 'active') return
    platform.objects.together(() => {
      const scheduledAt = Math.floor((fired.dueAt ?? platform.clock.now()) / 1000)
      queue(platform, fired, { source: { type: 'automation', automation: shown(fired) }, scheduled_at: scheduledAt })
      automation.collection(platform).put(fired.type === 'once' ? { ...fired, status: 'completed', dueAt: null } : planned(platform, fired))
    })
  },
  'agents.invocation.deliver': async (platform, id) => {
    const queued = invocation.collection(platform).get(id)
    const owner = queued === undefined ? undefined : automation.collection(platform).get(queued.automation_id)
    if (queued?.status !== 'queued' || owner === undefined) return
    invocation.collection(platform).put({ ...queued, ...(await deliver(platform, owner)) }, owner.id)
  },
}

async function deliver(
  platform: Platform,
  { raw, target }: StoredAutomation,
): Promise<Pick<Invocation, 'status' | 'session_id' | 'error'>> {
  try {
    if (target.type === 'new_session') {
      const { id } = await startSession(platform, requestOf(raw), raw, 'target.')
      return { status: 'completed', session_id: id, error: null }
    }
    const session = requireSession(platform, target.session_id)
    addInput(platform, session, [[{ type: 'input_text', text: target.instructions }]])
    return { status: 'completed', session_id: session.id, error: null }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const { code, message } = error
    return { status: 'failed', session_id: null, error: { code: code ?? 'delivery_failed', message } }
  }
}
