// A chat completion as an object and as a stream of chunks, both made of the same replies.
import type { SseEvent } from '../../answer.ts'
import { newId } from '../../ids.ts'
import { snapshotOf } from '../../model-list.ts'
import type { Platform } from '../../platform.ts'
import type { Reply, ToolCall } from '../../text/reply.ts'
import { cutText, logprobsOf, reasoningTokens } from '../generation.ts'
import type { TokenLogprob } from '../generation.ts'
import type { Asked, ChatRequest } from './request.ts'

type MessageCall =
  | { readonly id: string; readonly type: 'function'; readonly function: { readonly name: string; readonly arguments: string } }
  | { readonly id: string; readonly type: 'custom'; readonly custom: { readonly name: string; readonly input: string } }

export type Choice = {
  readonly index: number
  readonly message: {
    readonly role: 'assistant'
    readonly content: string | null
    readonly refusal: string | null
    readonly annotations: readonly unknown[]
    readonly tool_calls?: readonly MessageCall[]
    readonly function_call?: { readonly name: string; readonly arguments: string }
  }
  readonly logprobs: { readonly content: readonly TokenLogprob[]; readonly refusal: null } | null
  readonly finish_reason: 'stop' | 'length' | 'tool_calls' | 'function_call'
}

export type ChatUsage = {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
  readonly prompt_tokens_details: Readonly<Record<string, number>>
  readonly completion_tokens_details: Readonly<Record<string, number>>
}

export type ChatCompletion = {
  readonly id: string
  readonly object: 'chat.completion'
  readonly created: number
  readonly model: string
  readonly choices: readonly Choice[]
  readonly usage: ChatUsage
  readonly service_tier: string
  readonly system_fingerprint: string
}

/** A completion, and for its stream the tokens of each choice. */
export type Made = { readonly completion: ChatCompletion; readonly tokens: readonly (readonly string[])[]; readonly tokenPaceMs: number }

export function makeCompletion(platform: Platform, asked: Asked): Made {
  const { request, prompt } = asked
  const replies = Array.from({ length: request.n ?? 1 }, (_, candidate) => platform.reply({ ...prompt, candidate }))
  const stop = typeof request.stop === 'string' ? [request.stop] : (request.stop ?? [])
  const maxTokens = request.max_completion_tokens ?? request.max_tokens ?? Infinity
  const parts = replies.map((reply) => ({ reply, cut: cutText(platform, reply.refusal ?? reply.text, { stop, maxTokens }) }))
  const choices = parts.map(({ reply, cut }, index): Choice => ({
    index,
    message: messageOf(request, reply, cut.text),
    logprobs:
      request.logprobs === true && reply.toolCalls.length === 0
        ? { content: logprobsOf(cut.tokens, request.top_logprobs ?? 0), refusal: null }
        : null,
    finish_reason: finishReason(request, reply, cut.end),
  }))
  const written = parts.reduce((sum, { reply, cut }) => sum + cut.tokens.length + callTokens(platform, reply.toolCalls), 0)
  const completion: ChatCompletion = {
    id: newId('chatCompletion'),
    object: 'chat.completion',
    created: platform.clock.seconds(),
    model: snapshotOf(request.model),
    choices,
    usage: usageOf(asked, written, replies[0]),
    service_tier: tierOf(request.service_tier),
    system_fingerprint: 'fp_emulator00',
  }
  return { completion, tokens: parts.map(({ cut }) => cut.tokens), tokenPaceMs: replies[0]?.tokenPaceMs ?? platform.settings.tokenPaceMs }
}

/** The tier that served, which decides the price: never `auto`. */
const tierOf = (asked: string | undefined): string => (asked === undefined || asked === 'auto' ? 'default' : asked)

function messageOf({ functions }: ChatRequest, reply: Reply, text: string): Choice['message'] {
  const base = {
    role: 'assistant',
    content: reply.refusal === null ? text : null,
    refusal: reply.refusal === null ? null : text,
    annotations: [],
  } as const
  const [first] = reply.toolCalls
  if (first === undefined) return base
  const content = text === '' ? null : base.content
  if (functions !== undefined) return { ...base, content, function_call: { name: first.tool.name, arguments: first.input } }
  return { ...base, content, tool_calls: reply.toolCalls.map(messageCall) }
}

function messageCall({ tool, input }: ToolCall): MessageCall {
  const id = newId('toolCall')
  return tool.kind === 'custom'
    ? { id, type: 'custom', custom: { name: tool.name, input } }
    : { id, type: 'function', function: { name: tool.name, arguments: input } }
}

