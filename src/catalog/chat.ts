// Chat completions and the older text completions: rows only. Columns are explained in endpoint.ts.
import type { Endpoint } from './endpoint.ts'

export const chat = [
  { id: 'chat.completions.list', method: 'GET', path: '/v1/chat/completions', transport: 'http', permission: 'chat:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'proxied',
    summary: 'List stored chat completions.' },
  { id: 'chat.completions.create', method: 'POST', path: '/v1/chat/completions', transport: 'http', permission: 'chat:write',
    request: ['json'], response: ['json', 'sse'], pace: 'generation', replay: 'never', beta: null, status: 'stable', actions: 'proxied',
    summary: 'Answer a conversation.' },
  { id: 'chat.completions.delete', method: 'DELETE', path: '/v1/chat/completions/{completion_id}', transport: 'http', permission: 'chat:write',
    request: [], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied',
    summary: 'Delete a stored chat completion.' },
  { id: 'chat.completions.retrieve', method: 'GET', path: '/v1/chat/completions/{completion_id}', transport: 'http', permission: 'chat:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'proxied',
    summary: 'Retrieve a stored chat completion.' },
  { id: 'chat.completions.update', method: 'POST', path: '/v1/chat/completions/{completion_id}', transport: 'http', permission: 'chat:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied',
    summary: 'Change the metadata of a stored chat completion.' },
  { id: 'chat.completions.messages.list', method: 'GET', path: '/v1/chat/completions/{completion_id}/messages', transport: 'http', permission: 'chat:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'proxied',
    summary: 'List the messages of a stored chat completion.' },
  { id: 'completions.create', method: 'POST', path: '/v1/completions', transport: 'http', permission: 'chat:write',
    request: ['json'], response: ['json', 'sse'], pace: 'generation', replay: 'never', beta: null, status: 'deprecated', actions: 'proxied',
    summary: 'Complete a text (the oldest generation endpoint).' },
] as const satisfies readonly Endpoint[]
