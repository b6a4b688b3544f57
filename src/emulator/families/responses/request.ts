// What a response is asked for: parameters in OpenAI's order of checks (required, unknown, types, stored state, the model).
import { invalid, invalidValue, missingParameter, notFound } from '../../errors.ts'
import { requireResponsesModel } from '../../model-list.ts'
import type { Platform } from '../../platform.ts'
import {
  anyObject,
  anything,
  array,
  boolean,
  choice,
  either,
  integer,
  isObject,
  metadata,
  number,
  object,
  optional,
  readShape,
  string,
  textOr,
} from '../../shape.ts'
import type { JsonObject, Values } from '../../shape.ts'
import { requireStrictSchema } from '../../strict-schema.ts'
import type { OutputFormat, PromptTool, ToolChoice } from '../../text/reply.ts'

/** Parameters that shape the context and the tools; counting tokens takes only these. */
export const contextShape = {
  conversation: optional(either(string(), object({ id: string() }))),
  input: optional(anything()),
  instructions: optional(string()),
  model: optional(string()),
  parallel_tool_calls: optional(boolean()),
  personality: optional(string()),
  previous_response_id: optional(string()),
  reasoning: optional(
    object(
      {
        effort: optional(choice('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max')),
        summary: optional(choice('auto', 'concise', 'detailed')),
        generate_summary: optional(choice('auto', 'concise', 'detailed')),
      },
      { unknown: 'ignore' },
    ),
  ),
  text: optional(object({ format: optional(anyObject()), verbosity: optional(choice('low', 'medium', 'high')) })),
  tool_choice: optional(either(choice('none', 'auto', 'required'), anyObject())),
  tools: optional(array(anyObject())),
  truncation: optional(choice('auto', 'disabled')),
}

const includable = [
  'file_search_call.results',
  'web_search_call.results',
  'web_search_call.action.sources',
  'message.input_image.image_url',
  'computer_call_output.output.image_url',
  'code_interpreter_call.outputs',
  'reasoning.encrypted_content',
  'message.output_text.logprobs',
] as const

const shape = {
  ...contextShape,
  access_programs: optional(anyObject()),
  background: optional(boolean()),
  // In no document: Codex CLI sends it with every turn.
  client_metadata: optional(anyObject()),
  context_management: optional(array(anyObject())),
  image: optional(anyObject()),
  include: optional(array(choice(...includable))),
  max_output_tokens: optional(integer({ min: 16 })),
  max_tool_calls: optional(integer({ min: 1 })),
  metadata: optional(metadata()),
  moderation: optional(anyObject()),
  prompt: optional(object({ id: string(), version: optional(string()), variables: optional(anyObject()) })),
  prompt_cache_key: optional(string()),
  prompt_cache_options: optional(anyObject()),
  prompt_cache_retention: optional(choice('in_memory', 'in-memory', '24h')),
  safety_identifier: optional(string({ max: 64 })),
  service_tier: optional(choice('auto', 'default', 'flex', 'scale', 'priority', 'fast', 'ultrafast')),
  store: optional(boolean()),
  stream: optional(boolean()),
  stream_options: optional(object({ include_obfuscation: optional(boolean()) })),
  temperature: optional(number({ min: 0, max: 2 })),
  top_logprobs: optional(integer({ min: 0, max: 20 })),
  top_p: optional(number({ min: 0, max: 1 })),
  user: optional(string()),
}

export type ResponseRequest = Values<typeof shape> & { readonly model: string }
export type ContextRequest = Partial<Values<typeof contextShape>>

export function readRequest(platform: Platform, body: JsonObject): ResponseRequest {
  const isEmpty = (name: string): boolean => body[name] === undefined || body[name] === null
  if (isEmpty('model') && isEmpty('prompt')) throw missingParameter('model')
  if (['input', 'prompt', 'previous_response_id', 'conversation'].every(isEmpty))
    throw invalid(
      "One of 'input' or 'previous_response_id' or 'prompt' or 'conversation_id' must be provided.",
      'input',
      'missing_required_parameter',
    )
  const request = readShape(shape, body)
  refuseBoth(request)
  // Prompts are made in the dashboard, which an emulator has not.
  if (request.prompt !== undefined) throw notFound(`Prompt with id '${request.prompt.id}' not found.`)
  const { model = '' } = request
  requireResponsesModel(platform, model)
  if (request.stream_options !== undefined && request.stream !== true)
    throw invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options')
  return { ...request, model }
}

