// Compaction and counting: what a context weighs, and the same context in one sealed item.
import { json } from '../../answer.ts'
import type { Family } from '../../behaviour.ts'
import { missingParameter } from '../../errors.ts'
import { newId } from '../../ids.ts'
import { requireResponsesModel } from '../../model-list.ts'
import { anyObject, anything, choice, optional, readShape, string } from '../../shape.ts'
import { seal } from '../sealed.ts'
import { readContext } from './context.ts'
import { contextShape, refuseBoth } from './request.ts'

const compactShape = {
  model: string(),
  image: optional(anyObject()),
  input: optional(anything()),
  instructions: optional(string()),
  previous_response_id: optional(string()),
  prompt_cache_key: optional(string()),
  prompt_cache_options: optional(anyObject()),
  prompt_cache_retention: optional(choice('in_memory', 'in-memory', '24h')),
  service_tier: optional(choice('auto', 'default', 'fast', 'flex', 'priority')),
}

export const compact = {
  'responses.input_tokens': async ({ platform, json: body }) => {
    const request = readShape(contextShape, await body())
    refuseBoth(request)
    if (request.model !== undefined) requireResponsesModel(platform, request.model)
    return json({ object: 'response.input_tokens', input_tokens: readContext(platform, request).inputTokens })
  },
  'responses.compact': async ({ platform, json: body }) => {
    const request = readShape(compactShape, await body())
    if (request.input === undefined && request.previous_response_id === undefined) throw missingParameter('input')
    requireResponsesModel(platform, request.model)
    const { before, input, prompt, inputTokens } = readContext(platform, request)
    const text = prompt.messages
      .map((message) => message.text)
      .filter((each) => each !== '')
      .join('\n')
    const outputTokens = Math.max(1, Math.ceil(inputTokens / 4))
    return json({
      id: newId('response'),
      object: 'response.compaction',
      created_at: platform.clock.seconds(),
      // What users said stays readable; everything else is in the sealed item.
      output: [
        ...[...before, ...input].filter((item) => item['role'] === 'user'),
        { id: newId('compaction'), type: 'compaction', encrypted_content: seal(text) },
      ],
      usage: {
        input_tokens: inputTokens,
        input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
        output_tokens: outputTokens,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: inputTokens + outputTokens,
      },
    })
  },
} satisfies Family
