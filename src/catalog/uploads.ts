// Uploads of many parts: rows only. Columns are explained in endpoint.ts.
import type { Endpoint } from './endpoint.ts'

export const uploads = [
  { id: 'uploads.create', method: 'POST', path: '/v1/uploads', transport: 'http', permission: 'uploads:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'wrapped', tenants: 'owned',
    resources: [{ act: 'create', kind: 'upload', at: 'answer.id' }],
    summary: 'Open an upload of many parts.' },
  { id: 'uploads.cancel', method: 'POST', path: '/v1/uploads/{upload_id}/cancel', transport: 'http', permission: 'uploads:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'wrapped', tenants: 'owned',
    resources: [{ act: 'use', kind: 'upload', at: 'path.upload_id' }],
    summary: 'Give up an upload.' },
  { id: 'uploads.complete', method: 'POST', path: '/v1/uploads/{upload_id}/complete', transport: 'http', permission: 'uploads:write',
    request: ['json'], response: ['json'], pace: 'upload', replay: 'never', beta: null, status: 'stable', actions: 'wrapped', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'upload', at: 'path.upload_id' },
      { act: 'use', kind: 'upload_part', at: 'body.part_ids' },
      { act: 'create', kind: 'file', at: 'answer.file.id' },
    ],
    summary: 'Join the parts into a file.' },
  { id: 'uploads.parts.create', method: 'POST', path: '/v1/uploads/{upload_id}/parts', transport: 'http', permission: 'uploads:write',
    request: ['multipart'], response: ['json'], pace: 'upload', replay: 'never', beta: null, status: 'stable', actions: 'wrapped', tenants: 'owned',
    resources: [{ act: 'use', kind: 'upload', at: 'path.upload_id' }, { act: 'create', kind: 'upload_part', at: 'answer.id' }],
    summary: 'Upload one part.' },
] as const satisfies readonly Endpoint[]