export function refuseBoth({ conversation, previous_response_id: previous }: ContextRequest): void {
  if (conversation !== undefined && previous !== undefined)
    throw invalid(
      "Mutually exclusive parameters: 'conversation' and 'previous_response_id'. Ensure you are only providing one of: 'previous_response_id' or 'conversation'.",
      null,
      'mutually_exclusive_parameters',
    )
}

const toolTypes = [
  'function',
  'file_search',
  'computer',
  'computer_use_preview',
  'web_search',
  'web_search_2025_08_26',
  'mcp',
  'code_interpreter',
  'programmatic_tool_calling',
  'image_generation',
  'local_shell',
  'shell',
  'custom',
  'namespace',
  'tool_search',
  'web_search_preview',
  'web_search_preview_2025_03_11',
  'apply_patch',
] as const

export function readTools({ tools = [] }: ContextRequest): readonly PromptTool[] {
  return tools.flatMap((tool, index) => readTool(tool, `tools[${index}]`))
}

function readTool(tool: JsonObject, at: string): readonly PromptTool[] {
  const type = tool['type']
  if (type === undefined) throw missingParameter(`${at}.type`)
  if (typeof type !== 'string' || !(toolTypes as readonly string[]).includes(type)) throw invalidValue(`${at}.type`, type, toolTypes)
  if (type === 'namespace')
    return (Array.isArray(tool['tools']) ? tool['tools'].filter(isObject) : []).flatMap((each, index) =>
      readTool(each, `${at}.tools[${index}]`),
    )
  if (type !== 'function' && type !== 'custom') return [{ kind: 'hosted', name: type, description: '', schema: {} }]
  const name = tool['name']
  if (typeof name !== 'string') throw missingParameter(`${at}.name`)
  const parameters = tool['parameters']
  // Quirk: unlike in chat completions, functions are strict unless told otherwise; only an explicit `true` is checked hard.
  if (type === 'function' && tool['strict'] === true)
    requireStrictSchema(parameters, `function '${name}'`, `${at}.parameters`, 'invalid_function_parameters')
  return [
    {
      kind: type,
      name,
      description: textOr(tool['description']),
      schema: isObject(parameters) ? parameters : { type: 'object', properties: {} },
    },
  ]
}

export function readToolChoice({ tool_choice: wanted }: ContextRequest, tools: readonly PromptTool[]): ToolChoice {
  if (wanted === undefined) return 'auto'
  if (typeof wanted === 'string') return wanted
  if (wanted['type'] === 'allowed_tools') return wanted['mode'] === 'required' ? 'required' : 'auto'
  const name = String(wanted['name'] ?? wanted['type'])
  if (!tools.some((tool) => tool.name === name)) throw invalid(`Tool choice '${name}' not found in 'tools' parameter.`, 'tool_choice')
  return { name }
}

export function readFormat({ text }: ContextRequest): OutputFormat {
  const format = text?.format
  if (format === undefined) return { type: 'text' }
  switch (format['type']) {
    case 'text':
    case 'json_object':
      return { type: format['type'] }
    case 'json_schema': {
      if (typeof format['name'] !== 'string') throw missingParameter('text.format.name')
      if (!isObject(format['schema'])) throw missingParameter('text.format.schema')
      if (format['strict'] !== false)
        requireStrictSchema(format['schema'], `response_format '${format['name']}'`, 'text.format.schema', 'invalid_json_schema')
      return { type: 'json_schema', schema: format['schema'] }
    }
    case undefined:
      throw missingParameter('text.format.type')
    default:
      throw invalidValue('text.format.type', format['type'], ['json_object', 'json_schema', 'text'])
  }
}
