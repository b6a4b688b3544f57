// The seam between endpoints and text: an endpoint says what it was asked in neutral terms, a replier says what comes back.
// Endpoints never look at prompts, repliers never know endpoints' shapes.
import type { JsonObject } from '../shape.ts'

export type PromptMessage = {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly text: string
  /** For `tool`: the call it answers, and the name of that tool where it is known. */
  readonly callId?: string
  readonly toolName?: string
  /** For `tool`: what a tool of the platform found while answering, not a result that the caller brought. */
  readonly isHosted?: boolean
}

export type PromptTool = {
  /** `custom` tools take free text, `hosted` ones are run by the platform itself. */
  readonly kind: 'function' | 'custom' | 'hosted'
  readonly name: string
  readonly description: string
  /** JSON Schema of the arguments of a function. */
  readonly schema: JsonObject
}

export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string }

export type OutputFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json_object' }
  | { readonly type: 'json_schema'; readonly schema: JsonObject }

export type Prompt = {
  readonly model: string
  readonly messages: readonly PromptMessage[]
  readonly tools: readonly PromptTool[]
  readonly toolChoice: ToolChoice
  readonly allowsParallelCalls: boolean
  readonly format: OutputFormat
  /** Which of `n` answers this is. */
  readonly candidate: number
}

export type ToolCall = {
  readonly tool: PromptTool
  /** JSON of a function's arguments, or the text for a custom tool. */
  readonly input: string
}

export type Reply = {
  readonly text: string
  readonly toolCalls: readonly ToolCall[]
  /** Summary of what the model thought, for models that think; null for the endpoint's own. */
  readonly reasoning: string | null
  /** What is said instead of an answer. */
  readonly refusal: string | null
  /** Where the reply wants other numbers than counting gives. */
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number } | null
  /** Where the reply wants another pause between tokens than the settings. */
  readonly tokenPaceMs: number | null
}

/** May throw an `ApiError` to have the exchange fail. */
export type Replier = (prompt: Prompt) => Reply

/** A prompt that is nothing but one text of a user. */
export const promptOf = (model: string, text: string, candidate = 0): Prompt => ({
  model,
  messages: [{ role: 'user', text }],
  tools: [],
  toolChoice: 'none',
  allowsParallelCalls: false,
  format: { type: 'text' },
  candidate,
})

export const plainReply = (text: string): Reply => ({ text, toolCalls: [], reasoning: null, refusal: null, usage: null, tokenPaceMs: null })
