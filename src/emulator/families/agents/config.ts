// The configuration of an agent: of a reusable one, of the one in a session, of the one that an automation starts.
import { missingParameter } from '../../errors.ts'
import { requireResponsesModel } from '../../model-list.ts'
import type { Platform } from '../../platform.ts'
import { anyObject, boolean, choice, integer, object, optional, string } from '../../shape.ts'
import type { JsonObject, Values } from '../../shape.ts'
import { variant } from '../../variant.ts'
import { changed } from '../noun.ts'
import { readTools, toolList } from './tools.ts'
import type { PersistedTool } from './tools.ts'

export type AgentConfig = {
  readonly model: string
  readonly instructions: string | null
  readonly multi_agent: { readonly enabled: boolean; readonly max_concurrent_subagents: number | null }
  readonly reasoning: { readonly effort: Effort | null; readonly summary: 'concise' | 'detailed' | 'auto' | null }
  readonly service_tier: ServiceTier
  readonly text: { readonly format: Format; readonly verbosity: 'low' | 'medium' | 'high' }
  readonly tools: readonly PersistedTool[]
  readonly compaction: { readonly async: boolean }
  readonly experimental: { readonly time_awareness: boolean }
}

type Effort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max'
type ServiceTier = 'auto' | 'default' | 'flex' | 'priority' | 'fast' | 'ultrafast'
type Format = { readonly type: 'text' } | { readonly type: 'json_schema'; readonly schema: JsonObject }

export const efforts = choice('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max')
export const serviceTiers = choice('auto', 'default', 'flex', 'priority', 'fast', 'ultrafast')

export const configShape = {
  model: optional(string({ min: 1 })),
  instructions: optional(string()),
  multi_agent: optional(object({ enabled: boolean(), max_concurrent_subagents: optional(integer({ min: 1 })) })),
  reasoning: optional(object({ effort: optional(efforts), summary: optional(choice('concise', 'detailed', 'auto')) })),
  service_tier: optional(serviceTiers),
  text: optional(
    object({
      format: optional(variant({ text: {}, json_schema: { schema: anyObject() } })),
      verbosity: optional(choice('low', 'medium', 'high')),
    }),
  ),
  tools: optional(toolList),
  compaction: optional(object({ async: optional(boolean()) })),
  experimental: optional(object({ time_awareness: optional(boolean()) })),
}

const subagentsMax = 6

const freshConfig = (model: string): AgentConfig => ({
  model,
  instructions: null,
  multi_agent: { enabled: false, max_concurrent_subagents: null },
  reasoning: { effort: null, summary: null },
  service_tier: 'auto',
  text: { format: { type: 'text' }, verbosity: 'medium' },
  tools: [],
  compaction: { async: true },
  experimental: { time_awareness: false },
})

type ConfigSource = {
  /** What is there already; null makes a new one, which has to name a model. */
  readonly base: AgentConfig | null
  readonly given: Partial<Values<typeof configShape>>
  /** The parameters as they came, where null is not the same as nothing. */
  readonly raw: JsonObject
  /** Prefix of their names: `agent.`. */
  readonly at: string
  /** Whether credentials may be given: to sessions, not to reusable agents. */
  readonly keepsSecrets: boolean
}

/** Left-out parameters keep what is there, null sets back, objects replace; only the experimental settings merge. */
export function configOf(platform: Platform, { base, given, raw, at, keepsSecrets }: ConfigSource): AgentConfig {
  const model = given.model ?? base?.model
  if (model === undefined) throw missingParameter(`${at}model`)
  if (given.model !== undefined) requireResponsesModel(platform, model, `${at}model`)
  const fresh = freshConfig(model)
  const kept = base ?? fresh
  const pick = <Name extends keyof AgentConfig>(name: Name, value: AgentConfig[Name] | undefined): AgentConfig[Name] =>
    changed<AgentConfig[Name]>(raw, name, value, kept[name], fresh[name])
  return {
    model,
    instructions: pick('instructions', given.instructions),
    multi_agent: pick('multi_agent', given.multi_agent === undefined ? undefined : multiAgent(given.multi_agent)),
    reasoning: pick(
      'reasoning',
      given.reasoning === undefined ? undefined : { effort: given.reasoning.effort ?? null, summary: given.reasoning.summary ?? null },
    ),
    service_tier: pick('service_tier', given.service_tier),
    text: pick('text', given.text === undefined ? undefined : textOf(given.text)),
    tools: pick('tools', given.tools === undefined ? undefined : readTools(given.tools, `${at}tools`, keepsSecrets)),
    compaction: pick('compaction', given.compaction === undefined ? undefined : { async: given.compaction.async ?? true }),
    experimental: { time_awareness: given.experimental?.time_awareness ?? kept.experimental.time_awareness },
  }
}

const multiAgent = (given: {
  readonly enabled: boolean
  readonly max_concurrent_subagents?: number | undefined
}): AgentConfig['multi_agent'] => ({
  enabled: given.enabled,
  max_concurrent_subagents: given.enabled ? (given.max_concurrent_subagents ?? subagentsMax) : null,
})

const textOf = (given: NonNullable<Values<typeof configShape>['text']>): AgentConfig['text'] => ({
  format: given.format ?? { type: 'text' },
  verbosity: given.verbosity ?? 'medium',
})
