// Sessions and what they consist of, as they are kept and answered: turns, items, subagents.
import { notFound } from '../../errors.ts'
import type { Platform } from '../../platform.ts'
import type { JsonObject } from '../../shape.ts'
import type { Collection } from '../../state/objects.ts'
import type { AgentConfig } from './config.ts'
import type { SessionEnvironment } from './environment-store.ts'
import type { SessionTool } from './tools.ts'

export type Session = {
  readonly id: string
  readonly object: 'agent.session'
  readonly created_at: number
  readonly last_active_at: number
  readonly status: 'idle' | 'in_progress' | 'requires_action' | 'failed'
  readonly error: string | null
  readonly agent: SessionAgent
  readonly environment: SessionEnvironment
  readonly metadata: Readonly<Record<string, string>>
  readonly required_actions: readonly RequiredAction[]
  readonly usage: TokenUsage | null
  readonly vault_ids: readonly string[]
  readonly prompt_cache_options?: CacheOptions | null
  readonly review?: 'auto_review'
  readonly spend_control?: { readonly limit: number; readonly consumed: number | null }
}

export type SessionAgent = { readonly id: string; readonly name: string | null; readonly tools: readonly SessionTool[] } & Omit<
  AgentConfig,
  'tools'
>
export type CacheOptions = { readonly ttl: '30m' | '12h' }

export type RequiredAction =
  | {
      readonly type: 'function_call'
      readonly turn_id: string
      readonly call_id: string
      readonly name: string
      readonly arguments: unknown
    }
  | { readonly type: 'environment_connection'; readonly environment_id: string }

export type TokenUsage = {
  readonly input_tokens: number
  readonly input_tokens_details: { readonly cached_tokens: number }
  readonly output_tokens: number
  readonly output_tokens_details: { readonly reasoning_tokens: number }
  readonly total_tokens: number
}

export type Turn = {
  readonly id: string
  readonly object: 'agent.session.turn'
  readonly session_id: string
  readonly agent_id: string
  readonly subagent_id: string | null
  readonly status: 'queued' | 'in_progress' | 'waiting' | 'completed' | 'failed' | 'cancelled'
  readonly created_at: number
  readonly started_at: number | null
  readonly completed_at: number | null
  readonly error: { readonly code: TurnErrorCode; readonly message: string } | null
  readonly usage: TokenUsage | null
  readonly prompt_cache_options: CacheOptions | null
}

export type TurnErrorCode = 'context_length_exceeded' | 'rate_limit_exceeded' | 'server_overloaded' | 'server_error' | 'invalid_request'

export type Subagent = {
  readonly id: string
  readonly object: 'agent.session.subagent'
  readonly session_id: string
  readonly parent_agent_id: string
  readonly name: string
  readonly instructions: readonly OutputText[]
  readonly status: 'active' | 'closed'
  readonly opened_at: number
  readonly closed_at: number | null
}

export type InputContent =
  | { readonly type: 'input_text'; readonly text: string }
  | { readonly type: 'input_image'; readonly image_url: string }
export type OutputText = { readonly type: 'output_text'; readonly text: string }

type CallStatus = 'in_progress' | 'completed' | 'failed' | 'incomplete'
type OutputStatus = 'in_progress' | 'completed' | 'incomplete'

type ItemOf<Type extends string, Fields> = { readonly id: string; readonly type: Type; readonly turn_id: string } & Fields

export type UserMessage = ItemOf<
  'message',
  { readonly role: 'user'; readonly status: 'completed'; readonly phase: null; readonly content: readonly InputContent[] }
>
export type FunctionCall = ItemOf<
  'function_call',
  { readonly status: CallStatus; readonly call_id: string; readonly name: string; readonly arguments: unknown }
>
export type FunctionCallOutput = ItemOf<
  'function_call_output',
  {
    readonly status: CallStatus
    readonly call_id: string
    readonly output: string | readonly InputContent[] | null
    readonly error: string | null
  }
>
export type AgentMessage = ItemOf<
  'agent_message',
  { readonly sender_agent_id: string; readonly recipient_agent_id: string; readonly content: readonly OutputText[] }
>

/** What an agent brings forth. */
export type OutputItem =
  | FunctionCall
  | ItemOf<
      'message',
      { readonly role: 'assistant'; readonly status: OutputStatus; readonly phase: 'final_answer'; readonly content: readonly OutputText[] }
    >
  | ItemOf<
      'reasoning',
      { readonly status: OutputStatus; readonly summary: readonly { readonly type: 'summary_text'; readonly text: string }[] }
    >
  | ItemOf<
      'web_search_call',
      {
        readonly status: OutputStatus
        readonly action: { readonly type: 'search'; readonly query: string | null; readonly queries: readonly string[] | null }
      }
    >
  | ItemOf<
      'command_execution',
      {
        readonly status: CallStatus
        readonly command: string
        readonly cwd: string | null
        readonly duration_ms: number | null
        readonly exit_code: number | null
        readonly output: string | null
      }
    >
  | ItemOf<
      'create_subagent_call',
      {
        readonly status: CallStatus
        readonly agent_id: string
        readonly content: readonly OutputText[]
        readonly model: string | null
        readonly reasoning_effort: string | null
      }
    >
  | ItemOf<
      'wait_for_subagents_call',
      { readonly status: CallStatus; readonly sender_agent_id: string; readonly recipient_agent_ids: readonly string[] }
    >
  | ItemOf<'close_subagent_call', { readonly status: CallStatus; readonly sender_agent_id: string; readonly recipient_agent_id: string }>

export type Item = UserMessage | FunctionCallOutput | AgentMessage | OutputItem

export const sessions = (platform: Platform): Collection<Session> => platform.collection('agent.session')
/** Turns and items of the root agent belong to the session, those of a subagent to the subagent. */
export const turns = (platform: Platform): Collection<Turn> => platform.collection('agent.session.turn')
export const items = (platform: Platform): Collection<Item> => platform.collection('agent.session.item')
export const subagents = (platform: Platform): Collection<Subagent> => platform.collection('agent.session.subagent')

export function requireSession(platform: Platform, id: string, param: string | null = null): Session {
  const session = sessions(platform).get(id)
  if (session === undefined) throw notFound(`Session with id '${id}' not found.`, param)
  return session
}

/** The turn that the session is at, if it is at any. */
export function activeTurn(platform: Platform, sessionId: string): Turn | undefined {
  for (const turn of turns(platform).list({ parent: sessionId, order: 'desc' })) return isOver(turn) ? undefined : turn
  return undefined
}

export const isOver = ({ status }: Turn): boolean => status === 'completed' || status === 'failed' || status === 'cancelled'

export const addUsage = (before: TokenUsage | null, more: TokenUsage): TokenUsage => ({
  input_tokens: (before?.input_tokens ?? 0) + more.input_tokens,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: (before?.output_tokens ?? 0) + more.output_tokens,
  output_tokens_details: {
    reasoning_tokens: (before?.output_tokens_details.reasoning_tokens ?? 0) + more.output_tokens_details.reasoning_tokens,
  },
  total_tokens: (before?.total_tokens ?? 0) + more.total_tokens,
})

export type Unsent = { readonly type: string } & JsonObject
