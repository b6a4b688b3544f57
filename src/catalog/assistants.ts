// Assistants, threads, messages and runs (the responses family replaces them): rows only. Columns are explained in endpoint.ts.
import type { Endpoint, Resource } from './endpoint.ts'
import type { Missing } from './kinds.ts'
import { cursors, noSuchModel } from './references.ts'

/** These families say everywhere what others say of a path. */
const noSuchStore: Missing = { status: 404, message: "No vector store found with id '{id}'.", param: '{field}', code: null }

/** The store is made as if by a request of its own. */
const noSuchFileOfStore: Missing = { status: 404, message: 'No such File object: {id}', param: '{key}', code: null }

/** Files and stores that the tools of an assistant or a thread work with. */
const resourcesAt = (place: string): readonly Resource[] => [
  { act: 'use', kind: 'file', at: `${place}.code_interpreter.file_ids` },
  { act: 'use', kind: 'vector_store', at: `${place}.file_search.vector_store_ids`, missing: noSuchStore },
  { act: 'use', kind: 'file', at: `${place}.file_search.vector_stores.file_ids`, missing: noSuchFileOfStore },
]

const messageAt = (place: string): readonly Resource[] => [
  { act: 'use', kind: 'file', at: `${place}.attachments.file_id` },
  { act: 'use', kind: 'file', at: `${place}.content.image_file.file_id` },
]

const threadAt = (place: string): readonly Resource[] => [...messageAt(`${place}.messages`), ...resourcesAt(`${place}.tool_resources`)]

/** The one store that was asked for by its files. */
const storesMade: readonly Resource[] = [
  { act: 'create', kind: 'vector_store', at: 'answer.tool_resources.file_search.vector_store_ids' },
]

const messageTold = (place: string): readonly Resource[] => [
  { act: 'create', kind: 'message', at: `${place}.id` },
  { act: 'create', kind: 'file', at: `${place}.content.image_file.file_id` },
  { act: 'create', kind: 'file', at: `${place}.content.text.annotations.file_path.file_id` },
]

const stepTold = (place: string): readonly Resource[] => [
  { act: 'create', kind: 'run_step', at: `${place}.id` },
  { act: 'create', kind: 'message', at: `${place}.step_details.message_creation.message_id` },
  { act: 'create', kind: 'file', at: `${place}.step_details.tool_calls.code_interpreter.outputs.image.file_id` },
]

/** The data of an event is a thread, a run, a step, a message, or what has been added to one. */
const runEvents: readonly Resource[] = [
  { act: 'create', kind: 'thread', at: 'event.id', only: 'prefixed' },
  { act: 'create', kind: 'run', at: 'event.id', only: 'prefixed' },
  { act: 'create', kind: 'run_step', at: 'event.id', only: 'prefixed' },
  { act: 'create', kind: 'message', at: 'event.id', only: 'prefixed' },
  { act: 'create', kind: 'message', at: 'event.step_details.message_creation.message_id' },
  ...['event', 'event.delta'].flatMap((place): readonly Resource[] => [
    { act: 'create', kind: 'file', at: `${place}.content.image_file.file_id` },
    { act: 'create', kind: 'file', at: `${place}.content.text.annotations.file_path.file_id` },
    { act: 'create', kind: 'file', at: `${place}.step_details.tool_calls.code_interpreter.outputs.image.file_id` },
  ]),
]

