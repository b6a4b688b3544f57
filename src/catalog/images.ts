// Images: rows only. Columns are explained in endpoint.ts.
import type { Endpoint } from './endpoint.ts'
import { endUser } from './references.ts'

export const images = [
  { id: 'images.edit', method: 'POST', path: '/v1/images/edits', transport: 'http', permission: 'images:write',
    request: ['multipart', 'json'], response: ['json', 'sse'], pace: 'generation', replay: 'never', beta: null, status: 'stable', actions: 'wrapped', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'file', at: 'body.images.file_id' },
      { act: 'use', kind: 'file', at: 'body.mask.file_id' },
      { act: 'use', kind: 'model', at: 'body.model' },
      { act: 'use', kind: 'model', at: 'form.model' },
      ...endUser,
      { act: 'namespace', kind: 'label', at: 'form.user' },
    ],
    summary: 'Edit images by a prompt.' },
  { id: 'images.generate', method: 'POST', path: '/v1/images/generations', transport: 'http', permission: 'images:write',
    request: ['json'], response: ['json', 'sse'], pace: 'generation', replay: 'never', beta: null, status: 'stable', actions: 'wrapped', tenants: 'owned',
    resources: [{ act: 'use', kind: 'model', at: 'body.model' }, ...endUser],
    summary: 'Make images from a prompt.' },
  { id: 'images.variation', method: 'POST', path: '/v1/images/variations', transport: 'http', permission: 'images:write',
    request: ['multipart'], response: ['json'], pace: 'generation', replay: 'never', beta: null, status: 'deprecated', actions: 'wrapped', tenants: 'owned',
    resources: [{ act: 'use', kind: 'model', at: 'form.model' }, { act: 'namespace', kind: 'label', at: 'form.user' }],
    summary: 'Make variations of an image.' },
] as const satisfies readonly Endpoint[]
