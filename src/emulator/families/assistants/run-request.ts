// What a run is asked for, over what its assistant is.
import { invalid, missingParameter } from '../../errors.ts'
import { newId } from '../../ids.ts'
import type { Platform } from '../../platform.ts'
import { anyObject, array, boolean, choice, either, integer, isObject, metadata, number, object, optional, string } from '../../shape.ts'
import type { JsonObject, Values } from '../../shape.ts'
import { effort, requireAssistantsModel, responseFormat, tools } from './fields.ts'
import { messageShape } from './messages.ts'
import { requireAssistant } from './stored.ts'
import type { Run } from './stored.ts'

/** Runs that nobody brings to an end expire. */
const lifeSeconds = 600

const common = {
  assistant_id: string(),
  instructions: optional(string({ max: 256_000 })),
  max_completion_tokens: optional(integer({ min: 256 })),
  max_prompt_tokens: optional(integer({ min: 256 })),
  metadata: optional(metadata()),
  model: optional(string()),
  parallel_tool_calls: optional(boolean()),
  reasoning_effort: effort(),
  response_format: responseFormat(),
  stream: optional(boolean()),
  temperature: optional(number({ min: 0, max: 2 })),
  tool_choice: optional(either(choice('none', 'auto', 'required'), anyObject())),
  tools: tools(20),
  top_p: optional(number({ min: 0, max: 1 })),
  truncation_strategy: optional(object({ type: choice('auto', 'last_messages'), last_messages: optional(integer({ min: 1 })) })),
}

export const runShape = {
  ...common,
  additional_instructions: optional(string({ max: 256_000 })),
  additional_messages: optional(array(object(messageShape))),
}

export const newThreadRunShape = common

type RunRequest = Values<typeof common> & { readonly additional_instructions?: string | undefined }

/** The run as it is queued; throws OpenAI's refusals. The thread's id is given to it when there is one. */
export function readRun(platform: Platform, request: RunRequest): Omit<Run, 'thread_id'> {
  const assistant = requireAssistant(platform, request.assistant_id)
  const model = request.model ?? assistant.model
  requireAssistantsModel(platform, model)
  const ownTools = request.tools ?? assistant.tools
  checkChoice(request.tool_choice, ownTools)
  const createdAt = platform.clock.seconds()
  const instructions = [request.instructions ?? assistant.instructions ?? '', request.additional_instructions ?? '']
  const truncation = request.truncation_strategy
  if (truncation?.type === 'last_messages' && truncation.last_messages === undefined)
    throw missingParameter('truncation_strategy.last_messages')
  return {
    id: newId('run'),
    object: 'thread.run',
    created_at: createdAt,
    assistant_id: assistant.id,
    status: 'queued',
    started_at: null,
    expires_at: createdAt + lifeSeconds,
    cancelled_at: null,
    failed_at: null,
    completed_at: null,
    required_action: null,
    last_error: null,
    model,
    instructions: instructions.filter((each) => each !== '').join(' '),
    tools: ownTools,
    metadata: request.metadata ?? {},
    temperature: request.temperature ?? assistant.temperature,
    top_p: request.top_p ?? assistant.top_p,
    reasoning_effort: request.reasoning_effort ?? assistant.reasoning_effort,
    max_completion_tokens: request.max_completion_tokens ?? null,
    max_prompt_tokens: request.max_prompt_tokens ?? null,
    truncation_strategy: { type: truncation?.type ?? 'auto', last_messages: truncation?.last_messages ?? null },
    incomplete_details: null,
    usage: null,
    response_format: request.response_format ?? assistant.response_format,
    tool_choice: request.tool_choice ?? 'auto',
    parallel_tool_calls: request.parallel_tool_calls ?? true,
  }
}

function checkChoice(wanted: 'none' | 'auto' | 'required' | JsonObject | undefined, offered: readonly JsonObject[]): void {
  if (!isObject(wanted)) return
  const named = isObject(wanted['function']) ? wanted['function']['name'] : undefined
  const isOffered = offered.some(
    (tool) =>
      tool['type'] === wanted['type'] &&
      (wanted['type'] !== 'function' || (isObject(tool['function']) && tool['function']['name'] === named)),
  )
  if (!isOffered)
    throw invalid(`Tool choice '${String(named ?? wanted['type'])}' not found in 'tools' parameter.`, 'tool_choice', 'invalid_value')
}
