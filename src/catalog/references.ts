// Groups of places that many rows share: what tools, items, prompts and messages may name, and what answers tell of. A row
// spreads the groups it takes, so that a new field of a tool is one line here.
import type { Resource, ResourceAct } from './endpoint.ts'
import type { Missing, ResourceKind } from './kinds.ts'

type Reference = readonly [kind: ResourceKind, path: string]

const at = (place: string, references: readonly Reference[], act: ResourceAct = 'use'): readonly Resource[] =>
  references.map(([kind, path]) => ({ act, kind, at: path === '' ? place : `${place}.${path}` }))

/** Both ends of a page. Also where only `after` is documented: upstreams read both. */
export const cursors = (kind: ResourceKind, missing?: Missing): readonly Resource[] =>
  ['query.after', 'query.before'].map((place) => ({ act: 'use', kind, at: place, ...(missing === undefined ? {} : { missing }) }))

/** Values that meet across the whole account: what was cached, whom abuse is counted for. */
export const endUser: readonly Resource[] = [
  { act: 'namespace', kind: 'label', at: 'body.safety_identifier' },
  { act: 'namespace', kind: 'label', at: 'body.user' },
]
export const promptCache: readonly Resource[] = [{ act: 'namespace', kind: 'label', at: 'body.prompt_cache_key' }]

/** Responses and the families after it answer 400, in other words, and name the parameter. */
export const noSuchModel: Missing = {
  status: 400,
  message: "The requested model '{id}' does not exist.",
  param: 'model',
  code: 'model_not_found',
}

/** Headers of every row: the same key sent by two tenants would answer one with what the other was told. */
export const everyRow: readonly Resource[] = [
  { act: 'namespace', kind: 'label', at: 'header.idempotency-key' },
  { act: 'namespace', kind: 'label', at: 'header.openai-safety-identifier' },
]

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

/** What the tools at a place may name. */
export const toolsAt = (place: string): readonly Resource[] => at(place, toolReferences)

/** A file of ours, or one that was made in a container, has been cited. */
const annotationReferences: readonly Reference[] = [
  ['container', 'container_id'],
  ['file', 'file_id'],
  ['container_file', 'file_id'],
]

const under = (path: string, references: readonly Reference[]): readonly Reference[] =>
  references.map(([kind, rest]) => [kind, `${path}.${rest}`])

/**
 * What items may name that a request brings along: input, or what earlier answers said. `call_id` is no id of an object: it
 * pairs a call with its output within one request, and naming another's reaches nothing.
 */
const itemReferences: readonly Reference[] = [
  ['item', 'id'],
  ['item', 'approval_request_id'],
  ['container', 'container_id'],
  ['container', 'environment.container_id'],
  ['file', 'file_id'],
  ['file', 'content.file_id'],
  ...under('content.annotations', annotationReferences),
  ['file', 'output.file_id'],
  ...under('output.annotations', annotationReferences),
  ['file', 'results.file_id'],
  ...under('tools', toolReferences),
]

/** What the items at a place may name. */
export const itemsAt = (place: string): readonly Resource[] => at(place, itemReferences)

/** A prompt of the dashboard and the files that fill its variables. */
export const promptAt = (place: string): readonly Resource[] =>
  at(place, [
    ['prompt', 'id'],
    ['file', 'variables.*.file_id'],
  ])

/** What the output of a response tells of: its items, and the containers and files that were made on the way. */
const outputReferences: readonly Reference[] = [
  ['item', 'id'],
  ['container', 'container_id'],
  ['container', 'environment.container_id'],
  ['container', 'content.annotations.container_id'],
  ['container_file', 'content.annotations.file_id'],
]

/** Of a whole response: made by this request, or seen again. */
export const responseIn = (act: 'create' | 'see'): readonly Resource[] => [
  { act, kind: 'response', at: 'answer.id' },
  { act, kind: 'response', at: 'event.response.id' },
  ...at('answer.output', outputReferences, act),
  ...at('event.response.output', outputReferences, act),
  ...at('event.item', outputReferences, act),
  ...at('event', [
    ['container', 'annotation.container_id'],
    ['container_file', 'annotation.file_id'],
    ['container', 'part.annotations.container_id'],
    ['container_file', 'part.annotations.file_id'],
  ], act),
]
