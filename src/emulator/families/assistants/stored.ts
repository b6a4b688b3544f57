// Assistants, threads, messages, runs and their steps as they are kept.
import type { ApiError } from '../../errors.ts'
import { notFound } from '../../errors.ts'
import type { Platform } from '../../platform.ts'
import type { JsonObject } from '../../shape.ts'
import type { Collection } from '../../state/objects.ts'

type Metadata = Readonly<Record<string, string>>

export type ToolResources = {
  readonly code_interpreter?: { readonly file_ids: readonly string[] }
  readonly file_search?: { readonly vector_store_ids: readonly string[] }
}

export type Assistant = {
  readonly id: string
  readonly object: 'assistant'
  readonly created_at: number
  readonly name: string | null
  readonly description: string | null
  readonly model: string
  readonly instructions: string | null
  readonly tools: readonly JsonObject[]
  readonly tool_resources: ToolResources
  readonly metadata: Metadata
  readonly temperature: number
  readonly top_p: number
  readonly reasoning_effort: string | null
  readonly response_format: unknown
}

export type Thread = {
  readonly id: string
  readonly object: 'thread'
  readonly created_at: number
  readonly metadata: Metadata
  readonly tool_resources: ToolResources
}

export type ThreadMessage = {
  readonly id: string
  readonly object: 'thread.message'
  readonly created_at: number
  readonly assistant_id: string | null
  readonly thread_id: string
  readonly run_id: string | null
  readonly status: 'in_progress' | 'incomplete' | 'completed'
  readonly incomplete_details: { readonly reason: string } | null
  readonly incomplete_at: number | null
  readonly completed_at: number | null
  readonly role: 'user' | 'assistant'
  readonly content: readonly JsonObject[]
  readonly attachments: readonly JsonObject[]
  readonly metadata: Metadata
}

export type RunStatus =
  | 'queued'
  | 'in_progress'
  | 'requires_action'
  | 'cancelling'
  | 'cancelled'
  | 'failed'
  | 'completed'
  | 'incomplete'
  | 'expired'

export type Usage = {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
  readonly prompt_token_details: { readonly cached_tokens: number }
}

export type FunctionCall = {
  readonly id: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: string }
}

export type Run = {
  readonly id: string
  readonly object: 'thread.run'
  readonly created_at: number
  readonly assistant_id: string
  readonly thread_id: string
  readonly status: RunStatus
  readonly started_at: number | null
  readonly expires_at: number | null
  readonly cancelled_at: number | null
  readonly failed_at: number | null
  readonly completed_at: number | null
  readonly required_action: {
    readonly type: 'submit_tool_outputs'
    readonly submit_tool_outputs: { readonly tool_calls: readonly FunctionCall[] }
  } | null
  readonly last_error: { readonly code: string; readonly message: string } | null
  readonly model: string
  readonly instructions: string
  readonly tools: readonly JsonObject[]
  readonly metadata: Metadata
  readonly temperature: number
  readonly top_p: number
  readonly reasoning_effort: string | null
  readonly max_completion_tokens: number | null
  readonly max_prompt_tokens: number | null
  readonly truncation_strategy: { readonly type: 'auto' | 'last_messages'; readonly last_messages: number | null }
  readonly incomplete_details: { readonly reason: string } | null
  readonly usage: Usage | null
  readonly response_format: unknown
  readonly tool_choice: unknown
  readonly parallel_tool_calls: boolean
}

export type RunStep = {
  readonly id: string
  readonly object: 'thread.run.step'
  readonly created_at: number
  readonly run_id: string
  readonly assistant_id: string
  readonly thread_id: string
  readonly type: 'message_creation' | 'tool_calls'
  readonly status: 'in_progress' | 'cancelled' | 'failed' | 'completed' | 'expired'
  readonly cancelled_at: number | null
  readonly completed_at: number | null
  readonly expired_at: number | null
  readonly failed_at: number | null
  readonly last_error: { readonly code: string; readonly message: string } | null
  readonly step_details:
    | { readonly type: 'message_creation'; readonly message_creation: { readonly message_id: string } }
    | { readonly type: 'tool_calls'; readonly tool_calls: readonly ({ readonly id: string; readonly type: string } & JsonObject)[] }
  readonly metadata: null
  readonly usage: Usage | null
}

/** What a run is about to do, kept beside it: it has been thought out when the run begins and is shown when the run ends. */
export type Plan = {
  readonly id: string
  readonly stepId: string | null
  readonly messageId: string | null
  readonly content: readonly JsonObject[]
  readonly isCut: boolean
  readonly calls: readonly FunctionCall[]
  readonly failure: Run['last_error']
  readonly usage: Usage
  readonly tokenPaceMs: number
}

export const assistantsOf = (platform: Platform): Collection<Assistant> => platform.collection('assistant')
export const threadsOf = (platform: Platform): Collection<Thread> => platform.collection('thread')
/** The parent of messages and runs is the thread, of steps the run. */
export const messagesIn = (platform: Platform): Collection<ThreadMessage> => platform.collection('thread.message')
export const runsIn = (platform: Platform): Collection<Run> => platform.collection('thread.run')
export const stepsOf = (platform: Platform): Collection<RunStep> => platform.collection('thread.run.step')
export const plansOf = (platform: Platform): Collection<Plan> => platform.collection('thread.run.plan')

export const isActive = ({ status }: Run): boolean =>
  status === 'queued' || status === 'in_progress' || status === 'requires_action' || status === 'cancelling'

/** Only the newest run of a thread can be under way. */
export function activeRun(platform: Platform, threadId: string): Run | undefined {
  for (const run of runsIn(platform).list({ parent: threadId, order: 'desc' })) return isActive(run) ? run : undefined
  return undefined
}

export const noAssistant = (id: string): ApiError => notFound(`No assistant found with id '${id}'.`)
export const noThread = (id: string): ApiError => notFound(`No thread found with id '${id}'.`)
export const noMessage = (id: string): ApiError => notFound(`No message found with id '${id}'.`)
export const noRun = (id: string): ApiError => notFound(`No run found with id '${id}'.`)
export const noStep = (id: string): ApiError => notFound(`No run step found with id '${id}'.`)

export function requireAssistant(platform: Platform, id: string): Assistant {
  const assistant = assistantsOf(platform).get(id)
  if (assistant === undefined) throw noAssistant(id)
  return assistant
}

export function requireThread(platform: Platform, id: string): Thread {
  const thread = threadsOf(platform).get(id)
  if (thread === undefined) throw noThread(id)
  return thread
}
