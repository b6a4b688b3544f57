// Embeddings: deterministic vectors of the right length, as floats or base64.
import { json } from '../answer.ts'
import type { Family } from '../behaviour.ts'
import { invalid } from '../errors.ts'
import { requireModel } from '../model-list.ts'
import { anything, choice, integer, optional, readShape, string } from '../shape.ts'
import { embed } from '../text/embedding.ts'

const shape = {
  model: string(),
  input: anything(),
  dimensions: optional(integer({ min: 1 })),
  encoding_format: optional(choice('float', 'base64')),
  user: optional(string()),
}

/** How long the vectors of each model are. */
const lengths: Readonly<Record<string, number>> = {
  'text-embedding-3-small': 1536,
  'text-embedding-3-large': 3072,
  'text-embedding-ada-002': 1536,
}
const inputTokensMax = 8192
const inputsMax = 2048

export const embeddings = {
  'embeddings.create': async ({ platform, json: body }) => {
    const request = readShape(shape, await body())
    requireModel(platform, request.model, 'embedding')
    const length = lengths[request.model] ?? 1536
    const dimensions = request.dimensions ?? length
    if (request.dimensions !== undefined && request.model === 'text-embedding-ada-002')
      throw invalid('This model does not support specifying dimensions.')
    if (dimensions > length)
      throw invalid(`Invalid value for 'dimensions' = ${dimensions}. Must be less than or equal to ${length}.`, 'dimensions')
    const inputs = readInput(request.input)
    const counts = inputs.map((input) => (typeof input === 'string' ? platform.tokens.count(input) : input.length))
    for (const count of counts)
      if (count > inputTokensMax)
        throw invalid(
          `This model's maximum context length is ${inputTokensMax} tokens, however you requested ${count} tokens (${count} in your prompt; 0 for the completion). Please reduce your prompt; or completion length.`,
        )
    const total = counts.reduce((sum, count) => sum + count, 0)
    const data = inputs.map((input, index) => {
      const vector = embed(typeof input === 'string' ? input : input.map((token) => `t${token}`).join(' '), dimensions)
      const embedding = request.encoding_format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : Array.from(vector)
      return { object: 'embedding', index, embedding }
    })
    return json({ object: 'list', data, model: request.model, usage: { prompt_tokens: total, total_tokens: total } })
  },
} satisfies Family

type Input = string | readonly number[]

/** A text, texts, tokens, or several of those. */
function readInput(input: unknown): readonly Input[] {
  if (isInput(input)) return [input]
  // Quirk: an empty text or list is refused with no more than this.
  if (!Array.isArray(input) || input.length === 0 || !input.every(isInput))
    throw invalid("'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.")
  if (input.length > inputsMax)
    throw invalid(
      `Invalid 'input': array too long. Expected an array with maximum length ${inputsMax}, but got an array with length ${input.length} instead.`,
      'input',
      'array_above_max_length',
    )
  return input
}

const isInput = (value: unknown): value is Input =>
  typeof value === 'string' ? value !== '' : Array.isArray(value) && value.length > 0 && value.every((each) => Number.isInteger(each))
