// Files: rows only. Columns are explained in endpoint.ts.
import type { Endpoint } from './endpoint.ts'
import { cursors } from './references.ts'

export const files = [
  { id: 'files.list', method: 'GET', path: '/v1/files', transport: 'http', permission: 'files:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'direct', tenants: 'owned',
    resources: [...cursors('file'), { act: 'list', kind: 'file', at: 'answer.data.id' }],
    summary: 'List files.' },
  { id: 'files.create', method: 'POST', path: '/v1/files', transport: 'http', permission: 'files:write',
    request: ['multipart'], response: ['json'], pace: 'upload', replay: 'never', beta: null, status: 'stable', actions: 'wrapped', tenants: 'owned',
    resources: [{ act: 'create', kind: 'file', at: 'answer.id' }],
    summary: 'Upload a file.' },
  { id: 'files.delete', method: 'DELETE', path: '/v1/files/{file_id}', transport: 'http', permission: 'files:write',
    request: [], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'delete', kind: 'file', at: 'path.file_id' }],
    summary: 'Delete a file.' },
  { id: 'files.retrieve', method: 'GET', path: '/v1/files/{file_id}', transport: 'http', permission: 'files:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'use', kind: 'file', at: 'path.file_id' }],
    summary: 'Retrieve a file.' },
  { id: 'files.content', method: 'GET', path: '/v1/files/{file_id}/content', transport: 'http', permission: 'files:read',
    request: [], response: ['binary'], pace: 'download', replay: 'safe', beta: null, status: 'stable', actions: 'wrapped', tenants: 'owned',
    resources: [{ act: 'use', kind: 'file', at: 'path.file_id' }],
    summary: 'Download a file.' },
] as const satisfies readonly Endpoint[]
