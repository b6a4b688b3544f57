// JSON bodies with an id at a place: what has to stand around it so that an upstream looks at it.

type Json = { [name: string]: unknown }

const tool = (rest: Json): unknown => [rest]
const auto = (rest: Json): unknown => tool({ type: 'code_interpreter', container: { type: 'auto', ...rest } })
const shell = (environment: Json): unknown => tool({ type: 'shell', environment })
const said = (part: Json): unknown => [{ type: 'message', role: 'user', content: [part] }]
const answered = (annotation: Json): unknown => [
  { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'a', annotations: [annotation] }] },
]
const cited = (rest: Json): Json => ({
  type: 'container_file_citation',
  container_id: 'cntr_1',
  file_id: 'cfile_1',
  start_index: 0,
  end_index: 1,
  ...rest,
})

/** What stands at the first word of a place, by the rest of it. */
const tools: Readonly<Record<string, (id: string) => unknown>> = {
  vector_store_ids: (id) => tool({ type: 'file_search', vector_store_ids: [id] }),
  container: (id) => tool({ type: 'code_interpreter', container: id }),
  'container.file_ids': (id) => auto({ file_ids: [id] }),
  'container.skills.skill_id': (id) => auto({ skills: [{ type: 'skill_reference', skill_id: id }] }),
  'environment.container_id': (id) => shell({ type: 'container_reference', container_id: id }),
  'environment.file_ids': (id) => shell({ type: 'container_auto', file_ids: [id] }),
  'environment.skills.skill_id': (id) => shell({ type: 'container_auto', skills: [{ type: 'skill_reference', skill_id: id }] }),
  'input_image_mask.file_id': (id) => tool({ type: 'image_generation', input_image_mask: { file_id: id } }),
  tunnel_id: (id) => tool({ type: 'mcp', server_label: 'a', server_url: 'https://example.com/mcp', tunnel_id: id }),
  model: (id) => tool({ type: 'image_generation', model: id }),
}

const items: Readonly<Record<string, (id: string) => unknown>> = {
  id: (id) => [{ type: 'item_reference', id }],
  approval_request_id: (id) => [{ type: 'mcp_approval_response', approval_request_id: id, approve: true }],
  container_id: (id) => [{ type: 'code_interpreter_call', id: 'ci_1', code: 'a', container_id: id, outputs: null, status: 'completed' }],
  'environment.container_id': (id) => [
    { type: 'shell_call', call_id: 'call_1', action: { commands: ['a'] }, environment: { type: 'container_reference', container_id: id } },
  ],
  'content.file_id': (id) => said({ type: 'input_file', file_id: id }),
  'content.annotations.container_id': (id) => answered(cited({ container_id: id })),
  'content.annotations.file_id': (id) => answered(cited({ file_id: id })),
  'output.file_id': (id) => [{ type: 'computer_call_output', call_id: 'call_1', output: { type: 'computer_screenshot', file_id: id } }],
  'output.annotations.container_id': (id) => [{ type: 'program_output', output: [{ annotations: [cited({ container_id: id })] }] }],
  'output.annotations.file_id': (id) => [{ type: 'program_output', output: [{ annotations: [cited({ file_id: id })] }] }],
  'results.file_id': (id) => [
    { type: 'file_search_call', id: 'fs_1', status: 'completed', queries: ['a'], results: [{ file_id: id, text: 'a' }] },
  ],
  ...Object.fromEntries(
    Object.entries(tools).map(([rest, make]) => [`tools.${rest}`, (id: string) => [{ type: 'additional_tools', tools: make(id) }]]),
  ),
}

