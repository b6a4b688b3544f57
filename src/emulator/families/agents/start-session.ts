// Starting a session: its agent, its environment, its first input. Applications do it, and so do automations.
import { invalid, missingParameter } from '../../errors.ts'
import { newId } from '../../ids.ts'
import type { Platform } from '../../platform.ts'
import { array, choice, either, integer, isObject, metadata, object, optional, string } from '../../shape.ts'
import type { JsonObject, Values } from '../../shape.ts'
import { variant } from '../../variant.ts'
import type { Variant } from '../../variant.ts'
import { vault } from '../vaults/vaults.ts'
import { agentError } from './agent-error.ts'
import { agent as agents } from './agents.ts'
import { configOf, configShape } from './config.ts'
import { createHosted, createSelfHosted, environment as environments, inSession } from './environment-store.ts'
import type { Environment } from './environment-store.ts'
import { onTopOf, readSetup, setupShape } from './hosted-setup.ts'
import { message } from './session-input.ts'
import { publish } from './session-events.ts'
import type { InputContent, Session, SessionAgent } from './session-store.ts'
import { sessions } from './session-store.ts'
import { connect } from './steps.ts'
import { template } from './templates.ts'
import { sessionTools } from './tools.ts'
import { addInput, announceSession, moveEnvironment } from './turns.ts'

export const environmentParam = {
  none: {},
  openai_hosted: {
    ...setupShape,
    container_size: optional(choice('small', 'medium', 'large')),
    environment_id: optional(string()),
    environment_template_id: optional(string()),
  },
  self_hosted: { workspace_directory: string({ min: 1 }), capability_directories: optional(array(string())) },
}

/** What both a request and an automation say of the sessions they start. */
export const startShape = {
  environment: variant(environmentParam),
  agent: optional(object(configShape)),
  agent_id: optional(string()),
  input: optional(either(string({ min: 1 }), array(message, { min: 1 }))),
  metadata: optional(metadata()),
  vault_ids: optional(array(string(), { max: 10 })),
}

export const cacheOptions = optional(object({ ttl: optional(choice('30m', '12h')) }))
export const reviews = optional(choice('none', 'auto_review'))
export const spendControl = optional(object({ limit: optional(integer({ min: 1 })) }))

export const sessionShape = { ...startShape, prompt_cache_options: cacheOptions, review: reviews, spend_control: spendControl }

export type SessionRequest = Values<typeof sessionShape>

/** `raw` is the request as it came; `at` is the prefix of its parameters: `target.` where an automation brings it. */
export async function startSession(platform: Platform, request: SessionRequest, raw: JsonObject, at = ''): Promise<Session> {
  const agent = agentOf(platform, request, raw, at)
  for (const [index, id] of (request.vault_ids ?? []).entries()) vault.require(platform, id, `${at}vault_ids[${index}]`)
  const messages = messagesOf(request.input)
  if (request.environment.type === 'none' && messages.length === 0) throw missingParameter(`${at}input`)
  const environment = await environmentFor(platform, request.environment, `${at}environment.`)
  const now = platform.clock.seconds()
  const waitsFor = environment?.type === 'self_hosted' ? environment.id : null
  const session: Session = {
    id: newId('agentSession'),
    object: 'agent.session',
    created_at: now,
    last_active_at: now,
    status: waitsFor === null ? 'idle' : 'requires_action',
    error: null,
    agent,
    environment: environment === null ? { type: 'none' } : inSession(environment),
    metadata: request.metadata ?? {},
    required_actions: waitsFor === null ? [] : [{ type: 'environment_connection', environment_id: waitsFor }],
    usage: null,
    vault_ids: request.vault_ids ?? [],
    ...(request.prompt_cache_options === undefined ? {} : { prompt_cache_options: { ttl: request.prompt_cache_options.ttl ?? '30m' } }),
    ...(request.review === 'auto_review' ? { review: request.review } : {}),
    ...(request.spend_control?.limit === undefined ? {} : { spend_control: { limit: request.spend_control.limit, consumed: 0 } }),
  }
  return platform.objects.together(() => {
    sessions(platform).put(session)
    publish(platform, session.id, [{ type: 'agent.session.created', session }])
    announceSession(platform, session, 'created')
    if (environment !== null) attach(platform, session, environment)
    if (messages.length > 0) addInput(platform, sessions(platform).get(session.id) ?? session, messages)
    return sessions(platform).get(session.id) ?? session
  })
}

export function agentOf(platform: Platform, request: SessionRequest, raw: JsonObject, at: string): SessionAgent {
  const { agent_id: id, agent: given } = request
  const saved = id === undefined ? null : agents.require(platform, id, `${at}agent_id`)
  if (saved === null && given === undefined) throw missingParameter(`${at}agent`)
  const rawAgent = raw['agent']
  const config = configOf(platform, {
    base: saved,
    given: given ?? {},
    raw: isObject(rawAgent) ? rawAgent : {},
    at: `${at}agent.`,
    keepsSecrets: true,
  })
  return { id: saved?.id ?? newId('agent'), name: saved?.name ?? null, ...config, tools: sessionTools(config.tools) }
}

export const messagesOf = (input: SessionRequest['input']): readonly (readonly InputContent[])[] =>
  typeof input === 'string' ? [[{ type: 'input_text', text: input }]] : (input ?? []).map((each) => each.content)

type EnvironmentRequest = Variant<typeof environmentParam>

async function environmentFor(platform: Platform, request: EnvironmentRequest, at: string): Promise<Environment | null> {
  switch (request.type) {
    case 'none':
      return null
    case 'self_hosted':
      return createSelfHosted({
        workspaceDirectory: request.workspace_directory,
        capabilityDirectories: request.capability_directories ?? [],
      })
    case 'openai_hosted':
      return request.environment_id === undefined
        ? hostedFor(platform, request, at)
        : takePrewarmed(platform, request.environment_id, request, at)
  }
}

type HostedRequest = Extract<EnvironmentRequest, { type: 'openai_hosted' }>

/** A new hosted environment, from a template or not. */
export function hostedFor(platform: Platform, request: Omit<HostedRequest, 'type'>, at: string): Promise<Environment> {
  const { environment_template_id: templateId, container_size: size = 'medium', ...given } = request
  const base = templateId === undefined ? null : template.require(platform, templateId, `${at}environment_template_id`).setup
  return createHosted(platform, { setup: onTopOf(base, readSetup(given, at), at), containerSize: size, at })
}

function takePrewarmed(
  platform: Platform,
  id: string,
  { type: _type, environment_id: _id, ...others }: HostedRequest,
  at: string,
): Environment {
  const [other] = Object.entries(others).filter(([, value]) => value !== undefined)
  if (other !== undefined) throw invalid(`'${at}${other[0]}' cannot be combined with '${at}environment_id'.`, `${at}${other[0]}`)
  const environment = environments.require(platform, id, `${at}environment_id`)
  if (environment.session_id !== null || !['pending', 'ready'].includes(environment.status))
    throw agentError(`Environment '${id}' cannot be attached: it is ${environment.status}.`, `${at}environment_id`, 409)
  return environment
}

function attach(platform: Platform, session: Session, environment: Environment): void {
  const taken: Environment = { ...environment, session_id: session.id }
  if (taken.status === 'ready') return connect(platform, taken, session.id)
  moveEnvironment(platform, taken, 'pending')
  if (taken.type === 'self_hosted') {
    publish(platform, session.id, [{ type: 'agent.session.requires_action', session }])
    announceSession(platform, session, 'action_required')
  }
  platform.jobs.schedule('agents.environment.prepare', taken.id)
}
