// Fine-tuning jobs, checkpoints and graders: rows only. Columns are explained in endpoint.ts.
import type { Endpoint, Resource } from './endpoint.ts'
import type { Missing } from './kinds.ts'
import { cursors, graderAt } from './references.ts'

/** Quirk: 400 and these words, where other families answer 404. */
const noSuchTrainingFile: Missing = { status: 400, message: 'invalid {field}: {id}', param: '{field}', code: null }

const notTunable: Missing = {
  status: 400,
  message: 'Model {id} is not available for fine-tuning or does not exist.',
  param: 'model',
  code: 'model_not_available',
}

const noSuchCheckpoint: Missing = {
  status: 404,
  message: "The model '{id}' does not exist",
  param: 'fine_tuned_model_checkpoint',
  code: 'model_not_found',
}

/** What a job has made is first named by whichever answer tells of it when it is over. */
const outcome: readonly Resource[] = [
  { act: 'create', kind: 'model', at: 'answer.fine_tuned_model' },
  { act: 'create', kind: 'file', at: 'answer.result_files' },
  { act: 'hide', kind: 'label', at: 'answer.organization_id' },
]

export const fineTuning = [
  { id: 'fine_tuning.alpha.graders.run', method: 'POST', path: '/v1/fine_tuning/alpha/graders/run', transport: 'http', permission: 'fine_tuning:write',
    request: ['json'], response: ['json'], pace: 'generation', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [...graderAt('body.grader')],
    summary: 'Run a grader on one sample.' },
  { id: 'fine_tuning.alpha.graders.validate', method: 'POST', path: '/v1/fine_tuning/alpha/graders/validate', transport: 'http', permission: 'fine_tuning:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [...graderAt('body.grader')],
    summary: 'Check a grader.' },
  { id: 'fine_tuning.checkpoints.permissions.list', method: 'GET', path: '/v1/fine_tuning/checkpoints/{fine_tuned_model_checkpoint}/permissions', transport: 'http', permission: 'fine_tuning:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'proxied', tenants: 'account',
    resources: [
      { act: 'use', kind: 'model', at: 'path.fine_tuned_model_checkpoint', missing: noSuchCheckpoint },
      ...cursors('checkpoint_permission'),
      { act: 'use', kind: 'account_project', at: 'query.project_id' },
      { act: 'create', kind: 'checkpoint_permission', at: 'answer.data.id' },
    ],
    summary: 'List permissions of a checkpoint.' },
  { id: 'fine_tuning.checkpoints.permissions.create', method: 'POST', path: '/v1/fine_tuning/checkpoints/{fine_tuned_model_checkpoint}/permissions', transport: 'http', permission: 'fine_tuning:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'account',
    resources: [
      { act: 'use', kind: 'model', at: 'path.fine_tuned_model_checkpoint', missing: noSuchCheckpoint },
      { act: 'use', kind: 'account_project', at: 'body.project_ids' },
      { act: 'create', kind: 'checkpoint_permission', at: 'answer.data.id' },
    ],
    summary: 'Create a permission of a checkpoint.' },
  { id: 'fine_tuning.checkpoints.permissions.delete', method: 'DELETE', path: '/v1/fine_tuning/checkpoints/{fine_tuned_model_checkpoint}/permissions/{permission_id}', transport: 'http', permission: 'fine_tuning:write',
    request: [], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'account',
    resources: [
      { act: 'use', kind: 'model', at: 'path.fine_tuned_model_checkpoint', missing: noSuchCheckpoint },
      { act: 'delete', kind: 'checkpoint_permission', at: 'path.permission_id' },
    ],
    summary: 'Delete a permission of a checkpoint.' },
  { id: 'fine_tuning.jobs.list', method: 'GET', path: '/v1/fine_tuning/jobs', transport: 'http', permission: 'fine_tuning:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [...cursors('fine_tuning_job'), { act: 'list', kind: 'fine_tuning_job', at: 'answer.data.id' }],
    summary: 'List jobs.' },
  { id: 'fine_tuning.jobs.create', method: 'POST', path: '/v1/fine_tuning/jobs', transport: 'http', permission: 'fine_tuning:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'file', at: 'body.training_file', missing: noSuchTrainingFile },
      { act: 'use', kind: 'file', at: 'body.validation_file', missing: noSuchTrainingFile },
      { act: 'use', kind: 'model', at: 'body.model', missing: notTunable },
      ...graderAt('body.method.reinforcement.grader'),
      { act: 'create', kind: 'fine_tuning_job', at: 'answer.id' },
      ...outcome,
    ],
    summary: 'Start a fine-tuning job.' },
  { id: 'fine_tuning.jobs.retrieve', method: 'GET', path: '/v1/fine_tuning/jobs/{fine_tuning_job_id}', transport: 'http', permission: 'fine_tuning:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'use', kind: 'fine_tuning_job', at: 'path.fine_tuning_job_id' }, ...outcome],
    summary: 'Retrieve a job.' },
  { id: 'fine_tuning.jobs.cancel', method: 'POST', path: '/v1/fine_tuning/jobs/{fine_tuning_job_id}/cancel', transport: 'http', permission: 'fine_tuning:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'use', kind: 'fine_tuning_job', at: 'path.fine_tuning_job_id' }, ...outcome],
    summary: 'Cancel a job.' },
  { id: 'fine_tuning.jobs.checkpoints.list', method: 'GET', path: '/v1/fine_tuning/jobs/{fine_tuning_job_id}/checkpoints', transport: 'http', permission: 'fine_tuning:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'fine_tuning_job', at: 'path.fine_tuning_job_id' },
      ...cursors('checkpoint'),
      { act: 'create', kind: 'checkpoint', at: 'answer.data.id' },
      { act: 'create', kind: 'model', at: 'answer.data.fine_tuned_model_checkpoint' },
    ],
    summary: 'List checkpoints of a job.' },
  { id: 'fine_tuning.jobs.events.list', method: 'GET', path: '/v1/fine_tuning/jobs/{fine_tuning_job_id}/events', transport: 'http', permission: 'fine_tuning:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'fine_tuning_job', at: 'path.fine_tuning_job_id' },
      ...cursors('fine_tuning_event'),
      { act: 'create', kind: 'fine_tuning_event', at: 'answer.data.id' },
    ],
    summary: 'List events of a job.' },
  { id: 'fine_tuning.jobs.pause', method: 'POST', path: '/v1/fine_tuning/jobs/{fine_tuning_job_id}/pause', transport: 'http', permission: 'fine_tuning:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'use', kind: 'fine_tuning_job', at: 'path.fine_tuning_job_id' }, ...outcome],
    summary: 'Pause a job.' },
  { id: 'fine_tuning.jobs.resume', method: 'POST', path: '/v1/fine_tuning/jobs/{fine_tuning_job_id}/resume', transport: 'http', permission: 'fine_tuning:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'use', kind: 'fine_tuning_job', at: 'path.fine_tuning_job_id' }, ...outcome],
    summary: 'Resume a job.' },
] as const satisfies readonly Endpoint[]
