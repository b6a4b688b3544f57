// ChatKit sessions and threads: rows only. Columns are explained in endpoint.ts.
import type { Endpoint } from './endpoint.ts'
import { cursors } from './references.ts'

export const chatkit = [
  { id: 'chatkit.sessions.create', method: 'POST', path: '/v1/chatkit/sessions', transport: 'http', permission: 'chatkit:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: 'chatkit_beta=v1', status: 'beta', actions: 'never', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'workflow', at: 'body.workflow.id' },
      { act: 'namespace', kind: 'label', at: 'body.user' },
      { act: 'create', kind: 'chatkit_session', at: 'answer.id' },
    ],
    summary: 'Start a ChatKit session.' },
  { id: 'chatkit.sessions.cancel', method: 'POST', path: '/v1/chatkit/sessions/{session_id}/cancel', transport: 'http', permission: 'chatkit:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: 'chatkit_beta=v1', status: 'beta', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'use', kind: 'chatkit_session', at: 'path.session_id' }],
    summary: 'Cancel a session.' },
  { id: 'chatkit.threads.list', method: 'GET', path: '/v1/chatkit/threads', transport: 'http', permission: 'chatkit:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: 'chatkit_beta=v1', status: 'beta', actions: 'proxied', tenants: 'owned',
    resources: [
      ...cursors('chatkit_thread'),
      { act: 'namespace', kind: 'label', at: 'query.user' },
      { act: 'list', kind: 'chatkit_thread', at: 'answer.data.id' },
    ],
    summary: 'List threads.' },
  { id: 'chatkit.threads.delete', method: 'DELETE', path: '/v1/chatkit/threads/{thread_id}', transport: 'http', permission: 'chatkit:write',
    request: [], response: ['json'], pace: 'control', replay: 'never', beta: 'chatkit_beta=v1', status: 'beta', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'delete', kind: 'chatkit_thread', at: 'path.thread_id' }],
    summary: 'Delete a thread.' },
  { id: 'chatkit.threads.retrieve', method: 'GET', path: '/v1/chatkit/threads/{thread_id}', transport: 'http', permission: 'chatkit:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: 'chatkit_beta=v1', status: 'beta', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'use', kind: 'chatkit_thread', at: 'path.thread_id' }],
    summary: 'Retrieve a thread.' },
  { id: 'chatkit.threads.items.list', method: 'GET', path: '/v1/chatkit/threads/{thread_id}/items', transport: 'http', permission: 'chatkit:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: 'chatkit_beta=v1', status: 'beta', actions: 'proxied', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'chatkit_thread', at: 'path.thread_id' },
      ...cursors('chatkit_item'),
      { act: 'create', kind: 'chatkit_item', at: 'answer.data.id' },
    ],
    summary: 'List items of a thread.' },
] as const satisfies readonly Endpoint[]
