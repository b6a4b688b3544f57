// Where OpenAI's document is not exact: what the API does instead, and how we know. Applied to the document before answers
// are held to it, so that everything else in it stays strict. One that changes nothing any more is refused: a newer document
// has caught up, and the line can go.
import { isDeepStrictEqual } from 'node:util'
import type { Answers, Reduced, Schema } from '../../scripts/openai-schemas/reduce.ts'

type Amendment = {
  /** `Batch`, or a place inside it: `EvalRunOutputItem/properties/sample`. */
  readonly schema: string
  readonly reason: string
  /** Properties that may be null. */
  readonly nullable?: readonly string[]
  /** Properties it lacks, or gets wrong. */
  readonly properties?: Readonly<Record<string, Schema>>
  /** The place as a whole is something else. */
  readonly becomes?: Schema
}

const text: Schema = { type: 'string' }
const textOrNull: Schema = { type: ['string', 'null'] }
const anything: Schema = {}

const itsExamples = 'The examples beside it show them.'

const amendments: readonly Amendment[] = [
  { schema: 'Response/allOf/2', nullable: ['usage'], reason: 'Null until there is one, as in its examples of events.' },
  {
    schema: 'Response/allOf/2',
    properties: { store: { type: 'boolean' }, access_programs: { type: ['object', 'null'] } },
    reason: 'Its examples show `store`; `access_programs` is newer than the document and required by the SDK.',
  },
  ...[
    'ResponseTextDeltaEvent',
    'ResponseFunctionCallArgumentsDeltaEvent',
    'ResponseReasoningSummaryTextDeltaEvent',
    'ResponseCodeInterpreterCallCodeDeltaEvent',
    'ResponseCustomToolCallInputDeltaEvent',
  ].map((schema): Amendment => ({
    schema,
    properties: { obfuscation: text },
    reason: '`stream_options.include_obfuscation` says that every delta has one unless it is switched off.',
  })),
  {
    schema: 'CreateChatCompletionResponse',
    properties: Object.fromEntries(
      [
        'request_id',
        'tool_choice',
        'tools',
        'seed',
        'top_p',
        'temperature',
        'presence_penalty',
        'frequency_penalty',
        'response_format',
        'input_user',
        'metadata',
      ].map((name) => [name, anything]),
    ),
    reason: 'A stored completion is shown with what was asked for, as in the examples of the operations that read it.',
  },
  {
    schema: 'ChatCompletionMessageList/properties/data/items/allOf/0',
    becomes: {
      type: 'object',
      required: ['role', 'content'],
      properties: { role: text, content: textOrNull, name: textOrNull, refusal: textOrNull, tool_calls: anything, tool_call_id: text },
    },
    reason: 'The messages are those that were sent, of any role, as in its example; the schema is that of an answer.',
  },
  {
    schema: 'CustomToolCall',
    properties: { status: { enum: ['in_progress', 'completed', 'incomplete'] } },
    reason: 'The guide on custom tools shows it in an answer, as every other kind of call has it.',
  },
  {
    schema: 'ChatCompletionMessageToolCallChunk',
    properties: { type: { enum: ['function', 'custom'] }, custom: { type: 'object', properties: { name: text, input: text } } },
    reason: 'Custom tools can be called in a stream; the schema is older than they are. The answer in one piece shows where it stands.',
  },
  {
    schema: 'OpenAIFile',
    properties: {
      purpose: {
        enum: [
          'assistants',
          'assistants_output',
          'batch',
          'batch_output',
          'fine-tune',
          'fine-tune-results',
          'vision',
          'user_data',
          'evals',
        ],
      },
    },
    reason: 'A file can be created for evals and is then shown so.',
  },
  {
    schema: 'Batch',
    nullable: [
      'errors',
      'output_file_id',
      'error_file_id',
      'in_progress_at',
      'expires_at',
      'finalizing_at',
      'completed_at',
      'failed_at',
      'expired_at',
      'cancelling_at',
      'cancelled_at',
    ],
    reason: itsExamples,
  },
  { schema: 'VectorStoreObject', properties: { description: textOrNull }, reason: itsExamples },
  {
    schema: 'VectorStoreObject',
    nullable: ['name', 'expires_after'],
    reason: 'A store that was made without shows null; SDKs print `name=None`.',
  },
  { schema: 'ListVectorStoreFilesResponse', nullable: ['first_id', 'last_id'], reason: 'An empty list has no first.' },
  {
    schema: 'FineTuningJob',
    properties: { user_provided_suffix: textOrNull, usage_metrics: anything, shared_with_openai: { type: 'boolean' } },
    reason: itsExamples,
  },
  {
    schema: 'FineTuningJob',
    properties: { status: { enum: ['validating_files', 'queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled'] } },
    reason: 'There are operations to pause and to resume, and the example of the former says "paused".',
  },
  ...['LabelModel', 'Python', 'ScoreModel', 'StringCheck', 'TextSimilarity'].map((kind): Amendment => ({
    schema: `EvalGrader${kind}`,
    properties: { id: text },
    reason: 'The examples of the operations show the id of each.',
  })),
  { schema: 'EvalRun', nullable: ['error'], reason: itsExamples },
  { schema: 'EvalRunOutputItem/properties/sample', nullable: ['error'], reason: itsExamples },
  {
    schema: 'CreateTranscriptionResponseVerboseJson',
    properties: { task: text },
    reason: itsExamples,
  },
  {
    schema: 'CreateTranslationResponseVerboseJson',
    properties: { task: text },
    reason: 'As in a transcription, and in the examples of both.',
  },
  ...['AssistantObject', 'RunObject'].map((schema): Amendment => ({
    schema,
    properties: { reasoning_effort: textOrNull },
    reason: 'Programs that print what came show `reasoning_effort=None`.',
  })),
  ...['RunCompletionUsage', 'RunStepCompletionUsage'].map((schema): Amendment => ({
    schema: `${schema}/anyOf/0`,
    properties: { prompt_token_details: anything, completion_tokens_details: anything },
    reason: "Programs that print what came show `prompt_token_details={'cached_tokens': 0}`.",
  })),
  {
    schema: 'RealtimeSessionCreateResponse',
    becomes: {
      type: 'object',
      required: ['client_secret'],
      properties: {
        ...Object.fromEntries(
          [...['id', 'object', 'model', 'instructions', 'voice'], ...['input_audio_format', 'output_audio_format', 'tool_choice']].map(
            (name) => [name, text],
          ),
        ),
        ...Object.fromEntries(
          ['input_audio_transcription', 'turn_detection', 'tracing', 'max_response_output_tokens'].map((name) => [name, anything]),
        ),
        modalities: { type: 'array', items: { enum: ['audio', 'text'] } },
        tools: { type: 'array' },
        temperature: { type: 'number' },
        speed: { type: 'number' },
        client_secret: { type: 'object', required: ['value', 'expires_at'], properties: { value: text, expires_at: { type: 'integer' } } },
      },
    },
    reason: 'The schema is that of the newer session; the example of the operation and the type of the SDK are those of the older one.',
  },
  {
    schema: 'RealtimeTranscriptionSessionCreateResponse',
    properties: { id: text, object: { enum: ['realtime.transcription_session'] } },
    reason: itsExamples,
  },
  {
    schema: 'VoiceResource',
    properties: { type: { enum: ['audio_sample', 'prompt'] }, prompt: text },
    reason: 'Voices can be made from a prompt since; the SDK requires the type.',
  },
]

