// Batches: rows only. Columns are explained in endpoint.ts.
import type { Endpoint } from './endpoint.ts'

export const batches = [
  { id: 'batches.list', method: 'GET', path: '/v1/batches', transport: 'http', permission: 'batches:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [],
    summary: 'List batches.' },
  { id: 'batches.create', method: 'POST', path: '/v1/batches', transport: 'http', permission: 'batches:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'wrapped', tenants: 'owned',
    resources: [],
    summary: 'Start a batch over an uploaded JSONL file.' },
  { id: 'batches.retrieve', method: 'GET', path: '/v1/batches/{batch_id}', transport: 'http', permission: 'batches:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'wrapped', tenants: 'owned',
    resources: [],
    summary: 'Retrieve a batch.' },
  { id: 'batches.cancel', method: 'POST', path: '/v1/batches/{batch_id}/cancel', transport: 'http', permission: 'batches:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [],
    summary: 'Cancel a batch.' },
] as const satisfies readonly Endpoint[]
