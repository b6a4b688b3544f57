// Moderations: rows only. Columns are explained in endpoint.ts.
import type { Endpoint } from './endpoint.ts'

export const moderations = [
  { id: 'moderations.create', method: 'POST', path: '/v1/moderations', transport: 'http', permission: 'moderations:write',
    request: ['json'], response: ['json'], pace: 'generation', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'use', kind: 'model', at: 'body.model' }],
    summary: 'Classify text and images.' },
] as const satisfies readonly Endpoint[]
