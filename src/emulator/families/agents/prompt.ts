// What a session comes down to for the text engine.
import type { JsonObject } from '../../shape.ts'
import type { Prompt, PromptMessage, PromptTool } from '../../text/reply.ts'
import type { Tokenizer } from '../../text/tokens.ts'
import type { InputContent, Item, OutputText, Session } from './session-store.ts'

/** The whole history of the root agent, oldest first, as a prompt. */
export function promptOfSession({ agent }: Session, history: readonly Item[]): Prompt {
  const names = new Map(history.flatMap((item) => (item.type === 'function_call' ? [[item.call_id, item.name] as const] : [])))
  const format = agent.text.format
  return {
    model: agent.model,
    messages: [
      ...(agent.instructions === null ? [] : [{ role: 'system', text: agent.instructions } as const]),
      ...history.flatMap((item) => messageOf(item, names)),
    ],
    tools: agent.tools.flatMap((tool): PromptTool[] =>
      tool.type === 'function'
        ? [{ kind: 'function', name: tool.name, description: tool.description, schema: tool.parameters }]
        : [{ kind: 'hosted', name: tool.type, description: '', schema: {} }],
    ),
    toolChoice: 'auto',
    allowsParallelCalls: true,
    format: format.type === 'json_schema' ? { type: 'json_schema', schema: format.schema } : { type: 'text' },
    candidate: 0,
  }
}

function messageOf(item: Item, names: ReadonlyMap<string, string>): PromptMessage[] {
  if (item.type === 'message') return [{ role: item.role, text: textOf(item.content) }]
  if (item.type !== 'function_call_output') return []
  const toolName = names.get(item.call_id)
  const text = item.error ?? (typeof item.output === 'string' ? item.output : textOf(item.output ?? []))
  return [{ role: 'tool', text, callId: item.call_id, ...(toolName === undefined ? {} : { toolName }) }]
}

export const textOf = (content: readonly (InputContent | OutputText)[]): string =>
  content
    .map((part) => (part.type === 'input_image' ? '' : part.text))
    .filter((text) => text !== '')
    .join('\n')

export const tokensOfPrompt = (tokens: Tokenizer, { messages, tools }: Prompt): number =>
  messages.reduce((sum, { text }) => sum + 4 + tokens.count(text), 3) + (tools.length === 0 ? 0 : tokens.count(JSON.stringify(tools)))

/** Arguments are shown as the object they are. */
export function argumentsOf(input: string): JsonObject {
  return JSON.parse(input) as JsonObject
}
