// Making a response: the reply as output items, and the object around it.
import { newId } from '../../ids.ts'
import { isReasoning, snapshotOf } from '../../model-list.ts'
import type { Platform } from '../../platform.ts'
import type { JsonObject } from '../../shape.ts'
import type { Reply, ToolCall } from '../../text/reply.ts'
import { cutText, logprobsOf, reasoningTokens } from '../generation.ts'
import type { Item } from '../items.ts'
import { seal } from '../sealed.ts'
import type { Context } from './context.ts'
import { completeHostedTool, runHostedTools } from './hosted-tools.ts'
import type { HostedResult } from './hosted-tool.ts'
import type { ResponseRequest } from './request.ts'
import type { ResponseObject } from './stored.ts'

export type MadeResponse = { readonly response: ResponseObject; readonly tokenPaceMs: number }

/** The response as it will be when it is over. */
export async function makeResponse(platform: Platform, request: ResponseRequest, context: Context): Promise<MadeResponse> {
  const hosted = await runHostedTools(platform, request.tools ?? [], context, request.include ?? [])
  const findings = hosted.flatMap(({ finding, items }) =>
    finding === null ? [] : [{ role: 'tool', text: finding, toolName: toolNameOf(items), isHosted: true } as const],
  )
  const reply = platform.reply(
    findings.length === 0 ? context.prompt : { ...context.prompt, toolChoice: 'none', messages: [...context.prompt.messages, ...findings] },
  )
  const thought = reasoningTokens(request.model, request.reasoning?.effort)
  const written = writeItems(platform, request, reply, hosted)
  const reasoning = thought > 0 || reply.reasoning !== null ? [reasoningItem(request, reply)] : []
  const outputTokens = reply.usage?.outputTokens ?? written.tokens + thought
  const inputTokens = reply.usage?.inputTokens ?? context.inputTokens
  const response: ResponseObject = {
    ...skeleton(platform, request, context),
    status: written.isCut ? 'incomplete' : 'completed',
    completed_at: written.isCut ? null : platform.clock.seconds(),
    incomplete_details: written.isCut ? { reason: 'max_output_tokens' } : null,
    output: [...reasoning, ...hosted.flatMap(({ items }) => items), ...written.items],
    usage: {
      input_tokens: inputTokens,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: outputTokens,
      output_tokens_details: { reasoning_tokens: thought },
      total_tokens: inputTokens + outputTokens,
    },
  }
  return { response, tokenPaceMs: reply.tokenPaceMs ?? platform.settings.tokenPaceMs }
}

const toolNameOf = (items: readonly Item[]): string => (items[0]?.type ?? 'tool').replace(/_call$/, '')

/** Everything of a response that is known before it has begun. */
export function skeleton(platform: Platform, request: ResponseRequest, { conversationId }: Context): ResponseObject {
  const thinks = isReasoning(request.model)
  return {
    id: newId('response'),
    object: 'response',
    created_at: platform.clock.seconds(),
    status: 'in_progress',
    background: request.background ?? false,
    completed_at: null,
    error: null,
    incomplete_details: null,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    max_tool_calls: request.max_tool_calls ?? null,
    model: snapshotOf(request.model),
    output: [],
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: request.previous_response_id ?? null,
    conversation: conversationId === null ? null : { id: conversationId },
    prompt_cache_key: request.prompt_cache_key ?? null,
    prompt_cache_retention: request.prompt_cache_retention ?? null,
    reasoning: { effort: request.reasoning?.effort ?? (thinks ? 'medium' : null), summary: request.reasoning?.summary ?? null },
    safety_identifier: request.safety_identifier ?? null,
    service_tier: request.service_tier === undefined || request.service_tier === 'auto' ? 'default' : request.service_tier,
    store: request.store ?? true,
    temperature: request.temperature ?? 1,
    text: { format: formatOf(request), verbosity: request.text?.verbosity ?? 'medium' },
    tool_choice: request.tool_choice ?? 'auto',
    tools: (request.tools ?? []).map(completeTool),
    top_logprobs: request.top_logprobs ?? 0,
    top_p: request.top_p ?? 1,
    truncation: request.truncation ?? 'disabled',
    usage: null,
    ...(request.user === undefined ? {} : { user: request.user }),
    metadata: request.metadata ?? {},
    access_programs: null,
  }
}

function formatOf({ text }: ResponseRequest): JsonObject {
  const format = text?.format ?? { type: 'text' }
  return format['type'] === 'json_schema' ? { ...format, strict: format['strict'] ?? true } : format
}

const completeTool = (tool: JsonObject): JsonObject =>
  tool['type'] === 'function' ? { description: null, parameters: null, ...tool, strict: tool['strict'] ?? true } : completeHostedTool(tool)

type Written = { readonly items: readonly Item[]; readonly tokens: number; readonly isCut: boolean }

function writeItems(platform: Platform, request: ResponseRequest, reply: Reply, hosted: readonly HostedResult[]): Written {
  const calls = reply.toolCalls.map(callItem)
  const callTokens = reply.toolCalls.reduce(
    (sum, { tool, input }) => sum + 8 + platform.tokens.count(tool.name) + platform.tokens.count(input),
    0,
  )
  if (reply.text === '' && reply.refusal === null && calls.length > 0) return { items: calls, tokens: callTokens, isCut: false }
  const cut = cutText(platform, reply.refusal ?? reply.text, { maxTokens: request.max_output_tokens ?? Infinity })
  const isCut = cut.end === 'length'
  const logprobs =
    request.include?.includes('message.output_text.logprobs') === true ? logprobsOf(cut.tokens, request.top_logprobs ?? 0) : []
  const annotations = hosted.flatMap(({ cite }) => cite(cut.text))
  const part =
    reply.refusal === null ? { type: 'output_text', annotations, logprobs, text: cut.text } : { type: 'refusal', refusal: cut.text }
  const message: Item = {
    id: newId('message'),
    type: 'message',
    status: isCut ? 'incomplete' : 'completed',
    content: [part],
    role: 'assistant',
  }
  return { items: [message, ...calls], tokens: cut.tokens.length + callTokens, isCut }
}

function callItem({ tool, input }: ToolCall): Item {
  const call = { status: 'completed', call_id: newId('toolCall'), name: tool.name }
  return tool.kind === 'custom'
    ? { id: newId('customToolCall'), type: 'custom_tool_call', ...call, input }
    : { id: newId('functionCall'), type: 'function_call', ...call, arguments: input }
}

function reasoningItem({ reasoning, include }: ResponseRequest, reply: Reply): Item {
  const text = reply.reasoning ?? 'Reading what was asked and answering it.'
  const hasSummary = reply.reasoning !== null || reasoning?.summary !== undefined || reasoning?.generate_summary !== undefined
  return {
    id: newId('reasoning'),
    type: 'reasoning',
    summary: hasSummary ? [{ type: 'summary_text', text }] : [],
    // Clients that let nothing be stored carry it along themselves.
    ...(include?.includes('reasoning.encrypted_content') === true ? { encrypted_content: seal(text) } : {}),
  }
}
