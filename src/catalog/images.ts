// Images: rows only. Columns are explained in endpoint.ts.
import type { Endpoint } from './endpoint.ts'

export const images = [
  { id: 'images.edit', method: 'POST', path: '/v1/images/edits', transport: 'http', permission: 'images:write',
    request: ['multipart', 'json'], response: ['json', 'sse'], pace: 'generation', replay: 'never', beta: null, status: 'stable', actions: 'wrapped', tenants: 'owned',
    resources: [],
    summary: 'Edit images by a prompt.' },
  { id: 'images.generate', method: 'POST', path: '/v1/images/generations', transport: 'http', permission: 'images:write',
    request: ['json'], response: ['json', 'sse'], pace: 'generation', replay: 'never', beta: null, status: 'stable', actions: 'wrapped', tenants: 'owned',
    resources: [],
    summary: 'Make images from a prompt.' },
  { id: 'images.variation', method: 'POST', path: '/v1/images/variations', transport: 'http', permission: 'images:write',
    request: ['multipart'], response: ['json'], pace: 'generation', replay: 'never', beta: null, status: 'deprecated', actions: 'wrapped', tenants: 'owned',
    resources: [],
    summary: 'Make variations of an image.' },
] as const satisfies readonly Endpoint[]
