// Decisions: rows only. Columns are explained in endpoint.ts.
import type { Endpoint } from './endpoint.ts'
import { endUser, messagesAt, noSuchModel, promptCache } from './references.ts'

export const decisions = [
  { id: 'decisions.create', method: 'POST', path: '/v1/decisions', transport: 'http', permission: 'decisions:write',
    request: ['json'], response: ['json'], pace: 'generation', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [
      ...messagesAt('body.input'),
      { act: 'use', kind: 'model', at: 'body.model', missing: noSuchModel },
      ...promptCache,
      ...endUser,
    ],
    summary: 'Ask for a decision.' },
] as const satisfies readonly Endpoint[]
