// Files: rows only. Columns are explained in endpoint.ts.
import type { Endpoint } from './endpoint.ts'

export const files = [
  { id: 'files.list', method: 'GET', path: '/v1/files', transport: 'http', permission: 'files:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'direct', tenants: 'owned',
    resources: [],
    summary: 'List files.' },
  { id: 'files.create', method: 'POST', path: '/v1/files', transport: 'http', permission: 'files:write',
    request: ['multipart'], response: ['json'], pace: 'upload', replay: 'never', beta: null, status: 'stable', actions: 'wrapped', tenants: 'owned',
    resources: [],
    summary: 'Upload a file.' },
  { id: 'files.delete', method: 'DELETE', path: '/v1/files/{file_id}', transport: 'http', permission: 'files:write',
    request: [], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [],
    summary: 'Delete a file.' },
  { id: 'files.retrieve', method: 'GET', path: '/v1/files/{file_id}', transport: 'http', permission: 'files:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [],
    summary: 'Retrieve a file.' },
  { id: 'files.content', method: 'GET', path: '/v1/files/{file_id}/content', transport: 'http', permission: 'files:read',
    request: [], response: ['binary'], pace: 'download', replay: 'safe', beta: null, status: 'stable', actions: 'wrapped', tenants: 'owned',
    resources: [],
    summary: 'Download a file.' },
] as const satisfies readonly Endpoint[]
