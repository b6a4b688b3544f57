// The messages of a chat completion: checked one by one, calls matched with their results, contents as text.
import { invalid, invalidType, invalidValue, missingParameter } from '../../errors.ts'
import type { ApiError } from '../../errors.ts'
import { textOfData, textOfFile } from '../../file-text.ts'
import type { Platform } from '../../platform.ts'
import { isObject, textOr } from '../../shape.ts'
import type { JsonObject } from '../../shape.ts'
import type { PromptMessage } from '../../text/reply.ts'

const roles = ['system', 'assistant', 'user', 'function', 'tool', 'developer'] as const
type Role = (typeof roles)[number]

/** Calls of the assistant by id: their names, and which of the last ones no tool message has answered yet. */
type Calls = { readonly names: Map<string, string>; open: Set<string> }

export function readMessages(platform: Platform, messages: readonly JsonObject[]): readonly PromptMessage[] {
  const calls: Calls = { names: new Map(), open: new Set() }
  const read = messages.map((message, index) => readMessage(platform, message, index, calls))
  if (calls.open.size > 0) throw unanswered(calls, messages.length)
  return read
}

function readMessage(platform: Platform, message: JsonObject, index: number, calls: Calls): PromptMessage {
  const at = `messages[${index}]`
  const role = readRole(message['role'], at)
  const content = message['content'] ?? null
  if (role === 'tool') return readResult(platform, message, index, calls)
  if (calls.open.size > 0) throw unanswered(calls, index)
  if (role === 'assistant') {
    openCalls(message, calls)
    return { role, text: content === null ? '' : textOf(platform, content, at) }
  }
  // Quirk: old refusals write the index in brackets after a dot.
  if (content === null) throw invalid("Invalid value for 'content': expected a string, got null.", `messages.[${index}].content`)
  const text = textOf(platform, content, at)
  if (role === 'function') return { role: 'tool', text, toolName: textOr(message['name'], 'function') }
  return { role: role === 'user' ? 'user' : 'system', text }
}

function readRole(given: unknown, at: string): Role {
  if (given === undefined) throw missingParameter(`${at}.role`)
  if (typeof given !== 'string') throw invalidType(`${at}.role`, 'a string', given)
  const role = roles.find((each) => each === given)
  if (role === undefined) throw invalidValue(`${at}.role`, given, roles)
  return role
}

function readResult(platform: Platform, message: JsonObject, index: number, { names, open }: Calls): PromptMessage {
  const at = `messages[${index}]`
  const callId = message['tool_call_id']
  if (typeof callId !== 'string') throw missingParameter(`${at}.tool_call_id`)
  // Quirk: "preceeding".
  if (!open.delete(callId))
    throw invalid(
      "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
      `messages.[${index}].role`,
    )
  const toolName = names.get(callId)
  return { role: 'tool', text: textOf(platform, message['content'], at), callId, ...(toolName === undefined ? {} : { toolName }) }
}

const unanswered = ({ open }: Calls, index: number): ApiError =>
  invalid(
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...open].join(', ')}`,
    `messages.[${index}].role`,
  )

/** The calls an assistant message made are open until results come. */
function openCalls(message: JsonObject, calls: Calls): void {
  calls.open = new Set()
  for (const call of Array.isArray(message['tool_calls']) ? message['tool_calls'].filter(isObject) : []) {
    const id = textOr(call['id'])
    const called = call['function'] ?? call['custom']
    calls.open.add(id)
    calls.names.set(id, isObject(called) ? textOr(called['name'], 'tool') : 'tool')
  }
}

const partTypes = ['text', 'image_url', 'input_audio', 'refusal', 'audio', 'file'] as const

function textOf(platform: Platform, content: unknown, at: string): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) throw invalidType(`${at}.content`, 'one of a string or array of objects', content)
  const texts = content.map((part: unknown, index) => textOfPart(platform, part, `${at}.content[${index}]`))
  return texts.filter((text) => text !== '').join('\n')
}

function textOfPart(platform: Platform, part: unknown, at: string): string {
  if (!isObject(part)) throw invalidType(at, 'an object', part)
  switch (part['type']) {
    case 'text':
    case 'refusal':
      return textOr(part[part['type']])
    case 'image_url':
    case 'input_audio':
    case 'audio':
      return ''
    case 'file':
      return isObject(part['file']) ? textOfFilePart(platform, part['file'], at) : ''
    case undefined:
      throw missingParameter(`${at}.type`)
    default:
      throw invalidValue(`${at}.type`, part['type'], partTypes)
  }
}

function textOfFilePart(platform: Platform, file: JsonObject, at: string): string {
  if (typeof file['file_id'] === 'string') return textOfFile(platform, file['file_id'], `${at}.file.file_id`)
  return typeof file['file_data'] === 'string' ? textOfData(file['file_data'], textOr(file['filename'], 'file')) : ''
}
