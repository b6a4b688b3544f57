// Chat completions that were made with `store: true`, and the messages they answered.
import { json } from '../../answer.ts'
import type { Call, Family } from '../../behaviour.ts'
import { notFound } from '../../errors.ts'
import type { ApiError } from '../../errors.ts'
import { snapshotOf } from '../../model-list.ts'
import type { Platform } from '../../platform.ts'
import { metadata, readShape } from '../../shape.ts'
import type { Collection } from '../../state/objects.ts'
import { oldestFirst, page, readPageQuery } from '../../state/pages.ts'
import type { ChatCompletion } from './answer.ts'
import type { ChatRequest } from './request.ts'

type StoredCompletion = ChatCompletion & { readonly metadata: Readonly<Record<string, string>> }
type StoredMessage = { readonly id: string; readonly role: unknown; readonly content: unknown }

const completions = (platform: Platform): Collection<StoredCompletion> => platform.collection('chat.completion')
const messages = (platform: Platform): Collection<StoredMessage> => platform.collection('chat.completion.message')

/** Keeps a completion with what the dashboard shows of its request. */
export function storeCompletion(platform: Platform, completion: ChatCompletion, request: ChatRequest, requestId: string): void {
  platform.objects.together(() => {
    completions(platform).put({
      ...completion,
      ...{
        request_id: requestId,
        tool_choice: request.tool_choice ?? null,
        tools: request.tools ?? null,
        seed: request.seed ?? null,
        top_p: request.top_p ?? 1,
        temperature: request.temperature ?? 1,
        presence_penalty: request.presence_penalty ?? 0,
        frequency_penalty: request.frequency_penalty ?? 0,
        response_format: request.response_format ?? null,
        input_user: request.user ?? null,
      },
      metadata: request.metadata ?? {},
    })
    for (const [index, message] of request.messages.entries()) {
      const { role, content } = message
      const isParts = Array.isArray(content)
      messages(platform).put(
        {
          ...message,
          id: `${completion.id}-${index}`,
          role,
          content: isParts ? null : (content ?? null),
          ...{ name: message['name'] ?? null, content_parts: isParts ? content : null },
        },
        completion.id,
      )
    }
  })
}

export const storedChat = {
  'chat.completions.list': (call) => {
    const wantedModel = call.query.get('model')
    const wantedMetadata = call.query.entries('metadata')
    return json(
      page(completions(call.platform), readPageQuery(call.query, oldestFirst), {
        unknown: missing,
        where: (each) =>
          (wantedModel === undefined || each.model === snapshotOf(wantedModel)) &&
          wantedMetadata.every(([key, value]) => each.metadata[key] === value),
      }),
    )
  },
  'chat.completions.retrieve': (call) => json(find(call)),
  'chat.completions.update': async (call) => {
    const body = readShape({ metadata: metadata() }, await call.json())
    const updated = { ...find(call), metadata: body.metadata }
    completions(call.platform).put(updated)
    return json(updated)
  },
  'chat.completions.delete': (call) => {
    const { id } = find(call)
    completions(call.platform).delete(id)
    messages(call.platform).deleteAll(id)
    return json({ object: 'chat.completion.deleted', id, deleted: true })
  },
  'chat.completions.messages.list': (call) => {
    const { id } = find(call)
    return json(page(messages(call.platform), readPageQuery(call.query, oldestFirst), { parent: id, unknown: missing }))
  },
} satisfies Family

function find(call: Call): StoredCompletion {
  const id = call.param('completion_id')
  const stored = completions(call.platform).get(id)
  if (stored === undefined) throw missing(id)
  return stored
}

const missing = (id: string): ApiError => notFound(`Chat completion with id '${id}' not found.`)
