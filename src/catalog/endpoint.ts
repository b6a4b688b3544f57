// What one row of the catalog says. Columns hold names from closed vocabularies, never functions: a table that can be
// printed, compared and serialised. A column exists when three rows need it, and every row states every column.

import type { Missing, ResourceKind } from './kinds.ts'

/** What a request body may be. A row without any takes no body; an empty body is always allowed. */
export type RequestKind = 'json' | 'multipart' | 'sdp'

/** What an answer may be. More than one where the request decides (`stream`, `response_format`). */
export type ResponseKind = 'json' | 'sse' | 'binary' | 'sdp' | 'empty'

/**
 * Which deadline class an exchange belongs to: the longest silence of the upstream that is still normal.
 * `generation` may be silent for minutes before its first byte; the milliseconds are settings (`deadlineControlMs` and so on).
 */
export type Pace = 'control' | 'generation' | 'upload' | 'download'

/**
 * How ChatGPT reaches a row. `direct`: an operation of the Actions document. `wrapped`: through a wrapper of src/actions.
 * `proxied`: through POST /v1/proxy. `never`: for the reason that actions.ts derives from the other columns.
 */
export type ActionsBucket = 'direct' | 'wrapped' | 'proxied' | 'never'

/**
 * What a row does with resources, one entry for each place where an id stands; requests are checked in the order of entries.
 * `use`: names one, which must be the caller's. `delete`: names the one that is deleted. `create`: one is born in the answer,
 * or seen there as part of a parent that is the caller's. `list`: the answer lists the caller's own and nothing else.
 * `namespace`: not an id but a value the upstream compares across the whole account; each tenant gets a space of its own.
 * `lines`: the file that is named holds requests of its own, whose ids are checked too. `refuse`: with one of `values` the
 * request would read what all tenants have, without any id. `hide`: the answer names the operator's account there, which is
 * nobody's business where several tenants share it.
 */
export type ResourceAct = 'use' | 'delete' | 'create' | 'list' | 'namespace' | 'lines' | 'refuse' | 'hide'

export type Resource = {
  readonly act: ResourceAct
  readonly kind: ResourceKind
  /**
   * Where it stands: `path.file_id`, `query.after`, `header.idempotency-key`, `body.tools.file_ids`; in answers
   * `answer.data.id`, `event.response.id` (the data of a server-sent event) or `location`. Arrays are transparent:
   * `body.tools.file_ids` is every file id of every tool. `*` is any one name. `form.video.id` is what a form with JSON calls
   * `video` and then `id`, whether its field is named `video[id]`, or is named `video` and holds JSON; `form.file_ids` is
   * also `file_ids[]` and `file_ids[0]`.
   */
  readonly at: string
  /** Only when the request says `"store": true`, or asks for sound. */
  readonly when?: 'isStored' | 'isAudio'
  /** How the upstream says here that it is missing, where that differs from what its kind says. */
  readonly missing?: Missing
  /** `prefixed`: only ids that look like one of the kind are meant, because others may stand here too. */
  readonly only?: 'prefixed'
  /** Of `refuse`. */
  readonly values?: readonly string[]
}

/**
 * Who may reach a row when several tenants share the account. `owned`: everybody, each with their own objects. `account`: it
 * reads or changes what belongs to the whole account, so that nobody may.
 */
export type Tenants = 'owned' | 'account'

export type Endpoint = {
  /** Stable name, `family.noun.verb`: metrics, logs, permissions, tests and the emulator use it. */
  readonly id: string
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Canonical path, `{param}` for one segment. The upstream path is rebuilt from it. */
  readonly path: `/v1/${string}`
  /** `socket` rows are WebSockets: they answer 426 until sockets are carried. */
  readonly transport: 'http' | 'socket'
  /** What a token needs to call it: `family:read` or `family:write`. */
  readonly permission: `${string}:${'read' | 'write'}`
  readonly request: readonly RequestKind[]
  readonly response: readonly ResponseKind[]
  readonly pace: Pace
  /** `safe`: may be sent again when a pooled connection died before any byte of the answer (RFC 9110 9.2.2). */
  readonly replay: 'safe' | 'never'
  /** The `OpenAI-Beta` value the upstream asks for; callers send it themselves, SDKs do. */
  readonly beta: 'agents=v1' | 'assistants=v2' | 'chatkit_beta=v1' | null
  readonly status: 'stable' | 'beta' | 'deprecated'
  readonly actions: ActionsBucket
  readonly tenants: Tenants
  readonly resources: readonly Resource[]
  readonly summary: string
}

/** Path parameters that are no ids: a version is a number within its skill, and whose the skill is has been asked before. */
export const publicParams: ReadonlySet<string> = new Set(['version'])

/** Path parameters that name a model: the only place where an encoded slash is an id and not a trick. */
export const modelParams: ReadonlySet<string> = new Set(['model', 'fine_tuned_model_checkpoint'])
