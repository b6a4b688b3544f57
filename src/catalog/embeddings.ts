// Embeddings: rows only. Columns are explained in endpoint.ts.
import type { Endpoint } from './endpoint.ts'
import { endUser } from './references.ts'

export const embeddings = [
  { id: 'embeddings.create', method: 'POST', path: '/v1/embeddings', transport: 'http', permission: 'embeddings:write',
    request: ['json'], response: ['json'], pace: 'generation', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'use', kind: 'model', at: 'body.model' }, ...endUser],
    summary: 'Turn text into vectors.' },
] as const satisfies readonly Endpoint[]
