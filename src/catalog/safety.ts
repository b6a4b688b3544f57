// Safety alerts, cases and provenance checks: rows only. Columns are explained in endpoint.ts.
import type { Endpoint } from './endpoint.ts'

export const safety = [
  { id: 'content_provenance_checks.create', method: 'POST', path: '/v1/content_provenance_checks', transport: 'http', permission: 'safety:write',
    request: ['multipart'], response: ['json'], pace: 'generation', replay: 'never', beta: null, status: 'stable', actions: 'never', tenants: 'owned',
    resources: [],
    summary: 'Check where a piece of media came from.' },
  { id: 'safety.alerts.retrieve', method: 'GET', path: '/v1/safety/alerts/{id}', transport: 'http', permission: 'safety:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'proxied', tenants: 'account',
    resources: [{ act: 'use', kind: 'safety_alert', at: 'path.id' }],
    summary: 'Retrieve an alert.' },
  { id: 'safety.cases.retrieve', method: 'GET', path: '/v1/safety/cases/{id}', transport: 'http', permission: 'safety:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'proxied', tenants: 'account',
    resources: [{ act: 'use', kind: 'safety_case', at: 'path.id' }],
    summary: 'Retrieve a case.' },
] as const satisfies readonly Endpoint[]
