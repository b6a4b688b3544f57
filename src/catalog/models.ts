// Models: rows only. Columns are explained in endpoint.ts.
import type { Endpoint } from './endpoint.ts'

export const models = [
  { id: 'models.list', method: 'GET', path: '/v1/models', transport: 'http', permission: 'models:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'direct', tenants: 'owned',
    resources: [{ act: 'list', kind: 'model', at: 'answer.data.id' }],
    summary: 'List models.' },
  { id: 'models.delete', method: 'DELETE', path: '/v1/models/{model}', transport: 'http', permission: 'models:write',
    request: [], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'delete', kind: 'model', at: 'path.model' }],
    summary: 'Delete a fine-tuned model.' },
  { id: 'models.retrieve', method: 'GET', path: '/v1/models/{model}', transport: 'http', permission: 'models:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'use', kind: 'model', at: 'path.model' }],
    summary: 'Retrieve a model.' },
] as const satisfies readonly Endpoint[]
