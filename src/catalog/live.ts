// Live sessions: rows only. Columns are explained in endpoint.ts.
import type { Endpoint, Resource } from './endpoint.ts'
import { messagesAt, noSuchModel, toolsAt, voiceAt } from './references.ts'

/** The responses that a session hands work over to. */
const delegation: readonly Resource[] = [
  ...toolsAt('body.session.delegation.responses.tools'),
  { act: 'use', kind: 'model', at: 'body.session.delegation.responses.model' },
]

/** What a session is told. */
const session: readonly Resource[] = [
  { act: 'use', kind: 'model', at: 'body.session.model', missing: noSuchModel },
  ...messagesAt('body.session.input'),
  ...voiceAt('body.session.audio.output.voice'),
  ...delegation,
  { act: 'namespace', kind: 'label', at: 'body.session.safety_identifier' },
]

export const live = [
  { id: 'live.sessions.connect', method: 'GET', path: '/v1/live/sessions', transport: 'socket', permission: 'live:write',
    request: [], response: [], pace: 'generation', replay: 'never', beta: null, status: 'stable', actions: 'never', tenants: 'owned',
    resources: [{ act: 'use', kind: 'model', at: 'query.model' }],
    summary: 'Open a WebSocket: live sessions.' },
  { id: 'live.sessions.create', method: 'POST', path: '/v1/live/sessions', transport: 'http', permission: 'live:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [...session, { act: 'create', kind: 'live_session', at: 'answer.session.id' }],
    summary: 'Create a live session.' },
  { id: 'live.sessions.accept', method: 'POST', path: '/v1/live/sessions/{session_id}/accept', transport: 'http', permission: 'live:write',
    request: ['json'], response: ['empty'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'use', kind: 'live_session', at: 'path.session_id' }, ...session],
    summary: 'Accept a session.' },
  { id: 'live.sessions.attach.connect', method: 'GET', path: '/v1/live/sessions/{session_id}/attach', transport: 'socket', permission: 'live:write',
    request: [], response: [], pace: 'generation', replay: 'never', beta: null, status: 'stable', actions: 'never', tenants: 'owned',
    resources: [{ act: 'use', kind: 'live_session', at: 'path.session_id' }],
    summary: 'Open a WebSocket: live sessions attach.' },
  { id: 'live.sessions.content', method: 'GET', path: '/v1/live/sessions/{session_id}/content', transport: 'http', permission: 'live:read',
    request: [], response: ['binary'], pace: 'download', replay: 'safe', beta: null, status: 'stable', actions: 'never', tenants: 'owned',
    resources: [{ act: 'use', kind: 'live_session', at: 'path.session_id' }],
    summary: 'Download the recording of a session.' },
  { id: 'live.sessions.fork.connect', method: 'GET', path: '/v1/live/sessions/{session_id}/fork', transport: 'socket', permission: 'live:write',
    request: [], response: [], pace: 'generation', replay: 'never', beta: null, status: 'stable', actions: 'never', tenants: 'owned',
    resources: [{ act: 'use', kind: 'live_session', at: 'path.session_id' }],
    summary: 'Open a WebSocket: live sessions fork.' },
  { id: 'live.sessions.fork', method: 'POST', path: '/v1/live/sessions/{session_id}/fork', transport: 'http', permission: 'live:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'live_session', at: 'path.session_id' },
      ...delegation,
      { act: 'create', kind: 'live_session', at: 'answer.session.id' },
    ],
    summary: 'Fork a session.' },
  { id: 'live.sessions.hangup', method: 'POST', path: '/v1/live/sessions/{session_id}/hangup', transport: 'http', permission: 'live:write',
    request: ['json'], response: ['empty'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'use', kind: 'live_session', at: 'path.session_id' }],
    summary: 'Hang up.' },
  { id: 'live.sessions.refer', method: 'POST', path: '/v1/live/sessions/{session_id}/refer', transport: 'http', permission: 'live:write',
    request: ['json'], response: ['empty'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'use', kind: 'live_session', at: 'path.session_id' }],
    summary: 'Transfer a session.' },
  { id: 'live.sessions.reject', method: 'POST', path: '/v1/live/sessions/{session_id}/reject', transport: 'http', permission: 'live:write',
    request: ['json'], response: ['empty'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'use', kind: 'live_session', at: 'path.session_id' }],
    summary: 'Reject a session.' },
] as const satisfies readonly Endpoint[]
