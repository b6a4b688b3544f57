// Responses: rows only. Columns are explained in endpoint.ts.
import type { Endpoint } from './endpoint.ts'

export const responses = [
  { id: 'responses.connect', method: 'GET', path: '/v1/responses', transport: 'socket', permission: 'responses:write',
    request: [], response: [], pace: 'generation', replay: 'never', beta: null, status: 'stable', actions: 'never',
    summary: 'Open a WebSocket: responses.' },
  { id: 'responses.create', method: 'POST', path: '/v1/responses', transport: 'http', permission: 'responses:write',
    request: ['json'], response: ['json', 'sse'], pace: 'generation', replay: 'never', beta: null, status: 'stable', actions: 'wrapped',
    summary: 'Create a response.' },
  { id: 'responses.compact', method: 'POST', path: '/v1/responses/compact', transport: 'http', permission: 'responses:write',
    request: ['json'], response: ['json'], pace: 'generation', replay: 'never', beta: null, status: 'stable', actions: 'proxied',
    summary: 'Compact a conversation into fewer items.' },
  { id: 'responses.input_tokens', method: 'POST', path: '/v1/responses/input_tokens', transport: 'http', permission: 'responses:write',
    request: ['json'], response: ['json'], pace: 'generation', replay: 'never', beta: null, status: 'stable', actions: 'proxied',
    summary: 'Count the input tokens of a request.' },
  { id: 'responses.delete', method: 'DELETE', path: '/v1/responses/{response_id}', transport: 'http', permission: 'responses:write',
    request: [], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied',
    summary: 'Delete a response.' },
  { id: 'responses.retrieve', method: 'GET', path: '/v1/responses/{response_id}', transport: 'http', permission: 'responses:read',
    request: [], response: ['json', 'sse'], pace: 'generation', replay: 'safe', beta: null, status: 'stable', actions: 'wrapped',
    summary: 'Retrieve a response, or resume its stream.' },
  { id: 'responses.cancel', method: 'POST', path: '/v1/responses/{response_id}/cancel', transport: 'http', permission: 'responses:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied',
    summary: 'Cancel a background response.' },
  { id: 'responses.input_items.list', method: 'GET', path: '/v1/responses/{response_id}/input_items', transport: 'http', permission: 'responses:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'proxied',
    summary: 'List the input items of a response.' },
] as const satisfies readonly Endpoint[]
