// Conversations and their items: rows only. Columns are explained in endpoint.ts.
import type { Endpoint } from './endpoint.ts'
import { cursors, itemsAt, outputAt } from './references.ts'

export const conversations = [
  { id: 'conversations.create', method: 'POST', path: '/v1/conversations', transport: 'http', permission: 'conversations:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [...itemsAt('body.items'), { act: 'create', kind: 'conversation', at: 'answer.id' }],
    summary: 'Create a conversation.' },
  { id: 'conversations.delete', method: 'DELETE', path: '/v1/conversations/{conversation_id}', transport: 'http', permission: 'conversations:write',
    request: [], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'delete', kind: 'conversation', at: 'path.conversation_id' }],
    summary: 'Delete a conversation.' },
  { id: 'conversations.retrieve', method: 'GET', path: '/v1/conversations/{conversation_id}', transport: 'http', permission: 'conversations:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'use', kind: 'conversation', at: 'path.conversation_id' }],
    summary: 'Retrieve a conversation.' },
  { id: 'conversations.update', method: 'POST', path: '/v1/conversations/{conversation_id}', transport: 'http', permission: 'conversations:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'use', kind: 'conversation', at: 'path.conversation_id' }],
    summary: 'Change a conversation.' },
  { id: 'conversations.items.list', method: 'GET', path: '/v1/conversations/{conversation_id}/items', transport: 'http', permission: 'conversations:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'use', kind: 'conversation', at: 'path.conversation_id' }, ...cursors('item'), ...outputAt('answer.data')],
    summary: 'List items of a conversation.' },
  { id: 'conversations.items.create', method: 'POST', path: '/v1/conversations/{conversation_id}/items', transport: 'http', permission: 'conversations:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'conversation', at: 'path.conversation_id' },
      ...itemsAt('body.items'),
      { act: 'create', kind: 'item', at: 'answer.data.id' },
    ],
    summary: 'Create an item of a conversation.' },
  { id: 'conversations.items.delete', method: 'DELETE', path: '/v1/conversations/{conversation_id}/items/{item_id}', transport: 'http', permission: 'conversations:write',
    request: [], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'conversation', at: 'path.conversation_id' },
      { act: 'delete', kind: 'item', at: 'path.item_id' },
    ],
    summary: 'Delete an item of a conversation.' },
  { id: 'conversations.items.retrieve', method: 'GET', path: '/v1/conversations/{conversation_id}/items/{item_id}', transport: 'http', permission: 'conversations:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'conversation', at: 'path.conversation_id' },
      { act: 'use', kind: 'item', at: 'path.item_id' },
      ...outputAt('answer'),
    ],
    summary: 'Retrieve an item of a conversation.' },
] as const satisfies readonly Endpoint[]
