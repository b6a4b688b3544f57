// Items: what Responses read and write and conversations keep. Here they get their ids and their full form, are checked, stored and
// read back; what they mean for a prompt is in items-prompt.ts.
import { invalidType, invalidValue, missingParameter, notFound } from '../errors.ts'
import { newId } from '../ids.ts'
import type { IdKind } from '../ids.ts'
import type { Platform } from '../platform.ts'
import { isObject } from '../shape.ts'
import type { JsonObject } from '../shape.ts'
import type { Collection } from '../state/objects.ts'

export type Item = { readonly id: string; readonly type: string } & JsonObject

/** The id each type of item carries; the keys are the types that are taken as input. */
const idKinds: Readonly<Record<string, IdKind>> = {
  message: 'message',
  reasoning: 'reasoning',
  function_call: 'functionCall',
  function_call_output: 'functionCallOutput',
  custom_tool_call: 'customToolCall',
  custom_tool_call_output: 'customToolCallOutput',
  web_search_call: 'webSearchCall',
  file_search_call: 'fileSearchCall',
  code_interpreter_call: 'codeInterpreterCall',
  image_generation_call: 'imageGenerationCall',
  mcp_call: 'mcpCall',
  mcp_list_tools: 'mcpListTools',
  mcp_approval_request: 'mcpApproval',
  mcp_approval_response: 'mcpApproval',
  compaction: 'compaction',
  computer_call: 'item',
  computer_call_output: 'item',
  local_shell_call: 'item',
  local_shell_call_output: 'item',
  shell_call: 'item',
  shell_call_output: 'item',
  apply_patch_call: 'item',
  apply_patch_call_output: 'item',
  tool_search_call: 'item',
  tool_search_output: 'item',
  additional_tools: 'item',
  configuration_update: 'item',
  compaction_trigger: 'item',
  program: 'item',
  program_output: 'item',
}

const inputTypes = [...Object.keys(idKinds), 'item_reference']
const roles = ['assistant', 'system', 'developer', 'user'] as const
/** Items that carry a status of their own; it is `completed` where the caller says nothing. */
const withStatus = new Set(['message', 'function_call', 'function_call_output', 'custom_tool_call'])

/** Input as it is stored and listed: texts become messages, references the items they name, and each item has an id. */
export function readItems(platform: Platform, input: unknown, at = 'input'): readonly Item[] {
  if (typeof input === 'string') return [completeMessage({ role: 'user', content: input }, at)]
  if (!Array.isArray(input)) throw invalidType(at, 'one of a string or array of input items', input)
  return input.map((each: unknown, index) => readItem(platform, each, `${at}[${index}]`))
}

function readItem(platform: Platform, given: unknown, at: string): Item {
  if (!isObject(given)) throw invalidType(at, 'an object', given)
  const type = given['type'] ?? ('role' in given ? 'message' : undefined)
  // The SDKs write references without a type, too.
  if (type === undefined && typeof given['id'] === 'string') return findItem(platform, given['id'])
  if (type === undefined) throw missingParameter(`${at}.type`)
  if (type === 'item_reference') return findItem(platform, String(given['id']))
  if (type === 'message') return completeMessage(given, at)
  const kind = typeof type === 'string' ? idKinds[type] : undefined
  if (kind === undefined || typeof type !== 'string') throw invalidValue(`${at}.type`, type, inputTypes)
  if (/^(?:function|custom_tool)_call/.test(type) && typeof given['call_id'] !== 'string') throw missingParameter(`${at}.call_id`)
  return { ...given, id: idOf(given, kind), type, ...(withStatus.has(type) ? { status: given['status'] ?? 'completed' } : {}) }
}

const idOf = (given: JsonObject, kind: IdKind): string =>
  typeof given['id'] === 'string' && given['id'] !== '' ? given['id'] : newId(kind)

function completeMessage(given: JsonObject, at: string): Item {
  const role = given['role']
  if (role === undefined) throw missingParameter(`${at}.role`)
  if (!(roles as readonly unknown[]).includes(role)) throw invalidValue(`${at}.role`, role, roles)
  return {
    ...given,
    id: idOf(given, 'message'),
    type: 'message',
    status: given['status'] ?? 'completed',
    role,
    content: readContent(given['content'], role === 'assistant', `${at}.content`),
  }
}

const inputParts = [
  'input_text',
  'input_image',
  'input_file',
  'input_audio',
  'computer_screenshot',
  'output_text',
  'refusal',
  'summary_text',
  'text',
  'reasoning_text',
  'tether_browsing_display',
] as const

function readContent(content: unknown, isOutput: boolean, at: string): readonly JsonObject[] {
  if (content === undefined || content === null) throw missingParameter(at)
  if (typeof content === 'string')
    return [isOutput ? { type: 'output_text', annotations: [], logprobs: [], text: content } : { type: 'input_text', text: content }]
  if (!Array.isArray(content)) throw invalidType(at, 'one of a string or array of objects', content)
  return content.map((part: unknown, index) => {
    if (!isObject(part)) throw invalidType(`${at}[${index}]`, 'an object', part)
    if (!(inputParts as readonly unknown[]).includes(part['type'])) throw invalidValue(`${at}[${index}].type`, part['type'], inputParts)
    return part['type'] === 'input_image' && part['detail'] === undefined ? { ...part, detail: 'auto' } : part
  })
}

/** Where items live: those a response read, those it wrote, and those of a conversation. The parent is its id. */
export const inputItems = (platform: Platform): Collection<Item> => platform.collection('response.input_item')
export const outputItems = (platform: Platform): Collection<Item> => platform.collection('response.output_item')
export const conversationItems = (platform: Platform): Collection<Item> => platform.collection('conversation.item')

/** An item that a request names; what was never stored cannot be named. */
function findItem(platform: Platform, id: string): Item {
  for (const items of [outputItems(platform), inputItems(platform), conversationItems(platform)]) {
    const item = items.get(id)
    if (item !== undefined) return item
  }
  throw notFound(
    `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
  )
}