/** Operations that are newer than the document, and answer as one that is in it. */
const sameAs: Readonly<Record<string, string>> = {
  'POST /v1/evals/{eval_id}/runs/{run_id}/cancel': 'POST /v1/evals/{eval_id}/runs/{run_id}',
}

export function amend(document: Reduced): void {
  const operations = document.operations as Record<string, Answers>
  for (const [operation, other] of Object.entries(sameAs)) {
    const answers = operations[other]
    if (answers === undefined || operations[operation] !== undefined) throw new Error(`nothing to add for ${operation}`)
    operations[operation] = answers
  }
  for (const amendment of amendments) {
    const target = placeOf(document, amendment.schema)
    const before = structuredClone(target)
    const properties = (target['properties'] ??= {}) as Record<string, Schema>
    for (const name of amendment.nullable ?? []) {
      const property = properties[name]
      if (property === undefined) throw new Error(`${amendment.schema} has no property ${name}`)
      if (!allowsNull(property)) properties[name] = { anyOf: [property, { type: 'null' }] }
    }
    Object.assign(properties, amendment.properties)
    if (amendment.becomes !== undefined) {
      for (const keyword of Object.keys(target)) delete target[keyword]
      Object.assign(target, amendment.becomes)
    }
    if (isDeepStrictEqual(before, target)) throw new Error(`nothing to amend in ${amendment.schema}: ${amendment.reason}`)
  }
}

function placeOf(document: Reduced, path: string): Record<string, unknown> {
  let place: unknown = document.schemas
  for (const step of path.split('/')) place = (place as Record<string, unknown> | undefined)?.[step]
  if (typeof place !== 'object' || place === null) throw new Error(`the document has no ${path}`)
  return place as Record<string, unknown>
}

function allowsNull(property: Schema): boolean {
  const members = (property['anyOf'] as Schema[] | undefined) ?? [property]
  return members.some(({ type }) => type === 'null' || (Array.isArray(type) && type.includes('null')))
}
