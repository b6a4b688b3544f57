// Text completions, the oldest generating endpoint: prompts in, texts out, whole or streamed.
import { json, sse } from '../answer.ts'
import type { SseEvent } from '../answer.ts'
import type { Family } from '../behaviour.ts'
import { invalid, invalidType } from '../errors.ts'
import { newId } from '../ids.ts'
import { requireModel } from '../model-list.ts'
import type { Platform } from '../platform.ts'
import { anyObject, anything, array, boolean, either, integer, number, object, optional, readShape, string } from '../shape.ts'
import type { Values } from '../shape.ts'
import { promptOf } from '../text/reply.ts'
import { cutText, logprobsOf, paced } from './generation.ts'
import type { Cut } from './generation.ts'

const shape = {
  model: string(),
  prompt: optional(anything()),
  best_of: optional(integer({ min: 0, max: 20 })),
  echo: optional(boolean()),
  frequency_penalty: optional(number({ min: -2, max: 2 })),
  logit_bias: optional(anyObject()),
  logprobs: optional(integer({ min: 0, max: 5 })),
  max_tokens: optional(integer({ min: 0 })),
  n: optional(integer({ min: 1, max: 128 })),
  presence_penalty: optional(number({ min: -2, max: 2 })),
  seed: optional(integer()),
  stop: optional(either(string(), array(string(), { max: 4 }))),
  stream: optional(boolean()),
  stream_options: optional(object({ include_usage: optional(boolean()), include_obfuscation: optional(boolean()) })),
  suffix: optional(string()),
  temperature: optional(number({ min: 0, max: 2 })),
  top_p: optional(number({ min: 0, max: 1 })),
  user: optional(string()),
}

type CompletionRequest = Values<typeof shape>
type Usage = { readonly prompt_tokens: number; readonly completion_tokens: number; readonly total_tokens: number }
type Choice = { readonly text: string; readonly index: number; readonly logprobs: object | null; readonly finish_reason: Cut['end'] }
type Made = {
  readonly head: object
  readonly choices: readonly Choice[]
  readonly tokens: readonly (readonly string[])[]
  readonly usage: Usage
  readonly tokenPaceMs: number
}

export const completions = {
  'completions.create': async ({ platform, json: body, signal }) => {
    const request = readShape(shape, await body())
    requireModel(platform, request.model, 'completion')
    if (request.stream_options !== undefined && request.stream !== true)
      throw invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options')
    const made = complete(platform, request)
    if (request.stream === true) return sse(paced(platform, chunksOf(made, request), made.tokenPaceMs, signal))
    return json({ ...made.head, choices: made.choices, usage: made.usage })
  },
} satisfies Family

function complete(platform: Platform, request: CompletionRequest): Made {
  const prompts = readPrompts(request.prompt)
  const candidates = prompts.flatMap((prompt) => Array.from({ length: request.n ?? 1 }, (_, candidate) => ({ prompt, candidate })))
  const stop = typeof request.stop === 'string' ? [request.stop] : (request.stop ?? [])
  const replies = candidates.map(({ prompt, candidate }) => platform.reply(promptOf(request.model, prompt, candidate)))
  // Quirk: without a limit, 16 tokens are all there is.
  const cuts = replies.map((reply) => cutText(platform, reply.text, { stop, maxTokens: request.max_tokens ?? 16 }))
  const wanted = replies[0]?.usage
  const completionTokens = wanted?.outputTokens ?? cuts.reduce((sum, { tokens }) => sum + tokens.length, 0)
  const promptTokens = wanted?.inputTokens ?? prompts.reduce((sum, prompt) => sum + platform.tokens.count(prompt), 0)
  const tokens = cuts.map((cut, index) => (request.echo === true ? [candidates[index]?.prompt ?? '', ...cut.tokens] : cut.tokens))
  return {
    head: { id: newId('completion'), object: 'text_completion', created: platform.clock.seconds(), model: request.model },
    choices: cuts.map(({ end }, index) => ({
      text: (tokens[index] ?? []).join(''),
      index,
      logprobs: request.logprobs === undefined ? null : logprobs(tokens[index] ?? [], request.logprobs),
      finish_reason: end,
    })),
    tokens,
    usage: { prompt_tokens: promptTokens, completion_tokens: completionTokens, total_tokens: promptTokens + completionTokens },
    tokenPaceMs: replies[0]?.tokenPaceMs ?? platform.settings.tokenPaceMs,
  }
}

/** A text, texts, tokens, or lists of tokens. */
function readPrompts(prompt: unknown): readonly string[] {
  if (prompt === undefined) return ['']
  if (typeof prompt === 'string') return [prompt]
  if (!Array.isArray(prompt)) throw invalidType('prompt', 'one of a string or array', prompt)
  if (prompt.every((each): each is string => typeof each === 'string')) return prompt
  if (prompt.every((each) => Number.isInteger(each))) return [ofTokens(prompt)]
  if (prompt.every((each): each is unknown[] => Array.isArray(each))) return prompt.map(ofTokens)
  throw invalidType('prompt', 'one of a string or array', prompt)
}

/** Token ids mean nothing without the encoding; their numbers make a prompt of the right weight. */
const ofTokens = (ids: readonly unknown[]): string => ids.map((id) => `t${String(id)}`).join(' ')

function logprobs(tokens: readonly string[], top: number): object {
  let offset = 0
  const entries = logprobsOf(tokens, top)
  return {
    tokens,
    token_logprobs: entries.map(({ logprob }) => logprob),
    top_logprobs: entries.map((entry) => Object.fromEntries(entry.top_logprobs.map(({ token, logprob }) => [token, logprob]))),
    text_offset: tokens.map((token) => (offset += token.length) - token.length),
  }
}

function* chunksOf({ head, choices, tokens, usage }: Made, { stream_options: options }: CompletionRequest): Generator<SseEvent> {
  const hasUsage = options?.include_usage === true
  const chunk = (index: number, text: string, finish: string | null): SseEvent => ({
    data: { ...head, choices: [{ text, index, logprobs: null, finish_reason: finish }], ...(hasUsage ? { usage: null } : {}) },
  })
  for (const { index, finish_reason: finish } of choices) {
    for (const text of tokens[index] ?? []) yield chunk(index, text, null)
    yield chunk(index, '', finish)
  }
  if (hasUsage) yield { data: { ...head, choices: [], usage } }
  yield { data: '[DONE]' }
}
