// ChatKit: sessions for a frontend, and the threads that its users write. No frontend talks to an emulator, so every session comes with
// a thread in which its user has said hello and the workflow has answered.
import { json } from '../answer.ts'
import type { Call, Family } from '../behaviour.ts'
import { notFound } from '../errors.ts'
import type { ApiError } from '../errors.ts'
import { newId } from '../ids.ts'
import type { Platform } from '../platform.ts'
import { anyObject, boolean, choice, integer, object, optional, readShape, string } from '../shape.ts'
import type { JsonObject, Values } from '../shape.ts'
import type { Collection } from '../state/objects.ts'
import { newestFirst, page, readPageQuery } from '../state/pages.ts'
import { promptOf } from '../text/reply.ts'
import { createNoun } from './noun.ts'

type Session = {
  readonly id: string
  readonly object: 'chatkit.session'
  readonly status: 'active' | 'expired' | 'cancelled'
  readonly expires_at: number
} & JsonObject

type Thread = {
  readonly id: string
  readonly object: 'chatkit.thread'
  readonly created_at: number
  readonly title: string | null
  readonly status: { readonly type: 'active' }
  readonly user: string
}

type ThreadItem = { readonly id: string } & JsonObject

const sessions = (platform: Platform): Collection<Session> => platform.collection('chatkit.session')
const items = (platform: Platform): Collection<ThreadItem> => platform.collection('chatkit.thread_item')

const thread = createNoun<Thread>({
  kind: 'chatkit.thread',
  label: 'Thread',
  param: 'thread_id',
  where: ({ query }) => {
    const wanted = query.get('user')
    return ({ user }) => wanted === undefined || user === wanted
  },
  onDelete: (platform, { id }) => items(platform).deleteAll(id),
})

const toggle = optional(object({ enabled: optional(boolean()) }))

const shape = {
  user: string({ min: 1 }),
  workflow: object({ id: string({ min: 1 }), version: optional(string()), state_variables: optional(anyObject()), tracing: toggle }),
  expires_after: optional(object({ anchor: choice('created_at'), seconds: integer({ min: 1, max: 600 }) })),
  rate_limits: optional(object({ max_requests_per_1_minute: optional(integer({ min: 1 })) })),
  chatkit_configuration: optional(
    object({
      automatic_thread_titling: toggle,
      file_upload: optional(
        object({
          enabled: optional(boolean()),
          max_file_size: optional(integer({ min: 1, max: 512 })),
          max_files: optional(integer({ min: 1 })),
        }),
      ),
      history: optional(object({ enabled: optional(boolean()), recent_threads: optional(integer({ min: 1 })) })),
    }),
  ),
}

export const chatkit = {
  'chatkit.sessions.create': async ({ platform, json: body }) => {
    const request = readShape(shape, await body())
    // Workflows are made in the dashboard; any that could be one is.
    if (!request.workflow.id.startsWith('wf_')) throw notFound(`Workflow with id '${request.workflow.id}' not found.`)
    const session = sessionOf(platform, request)
    platform.objects.together(() => {
      sessions(platform).put(session)
      if (request.chatkit_configuration?.history?.enabled !== false) startThread(platform, request)
    })
    return json(session)
  },
  'chatkit.sessions.cancel': (call) => {
    const { platform } = call
    const session = findSession(call)
    const cancelled: Session = session.status === 'active' ? { ...session, status: 'cancelled' } : session
    sessions(platform).put(cancelled)
    return json(cancelled)
  },
  'chatkit.threads.list': thread.list,
  'chatkit.threads.retrieve': thread.retrieve,
  'chatkit.threads.delete': thread.remove,
  'chatkit.threads.items.list': (call) => {
    const { id } = thread.find(call)
    const unknown = (cursor: string): ApiError => notFound(`Thread item with id '${cursor}' not found.`)
    return json(page(items(call.platform), readPageQuery(call.query, newestFirst), { parent: id, unknown }))
  },
} satisfies Family

type Request = Values<typeof shape>

const defaultLifeSeconds = 600
const requestsPerMinute = 10

function sessionOf(
  platform: Platform,
  { user, workflow, expires_after: lifetime, rate_limits: limits, chatkit_configuration: given }: Request,
): Session {
  const perMinute = limits?.max_requests_per_1_minute ?? requestsPerMinute
  return {
    id: newId('chatkitSession'),
    object: 'chatkit.session',
    status: 'active',
    expires_at: platform.clock.seconds() + (lifetime?.seconds ?? defaultLifeSeconds),
    client_secret: newId('ephemeralKey'),
    workflow: {
      id: workflow.id,
      version: workflow.version ?? null,
      state_variables: workflow.state_variables ?? null,
      tracing: { enabled: workflow.tracing?.enabled ?? true },
    },
    user,
    rate_limits: { max_requests_per_1_minute: perMinute },
    max_requests_per_1_minute: perMinute,
    chatkit_configuration: {
      automatic_thread_titling: { enabled: given?.automatic_thread_titling?.enabled ?? true },
      file_upload: {
        enabled: given?.file_upload?.enabled ?? false,
        max_file_size: given?.file_upload?.max_file_size ?? 512,
        max_files: given?.file_upload?.max_files ?? 10,
      },
      history: { enabled: given?.history?.enabled ?? true, recent_threads: given?.history?.recent_threads ?? null },
    },
  }
}

const greeting = 'Hello'

function startThread(platform: Platform, { user, chatkit_configuration: given }: Request): void {
  const now = platform.clock.seconds()
  const made: Thread = {
    id: newId('chatkitThread'),
    object: 'chatkit.thread',
    created_at: now,
    title: given?.automatic_thread_titling?.enabled === false ? null : greeting,
    status: { type: 'active' },
    user,
  }
  const common = (): ThreadItem => ({ id: newId('chatkitItem'), object: 'chatkit.thread_item', created_at: now, thread_id: made.id })
  const { text } = platform.reply(promptOf('gpt-4.1', greeting))
  thread.collection(platform).put(made)
  items(platform).put(
    {
      ...common(),
      type: 'chatkit.user_message',
      content: [{ type: 'input_text', text: greeting }],
      attachments: [],
      inference_options: null,
    },
    made.id,
  )
  items(platform).put(
    { ...common(), type: 'chatkit.assistant_message', content: [{ type: 'output_text', text, annotations: [] }] },
    made.id,
  )
}

/** A session that nobody cancelled expires; that is noticed when it is next looked at. */
function findSession(call: Call): Session {
  const id = call.param('session_id')
  const session = sessions(call.platform).get(id)
  if (session === undefined) throw notFound(`Chatkit Session with id '${id}' not found.`)
  const isExpired = session.status === 'active' && session.expires_at <= call.platform.clock.seconds()
  return isExpired ? { ...session, status: 'expired' } : session
}
