// The kinds of resources an upstream keeps, how their ids look, and in which words it says that one is missing.

/**
 * What the upstream answers when an id of a kind names nothing. In braces: `{id}` as the caller wrote it, a parameter of
 * the path, or where it stands: `{at}` is `files[0].file_ids[2]`, `{field}` is `files[0].file_ids`, `{key}` is `file_ids`.
 */
export type Missing = {
  readonly status: 400 | 404
  readonly message: string
  readonly param: string | null
  readonly code: string | null
}

export type Kind = {
  /** What its ids begin with; empty where ids have no shape of their own. */
  readonly prefixes: readonly string[]
  /** `prefixed`: an id without one of the prefixes is nobody's and everybody's: a base model. */
  readonly owned: 'all' | 'prefixed'
  /** In the path of a request. In a query the same is said with the name of the query parameter. */
  readonly missing: Missing
  /** Anywhere else in a request, where that is said in other words. A row may know still other words. */
  readonly missingInBody?: Missing
  /** How its top-level list is answered from our own record; absent where the upstream has no such list. */
  readonly list?: Listing
  /** The field of the object (a dotted path) that its list is narrowed by most. */
  readonly facet?: string
}

export type Listing = {
  readonly defaultLimit: number
  readonly maxLimit: number
  readonly defaultOrder: 'asc' | 'desc'
  /** Whether `order` turns it around, `before` pages backwards, and the answer names `first_id` and `last_id`. */
  readonly hasOrder: boolean
  readonly hasBefore: boolean
  readonly hasEnds: boolean
  /** Whether `metadata[key]=value` keeps only objects with that pair. */
  readonly hasMetadata: boolean
  /** Query parameters that keep only objects whose field (a dotted path) says the same. */
  readonly filters: Readonly<Record<string, string>>
  /** What a filter is when the query does not say it. */
  readonly filterDefaults: Readonly<Record<string, string>>
  /**
   * When a page asks the upstream about an object again. `always`, or until the field says one of the words: it changes by
   * itself. `never`: it does not, and is only looked at now and then. `expiry`: asking would keep it alive, so not before it
   * must have expired.
   */
  readonly refresh: 'never' | 'always' | 'expiry' | { readonly field: string; readonly until: readonly string[] }
}

const notFound = (message: string, param: string | null = null, code: string | null = null): Missing => ({
  status: 404,
  message,
  param,
  code,
})

/** `Vault with id '…' not found.`: how most families say it. In a body, the newer ones name the field. */
const named = (label: string): Missing => notFound(`${label} with id '{id}' not found.`)
const namedAt = (label: string, param: string): Missing => notFound(`${label} with id '{id}' not found.`, param)
/** `No thread found with id '…'.`: how the families of assistants and vector stores say it. */
const noneFound = (label: string): Missing => notFound(`No ${label} found with id '{id}'.`)

/** The usual list: 20 at a time, at most 100, newest first, `order` and `after`. */
const usual: Listing = {
  defaultLimit: 20,
  maxLimit: 100,
  defaultOrder: 'desc',
  hasOrder: true,
  hasBefore: false,
  hasEnds: true,
  hasMetadata: false,
  filters: {},
  filterDefaults: {},
  refresh: 'never',
}

