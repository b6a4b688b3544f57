// Assistants themselves; threads, messages and runs are in files of their own.
import { json } from '../../answer.ts'
import type { Call, Family } from '../../behaviour.ts'
import { newId } from '../../ids.ts'
import { metadata, number, optional, readShape, string } from '../../shape.ts'
import { newestFirst, page, readPageQuery } from '../../state/pages.ts'
import { effort, orNull, readResources, requireAssistantsModel, responseFormat, toolResources, tools } from './fields.ts'
import { messages } from './messages.ts'
import { runs } from './runs.ts'
import { assistantsOf, noAssistant, requireAssistant } from './stored.ts'
import type { Assistant } from './stored.ts'
import { threads } from './threads.ts'

const fields = {
  name: optional(string({ max: 256 })),
  description: optional(string({ max: 512 })),
  instructions: optional(string({ max: 256_000 })),
  reasoning_effort: effort(),
  tools: tools(128),
  tool_resources: toolResources(),
  metadata: optional(metadata()),
  temperature: optional(number({ min: 0, max: 2 })),
  top_p: optional(number({ min: 0, max: 1 })),
  response_format: responseFormat(),
}

export const assistants = {
  ...threads,
  ...messages,
  ...runs,
  'assistants.create': async ({ platform, json: body }) => {
    const request = readShape({ model: string(), ...fields }, await body())
    requireAssistantsModel(platform, request.model)
    const assistant: Assistant = {
      id: newId('assistant'),
      object: 'assistant',
      created_at: platform.clock.seconds(),
      name: request.name ?? null,
      description: request.description ?? null,
      model: request.model,
      instructions: request.instructions ?? null,
      tools: request.tools ?? [],
      tool_resources: await readResources(platform, request.tool_resources),
      metadata: request.metadata ?? {},
      temperature: request.temperature ?? 1,
      top_p: request.top_p ?? 1,
      reasoning_effort: request.reasoning_effort ?? null,
      response_format: request.response_format ?? 'auto',
    }
    assistantsOf(platform).put(assistant)
    return json(assistant)
  },
  'assistants.list': (call) => json(page(assistantsOf(call.platform), readPageQuery(call.query, newestFirst), { unknown: noAssistant })),
  'assistants.retrieve': (call) => json(find(call)),
  'assistants.update': async (call) => {
    const { platform } = call
    const body = await call.json()
    const request = readShape({ model: optional(string()), ...fields }, body)
    if (request.model !== undefined) requireAssistantsModel(platform, request.model)
    find(call)
    const resources = request.tool_resources === undefined ? undefined : await readResources(platform, request.tool_resources)
    const old = find(call)
    const updated: Assistant = {
      ...old,
      name: orNull(body, 'name', request.name, old.name),
      description: orNull(body, 'description', request.description, old.description),
      model: request.model ?? old.model,
      instructions: orNull(body, 'instructions', request.instructions, old.instructions),
      tools: request.tools ?? old.tools,
      tool_resources: { ...old.tool_resources, ...resources },
      metadata: request.metadata ?? old.metadata,
      temperature: request.temperature ?? old.temperature,
      top_p: request.top_p ?? old.top_p,
      reasoning_effort: orNull(body, 'reasoning_effort', request.reasoning_effort, old.reasoning_effort),
      response_format: request.response_format ?? old.response_format,
    }
    assistantsOf(platform).put(updated)
    return json(updated)
  },
  'assistants.delete': (call) => {
    const { id } = find(call)
    assistantsOf(call.platform).delete(id)
    return json({ id, object: 'assistant.deleted', deleted: true })
  },
} satisfies Family

const find = (call: Call): Assistant => requireAssistant(call.platform, call.param('assistant_id'))