/** Whole values at a name, by all that is behind it. Arrays and neighbours that have to be there are written out. */
const values: Readonly<Record<string, (id: string) => unknown>> = {
  ...prefixed('tools', tools),
  ...prefixed('input', items),
  ...prefixed('items', items),
  ...prefixed('prompt', { 'variables.*.file_id': (id) => ({ id: 'pmpt_1', variables: { a: { type: 'input_file', file_id: id } } }) }),
  file_ids: (id) => [id],
  vector_store_ids: (id) => [id],
  'vector_stores.file_ids': (id) => [{ file_ids: [id] }],
  'attachments.file_id': (id) => [{ file_id: id, tools: [{ type: 'file_search' }] }],
  'content.image_file.file_id': (id) => [{ type: 'image_file', image_file: { file_id: id } }],
  'messages.attachments.file_id': (id) => [
    { role: 'user', content: 'a', attachments: [{ file_id: id, tools: [{ type: 'file_search' }] }] },
  ],
  'additional_messages.attachments.file_id': (id) => [
    { role: 'user', content: 'a', attachments: [{ file_id: id, tools: [{ type: 'file_search' }] }] },
  ],
  'messages.content.image_file.file_id': (id) => [{ role: 'user', content: [{ type: 'image_file', image_file: { file_id: id } }] }],
  'additional_messages.content.image_file.file_id': (id) => [
    { role: 'user', content: [{ type: 'image_file', image_file: { file_id: id } }] },
  ],
  'messages.content.file.file_id': (id) => [{ role: 'user', content: [{ type: 'file', file: { file_id: id } }] }],
  'messages.audio.id': (id) => [
    { role: 'user', content: 'a' },
    { role: 'assistant', audio: { id } },
    { role: 'user', content: 'b' },
  ],
  'files.file_id': (id) => [{ type: 'file_id', file_id: id, path: '/workspace/a' }],
  'images.file_id': (id) => [{ file_id: id }],
  vault_ids: (id) => [id],
  'source.id': (id) => ({ type: 'file_id', id }),
  'events.turn_id': (id) => [{ type: 'agent.session.input.tool_result', turn_id: id, call_id: 'call_1', success: true }],
  'events.request_id': (id) => [
    { type: 'agent.session.input.mcp_approval_request_result', request_id: id, response: { type: 'mcp_tool_call', decision: 'approve' } },
  ],
  'skills.skill_id': (id) => [{ type: 'skill_reference', skill_id: id }],
}

/** Where a row means something else by the same words. */
const valuesOf: Readonly<Record<string, Readonly<Record<string, (id: string) => unknown>>>> = {
  'vector_stores.file_batches.create': { 'files.file_id': (id) => [{ file_id: id }] },
}

function prefixed(name: string, table: Readonly<Record<string, (id: string) => unknown>>): Record<string, (id: string) => unknown> {
  return Object.fromEntries(Object.entries(table).map(([rest, make]) => [`${name}.${rest}`, make]))
}

const pixel = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const agentModel = 'gpt-5-mini'
const spoken = [{ role: 'user', content: [{ type: 'input_text', text: 'a' }] }]
const response = { model: 'gpt-4o-mini', input: 'Say a.' }
const started = { agent: { model: agentModel }, environment: { type: 'openai_hosted' }, input: spoken }
const planned = (target: Json): Json => ({ type: 'periodic', name: 'a', expression: '0 9 * * *', timezone: 'UTC', target })

/** Bodies with nothing in them that gets in the way of what is put into them; else the request of the driver is used. */
const plain: Readonly<Record<string, Json>> = {
  'responses.create': response,
  'responses.compact': response,
  'responses.input_tokens': response,
  'images.edit': { model: 'gpt-image-1', prompt: 'a', images: [{ image_url: pixel }] },
  'videos.create': { prompt: 'a' },
  'videos.edit': { prompt: 'a' },
  'videos.extend': { prompt: 'a', seconds: '4' },
  'evals.runs.create data_source.source.id': { data_source: { type: 'jsonl' } },
  'agents.sessions.create': started,
  'agents.environments.create': { environment: { type: 'openai_hosted' } },
  'agents.environments.files.create': { type: 'file_id', path: '/workspace/a' },
  'agents.automations.create target.session_id': planned({ type: 'existing_session', instructions: 'a' }),
  'vector_stores.file_batches.create files.file_id': {},
  'realtime.client_secrets.create': { session: { type: 'realtime', model: 'gpt-realtime' } },
  'assistants.create': { model: 'gpt-4o-mini' },
}

