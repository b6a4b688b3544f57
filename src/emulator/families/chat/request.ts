// What a chat completion is asked: its parameters, checked, and the prompt they make.
import { invalid, invalidValue, missingParameter } from '../../errors.ts'
import { contextWindow, requireModel } from '../../model-list.ts'
import type { Platform } from '../../platform.ts'
import {
  anyObject,
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
import { readMessages } from './messages.ts'
import type { OutputFormat, Prompt, PromptMessage, PromptTool, ToolChoice } from '../../text/reply.ts'

const shape = {
  messages: array(anyObject(), { min: 1 }),
  model: string(),
  audio: optional(anyObject()),
  frequency_penalty: optional(number({ min: -2, max: 2 })),
  function_call: optional(either(choice('none', 'auto'), object({ name: string() }))),
  functions: optional(
    array(object({ name: string(), description: optional(string()), parameters: optional(anyObject()) }), { min: 1, max: 128 }),
  ),
  logit_bias: optional(anyObject()),
  logprobs: optional(boolean()),
  max_completion_tokens: optional(integer({ min: 1 })),
  max_tokens: optional(integer({ min: 1 })),
  metadata: optional(metadata()),
  modalities: optional(array(choice('text', 'audio'), { min: 1 })),
  moderation: optional(anyObject()),
  n: optional(integer({ min: 1, max: 128 })),
  parallel_tool_calls: optional(boolean()),
  prediction: optional(anyObject()),
  presence_penalty: optional(number({ min: -2, max: 2 })),
  prompt_cache_key: optional(string()),
  prompt_cache_options: optional(anyObject()),
  prompt_cache_retention: optional(choice('in_memory', 'in-memory', '24h')),
  reasoning_effort: optional(choice('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max')),
  response_format: optional(anyObject()),
  safety_identifier: optional(string({ max: 64 })),
  seed: optional(integer()),
  service_tier: optional(choice('auto', 'default', 'flex', 'scale', 'priority', 'fast', 'ultrafast')),
  stop: optional(either(string(), array(string(), { max: 4 }))),
  store: optional(boolean()),
  stream: optional(boolean()),
  stream_options: optional(object({ include_usage: optional(boolean()), include_obfuscation: optional(boolean()) })),
  temperature: optional(number({ min: 0, max: 2 })),
  tool_choice: optional(either(choice('none', 'auto', 'required'), anyObject())),
  tools: optional(array(anyObject(), { min: 1, max: 128 })),
  top_logprobs: optional(integer({ min: 0, max: 20 })),
  top_p: optional(number({ min: 0, max: 1 })),
  user: optional(string()),
  verbosity: optional(choice('low', 'medium', 'high')),
  web_search_options: optional(anyObject()),
}

export type ChatRequest = Values<typeof shape>

/** The checked parameters and the prompt of candidate 0. */
export type Asked = { readonly request: ChatRequest; readonly prompt: Prompt; readonly promptTokens: number }

export function readRequest(platform: Platform, body: JsonObject): Asked {
  const request = readShape(shape, body)
  requireModel(platform, request.model, 'chat')
  refuseUnsupported(request)
  const messages = readMessages(platform, request.messages)
  const tools = readTools(request)
  const prompt: Prompt = {
    model: request.model,
    messages,
    tools,
    toolChoice: readToolChoice(request, tools),
    allowsParallelCalls: request.parallel_tool_calls ?? true,
    format: readFormat(request, messages),
    candidate: 0,
  }
  return { request, prompt, promptTokens: countPrompt(platform, request, messages) }
}

/** Reasoning models refuse what only makes sense for the others. */
function refuseUnsupported({
  model,
  max_tokens: maxTokens,
  temperature,
  stream,
  stream_options: streamOptions,
  top_logprobs: topLogprobs,
  logprobs,
}: ChatRequest): void {
  const isStrict = /^(?:o\d|gpt-5(?:-mini|-nano|-pro|-codex)?(?:-\d{4}|$))/.test(model)
  if (isStrict && maxTokens !== undefined)
    throw invalid(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      'max_tokens',
      'unsupported_parameter',
    )
  if (isStrict && temperature !== undefined && temperature !== 1)
    throw invalid(
      `Unsupported value: 'temperature' does not support ${temperature} with this model. Only the default (1) value is supported.`,
      'temperature',
      'unsupported_value',
    )
  if (streamOptions !== undefined && stream !== true)
    throw invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options')
  if (topLogprobs !== undefined && logprobs !== true)
    throw invalid("The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", 'top_logprobs')
}

const functionName = /^[a-zA-Z0-9_-]{1,64}$/

function readTools({ tools = [], functions = [] }: ChatRequest): readonly PromptTool[] {
  const modern = tools.map((tool, index): PromptTool => {
    const at = `tools[${index}]`
    const type = tool['type']
    if (type === undefined) throw missingParameter(`${at}.type`)
    if (type !== 'function' && type !== 'custom') throw invalidValue(`${at}.type`, type, ['function', 'custom'])
    const described = tool[type]
    if (!isObject(described)) throw missingParameter(`${at}.${type}`)
    const name = described['name']
    if (typeof name !== 'string') throw missingParameter(`${at}.${type}.name`)
    if (!functionName.test(name))
      throw invalid(
        `Invalid '${at}.${type}.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
        `${at}.${type}.name`,
        'invalid_value',
      )
    const parameters = described['parameters']
    if (type === 'function' && described['strict'] === true)
      requireStrictSchema(parameters, `function '${name}'`, `${at}.function.parameters`, 'invalid_function_parameters')
    return {
      kind: type,
      name,
      description: textOr(described['description']),
      schema: isObject(parameters) ? parameters : emptySchema,
    }
  })
  const legacy = functions.map(({ name, description = '', parameters = emptySchema }): PromptTool => ({
    kind: 'function',
    name,
    description,
    schema: parameters,
  }))
  return [...modern, ...legacy]
}

const emptySchema: JsonObject = { type: 'object', properties: {} }

function readToolChoice(
  { tools, tool_choice: wanted, functions, function_call: legacy }: ChatRequest,
  known: readonly PromptTool[],
): ToolChoice {
  if (wanted === undefined) return functions === undefined ? 'auto' : (legacy ?? 'auto')
  if (tools === undefined) throw invalid("'tool_choice' is only allowed when 'tools' are specified.", 'tool_choice')
  if (typeof wanted === 'string') return wanted
  if (wanted['type'] === 'allowed_tools')
    return isObject(wanted['allowed_tools']) && wanted['allowed_tools']['mode'] === 'required' ? 'required' : 'auto'
  const named = wanted[String(wanted['type'])]
  const name = isObject(named) ? named['name'] : undefined
  if (typeof name !== 'string') throw missingParameter(`tool_choice.${textOr(wanted['type'], 'type')}`)
  if (!known.some((tool) => tool.name === name))
    throw invalid(`Tool choice '${name}' not found in 'tools' parameter.`, 'tool_choice', 'invalid_value')
  return { name }
}

function readFormat({ response_format: format }: ChatRequest, messages: readonly PromptMessage[]): OutputFormat {
  if (format === undefined) return { type: 'text' }
  switch (format['type']) {
    case 'text':
      return { type: 'text' }
    case 'json_object':
      if (!messages.some(({ text }) => /json/i.test(text)))
        throw invalid("'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.", 'messages')
      return { type: 'json_object' }
    case 'json_schema':
      return readJsonSchema(format['json_schema'])
    case undefined:
      throw missingParameter('response_format.type')
    default:
      throw invalidValue('response_format.type', format['type'], ['json_object', 'json_schema', 'text'])
  }
}

function readJsonSchema(given: unknown): OutputFormat {
  if (!isObject(given)) throw missingParameter('response_format.json_schema')
  if (typeof given['name'] !== 'string') throw missingParameter('response_format.json_schema.name')
  if (given['strict'] === true) requireStrictSchema(given['schema'], `response_format '${given['name']}'`, 'response_format', null)
  return { type: 'json_schema', schema: isObject(given['schema']) ? given['schema'] : {} }
}

/** Some tokens for the roles and turns besides the text itself. */
function countPrompt({ tokens }: Platform, { model, tools, functions }: ChatRequest, messages: readonly PromptMessage[]): number {
  let count = 3
  for (const { text } of messages) count += 4 + tokens.count(text)
  for (const each of [tools, functions]) if (each !== undefined) count += tokens.count(JSON.stringify(each))
  const window = contextWindow(model)
  if (count > window)
    throw invalid(
      `This model's maximum context length is ${window} tokens. However, your messages resulted in ${count} tokens. Please reduce the length of the messages.`,
      'messages',
      'context_length_exceeded',
    )
  return count
}
