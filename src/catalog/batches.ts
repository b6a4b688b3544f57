// Batches: rows only. Columns are explained in endpoint.ts.
import type { Endpoint, Resource } from './endpoint.ts'
import { cursors } from './references.ts'

/** They are written when the batch is over, and first named by whichever answer tells of it then. */
const outputFiles: readonly Resource[] = [
  { act: 'create', kind: 'file', at: 'answer.output_file_id' },
  { act: 'create', kind: 'file', at: 'answer.error_file_id' },
]

export const batches = [
  { id: 'batches.list', method: 'GET', path: '/v1/batches', transport: 'http', permission: 'batches:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [...cursors('batch'), { act: 'list', kind: 'batch', at: 'answer.data.id' }],
    summary: 'List batches.' },
  { id: 'batches.create', method: 'POST', path: '/v1/batches', transport: 'http', permission: 'batches:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'wrapped', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'file', at: 'body.input_file_id' },
      { act: 'lines', kind: 'file', at: 'body.input_file_id' },
      { act: 'create', kind: 'batch', at: 'answer.id' },
      ...outputFiles,
    ],
    summary: 'Start a batch over an uploaded JSONL file.' },
  { id: 'batches.retrieve', method: 'GET', path: '/v1/batches/{batch_id}', transport: 'http', permission: 'batches:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'wrapped', tenants: 'owned',
    resources: [{ act: 'use', kind: 'batch', at: 'path.batch_id' }, ...outputFiles],
    summary: 'Retrieve a batch.' },
  { id: 'batches.cancel', method: 'POST', path: '/v1/batches/{batch_id}/cancel', transport: 'http', permission: 'batches:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'use', kind: 'batch', at: 'path.batch_id' }, ...outputFiles],
    summary: 'Cancel a batch.' },
] as const satisfies readonly Endpoint[]