export const kinds = {
  // Files and what is made of them.
  file: {
    prefixes: ['file-', 'file_'],
    owned: 'all',
    missing: notFound('No such File object: {id}', 'id'),
    missingInBody: notFound('No such File object: {id}', '{field}'),
    list: {
      ...usual,
      defaultLimit: 10_000,
      maxLimit: 10_000,
      filters: { purpose: 'purpose' },
      refresh: { field: 'status', until: ['processed', 'error'] },
    },
    facet: 'purpose',
  },
  upload: { prefixes: ['upload_'], owned: 'all', missing: notFound('No such Upload object: {id}', 'upload_id') },
  upload_part: {
    prefixes: ['part_'],
    owned: 'all',
    missing: { status: 400, message: "Part '{id}' not found in upload '{upload_id}'.", param: '{at}', code: null },
  },
  batch: {
    prefixes: ['batch_'],
    owned: 'all',
    missing: noneFound('batch'),
    list: { ...usual, hasOrder: false, refresh: { field: 'status', until: ['completed', 'failed', 'expired', 'cancelled'] } },
  },
  vector_store: {
    prefixes: ['vs_'],
    owned: 'all',
    missing: noneFound('vector store'),
    missingInBody: named('Vector store'),
    // Counts, sizes and expiry change without a request that names it.
    list: { ...usual, hasBefore: true, refresh: 'always' },
  },
  vector_store_file_batch: { prefixes: ['vsfb_'], owned: 'all', missing: noneFound('vector store file batch') },
  container: {
    prefixes: ['cntr_'],
    owned: 'all',
    missing: named('Container'),
    list: { ...usual, filters: { name: 'name' }, refresh: 'expiry' },
    facet: 'name',
  },
  container_file: {
    prefixes: ['cfile_'],
    owned: 'all',
    missing: notFound('File {id} not found on container {container_id}.'),
    missingInBody: notFound('No such File object: {id}', '{field}'),
  },
  skill: { prefixes: ['skill_'], owned: 'all', missing: named('Skill'), missingInBody: namedAt('Skill', '{at}'), list: usual },
  skill_version: { prefixes: ['skillver_'], owned: 'all', missing: named('Skill version') },

  // Generation.
  response: {
    prefixes: ['resp_'],
    owned: 'all',
    missing: named('Response'),
    // Quirk: 400, not 404, with a code of its own.
    missingInBody: {
      status: 400,
      message: "Previous response with id '{id}' not found.",
      param: 'previous_response_id',
      code: 'previous_response_not_found',
    },
  },
  conversation: { prefixes: ['conv_'], owned: 'all', missing: named('Conversation') },
  // Each type of item has a prefix of its own. The upstream refuses ids without it, so that none is a client's own invention.
  item: {
    prefixes: [
      'msg_',
      'rs_',
      'fc_',
      'fco_',
      'ctc_',
      'ctco_',
      'ws_',
      'fs_',
      'ci_',
      'ig_',
      'mcp_',
      'mcpl_',
      'mcpr_',
      'mcpa_',
      'cmp_',
      'cu_',
      'cuo_',
      'cc_',
      'cco_',
      'lsh_',
      'lsho_',
      'sh_',
      'sho_',
      'apc_',
      'apco_',
      'tsc_',
      'tso_',
      'ts_',
      'prog_',
      'at_',
      'item_',
      'cmd_',
    ],
    owned: 'all',
    missing: named('Item'),
    missingInBody: notFound(
      "Item with id '{id}' not found. Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input.",
    ),
  },
  chat_completion: {
    prefixes: ['chatcmpl-'],
    owned: 'all',
    missing: named('Chat completion'),
    list: { ...usual, defaultOrder: 'asc', hasMetadata: true, filters: { model: 'model' } },
  },
  chat_message: { prefixes: ['chatcmpl-'], owned: 'all', missing: named('Chat completion') },
  chat_audio: { prefixes: ['audio_'], owned: 'all', missing: namedAt('Audio', '{at}') },
  // Written in the dashboard of the account; the API can only use them.
  prompt: { prefixes: ['pmpt_'], owned: 'all', missing: named('Prompt') },
  tunnel: { prefixes: ['tunnel_'], owned: 'all', missing: namedAt('Tunnel', '{at}') },
  voice: { prefixes: ['voice_'], owned: 'all', missing: named('Voice'), missingInBody: namedAt('Voice', 'voice') },
  voice_consent: {
    prefixes: ['cons_'],
    owned: 'all',
    missing: named('Voice consent'),
    missingInBody: namedAt('Voice consent', 'consent'),
    list: { ...usual, hasOrder: false },
  },
  video: {
    prefixes: ['video_'],
    owned: 'all',
    missing: named('Video'),
    missingInBody: namedAt('Video', '{at}'),
    list: { ...usual, refresh: { field: 'status', until: ['completed', 'failed'] } },
  },
  video_character: { prefixes: ['char_'], owned: 'all', missing: named('Character') },

  // Models and how they are made and judged.
  model: {
    prefixes: ['ft:'],
    owned: 'prefixed',
    missing: notFound("The model '{id}' does not exist", 'model', 'model_not_found'),
    missingInBody: notFound('The model `{id}` does not exist or you do not have access to it.', null, 'model_not_found'),
  },
  fine_tuning_job: {
    prefixes: ['ftjob-'],
    owned: 'all',
    // Quirk: the words and the code of the endpoints before these.
    missing: notFound('Could not find fine tune: {id}', 'fine_tune_id', 'fine_tune_not_found'),
    list: {
      ...usual,
      hasOrder: false,
      hasEnds: false,
      hasMetadata: true,
      refresh: { field: 'status', until: ['succeeded', 'failed', 'cancelled'] },
    },
  },
  fine_tuning_event: {
    prefixes: ['ftevent-', 'ft-event-'],
    owned: 'all',
    missing: notFound('Could not find fine tune: {id}', 'fine_tune_id', 'fine_tune_not_found'),
  },
  checkpoint: {
    prefixes: ['ftckpt_'],
    owned: 'all',
    missing: notFound('Could not find fine tune: {id}', 'fine_tune_id', 'fine_tune_not_found'),
  },
  checkpoint_permission: { prefixes: ['cp_'], owned: 'all', missing: noneFound('checkpoint permission') },
  /** A project of the upstream account: the operator's, never a tenant's. */
  account_project: { prefixes: ['proj_'], owned: 'all', missing: namedAt('Project', '{at}') },
  eval: { prefixes: ['eval_'], owned: 'all', missing: named('Eval'), list: { ...usual, defaultOrder: 'asc' } },
  eval_run: { prefixes: ['evalrun_', 'erun_'], owned: 'all', missing: named('Eval run') },
  eval_output_item: { prefixes: ['outputitem_'], owned: 'all', missing: named('Output item') },

  // Calls and sessions.
  realtime_call: {
    prefixes: ['rtc_'],
    owned: 'all',
    missing: notFound('No session found for the provided call_id.', null, 'call_id_not_found'),
  },
  live_session: {
    prefixes: ['live_'],
    owned: 'all',
    missing: notFound("Live session with id '{id}' not found.", null, 'session_not_found'),
  },
  chatkit_session: { prefixes: ['cksess_'], owned: 'all', missing: named('Chatkit Session') },
  chatkit_thread: {
    prefixes: ['cthr_'],
    owned: 'all',
    missing: named('Thread'),
    list: { ...usual, hasBefore: true, filters: { user: 'user' }, refresh: 'always' },
  },
  chatkit_item: { prefixes: ['cthi_'], owned: 'all', missing: named('Thread item') },
  // Made in the dashboard of the account; the API can only use them.
  workflow: { prefixes: ['wf_'], owned: 'all', missing: named('Workflow') },

  // Assistants.
  assistant: { prefixes: ['asst_'], owned: 'all', missing: noneFound('assistant'), list: { ...usual, hasBefore: true } },
  thread: { prefixes: ['thread_'], owned: 'all', missing: noneFound('thread') },
  message: { prefixes: ['msg_'], owned: 'all', missing: noneFound('message') },
  run: { prefixes: ['run_'], owned: 'all', missing: noneFound('run') },
  run_step: { prefixes: ['step_'], owned: 'all', missing: noneFound('run step') },

  // Agents.
  agent: { prefixes: ['agent_'], owned: 'all', missing: named('Agent'), missingInBody: namedAt('Agent', '{at}'), list: usual },
  agent_session: {
    prefixes: ['sess_'],
    owned: 'all',
    missing: named('Session'),
    missingInBody: namedAt('Session', '{at}'),
    list: { ...usual, hasMetadata: true, filters: { agent_id: 'agent.id' }, refresh: 'always' },
    facet: 'agent.id',
  },
  agent_turn: { prefixes: ['turn_'], owned: 'all', missing: named('Turn'), missingInBody: namedAt('Turn', '{at}') },
  agent_item: { prefixes: [], owned: 'all', missing: named('Item'), missingInBody: namedAt('Item', '{at}') },
  agent_artifact: { prefixes: ['art_'], owned: 'all', missing: named('Artifact') },
  agent_subagent: { prefixes: [], owned: 'all', missing: named('Subagent') },
  agent_trace: { prefixes: [], owned: 'all', missing: named('Trace') },
  agent_environment: {
    prefixes: ['env_'],
    owned: 'all',
    missing: named('Environment'),
    missingInBody: namedAt('Environment', '{at}'),
    list: { ...usual, filters: { type: 'type' }, filterDefaults: { type: 'openai_hosted' }, refresh: 'always' },
    facet: 'type',
  },
  agent_environment_template: {
    prefixes: ['envtmpl_'],
    owned: 'all',
    missing: named('Environment template'),
    missingInBody: namedAt('Environment template', '{at}'),
    list: usual,
  },
  agent_automation: {
    prefixes: ['auto_'],
    owned: 'all',
    missing: named('Automation'),
    list: { ...usual, filters: { session_id: 'target.session_id' }, refresh: 'always' },
    facet: 'target.session_id',
  },
  agent_invocation: { prefixes: ['inv_'], owned: 'all', missing: named('Invocation') },
  vault: { prefixes: ['vault_'], owned: 'all', missing: named('Vault'), missingInBody: namedAt('Vault', '{at}'), list: { ...usual, hasMetadata: true } },
  credential: { prefixes: ['cred_'], owned: 'all', missing: named('Credential'), missingInBody: namedAt('Credential', '{at}') },

  // What belongs to the whole account.
  webhook_endpoint: { prefixes: ['whe_'], owned: 'all', missing: named('Webhook endpoint') },
  safety_alert: { prefixes: [], owned: 'all', missing: named('Safety alert') },
  safety_case: { prefixes: [], owned: 'all', missing: named('Safety case') },

  /** No id: a value that a tenant makes up and the upstream compares across the account. It can be missing nowhere. */
  label: { prefixes: [], owned: 'prefixed', missing: notFound('') },
} as const satisfies Readonly<Record<string, Kind>>

export type ResourceKind = keyof typeof kinds

/** Whether an id begins as those of the kind do. */
export const looksLike = (kind: ResourceKind, id: string): boolean => kinds[kind].prefixes.some((prefix) => id.startsWith(prefix))

/** How the top-level list of a kind is answered; null where it has none. */
export function listingOf(kind: ResourceKind): Listing | null {
  const { list }: Kind = kinds[kind]
  return list ?? null
}

/** Whether an id of this kind is somebody's at all: only then is it looked up in requests and recorded from answers. */
export const isOwned = (kind: ResourceKind, id: string): boolean => kinds[kind].owned === 'all' || looksLike(kind, id)

/** Whether an id is meant at a place: where others may stand as well, only what looks like one of the kind is. */
export const isMeant = ({ kind, only }: { readonly kind: ResourceKind; readonly only?: 'prefixed' }, id: string): boolean =>
  only === 'prefixed' ? looksLike(kind, id) : isOwned(kind, id)
