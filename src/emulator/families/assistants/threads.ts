// Threads: made with their first messages, changed, deleted with everything in them.
import { json } from '../../answer.ts'
import type { Call, Family } from '../../behaviour.ts'
import { newId } from '../../ids.ts'
import type { Platform } from '../../platform.ts'
import { array, metadata, object, optional, readShape } from '../../shape.ts'
import type { Values } from '../../shape.ts'
import { readResources, toolResources } from './fields.ts'
import { addMessage, messageShape } from './messages.ts'
import { messagesIn, plansOf, requireThread, runsIn, stepsOf, threadsOf } from './stored.ts'
import type { Thread } from './stored.ts'

export const threadShape = {
  messages: optional(array(object(messageShape))),
  metadata: optional(metadata()),
  tool_resources: toolResources(),
}

export const threads = {
  'threads.create': async ({ platform, json: body }) => json(await makeThread(platform, readShape(threadShape, await body()))),
  'threads.retrieve': (call) => json(find(call)),
  'threads.update': async (call) => {
    const { platform } = call
    const request = readShape({ metadata: optional(metadata()), tool_resources: toolResources() }, await call.json())
    find(call)
    const resources = await readResources(platform, request.tool_resources)
    const old = find(call)
    const updated: Thread = {
      ...old,
      metadata: request.metadata ?? old.metadata,
      tool_resources: { ...old.tool_resources, ...resources },
    }
    threadsOf(platform).put(updated)
    return json(updated)
  },
  'threads.delete': (call) => {
    const { platform } = call
    const { id } = find(call)
    platform.objects.together(() => {
      for (const run of [...runsIn(platform).list({ parent: id })]) {
        stepsOf(platform).deleteAll(run.id)
        plansOf(platform).delete(run.id)
      }
      runsIn(platform).deleteAll(id)
      messagesIn(platform).deleteAll(id)
      threadsOf(platform).delete(id)
    })
    return json({ id, object: 'thread.deleted', deleted: true })
  },
} satisfies Family

const find = (call: Call): Thread => requireThread(call.platform, call.param('thread_id'))

/** `at` is where the request describes the thread. */
export async function makeThread(platform: Platform, request: Values<typeof threadShape>, at = ''): Promise<Thread> {
  const resources = await readResources(platform, request.tool_resources, `${at}tool_resources`)
  const id = newId('thread')
  const thread: Thread = {
    id,
    object: 'thread',
    created_at: platform.clock.seconds(),
    metadata: request.metadata ?? {},
    tool_resources: resources,
  }
  threadsOf(platform).put(thread)
  for (const [index, message] of (request.messages ?? []).entries()) await addMessage(platform, id, message, `${at}messages[${index}].`)
  // Attachments may have given the thread something to search.
  return requireThread(platform, id)
}
