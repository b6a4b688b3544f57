// How a turn goes from one state to the next, and the session with it. Each change is one transaction: what is stored and what is told.
import type { ApiError } from '../../errors.ts'
import { newId } from '../../ids.ts'
import type { Platform } from '../../platform.ts'
import { agentError } from './agent-error.ts'
import { publishArtifacts } from './artifacts.ts'
import { environment as environments, stateOf } from './environment-store.ts'
import type { Environment, EnvironmentStatus } from './environment-store.ts'
import { doneEvent, inputEvent } from './item-events.ts'
import { forgetEvents, publish } from './session-events.ts'
import { activeTurn, isOver, items, sessions, turns } from './session-store.ts'
import type { InputContent, OutputItem, RequiredAction, Session, Turn, TurnErrorCode, UserMessage } from './session-store.ts'

/** Two steps of work, as background responses take. */
const workingSteps = 2

/** The environment of a session; null for one that has none. */
export const environmentOf = (platform: Platform, { environment }: Session): Environment | null =>
  environment.type === 'none' ? null : (environments.collection(platform).get(environment.id) ?? null)

/** Adds messages: to the turn under way, which they steer, or to a new one. */
export function addInput(platform: Platform, session: Session, messages: readonly (readonly InputContent[])[]): void {
  const active = activeTurn(platform, session.id)
  const turn = active ?? newTurn(platform, session)
  const added = messages.map((content): UserMessage => ({
    id: newId('message'),
    type: 'message',
    role: 'user',
    status: 'completed',
    phase: null,
    content,
    turn_id: turn.id,
  }))
  platform.objects.together(() => {
    if (active === undefined) queue(platform, session, turn)
    for (const item of added) items(platform).put(item, session.id)
    publish(
      platform,
      session.id,
      added.map((item) => inputEvent(item, turn)),
    )
  })
}

function newTurn(platform: Platform, session: Session): Turn {
  const status = environmentOf(platform, session)?.status
  if (session.status === 'failed' || status === 'failed' || status === 'expired')
    throw agentError(`Session '${session.id}' cannot take input any more: its environment is gone. Create another session.`, null, 409)
  return {
    id: newId('agentTurn'),
    object: 'agent.session.turn',
    session_id: session.id,
    agent_id: session.agent.id,
    subagent_id: null,
    status: 'queued',
    created_at: platform.clock.seconds(),
    started_at: null,
    completed_at: null,
    error: null,
    usage: null,
    prompt_cache_options: session.prompt_cache_options ?? null,
  }
}

function queue(platform: Platform, session: Session, turn: Turn): void {
  for (const previous of turns(platform).list({ parent: session.id, order: 'desc' })) {
    forgetEvents(platform, session.id, ({ type, turn_id: id }) => type !== 'agent.session.turn.created' || id !== previous.id)
    break
  }
  turns(platform).put(turn, session.id)
  publish(platform, session.id, [turnEvent('created', turn)])
  // A session that waits for its environment goes on waiting, with something to do.
  if (session.status === 'idle') moveSession(platform, session, { status: 'in_progress' })
  wakeEnvironment(platform, session)
  platform.jobs.schedule('agents.turn.start', turn.id)
}

const turnEvent = (what: string, turn: Turn): { type: string; session_id: string; turn_id: string; turn: Turn } => ({
  type: `agent.session.turn.${what}`,
  session_id: turn.session_id,
  turn_id: turn.id,
  turn,
})

/** What webhooks call a state, where they call it something else. */
const webhookNames: Readonly<Partial<Record<Session['status'], string>>> = { requires_action: 'action_required' }

/** Changes a session; a new status is told to followers and webhooks. */
export function moveSession(platform: Platform, session: Session, change: Partial<Session>): Session {
  const moved: Session = { ...session, ...change, last_active_at: platform.clock.seconds() }
  sessions(platform).put(moved)
  if (moved.status === session.status && change.required_actions === undefined) return moved
  publish(platform, session.id, [{ type: `agent.session.${moved.status}`, session: moved }])
  announceSession(platform, moved, webhookNames[moved.status] ?? moved.status)
  return moved
}

export function announceSession(platform: Platform, { id, environment, required_actions: actions }: Session, what: string): void {
  const action = actions[0]
  platform.events.announce(
    `agent.session.${what}`,
    id,
    what === 'action_required'
      ? { required_action: { type: action?.type } }
      : {
          environment_type: environment.type,
          ...(environment.type === 'none' ? {} : { environment_id: environment.id }),
          ...(what === 'created' && environment.type === 'self_hosted' ? { connect: { remote_url: environment.remote_url } } : {}),
        },
  )
}

/** The queued turn begins, unless its environment is still being prepared: then that will start it. */
export function startTurn(platform: Platform, turn: Turn): void {
  const session = sessions(platform).get(turn.session_id)
  if (session === undefined || turn.status !== 'queued') return
  const environment = environmentOf(platform, session)
  if (environment !== null && environment.status !== 'connected') return
  const started: Turn = { ...turn, status: 'in_progress', started_at: platform.clock.seconds() }
  platform.objects.together(() => {
    turns(platform).put(started, session.id)
    if (session.status !== 'in_progress') moveSession(platform, session, { status: 'in_progress', required_actions: [] })
    publish(platform, session.id, [turnEvent('in_progress', started)])
    platform.jobs.schedule('agents.turn.work', turn.id, workingSteps)
  })
}

