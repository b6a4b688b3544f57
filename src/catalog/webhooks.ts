// Webhook endpoints: rows only. Columns are explained in endpoint.ts.
import type { Endpoint } from './endpoint.ts'

export const webhooks = [
  { id: 'webhook_endpoints.list', method: 'GET', path: '/v1/webhook_endpoints', transport: 'http', permission: 'webhook_endpoints:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'proxied',
    summary: 'List webhook endpoints.' },
  { id: 'webhook_endpoints.create', method: 'POST', path: '/v1/webhook_endpoints', transport: 'http', permission: 'webhook_endpoints:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'never',
    summary: 'Create a webhook endpoint.' },
  { id: 'webhook_endpoints.delete', method: 'DELETE', path: '/v1/webhook_endpoints/{webhook_endpoint_id}', transport: 'http', permission: 'webhook_endpoints:write',
    request: [], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied',
    summary: 'Delete a webhook endpoint.' },
  { id: 'webhook_endpoints.retrieve', method: 'GET', path: '/v1/webhook_endpoints/{webhook_endpoint_id}', transport: 'http', permission: 'webhook_endpoints:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'proxied',
    summary: 'Retrieve a webhook endpoint.' },
  { id: 'webhook_endpoints.update', method: 'POST', path: '/v1/webhook_endpoints/{webhook_endpoint_id}', transport: 'http', permission: 'webhook_endpoints:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied',
    summary: 'Change a webhook endpoint.' },
  { id: 'webhook_endpoints.rotate_secret', method: 'POST', path: '/v1/webhook_endpoints/{webhook_endpoint_id}/rotate_secret', transport: 'http', permission: 'webhook_endpoints:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'never',
    summary: 'Replace the signing secret.' },
  { id: 'webhook_endpoints.test', method: 'POST', path: '/v1/webhook_endpoints/{webhook_endpoint_id}/test', transport: 'http', permission: 'webhook_endpoints:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied',
    summary: 'Send a test event.' },
  { id: 'webhook_event_types.list', method: 'GET', path: '/v1/webhook_event_types', transport: 'http', permission: 'webhook_endpoints:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'proxied',
    summary: 'List the kinds of events.' },
] as const satisfies readonly Endpoint[]