export const assistants = [
  { id: 'assistants.list', method: 'GET', path: '/v1/assistants', transport: 'http', permission: 'assistants:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: 'assistants=v2', status: 'deprecated', actions: 'proxied', tenants: 'owned',
    resources: [...cursors('assistant'), { act: 'list', kind: 'assistant', at: 'answer.data.id' }],
    summary: 'List assistants.' },
  { id: 'assistants.create', method: 'POST', path: '/v1/assistants', transport: 'http', permission: 'assistants:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: 'assistants=v2', status: 'deprecated', actions: 'proxied', tenants: 'owned',
    resources: [
      ...resourcesAt('body.tool_resources'),
      { act: 'use', kind: 'model', at: 'body.model', missing: noSuchModel },
      { act: 'create', kind: 'assistant', at: 'answer.id' },
      ...storesMade,
    ],
    summary: 'Create an assistant.' },
  { id: 'assistants.delete', method: 'DELETE', path: '/v1/assistants/{assistant_id}', transport: 'http', permission: 'assistants:write',
    request: [], response: ['json'], pace: 'control', replay: 'never', beta: 'assistants=v2', status: 'deprecated', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'delete', kind: 'assistant', at: 'path.assistant_id' }],
    summary: 'Delete an assistant.' },
  { id: 'assistants.retrieve', method: 'GET', path: '/v1/assistants/{assistant_id}', transport: 'http', permission: 'assistants:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: 'assistants=v2', status: 'deprecated', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'use', kind: 'assistant', at: 'path.assistant_id' }, ...storesMade],
    summary: 'Retrieve an assistant.' },
  { id: 'assistants.update', method: 'POST', path: '/v1/assistants/{assistant_id}', transport: 'http', permission: 'assistants:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: 'assistants=v2', status: 'deprecated', actions: 'proxied', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'assistant', at: 'path.assistant_id' },
      ...resourcesAt('body.tool_resources'),
      { act: 'use', kind: 'model', at: 'body.model', missing: noSuchModel },
      ...storesMade,
    ],
    summary: 'Change an assistant.' },
  { id: 'threads.create', method: 'POST', path: '/v1/threads', transport: 'http', permission: 'threads:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: 'assistants=v2', status: 'deprecated', actions: 'proxied', tenants: 'owned',
    resources: [...threadAt('body'), { act: 'create', kind: 'thread', at: 'answer.id' }, ...storesMade],
    summary: 'Create a thread.' },
  { id: 'threads.create_and_run', method: 'POST', path: '/v1/threads/runs', transport: 'http', permission: 'threads:write',
    request: ['json'], response: ['json', 'sse'], pace: 'generation', replay: 'never', beta: 'assistants=v2', status: 'deprecated', actions: 'proxied', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'assistant', at: 'body.assistant_id' },
      ...threadAt('body.thread'),
      ...resourcesAt('body.tool_resources'),
      { act: 'use', kind: 'model', at: 'body.model', missing: noSuchModel },
      { act: 'create', kind: 'thread', at: 'answer.thread_id' },
      { act: 'create', kind: 'run', at: 'answer.id' },
      ...runEvents,
    ],
    summary: 'Create a thread and run it.' },
  { id: 'threads.delete', method: 'DELETE', path: '/v1/threads/{thread_id}', transport: 'http', permission: 'threads:write',
    request: [], response: ['json'], pace: 'control', replay: 'never', beta: 'assistants=v2', status: 'deprecated', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'delete', kind: 'thread', at: 'path.thread_id' }],
    summary: 'Delete a thread.' },
  { id: 'threads.retrieve', method: 'GET', path: '/v1/threads/{thread_id}', transport: 'http', permission: 'threads:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: 'assistants=v2', status: 'deprecated', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'use', kind: 'thread', at: 'path.thread_id' }, ...storesMade],
    summary: 'Retrieve a thread.' },
  { id: 'threads.update', method: 'POST', path: '/v1/threads/{thread_id}', transport: 'http', permission: 'threads:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: 'assistants=v2', status: 'deprecated', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'use', kind: 'thread', at: 'path.thread_id' }, ...resourcesAt('body.tool_resources'), ...storesMade],
    summary: 'Change a thread.' },
  { id: 'threads.messages.list', method: 'GET', path: '/v1/threads/{thread_id}/messages', transport: 'http', permission: 'threads:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: 'assistants=v2', status: 'deprecated', actions: 'proxied', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'thread', at: 'path.thread_id' },
      ...cursors('message'),
      { act: 'use', kind: 'run', at: 'query.run_id' },
      ...messageTold('answer.data'),
    ],
    summary: 'List messages of a thread.' },
  { id: 'threads.messages.create', method: 'POST', path: '/v1/threads/{thread_id}/messages', transport: 'http', permission: 'threads:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: 'assistants=v2', status: 'deprecated', actions: 'proxied', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'thread', at: 'path.thread_id' },
      ...messageAt('body'),
      { act: 'create', kind: 'message', at: 'answer.id' },
    ],
    summary: 'Create a message of a thread.' },
  { id: 'threads.messages.delete', method: 'DELETE', path: '/v1/threads/{thread_id}/messages/{message_id}', transport: 'http', permission: 'threads:write',
    request: [], response: ['json'], pace: 'control', replay: 'never', beta: 'assistants=v2', status: 'deprecated', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'use', kind: 'thread', at: 'path.thread_id' }, { act: 'delete', kind: 'message', at: 'path.message_id' }],
    summary: 'Delete a message of a thread.' },
  { id: 'threads.messages.retrieve', method: 'GET', path: '/v1/threads/{thread_id}/messages/{message_id}', transport: 'http', permission: 'threads:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: 'assistants=v2', status: 'deprecated', actions: 'proxied', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'thread', at: 'path.thread_id' },
      { act: 'use', kind: 'message', at: 'path.message_id' },
      ...messageTold('answer'),
    ],
    summary: 'Retrieve a message of a thread.' },
  { id: 'threads.messages.update', method: 'POST', path: '/v1/threads/{thread_id}/messages/{message_id}', transport: 'http', permission: 'threads:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: 'assistants=v2', status: 'deprecated', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'use', kind: 'thread', at: 'path.thread_id' }, { act: 'use', kind: 'message', at: 'path.message_id' }],
    summary: 'Change a message of a thread.' },
  { id: 'threads.runs.list', method: 'GET', path: '/v1/threads/{thread_id}/runs', transport: 'http', permission: 'threads:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: 'assistants=v2', status: 'deprecated', actions: 'proxied', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'thread', at: 'path.thread_id' },
      ...cursors('run'),
      { act: 'create', kind: 'run', at: 'answer.data.id' },
    ],
    summary: 'List runs of a thread.' },
  { id: 'threads.runs.create', method: 'POST', path: '/v1/threads/{thread_id}/runs', transport: 'http', permission: 'threads:write',
    request: ['json'], response: ['json', 'sse'], pace: 'generation', replay: 'never', beta: 'assistants=v2', status: 'deprecated', actions: 'proxied', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'thread', at: 'path.thread_id' },
      { act: 'use', kind: 'assistant', at: 'body.assistant_id' },
      ...messageAt('body.additional_messages'),
      { act: 'use', kind: 'model', at: 'body.model', missing: noSuchModel },
      { act: 'create', kind: 'run', at: 'answer.id' },
      ...runEvents,
    ],
    summary: 'Create a run of a thread.' },
  { id: 'threads.runs.retrieve', method: 'GET', path: '/v1/threads/{thread_id}/runs/{run_id}', transport: 'http', permission: 'threads:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: 'assistants=v2', status: 'deprecated', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'use', kind: 'thread', at: 'path.thread_id' }, { act: 'use', kind: 'run', at: 'path.run_id' }],
    summary: 'Retrieve a run of a thread.' },
  { id: 'threads.runs.update', method: 'POST', path: '/v1/threads/{thread_id}/runs/{run_id}', transport: 'http', permission: 'threads:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: 'assistants=v2', status: 'deprecated', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'use', kind: 'thread', at: 'path.thread_id' }, { act: 'use', kind: 'run', at: 'path.run_id' }],
    summary: 'Change a run of a thread.' },
  { id: 'threads.runs.cancel', method: 'POST', path: '/v1/threads/{thread_id}/runs/{run_id}/cancel', transport: 'http', permission: 'threads:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: 'assistants=v2', status: 'deprecated', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'use', kind: 'thread', at: 'path.thread_id' }, { act: 'use', kind: 'run', at: 'path.run_id' }],
    summary: 'Cancel a run of a thread.' },
  { id: 'threads.runs.steps.list', method: 'GET', path: '/v1/threads/{thread_id}/runs/{run_id}/steps', transport: 'http', permission: 'threads:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: 'assistants=v2', status: 'deprecated', actions: 'proxied', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'thread', at: 'path.thread_id' },
      { act: 'use', kind: 'run', at: 'path.run_id' },
      ...cursors('run_step'),
      ...stepTold('answer.data'),
    ],
    summary: 'List steps of a run.' },
  { id: 'threads.runs.steps.retrieve', method: 'GET', path: '/v1/threads/{thread_id}/runs/{run_id}/steps/{step_id}', transport: 'http', permission: 'threads:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: 'assistants=v2', status: 'deprecated', actions: 'proxied', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'thread', at: 'path.thread_id' },
      { act: 'use', kind: 'run', at: 'path.run_id' },
      { act: 'use', kind: 'run_step', at: 'path.step_id' },
      ...stepTold('answer'),
    ],
    summary: 'Retrieve a step of a run.' },
  { id: 'threads.runs.submit_tool_outputs', method: 'POST', path: '/v1/threads/{thread_id}/runs/{run_id}/submit_tool_outputs', transport: 'http', permission: 'threads:write',
    request: ['json'], response: ['json', 'sse'], pace: 'generation', replay: 'never', beta: 'assistants=v2', status: 'deprecated', actions: 'proxied', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'thread', at: 'path.thread_id' },
      { act: 'use', kind: 'run', at: 'path.run_id' },
      ...runEvents,
    ],
    summary: 'Hand tool outputs to a waiting run.' },
] as const satisfies readonly Endpoint[]
