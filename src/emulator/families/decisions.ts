// Decisions: questions about an input, answered in numbers. The likelier an answer, the more words it shares with the input.
import { json } from '../answer.ts'
import type { Family } from '../behaviour.ts'
import { invalid, invalidValue, missingParameter } from '../errors.ts'
import { anyObject, anything, array, boolean, choice, either, isObject, object, optional, readShape, string, textOr } from '../shape.ts'
import type { JsonObject } from '../shape.ts'
import { embed, similarity } from '../text/embedding.ts'
import { variant } from '../variant.ts'
import type { Variant } from '../variant.ts'

/** The only model that decides. */
const model = 'gpt-6-luna'

const part = variant({
  input_text: { text: string(), prompt_cache_breakpoint: optional(anyObject()) },
  input_image: {
    image_url: string({ min: 1 }),
    detail: optional(choice('low', 'high', 'auto', 'original')),
    prompt_cache_breakpoint: optional(anyObject()),
  },
  input_json: { data: anything() },
})

const asked = { name: optional(string({ min: 1 })), instructions: either(string({ min: 1 }), array(part, { min: 1 })) }

const questions = {
  predicate: asked,
  choice: { ...asked, choices: array(object({ value: either(string(), boolean()), description: optional(string()) }), { max: 255 }) },
  score: { ...asked, levels: array(object({ label: string({ min: 1 }), description: optional(string()) }), { max: 255 }) },
}

const shape = {
  model: string(),
  input: either(string({ min: 1 }), array(anyObject(), { min: 1 })),
  questions: array(variant(questions), { min: 1, max: 400 }),
  prompt_cache_key: optional(string()),
  prompt_cache_options: optional(object({ mode: optional(choice('implicit', 'explicit')), ttl: optional(choice('30m')) })),
  safety_identifier: optional(string({ max: 64 })),
}

type Question = Variant<typeof questions>

type Answer =
  | { readonly type: 'predicate'; readonly name: string | null; readonly probability: number }
  | {
      readonly type: 'choice'
      readonly name: string | null
      readonly choice: string | boolean
      readonly confidence: number
      readonly probabilities: readonly { readonly value: string | boolean; readonly probability: number }[]
    }
  | {
      readonly type: 'score'
      readonly name: string | null
      readonly score: number
      readonly confidence: number
      readonly probabilities: readonly { readonly label: string; readonly value: number; readonly probability: number }[]
    }

export const decisions = {
  'decisions.create': async ({ platform, json: body }) => {
    const request = readShape(shape, await body())
    if (request.model !== model) throw invalidValue('model', request.model, [model])
    const text = typeof request.input === 'string' ? request.input : textOfItems(request.input)
    const input = embed(text, dimensions)
    const answers = request.questions.map((question, index) => answer(question, input, `questions[${index}]`))
    const inputTokens =
      platform.tokens.count(text) + request.questions.reduce((sum, each) => sum + platform.tokens.count(JSON.stringify(each)), 0)
    const outputTokens = request.questions.length
    return json({
      model,
      answers,
      usage: {
        input_tokens: inputTokens,
        input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
        output_tokens: outputTokens,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: inputTokens + outputTokens,
      },
    })
  },
} satisfies Family

const dimensions = 256

function answer(question: Question, input: Float32Array, at: string): Answer {
  const name = question.name ?? null
  const instructions = textOfContent(question.instructions)
  /** How near an alternative is, as far as it is not what the question says anyway. */
  const nearness = (text: string): number => similarity(embed(text, dimensions), input)
  switch (question.type) {
    case 'predicate':
      return { type: 'predicate', name, probability: rounded(likely(nearness(instructions))) }
    case 'choice': {
      if (question.choices.length < 2) throw tooFew(`${at}.choices`, question.choices.length)
      requireDistinct(
        question.choices.map(({ value }) => value),
        `${at}.choices`,
      )
      const shares = sharesOf(question.choices.map(({ value, description = '' }) => nearness(`${value} ${description}`)))
      const probabilities = question.choices.map(({ value }, index) => ({ value, probability: shares[index] ?? 0 }))
      const best = probabilities.reduce((one, other) => (other.probability > one.probability ? other : one))
      return { type: 'choice', name, choice: best.value, confidence: best.probability, probabilities }
    }
    case 'score': {
      if (question.levels.length < 2) throw tooFew(`${at}.levels`, question.levels.length)
      requireDistinct(
        question.levels.map(({ label }) => label),
        `${at}.levels`,
      )
      const shares = sharesOf(question.levels.map(({ label, description = '' }) => nearness(`${label} ${description}`)))
      const probabilities = question.levels.map(({ label }, value) => ({ label, value, probability: shares[value] ?? 0 }))
      return {
        type: 'score',
        name,
        score: rounded(probabilities.reduce((sum, { value, probability }) => sum + value * probability, 0)),
        confidence: Math.max(...shares),
        probabilities,
      }
    }
  }
}

const tooFew = (param: string, count: number): Error =>
  invalid(
    `Invalid '${param}': array too short. Expected an array with minimum length 2, but got an array with length ${count} instead.`,
    param,
    'array_below_min_length',
  )

/** Typed: `true` and `'true'` are two. */
function requireDistinct(values: readonly (string | boolean)[], param: string): void {
  for (const [index, value] of values.entries())
    if (values.indexOf(value) !== index)
      throw invalid(`Invalid '${param}[${index}]': '${value}' is given more than once.`, `${param}[${index}]`)
}

/** Texts have a little in common always: what lies above that counts. */
const likely = (nearness: number): number => 1 / (1 + Math.exp(-12 * (nearness - 0.25)))

function sharesOf(nearnesses: readonly number[]): readonly number[] {
  const weights = nearnesses.map((nearness) => Math.exp(10 * nearness))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => rounded(weight / sum))
}

const rounded = (value: number): number => Math.round(value * 10_000) / 10_000

const roles = ['user', 'developer', 'system', 'assistant']
const calls = ['function_call', 'custom_tool_call']
const outputs = ['function_call_output', 'custom_tool_call_output']

/** Everything that is said in the input. An output has to belong to a call. */
function textOfItems(items: readonly JsonObject[]): string {
  const called = new Set<unknown>()
  return items
    .map((item, index) => {
      const at = `input[${index}]`
      const type = textOr(item['type'], 'message')
      if (calls.includes(type)) {
        if (typeof item['call_id'] !== 'string') throw missingParameter(`${at}.call_id`)
        called.add(item['call_id'])
        return textOr(item['arguments'], textOr(item['input']))
      }
      if (outputs.includes(type)) {
        if (!called.has(item['call_id'])) throw invalid(`No tool call found for call_id '${textOr(item['call_id'])}'.`, `${at}.call_id`)
        return textOfContent(item['output'])
      }
      if (type !== 'message') throw invalidValue(`${at}.type`, type, ['message', ...calls, ...outputs])
      if (item['role'] === undefined) throw missingParameter(`${at}.role`)
      if (!roles.includes(textOr(item['role']))) throw invalidValue(`${at}.role`, item['role'], roles)
      if (item['content'] === undefined) throw missingParameter(`${at}.content`)
      return textOfContent(item['content'])
    })
    .join('\n')
}

function textOfContent(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .map((each: unknown) => (isObject(each) ? textOr(each['text'], each['data'] === undefined ? '' : JSON.stringify(each['data'])) : ''))
    .join(' ')
}
