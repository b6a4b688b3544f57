// Conversations and their items. Responses append to them; here they are made, read and edited by hand.
import { json } from '../answer.ts'
import type { Call, Family } from '../behaviour.ts'
import { missingParameter, notFound } from '../errors.ts'
import type { ApiError } from '../errors.ts'
import { newId } from '../ids.ts'
import type { Platform } from '../platform.ts'
import { anything, array, metadata, optional, readShape } from '../shape.ts'
import type { Collection } from '../state/objects.ts'
import { newestFirst, page, pageOf, readPageQuery } from '../state/pages.ts'
import { conversationItems, readItems } from './items.ts'
import type { Item } from './items.ts'

type Conversation = {
  readonly id: string
  readonly object: 'conversation'
  readonly created_at: number
  readonly metadata: Readonly<Record<string, string>>
}

const stored = (platform: Platform): Collection<Conversation> => platform.collection('conversation')

/** At most 20 items at a time. */
const items = array(anything(), { max: 20 })

export const conversations = {
  'conversations.create': async ({ platform, json: body }) => {
    const request = readShape({ items: optional(items), metadata: optional(metadata()) }, await body())
    const conversation: Conversation = {
      id: newId('conversation'),
      object: 'conversation',
      created_at: platform.clock.seconds(),
      metadata: request.metadata ?? {},
    }
    const added = readItems(platform, request.items ?? [], 'items')
    platform.objects.together(() => {
      stored(platform).put(conversation)
      for (const item of added) conversationItems(platform).put(item, conversation.id)
    })
    return json(conversation)
  },
  'conversations.retrieve': (call) => json(find(call)),
  'conversations.update': async (call) => {
    const body = await call.json()
    // `null` is a value here: it empties the metadata.
    if (!('metadata' in body)) throw missingParameter('metadata')
    const request = readShape({ metadata: optional(metadata()) }, body)
    const updated = { ...find(call), metadata: request.metadata ?? {} }
    stored(call.platform).put(updated)
    return json(updated)
  },
  'conversations.delete': (call) => {
    const { id } = find(call)
    // Quirk: items outlive their conversation; they can still be referred to by id.
    stored(call.platform).delete(id)
    return json({ id, object: 'conversation.deleted', deleted: true })
  },
  'conversations.items.list': (call) => {
    const { id } = find(call)
    return json(page(conversationItems(call.platform), readPageQuery(call.query, newestFirst), { parent: id, unknown: missingItem }))
  },
  'conversations.items.create': async (call) => {
    const { id } = find(call)
    const request = readShape({ items }, await call.json())
    const added = readItems(call.platform, request.items, 'items')
    call.platform.objects.together(() => {
      for (const item of added) conversationItems(call.platform).put(item, id)
    })
    return json(pageOf(added, false))
  },
  'conversations.items.retrieve': (call) => json(findItem(call)),
  'conversations.items.delete': (call) => {
    const conversation = find(call)
    conversationItems(call.platform).delete(findItem(call).id, conversation.id)
    // Quirk: the answer is the conversation, not a notice of deletion.
    return json(conversation)
  },
} satisfies Family

function find(call: Call): Conversation {
  const id = call.param('conversation_id')
  const conversation = stored(call.platform).get(id)
  if (conversation === undefined) throw notFound(`Conversation with id '${id}' not found.`)
  return conversation
}

function findItem(call: Call): Item {
  const id = call.param('item_id')
  const item = conversationItems(call.platform).get(id, find(call).id)
  if (item === undefined) throw missingItem(id)
  return item
}

const missingItem = (id: string): ApiError => notFound(`Item with id '${id}' not found.`)
