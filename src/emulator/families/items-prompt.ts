// What items mean for a text engine: messages, calls and their results, in order.
import { invalid } from '../errors.ts'
import { textOfData, textOfFile } from '../file-text.ts'
import type { Platform } from '../platform.ts'
import { isObject, textOr } from '../shape.ts'
import { requireFile } from '../stored-files.ts'
import type { PromptMessage } from '../text/reply.ts'
import { readSealed } from './sealed.ts'
import type { Item } from './items.ts'

/** The messages of a context. Throws OpenAI's refusal where calls and results do not belong together. */
export function messagesOf(platform: Platform, items: readonly Item[]): readonly PromptMessage[] {
  const names = namesOfCalls(items)
  requireOutputs(items)
  return items.flatMap((item): PromptMessage[] => {
    switch (item.type) {
      case 'message':
        return [{ role: roleOf(item['role']), text: textOf(platform, item['content']) }]
      case 'function_call_output':
      case 'custom_tool_call_output':
      case 'local_shell_call_output':
      case 'shell_call_output':
      case 'apply_patch_call_output':
      case 'computer_call_output': {
        const callId = textOr(item['call_id'], item.id)
        const toolName = names.get(callId)
        return [{ role: 'tool', text: textOf(platform, item['output']), callId, ...(toolName === undefined ? {} : { toolName }) }]
      }
      case 'compaction':
        return [{ role: 'system', text: readSealed(item['encrypted_content']) }]
      case 'function_call':
      case 'custom_tool_call':
        return [{ role: 'assistant', text: '' }]
      default:
        return []
    }
  })
}

const roleOf = (role: unknown): PromptMessage['role'] => (role === 'user' || role === 'assistant' ? role : 'system')

function namesOfCalls(items: readonly Item[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const item of items)
    if (typeof item['call_id'] === 'string' && typeof item['name'] === 'string') names.set(item['call_id'], item['name'])
  return names
}

function requireOutputs(items: readonly Item[]): void {
  const called = new Set<unknown>()
  const answered = new Set<unknown>()
  for (const { type, call_id: id } of items) {
    if (type === 'function_call' || type === 'custom_tool_call') called.add(id)
    if (type === 'function_call_output' || type === 'custom_tool_call_output') {
      if (!called.has(id))
        throw invalid(
          `No tool call found for ${type === 'function_call_output' ? 'function' : 'custom tool'} call output with call_id ${String(id)}.`,
          'input',
        )
      answered.add(id)
    }
  }
  for (const id of called) if (!answered.has(id)) throw invalid(`No tool output found for function call ${String(id)}.`, 'input')
}

function textOf(platform: Platform, content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return content === undefined || content === null ? '' : JSON.stringify(content)
  return content
    .map((part: unknown) => {
      if (!isObject(part)) return ''
      if (typeof part['text'] === 'string') return part['text']
      if (typeof part['refusal'] === 'string') return part['refusal']
      if (typeof part['stdout'] === 'string') return part['stdout']
      if (typeof part['file_id'] === 'string') return textOfFilePart(platform, part['type'], part['file_id'])
      if (typeof part['file_data'] === 'string') return textOfData(part['file_data'], textOr(part['filename'], 'file'))
      return ''
    })
    .filter((text) => text !== '')
    .join('\n')
}

/** Files have text, pictures only have to be there. */
function textOfFilePart(platform: Platform, type: unknown, fileId: string): string {
  if (type === 'input_file') return textOfFile(platform, fileId, 'file_id')
  requireFile(platform, fileId, 'file_id')
  return ''
}