function finishReason({ functions, tool_choice: choice }: ChatRequest, reply: Reply, end: 'stop' | 'length'): Choice['finish_reason'] {
  if (reply.toolCalls.length === 0) return end
  // Quirk: a call that was forced by name ends with `stop`.
  if (typeof choice === 'object' && choice['type'] !== 'allowed_tools') return 'stop'
  return functions === undefined ? 'tool_calls' : 'function_call'
}

const callTokens = ({ tokens }: Platform, calls: readonly ToolCall[]): number =>
  calls.reduce((sum, { tool, input }) => sum + 8 + tokens.count(tool.name) + tokens.count(input), 0)

function usageOf({ request, promptTokens }: Asked, written: number, reply: Reply | undefined): ChatUsage {
  const reasoning = reasoningTokens(request.model, request.reasoning_effort)
  const input = reply?.usage?.inputTokens ?? promptTokens
  const output = reply?.usage?.outputTokens ?? written + reasoning
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}

/** The same completion as chunks, `[DONE]` included. `onDone` runs when the last token has gone out. */
export function* chunksOf({ completion, tokens }: Made, { stream_options: options }: ChatRequest, onDone: () => void): Generator<SseEvent> {
  const { id, created, model, service_tier, system_fingerprint, usage } = completion
  const head = { id, object: 'chat.completion.chunk', created, model, service_tier, system_fingerprint }
  const hasUsage = options?.include_usage === true
  const tail = { ...(hasUsage ? { usage: null } : {}) }
  const chunk = (index: number, delta: unknown, finish: string | null = null, logprobs: unknown = null): SseEvent => ({
    data: {
      ...head,
      choices: [{ index, delta, logprobs, finish_reason: finish }],
      ...tail,
      ...obfuscation(options?.include_obfuscation, delta),
    },
  })
  for (const { index, message, logprobs, finish_reason: finish } of completion.choices) {
    const field = message.refusal === null ? 'content' : 'refusal'
    const isText = message.tool_calls === undefined && message.function_call === undefined
    yield chunk(index, {
      role: 'assistant',
      content: isText && field === 'content' ? '' : null,
      ...firstCall(message),
      refusal: field === 'refusal' ? '' : null,
    })
    const choiceTokens = tokens[index] ?? []
    for (let at = 0; at < choiceTokens.length; at++) {
      const logprob = logprobs?.content[at]
      yield chunk(index, { [field]: choiceTokens[at] }, null, logprob === undefined ? null : { content: [logprob], refusal: null })
    }
    yield* callChunks(message, (delta) => chunk(index, delta))
    yield chunk(index, {}, finish)
  }
  onDone()
  if (hasUsage) yield { data: { ...head, choices: [], usage, ...obfuscation(options?.include_obfuscation, usage) } }
  yield { data: '[DONE]' }
}

/** The first call begins in the chunk that carries the role. */
function firstCall({ tool_calls: calls, function_call: legacy }: Choice['message']): object {
  if (legacy !== undefined) return { function_call: { name: legacy.name, arguments: '' } }
  const [first] = calls ?? []
  return first === undefined ? {} : { tool_calls: [opened(first, 0)] }
}

const opened = (call: MessageCall, index: number): object =>
  call.type === 'custom'
    ? { index, id: call.id, type: call.type, custom: { name: call.custom.name, input: '' } }
    : { index, id: call.id, type: call.type, function: { name: call.function.name, arguments: '' } }

function* callChunks(
  { tool_calls: calls = [], function_call: legacy }: Choice['message'],
  chunk: (delta: unknown) => SseEvent,
): Generator<SseEvent> {
  if (legacy !== undefined) for (const piece of piecesOf(legacy.arguments)) yield chunk({ function_call: { arguments: piece } })
  for (const [index, call] of calls.entries()) {
    if (index > 0) yield chunk({ tool_calls: [opened(call, index)] })
    if (call.type === 'custom')
      for (const piece of piecesOf(call.custom.input)) yield chunk({ tool_calls: [{ index, custom: { input: piece } }] })
    else for (const piece of piecesOf(call.function.arguments)) yield chunk({ tool_calls: [{ index, function: { arguments: piece } }] })
  }
}

const piecesOf = (text: string): readonly string[] => text.match(/[\s\S]{1,5}/gu) ?? []

const padding = 'Zk3vQ8aXw1'

/** Pads chunks so that their size tells an eavesdropper less about the token; on unless switched off. */
function obfuscation(wanted: boolean | undefined, delta: unknown): { readonly obfuscation?: string } {
  if (wanted === false) return {}
  const text = typeof delta === 'object' && delta !== null && 'content' in delta && typeof delta.content === 'string' ? delta.content : ''
  return { obfuscation: padding.slice(0, Math.max(1, 10 - text.length)) }
}
