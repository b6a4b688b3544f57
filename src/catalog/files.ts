// Files: rows only. Columns are explained in endpoint.ts.
import type { Endpoint } from './endpoint.ts'

export const files = [
  { id: 'files.list', method: 'GET', path: '/v1/files', transport: 'http', permission: 'files:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable',
    summary: 'List files.' },
  { id: 'files.create', method: 'POST', path: '/v1/files', transport: 'http', permission: 'files:write',
    request: ['multipart'], response: ['json'], pace: 'upload', replay: 'never', beta: null, status: 'stable',
    summary: 'Upload a file.' },
  { id: 'files.delete', method: 'DELETE', path: '/v1/files/{file_id}', transport: 'http', permission: 'files:write',
    request: [], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable',
    summary: 'Delete a file.' },
  { id: 'files.retrieve', method: 'GET', path: '/v1/files/{file_id}', transport: 'http', permission: 'files:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable',
    summary: 'Retrieve a file.' },
  { id: 'files.content', method: 'GET', path: '/v1/files/{file_id}/content', transport: 'http', permission: 'files:read',
    request: [], response: ['binary'], pace: 'download', replay: 'safe', beta: null, status: 'stable',
    summary: 'Download a file.' },
] as const satisfies readonly Endpoint[]
