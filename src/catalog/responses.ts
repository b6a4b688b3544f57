// Responses: rows only. Columns are explained in endpoint.ts.
import type { Endpoint, Resource } from './endpoint.ts'
import type { Missing } from './kinds.ts'
import { cursors, endUser, itemsAt, noSuchModel, promptAt, promptCache, responseEvents, responseTold, toolsAt } from './references.ts'

/** Not the one that is continued, so that it has no code of its own. */
const noSuchComparison: Missing = { status: 404, message: "Response with id '{id}' not found.", param: '{at}', code: null }

/** What a response is told: what comes before it, its input, its tools. */
const context: readonly Resource[] = [
  { act: 'use', kind: 'conversation', at: 'body.conversation' },
  { act: 'use', kind: 'conversation', at: 'body.conversation.id' },
  { act: 'use', kind: 'response', at: 'body.previous_response_id' },
  ...itemsAt('body.input'),
  ...toolsAt('body.tools'),
  { act: 'use', kind: 'model', at: 'body.model', missing: noSuchModel },
]

export const responses = [
  { id: 'responses.connect', method: 'GET', path: '/v1/responses', transport: 'socket', permission: 'responses:write',
    request: [], response: [], pace: 'generation', replay: 'never', beta: null, status: 'stable', actions: 'never', tenants: 'owned',
    resources: [],
    summary: 'Open a WebSocket: responses.' },
  { id: 'responses.create', method: 'POST', path: '/v1/responses', transport: 'http', permission: 'responses:write',
    request: ['json'], response: ['json', 'sse'], pace: 'generation', replay: 'never', beta: null, status: 'stable', actions: 'wrapped', tenants: 'owned',
    resources: [
      ...context,
      ...promptAt('body.prompt'),
      { act: 'use', kind: 'response', at: 'body.prompt_cache_options.comparison_response_id', missing: noSuchComparison },
      { act: 'use', kind: 'model', at: 'body.moderation.model' },
      ...promptCache,
      ...endUser,
      ...responseTold,
      ...responseEvents,
    ],
    summary: 'Create a response.' },
  { id: 'responses.compact', method: 'POST', path: '/v1/responses/compact', transport: 'http', permission: 'responses:write',
    request: ['json'], response: ['json'], pace: 'generation', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [
      ...itemsAt('body.input'),
      { act: 'use', kind: 'response', at: 'body.previous_response_id' },
      { act: 'use', kind: 'model', at: 'body.model', missing: noSuchModel },
      ...promptCache,
      ...responseTold,
    ],
    summary: 'Compact a conversation into fewer items.' },
  { id: 'responses.input_tokens', method: 'POST', path: '/v1/responses/input_tokens', transport: 'http', permission: 'responses:write',
    request: ['json'], response: ['json'], pace: 'generation', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [...context],
    summary: 'Count the input tokens of a request.' },
  { id: 'responses.delete', method: 'DELETE', path: '/v1/responses/{response_id}', transport: 'http', permission: 'responses:write',
    request: [], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'delete', kind: 'response', at: 'path.response_id' }],
    summary: 'Delete a response.' },
  { id: 'responses.retrieve', method: 'GET', path: '/v1/responses/{response_id}', transport: 'http', permission: 'responses:read',
    request: [], response: ['json', 'sse'], pace: 'generation', replay: 'safe', beta: null, status: 'stable', actions: 'wrapped', tenants: 'owned',
    resources: [{ act: 'use', kind: 'response', at: 'path.response_id' }, ...responseTold, ...responseEvents],
    summary: 'Retrieve a response, or resume its stream.' },
  { id: 'responses.cancel', method: 'POST', path: '/v1/responses/{response_id}/cancel', transport: 'http', permission: 'responses:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'use', kind: 'response', at: 'path.response_id' }, ...responseTold],
    summary: 'Cancel a background response.' },
  { id: 'responses.input_items.list', method: 'GET', path: '/v1/responses/{response_id}/input_items', transport: 'http', permission: 'responses:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'response', at: 'path.response_id' },
      ...cursors('item'),
      { act: 'create', kind: 'item', at: 'answer.data.id' },
    ],
    summary: 'List the input items of a response.' },
] as const satisfies readonly Endpoint[]
