// Sessions: started, read, changed, followed, deleted.
import { json, sse } from '../../answer.ts'
import type { Call, Family } from '../../behaviour.ts'
import { invalid, missingParameter } from '../../errors.ts'
import { requireResponsesModel } from '../../model-list.ts'
import type { Platform } from '../../platform.ts'
import { boolean, isObject, metadata, object, optional, readShape, string } from '../../shape.ts'
import type { JsonObject } from '../../shape.ts'
import { changed, createNoun, matchesMetadata } from '../noun.ts'
import { agentError } from './agent-error.ts'
import { forgetArtifacts } from './artifacts.ts'
import { efforts, serviceTiers } from './config.ts'
import { forgetFiles } from './environment-files.ts'
import { environment as environments } from './environment-store.ts'
import { follow, forgetEvents } from './session-events.ts'
import { activeTurn, items, requireSession, subagents, turns } from './session-store.ts'
import type { Session } from './session-store.ts'
import { cacheOptions, reviews, sessionShape, spendControl, startSession } from './start-session.ts'
import { readTools, sessionTools, toolList } from './tools.ts'
import { environmentOf } from './turns.ts'

const session = createNoun<Session>({
  kind: 'agent.session',
  label: 'Session',
  param: 'session_id',
  where: (call) => {
    const agentId = call.query.get('agent_id')
    const matches = matchesMetadata(call)
    return (each) => (agentId === undefined || each.agent.id === agentId) && matches(each)
  },
  onDelete: forget,
})

const createShape = {
  ...sessionShape,
  stream: optional(boolean()),
  stream_options: optional(object({ include_obfuscation: optional(boolean()) })),
}

const updateShape = {
  agent: optional(
    object({
      model: optional(string({ min: 1 })),
      reasoning: optional(object({ effort: optional(efforts) })),
      service_tier: optional(serviceTiers),
      tools: optional(toolList),
    }),
  ),
  metadata: optional(metadata()),
  prompt_cache_options: cacheOptions,
  review: reviews,
  spend_control: spendControl,
}

export const sessionFamily = {
  'agents.sessions.list': session.list,
  'agents.sessions.retrieve': session.retrieve,
  'agents.sessions.create': async (call) => {
    const { platform } = call
    const body = await call.json()
    const { stream, stream_options: options, ...request } = readShape(createShape, body)
    if (options !== undefined && stream !== true)
      throw invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options')
    if (stream === true && request.environment.type !== 'self_hosted' && request.input === undefined) throw missingParameter('input')
    const started = await startSession(platform, request, body)
    if (stream !== true) return json(started)
    const hasObfuscation = options?.include_obfuscation !== false
    return sse(follow(platform, { sessionId: started.id, signal: call.signal, hasObfuscation, isCreation: true }))
  },
  'agents.sessions.update': session.update(update),
  'agents.sessions.delete': (call) => {
    const { id, status } = session.find(call)
    if (status === 'in_progress') throw agentError(`Session '${id}' is running. Cancel its turn before deleting it.`, null, 409)
    return session.remove(call)
  },
  'agents.sessions.events.stream': (call) => {
    const { id } = requireSession(call.platform, call.param('session_id'))
    const hasObfuscation = call.query.get('include_obfuscation') !== 'false'
    return sse(follow(call.platform, { sessionId: id, signal: call.signal, hasObfuscation, isCreation: false }))
  },
} satisfies Family

function update(current: Session, body: JsonObject, { platform }: Call): Session {
  const request = readShape(updateShape, body)
  const { model, reasoning, service_tier: tier, tools } = request.agent ?? {}
  if (model !== undefined) requireResponsesModel(platform, model, 'agent.model')
  const raw = isObject(body['agent']) ? body['agent'] : {}
  const { prompt_cache_options: cache, review, spend_control: spend, ...rest } = current
  const wantsReview = changed(body, 'review', request.review, review ?? 'none', 'none') === 'auto_review'
  const limit = body['spend_control'] === undefined ? spend?.limit : request.spend_control?.limit
  return {
    ...rest,
    agent: {
      ...current.agent,
      model: model ?? current.agent.model,
      reasoning: reasoning === undefined ? current.agent.reasoning : { ...current.agent.reasoning, effort: reasoning.effort ?? null },
      service_tier: changed(raw, 'service_tier', tier, current.agent.service_tier, 'auto'),
      tools: changed(raw, 'tools', tools && sessionTools(readTools(tools, 'agent.tools', true)), current.agent.tools, []),
    },
    metadata: changed(body, 'metadata', request.metadata, current.metadata, {}),
    ...optionally('prompt_cache_options', changed(body, 'prompt_cache_options', cacheOf(request.prompt_cache_options), cache, null)),
    ...(wantsReview ? { review: 'auto_review' as const } : {}),
    ...(limit === undefined ? {} : { spend_control: { limit, consumed: spend?.consumed ?? 0 } }),
  }
}

const optionally = <Name extends string, T>(name: Name, value: T | undefined): { readonly [Key in Name]?: T } =>
  value === undefined ? {} : ({ [name]: value } as { readonly [Key in Name]?: T })

const cacheOf = (given: { readonly ttl?: '30m' | '12h' | undefined } | undefined): Session['prompt_cache_options'] =>
  given === undefined ? undefined : { ttl: given.ttl ?? '30m' }

/** Whatever a session consists of goes with it. */
function forget(platform: Platform, current: Session): void {
  const turn = activeTurn(platform, current.id)
  if (turn !== undefined) for (const step of ['agents.turn.start', 'agents.turn.work']) platform.jobs.cancel(step, turn.id)
  for (const { id } of subagents(platform).list({ parent: current.id })) {
    turns(platform).deleteAll(id)
    items(platform).deleteAll(id)
  }
  for (const kind of [turns, items, subagents]) kind(platform).deleteAll(current.id)
  forgetArtifacts(platform, current.id)
  forgetEvents(platform, current.id)
  const environment = environmentOf(platform, current)
  if (environment === null) return
  for (const step of ['prepare', 'suspend', 'expire']) platform.jobs.cancel(`agents.environment.${step}`, environment.id)
  forgetFiles(platform, environment.id)
  environments.collection(platform).delete(environment.id)
}
