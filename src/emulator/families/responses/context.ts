// Everything a response is told: instructions, what went before it (a conversation, or the chain of earlier responses), its input.
import { invalid, notFound } from '../../errors.ts'
import { contextWindow } from '../../model-list.ts'
import type { Platform } from '../../platform.ts'
import type { Prompt } from '../../text/reply.ts'
import { conversationItems, inputItems, outputItems, readItems } from '../items.ts'
import type { Item } from '../items.ts'
import { messagesOf } from '../items-prompt.ts'
import { readFormat, readToolChoice, readTools } from './request.ts'
import type { ContextRequest } from './request.ts'
import { responses } from './stored.ts'

export type Context = {
  /** What was there before. */
  readonly before: readonly Item[]
  readonly input: readonly Item[]
  readonly conversationId: string | null
  readonly prompt: Prompt
  readonly inputTokens: number
}

export function readContext(platform: Platform, request: ContextRequest): Context {
  const conversationId = typeof request.conversation === 'object' ? request.conversation.id : (request.conversation ?? null)
  const before = conversationId === null ? chainOf(platform, request.previous_response_id) : itemsOf(platform, conversationId)
  const input = request.input === undefined ? [] : readItems(platform, request.input)
  const tools = readTools(request)
  const instructions = request.instructions === undefined ? [] : [{ role: 'system', text: request.instructions } as const]
  const prompt: Prompt = {
    model: request.model ?? '',
    messages: [...instructions, ...messagesOf(platform, [...before, ...input])],
    tools,
    toolChoice: readToolChoice(request, tools),
    allowsParallelCalls: request.parallel_tool_calls ?? true,
    format: readFormat(request),
    candidate: 0,
  }
  if (prompt.format.type === 'json_object' && !prompt.messages.some(({ text }) => /json/i.test(text)))
    throw invalid("Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.", 'input')
  return { before, input, conversationId, prompt, inputTokens: countInput(platform, request, prompt) }
}

function itemsOf(platform: Platform, conversationId: string): readonly Item[] {
  if (platform.collection('conversation').get(conversationId) === undefined)
    throw notFound(`Conversation with id '${conversationId}' not found.`)
  return [...conversationItems(platform).list({ parent: conversationId })]
}

/** What the responses before this one read and wrote, oldest first. */
export function chainOf(platform: Platform, lastId: string | null | undefined): readonly Item[] {
  if (lastId === null || lastId === undefined) return []
  // Quirk: 400, not 404, and a code, for an id that is unknown here.
  if (responses(platform).get(lastId) === undefined)
    throw invalid(`Previous response with id '${lastId}' not found.`, 'previous_response_id', 'previous_response_not_found')
  const turns: (readonly Item[])[] = []
  for (let id: string | null | undefined = lastId; id !== null && id !== undefined;) {
    turns.push([...inputItems(platform).list({ parent: id }), ...outputItems(platform).list({ parent: id })])
    // A response that was deleted since ends the chain.
    id = responses(platform).get(id)?.previous_response_id
  }
  return turns.toReversed().flat()
}

function countInput({ tokens }: Platform, { tools, model, truncation }: ContextRequest, prompt: Prompt): number {
  let count = 3
  for (const { text } of prompt.messages) count += 4 + tokens.count(text)
  if (tools !== undefined) count += tokens.count(JSON.stringify(tools))
  if (model !== undefined && count > contextWindow(model) && truncation !== 'auto')
    throw invalid(
      'Your input exceeds the context window of this model. Please adjust your input and try again.',
      'input',
      'context_length_exceeded',
    )
  return count
}