export const plainBody = (row: string, place: string): Json | null => plain[`${row} ${place}`] ?? plain[row] ?? null

/** Places where the emulator is no measure, because it does not look there or not for an id. */
const unread: readonly { readonly place: RegExp; readonly reason: string }[] = [
  {
    place: / body\.(?:input|items)\.(?:approval_request_id|container_id|environment|content\.annotations|output|results|tools)\b/,
    reason: 'what items bring along of earlier answers is taken as it is',
  },
  {
    place: /tools\.(?:container\.skills|environment|input_image_mask|tunnel_id|credential_id|model)\b/,
    reason: 'only tools that it runs are looked into',
  },
  { place: /^(?:responses\.input_tokens|evals\.runs\.create) .*tools\./, reason: 'tools are counted or kept, not run' },
  { place: /^(?:conversations\.\S+|decisions\.create) body\.(?:items|input)\b/, reason: 'items are kept, not read' },
  { place: /prompt_cache_options\.comparison_response_id|moderation\.model/, reason: 'takes part in nothing' },
  { place: /prompt\.variables|realtime\.\S+ \S+\.prompt\.id/, reason: 'there are no prompts: the id of the prompt is refused before' },
  { place: / query\.(?:run_id|agent_id|session_id|environment_id|project_id|model)$/, reason: 'a filter that names nothing finds nothing' },
  {
    place: /messages\.audio\.id|audio\.voice|output\.voice|session\.voice|realtime\.\S+ body\.voice|speech\.create body\.voice$/,
    reason: 'voices are not looked up here',
  },
  { place: /^live\.\S+ body\.session\.(?:input|delegation)|translations\.client_secrets/, reason: 'is kept for the session' },
  { place: /automations\.(?:update body|create body\.target\.(?!session_id))/, reason: 'a target is looked at when its time comes' },
  { place: /events\.turn_id/, reason: 'the call that is answered is looked for first' },
  { place: /grader|testing_criteria|input_messages/, reason: 'what judges is looked at when it judges' },
  { place: /transcription\.model/, reason: 'is taken as it is' },
  { place: /(?:decisions\.create|images\.variation|audio\.voices\.create) \S+\.model/, reason: 'one model, or none, is possible' },
  { place: /uploads\.complete body/, reason: 'the upload of the driver is complete' },
  { place: /threads\.runs\.create body\.additional_messages/, reason: 'the thread of the driver is at work' },
  { place: /templates\.\S+ body|containers\.create body\.skills/, reason: 'is looked up when an environment is made of it' },
  { place: /workflow\.id/, reason: 'every workflow is taken to be there' },
  { place: /project_ids/, reason: 'every project is taken to be there' },
]

export const isUnread = (row: string, at: string): boolean => unread.some(({ place }) => place.test(`${row} ${at}`))

/** The document with the id at the place, and where exactly that is. */
export function fragmentAt(document: Json, row: string, place: string, id: string): { readonly document: Json; readonly at: string } {
  const changed = structuredClone(document)
  const words = place.split('.')
  let target = changed
  for (let depth = 0; depth < words.length; depth++) {
    const rest = words.slice(depth).join('.')
    const make = valuesOf[row]?.[rest] ?? values[rest]
    const word = words[depth] ?? ''
    if (make !== undefined || depth === words.length - 1) {
      target[word] = make === undefined ? (Array.isArray(target[word]) ? [id] : id) : make(id)
      break
    }
    const next = target[word]
    const inner: unknown = Array.isArray(next) ? next[0] : next
    if (typeof inner === 'object' && inner !== null) target = inner as Json
    else {
      const made: Json = {}
      target[word] = made
      target = made
    }
  }
  return { document: changed, at: whereIs(changed, id) ?? place }
}

function whereIs(value: unknown, id: string, path = ''): string | null {
  if (value === id) return path
  if (typeof value !== 'object' || value === null) return null
  for (const [key, inner] of Object.entries(value)) {
    const found = whereIs(inner, id, path === '' ? key : `${path}.${key}`)
    if (found !== null) return found
  }
  return null
}
