// Asking a model for the sample of a row: the template filled, sent to the platform's own endpoint, and what came back.
import { contentText, fill, lookUp, sampleOf } from '../../graders/template.ts'
import type { Platform } from '../../platform.ts'
import { isObject, textOr } from '../../shape.ts'
import type { JsonObject } from '../../shape.ts'
import type { DataSource, ModelUsage, Row } from './stored.ts'

type Message = { readonly role: string; readonly content: string }

export type Sampled = {
  /** What templates see as `sample`. */
  readonly names: JsonObject
  /** What the output item shows. */
  readonly shown: JsonObject
  readonly usage: ModelUsage | null
  readonly error: { readonly code: string; readonly message: string } | null
}

export async function sampleRow(platform: Platform, source: DataSource, row: Row): Promise<Sampled> {
  if (source.input_messages === undefined) return givenSample(row)
  const messages = messagesOf(source.input_messages, row)
  const params = source.sampling_params ?? {}
  const { status, body } = await platform.perform(
    source.type === 'responses' ? responsesRequest(source, messages, params) : chatRequest(source, messages, params),
  )
  const answer = isObject(body) ? body : {}
  if (status !== 200) return failedSample(source, messages, params, answer)
  const read = source.type === 'responses' ? readResponse(answer) : readCompletion(answer)
  return {
    names: sampleOf(read.text, { model: answer['model'], finish_reason: read.finish }),
    shown: shownSample({
      input: messages,
      text: read.text,
      finish: read.finish,
      model: textOr(answer['model']),
      usage: read.usage,
      params,
    }),
    usage: { model_name: textOr(answer['model']), invocation_count: 1, ...read.usage },
    error: null,
  }
}

/** Rows that bring their answer, or need none. */
function givenSample({ sample }: Row): Sampled {
  const given = sample ?? {}
  const text = textOr(given['output_text'])
  return {
    names: sampleOf(text, given),
    shown: shownSample({
      input: [],
      text,
      finish: textOr(given['finish_reason'], 'stop'),
      model: textOr(given['model']),
      usage: noTokens,
      params: {},
    }),
    usage: null,
    error: null,
  }
}

function failedSample(source: DataSource, input: readonly Message[], params: JsonObject, answer: JsonObject): Sampled {
  const reason = isObject(answer['error']) ? answer['error'] : {}
  const error = { code: textOr(reason['code'], 'server_error'), message: textOr(reason['message'], 'The model could not answer.') }
  return {
    names: {},
    shown: { ...shownSample({ input, text: null, finish: 'error', model: source.model ?? '', usage: noTokens, params }), error },
    usage: null,
    error,
  }
}

function messagesOf(input: JsonObject, { item, sample }: Row): readonly Message[] {
  const names = { item, sample: sample ?? {} }
  const listed = input['type'] === 'template' ? input['template'] : lookUp(names, textOr(input['item_reference']))
  return (Array.isArray(listed) ? listed : []).filter(isObject).map((message) => ({
    role: textOr(message['role'], 'user'),
    content: fill(contentText(message['content']), names).text,
  }))
}

type Request = { readonly method: string; readonly path: string; readonly body: JsonObject }

function chatRequest({ model }: DataSource, messages: readonly Message[], params: JsonObject): Request {
  const { max_completions_tokens: misspelt, ...rest } = params
  // Quirk: the document calls the parameter by both names.
  return {
    method: 'POST',
    path: '/v1/chat/completions',
    body: { model, messages, ...(misspelt === undefined ? {} : { max_completion_tokens: misspelt }), ...rest },
  }
}

function responsesRequest({ model }: DataSource, messages: readonly Message[], params: JsonObject): Request {
  const { temperature, top_p, text, tools, reasoning_effort: effort } = params
  const longest = params['max_completion_tokens'] ?? params['max_completions_tokens']
  return {
    method: 'POST',
    path: '/v1/responses',
    body: {
      model,
      input: messages,
      store: false,
      temperature,
      top_p,
      text,
      tools,
      max_output_tokens: longest,
      ...(effort === undefined || effort === null ? {} : { reasoning: { effort } }),
    },
  }
}

type Tokens = Omit<ModelUsage, 'model_name' | 'invocation_count'>
const noTokens: Tokens = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, cached_tokens: 0 }

type Answered = { readonly text: string; readonly finish: string; readonly usage: Tokens }

function readCompletion(answer: JsonObject): Answered {
  const [choice] = Array.isArray(answer['choices']) ? (answer['choices'] as readonly JsonObject[]) : []
  const message = isObject(choice?.['message']) ? choice['message'] : {}
  const usage = isObject(answer['usage']) ? answer['usage'] : {}
  const calls = message['tool_calls'] === undefined ? '' : JSON.stringify(message['tool_calls'])
  return {
    text: textOr(message['content'] ?? message['refusal'], calls),
    finish: textOr(choice?.['finish_reason'], 'stop'),
    usage: tokens(usage['prompt_tokens'], usage['completion_tokens']),
  }
}

function readResponse(answer: JsonObject): Answered {
  const output = Array.isArray(answer['output']) ? (answer['output'] as readonly JsonObject[]) : []
  const text = output
    .filter((each) => each['type'] === 'message')
    .map((each) => contentText(each['content']))
    .join('\n')
  const usage = isObject(answer['usage']) ? answer['usage'] : {}
  return {
    text,
    finish: answer['status'] === 'incomplete' ? 'length' : 'stop',
    usage: tokens(usage['input_tokens'], usage['output_tokens']),
  }
}

const tokens = (read: unknown, written: unknown): Tokens => ({
  prompt_tokens: Number(read ?? 0),
  completion_tokens: Number(written ?? 0),
  total_tokens: Number(read ?? 0) + Number(written ?? 0),
  cached_tokens: 0,
})

type Shown = {
  readonly input: readonly Message[]
  readonly text: string | null
  readonly finish: string
  readonly model: string
  readonly usage: Tokens
  readonly params: JsonObject
}

const shownSample = ({ input, text, finish, model, usage, params }: Shown): JsonObject => ({
  input,
  output: text === null || text === '' ? [] : [{ role: 'assistant', content: text }],
  finish_reason: finish,
  model,
  usage,
  error: null,
  temperature: params['temperature'] ?? 1,
  max_completion_tokens: params['max_completion_tokens'] ?? params['max_completions_tokens'] ?? 2048,
  top_p: params['top_p'] ?? 1,
  seed: params['seed'] ?? 42,
})
