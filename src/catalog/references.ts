// Groups of places that many rows share: what tools, items, prompts and sessions may name, and what answers tell of. A row
// spreads the groups it takes, so that a new field of a tool is one line here.
//
// Answers are read only where the upstream says ids of its own making. What it repeats from the request (metadata, variables,
// names) is never recorded: whoever wrote another's id there would own it.
import type { Resource, ResourceAct } from './endpoint.ts'
import { kinds, type Missing, type ResourceKind } from './kinds.ts'

type Reference = readonly [kind: ResourceKind, path: string, only?: 'prefixed']

const at = (place: string, references: readonly Reference[], act: ResourceAct = 'use'): readonly Resource[] =>
  references.map(([kind, path, only]) => ({
    act,
    kind,
    at: path === '' ? place : `${place}.${path}`,
    ...(only === undefined ? {} : { only }),
  }))

const under = (path: string, references: readonly Reference[]): readonly Reference[] =>
  references.map(([kind, rest, only]) => (only === undefined ? [kind, `${path}.${rest}`] : [kind, `${path}.${rest}`, only]))

const said = (missing: Missing, resources: readonly Resource[]): readonly Resource[] => resources.map((each) => ({ ...each, missing }))

/** Both ends of a page, also where only `after` is documented: upstreams read both. */
export function cursors(kind: ResourceKind, missing?: Missing): readonly Resource[] {
  const both: readonly Resource[] = [
    { act: 'use', kind, at: 'query.after' },
    { act: 'use', kind, at: 'query.before' },
  ]
  return missing === undefined ? both : said(missing, both)
}

// Values that meet across the whole account: whom abuse is counted for, what was cached.

export const endUser: readonly Resource[] = [
  { act: 'namespace', kind: 'label', at: 'body.safety_identifier' },
  { act: 'namespace', kind: 'label', at: 'body.user' },
]
export const promptCache: readonly Resource[] = [{ act: 'namespace', kind: 'label', at: 'body.prompt_cache_key' }]

/** Headers of every row: one key sent by two tenants would answer one of them with what the other was told. */
export const everyRow: readonly Resource[] = [
  { act: 'namespace', kind: 'label', at: 'header.idempotency-key' },
  { act: 'namespace', kind: 'label', at: 'header.openai-safety-identifier' },
]

// What requests name.

/** Responses and the families after it answer 400, in other words, and name the parameter. */
export const noSuchModel: Missing = {
  status: 400,
  message: "The requested model '{id}' does not exist.",
  param: '{at}',
  code: 'model_not_found',
}

/** A built-in voice by its name, a custom one by its id; whether one may stand for the other is not documented. */
export const voiceAt = (place: string): readonly Resource[] =>
  at(place, [
    ['voice', '', 'prefixed'],
    ['voice', 'id'],
  ])

const toolReferences: readonly Reference[] = [
  ['vector_store', 'vector_store_ids'],
  ['container', 'container'],
  ['file', 'container.file_ids'],
  ['skill', 'container.skills.skill_id'],
  ['container', 'environment.container_id'],
  ['file', 'environment.file_ids'],
  ['skill', 'environment.skills.skill_id'],
  ['file', 'input_image_mask.file_id'],
  ['tunnel', 'tunnel_id'],
  ['model', 'model'],
]

/** What tools may name that run where a response is made. */
export const toolsAt = (place: string): readonly Resource[] => at(place, toolReferences)

/** What tools may name elsewhere: MCP servers behind a tunnel, and what opens them. */
export const remoteToolsAt = (place: string): readonly Resource[] =>
  at(place, [
    ['tunnel', 'tunnel_id'],
    ['credential', 'credential_id'],
  ])

/** A file of the caller's was cited, or one that was made in a container. */
const annotationReferences: readonly Reference[] = [
  ['container', 'container_id'],
  ['file', 'file_id', 'prefixed'],
  ['container_file', 'file_id', 'prefixed'],
]

/**
 * What items may name that a request brings along: input, or what earlier answers said. `call_id` is no id of an object: it
 * pairs a call with its output within one request, and another's reaches nothing.
 */
const itemReferences: readonly Reference[] = [
  ['item', 'id'],
  ['item', 'approval_request_id'],
  ['container', 'container_id'],
  ['container', 'environment.container_id'],
  ['file', 'content.file_id'],
  ...under('content.annotations', annotationReferences),
  ['file', 'output.file_id'],
  ...under('output.annotations', annotationReferences),
  ['file', 'results.file_id'],
  ...under('tools', toolReferences),
]

/** Items know nothing of the request around them: only the name of the field is told. */
const noSuchFileOfItem: Missing = { ...kinds.file.missingInBody, param: '{key}' }

/** What items may name. */
export const itemsAt = (place: string): readonly Resource[] =>
  at(place, itemReferences).map((each) => (each.kind === 'file' && each.at.endsWith('.file_id') ? { ...each, missing: noSuchFileOfItem } : each))

/** What messages may name, where other items cannot stand. */
export const messagesAt = (place: string): readonly Resource[] =>
  at(place, [
    ['item', 'id'],
    ['file', 'content.file_id'],
  ])

/** A prompt of the dashboard, and the files that fill its variables. */
export const promptAt = (place: string): readonly Resource[] =>
  at(place, [
    ['prompt', 'id'],
    ['file', 'variables.*.file_id'],
  ])

