// Messages of a thread: what users write, and what runs have answered.
import { json } from '../../answer.ts'
import type { Call, Family } from '../../behaviour.ts'
import { invalid, invalidValue, missingParameter } from '../../errors.ts'
import { newId } from '../../ids.ts'
import type { Platform } from '../../platform.ts'
import { anyObject, array, choice, either, isObject, metadata, object, optional, readShape, string } from '../../shape.ts'
import type { JsonObject, Values } from '../../shape.ts'
import { newestFirst, page, readPageQuery } from '../../state/pages.ts'
import { requireFile } from '../../stored-files.ts'
import { makeStore } from './fields.ts'
import { activeRun, messagesIn, noMessage, requireThread, threadsOf } from './stored.ts'
import type { ThreadMessage } from './stored.ts'

const textMax = 256_000

export const messageShape = {
  role: choice('user', 'assistant'),
  content: either(string({ min: 1, max: textMax }), array(anyObject(), { min: 1 })),
  attachments: optional(
    array(object({ file_id: optional(string()), tools: optional(array(object({ type: choice('code_interpreter', 'file_search') }))) })),
  ),
  metadata: optional(metadata()),
}

export type MessageRequest = Values<typeof messageShape>

export const messages = {
  'threads.messages.create': async (call) => {
    const { platform } = call
    const request = readShape(messageShape, await call.json())
    const { id } = requireThread(platform, call.param('thread_id'))
    refuseWhileActive(platform, id)
    return json(await addMessage(platform, id, request))
  },
  'threads.messages.list': (call) => {
    const runId = call.query.get('run_id')
    return json(
      page(messagesIn(call.platform), readPageQuery(call.query, newestFirst), {
        parent: requireThread(call.platform, call.param('thread_id')).id,
        where: (each) => runId === undefined || each.run_id === runId,
        unknown: noMessage,
      }),
    )
  },
  'threads.messages.retrieve': (call) => json(find(call)),
  'threads.messages.update': async (call) => {
    const request = readShape({ metadata: optional(metadata()) }, await call.json())
    const old = find(call)
    const updated: ThreadMessage = { ...old, metadata: request.metadata ?? old.metadata }
    messagesIn(call.platform).put(updated, old.thread_id)
    return json(updated)
  },
  'threads.messages.delete': (call) => {
    const { id, thread_id: threadId } = find(call)
    messagesIn(call.platform).delete(id, threadId)
    return json({ id, object: 'thread.message.deleted', deleted: true })
  },
} satisfies Family

function find(call: Call): ThreadMessage {
  const thread = requireThread(call.platform, call.param('thread_id'))
  const id = call.param('message_id')
  const message = messagesIn(call.platform).get(id, thread.id)
  if (message === undefined) throw noMessage(id)
  return message
}

/** A thread is locked while somebody answers in it. */
export function refuseWhileActive(platform: Platform, threadId: string): void {
  const run = activeRun(platform, threadId)
  if (run !== undefined) throw invalid(`Can't add messages to ${threadId} while a run ${run.id} is active.`)
}

export async function addMessage(platform: Platform, threadId: string, request: MessageRequest, at = ''): Promise<ThreadMessage> {
  const attachments = request.attachments ?? []
  for (const [index, { file_id: id }] of attachments.entries())
    if (id !== undefined) requireFile(platform, id, `${at}attachments[${index}].file_id`)
  const message: ThreadMessage = {
    id: newId('threadMessage'),
    object: 'thread.message',
    created_at: platform.clock.seconds(),
    assistant_id: null,
    thread_id: threadId,
    run_id: null,
    status: 'completed',
    incomplete_details: null,
    incomplete_at: null,
    completed_at: null,
    role: request.role,
    content: readContent(platform, request.content, `${at}content`),
    attachments,
    metadata: request.metadata ?? {},
  }
  await shareAttachments(platform, threadId, attachments)
  messagesIn(platform).put(message, threadId)
  return message
}

export const textPart = (value: string, annotations: readonly JsonObject[] = []): JsonObject => ({
  type: 'text',
  text: { value, annotations },
})

const partTypes = ['text', 'image_url', 'image_file'] as const

function readContent(platform: Platform, content: MessageRequest['content'], at: string): readonly JsonObject[] {
  if (typeof content === 'string') return [textPart(content)]
  return content.map((part, index) => {
    const path = `${at}[${index}]`
    const type = part['type']
    if (type === undefined) throw missingParameter(`${path}.type`)
    const known = partTypes.find((each) => each === type)
    if (known === undefined) throw invalidValue(`${path}.type`, type, partTypes)
    const value = part[known]
    if (known === 'text') {
      if (typeof value !== 'string') throw missingParameter(`${path}.text`)
      return textPart(value)
    }
    const named = isObject(value) ? value : {}
    const field = known === 'image_url' ? 'url' : 'file_id'
    if (typeof named[field] !== 'string') throw missingParameter(`${path}.${known}.${field}`)
    if (known === 'image_file') requireFile(platform, named[field], `${path}.image_file.file_id`)
    return { type: known, [known]: { detail: 'auto', ...named } }
  })
}

const week = 7

/** What is attached for a tool becomes the thread's: files of the interpreter, and files in the thread's own vector store. */
async function shareAttachments(
  platform: Platform,
  threadId: string,
  attachments: NonNullable<MessageRequest['attachments']>,
): Promise<void> {
  const filesFor = (tool: string): string[] =>
    attachments.flatMap(({ file_id: id, tools = [] }) => (id !== undefined && tools.some(({ type }) => type === tool) ? [id] : []))
  const [toRun, toSearch] = [filesFor('code_interpreter'), filesFor('file_search')]
  if (toRun.length === 0 && toSearch.length === 0) return
  const [storeId] = requireThread(platform, threadId).tool_resources.file_search?.vector_store_ids ?? []
  if (toSearch.length > 0 && storeId !== undefined)
    for (const fileId of toSearch)
      await platform.perform({ method: 'POST', path: `/v1/vector_stores/${storeId}/files`, body: { file_id: fileId } })
  const made =
    toSearch.length > 0 && storeId === undefined
      ? await makeStore(platform, { file_ids: toSearch, expires_after: { anchor: 'last_active_at', days: week } })
      : undefined
  const thread = requireThread(platform, threadId)
  const { code_interpreter: code, file_search: search } = thread.tool_resources
  threadsOf(platform).put({
    ...thread,
    tool_resources: {
      ...(code === undefined && toRun.length === 0
        ? {}
        : { code_interpreter: { file_ids: [...new Set([...(code?.file_ids ?? []), ...toRun])] } }),
      ...(search === undefined && made === undefined
        ? {}
        : { file_search: { vector_store_ids: [...(search?.vector_store_ids ?? []), ...(made === undefined ? [] : [made])] } }),
    },
  })
}