/** The turn waits for what the application has to do. */
export function holdTurn(platform: Platform, turn: Turn, actions: readonly RequiredAction[]): void {
  turns(platform).put({ ...turn, status: 'waiting' }, turn.session_id)
  const session = sessions(platform).get(turn.session_id)
  if (session !== undefined) moveSession(platform, session, { status: 'requires_action', required_actions: actions })
}

/** Everything is there that the turn waited for. */
export function continueTurn(platform: Platform, turn: Turn, session: Session): void {
  turns(platform).put({ ...turn, status: 'in_progress' }, session.id)
  moveSession(platform, session, { status: 'in_progress', required_actions: [] })
  platform.jobs.schedule('agents.turn.work', turn.id, workingSteps)
}

export function completeTurn(platform: Platform, turn: Turn): void {
  endTurn(platform, { ...turn, status: 'completed' })
}

export function cancelTurn(platform: Platform, turn: Turn): void {
  for (const step of ['agents.turn.start', 'agents.turn.work']) platform.jobs.cancel(step, turn.id)
  endTurn(platform, { ...turn, status: 'cancelled' })
}

/** A failed turn leaves an idle session, unless what failed is the session itself: `sessionError` says so. */
export function failTurn(platform: Platform, turn: Turn, error: ApiError, sessionError?: string): void {
  const { message, code, param, type } = error
  const told = [{ type: 'error', session_id: turn.session_id, error: { code, message, param, type } }]
  const change: Partial<Session> = sessionError === undefined ? {} : { status: 'failed', error: sessionError }
  endTurn(platform, { ...turn, status: 'failed', error: { code: turnErrorCode(error), message } }, told, change)
}

function turnErrorCode({ status, code }: ApiError): TurnErrorCode {
  if (code === 'context_length_exceeded') return code
  if (status === 429) return 'rate_limit_exceeded'
  if (status === 503) return 'server_overloaded'
  return status >= 500 ? 'server_error' : 'invalid_request'
}

type Told = Parameters<typeof publish>[2]

function endTurn(platform: Platform, turn: Turn, told: Told = [], change: Partial<Session> = {}): void {
  const session = sessions(platform).get(turn.session_id)
  if (session === undefined || isOver(turns(platform).get(turn.id) ?? turn)) return
  const ended: Turn = { ...turn, completed_at: platform.clock.seconds() }
  platform.objects.together(() => {
    for (const event of stopCalls(platform, ended)) publish(platform, session.id, [event])
    turns(platform).put(ended, session.id)
    if (ended.status === 'completed') publishArtifacts(platform, session, ended)
    publish(platform, session.id, [...told, { ...turnEvent(ended.status, ended), usage: ended.usage }])
    moveSession(platform, session, { status: 'idle', required_actions: [], ...change })
    restEnvironment(platform, session)
  })
}

/** Calls that nobody answers any more. */
function* stopCalls(platform: Platform, turn: Turn): Generator<ReturnType<typeof doneEvent>> {
  let index = -1
  for (const item of items(platform).list({ parent: turn.session_id })) {
    if (item.turn_id !== turn.id || !isOutput(item)) continue
    index += 1
    if (item.type !== 'function_call' || item.status !== 'in_progress') continue
    const stopped = { ...item, status: 'incomplete' } as const
    items(platform).put(stopped, turn.session_id)
    yield doneEvent(stopped, { turn, tokens: platform.tokens, index })
  }
}

export const isOutput = (item: { readonly type: string; readonly role?: string }): item is OutputItem =>
  item.type !== 'function_call_output' && item.type !== 'agent_message' && item.role !== 'user'

/** Sets the status of an environment, and tells its session. */
export function moveEnvironment(
  platform: Platform,
  environment: Environment,
  status: EnvironmentStatus,
  error: Environment['error'] = null,
): Environment {
  const moved: Environment = { ...environment, status, error }
  environments.collection(platform).put(moved)
  if (moved.session_id !== null)
    publish(platform, moved.session_id, [
      {
        type: `agent.session.environment.${status}`,
        session_id: moved.session_id,
        turn_id: activeTurn(platform, moved.session_id)?.id ?? null,
        environment: stateOf(moved),
      },
    ])
  return moved
}

const suspendAfterMs = 15 * 60_000
export const expireAfterMs = 30 * 86_400_000

/** A hosted environment that nobody uses is put away after a while, and thrown away after a long one. */
function restEnvironment(platform: Platform, session: Session): void {
  const environment = environmentOf(platform, session)
  if (environment?.type === 'openai_hosted')
    platform.jobs.scheduleAt('agents.environment.suspend', environment.id, platform.clock.now() + suspendAfterMs)
}

function wakeEnvironment(platform: Platform, session: Session): void {
  const environment = environmentOf(platform, session)
  if (environment === null) return
  for (const step of ['agents.environment.suspend', 'agents.environment.expire']) platform.jobs.cancel(step, environment.id)
  if (environment.status === 'suspended') moveEnvironment(platform, environment, 'connected')
}