/** What a realtime session is told, in the older form and in the newer one. */
export const sessionAt = (place: string): readonly Resource[] => [
  ...said(noSuchModel, at(place, [['model', 'model']])),
  ...promptAt(`${place}.prompt`),
  ...remoteToolsAt(`${place}.tools`),
  ...voiceAt(`${place}.voice`),
  ...voiceAt(`${place}.audio.output.voice`),
  ...at(place, [
    ['model', 'audio.input.transcription.model'],
    ['model', 'input_audio_transcription.model'],
  ]),
]

/** A grader, or the criteria of an eval: models that judge, and those of graders within graders. */
export const graderAt = (place: string): readonly Resource[] =>
  at(place, [
    ['model', 'model'],
    ['model', 'graders.*.model'],
    ['file', 'input.content.file_id'],
  ])

// What answers tell of.

/** The output of a response: its items, and the containers and files that were made on the way. */
const outputReferences: readonly Reference[] = [
  ['item', 'id'],
  ['container', 'container_id'],
  ['container', 'environment.container_id'],
  ['container', 'content.annotations.container_id'],
  ['container_file', 'content.annotations.file_id', 'prefixed'],
]

export const outputAt = (place: string): readonly Resource[] => at(place, outputReferences, 'create')

/** A response that is made or told again. */
export const responseTold: readonly Resource[] = [
  { act: 'create', kind: 'response', at: 'answer.id' },
  ...outputAt('answer.output'),
  { act: 'hide', kind: 'label', at: 'answer.error.message' },
]

/** The same event by event. */
export const responseEvents: readonly Resource[] = [
  { act: 'create', kind: 'response', at: 'event.response.id' },
  ...outputAt('event.response.output'),
  ...outputAt('event.item'),
  { act: 'create', kind: 'container', at: 'event.annotation.container_id' },
  { act: 'create', kind: 'container_file', at: 'event.annotation.file_id', only: 'prefixed' },
  { act: 'create', kind: 'container', at: 'event.part.annotations.container_id' },
  { act: 'create', kind: 'container_file', at: 'event.part.annotations.file_id', only: 'prefixed' },
  // Limits that are met in the middle of a stream are told in the words of the account.
  { act: 'hide', kind: 'label', at: 'event.response.error.message' },
  { act: 'hide', kind: 'label', at: 'event.error.message' },
  { act: 'hide', kind: 'label', at: 'event.message' },
]

// The net below all rows.

/**
 * Keys that name a resource wherever they stand in a JSON body, also where no row has them: the upstream grows new fields, and
 * most of them are called like the old ones. Only what looks like an id of the kind counts.
 */
export const referenceKeys: ReadonlyMap<string, ResourceKind> = new Map<string, ResourceKind>([
  ['file_id', 'file'],
  ['file_ids', 'file'],
  ['input_file_id', 'file'],
  ['training_file', 'file'],
  ['validation_file', 'file'],
  ['image_file_id', 'file'],
  ['vector_store_id', 'vector_store'],
  ['vector_store_ids', 'vector_store'],
  ['container', 'container'],
  ['container_id', 'container'],
  ['previous_response_id', 'response'],
  ['response_id', 'response'],
  ['comparison_response_id', 'response'],
  ['conversation', 'conversation'],
  ['conversation_id', 'conversation'],
  ['item_id', 'item'],
  ['approval_request_id', 'item'],
  ['prompt_id', 'prompt'],
  ['skill_id', 'skill'],
  ['skill_ids', 'skill'],
  ['video_id', 'video'],
  ['character_id', 'video_character'],
  ['voice', 'voice'],
  ['voice_id', 'voice'],
  ['consent', 'voice_consent'],
  ['tunnel_id', 'tunnel'],
  ['batch_id', 'batch'],
  ['upload_id', 'upload'],
  ['part_ids', 'upload_part'],
  ['eval_id', 'eval'],
  ['fine_tuning_job_id', 'fine_tuning_job'],
  ['model', 'model'],
  ['fine_tuned_model', 'model'],
  ['assistant_id', 'assistant'],
  ['thread_id', 'thread'],
  ['run_id', 'run'],
  ['agent_id', 'agent'],
  ['session_id', 'agent_session'],
  ['turn_id', 'agent_turn'],
  ['environment_id', 'agent_environment'],
  ['environment_template_id', 'agent_environment_template'],
  ['automation_id', 'agent_automation'],
  ['artifact_id', 'agent_artifact'],
  ['vault_id', 'vault'],
  ['vault_ids', 'vault'],
  ['credential_id', 'credential'],
  ['workflow_id', 'workflow'],
])

/**
 * Keys whose values are the caller's own words, however they look: the upstream reads no id there, so the net does not either.
 * Places that a row names count all the same: `variables.*.file_id` does.
 */
export const opaqueKeys: ReadonlySet<string> = new Set([
  'metadata',
  'client_metadata',
  'attributes',
  'arguments',
  'parameters',
  'schema',
  'json_schema',
  'input_schema',
  'item_schema',
  'output_schema',
  'filters',
  'variables',
  'state_variables',
  'item',
  'sample',
  'logit_bias',
  'headers',
  'extra_headers',
])
