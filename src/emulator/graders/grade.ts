// Applying graders. Strings and similarities are computed; what would take a model or a Python interpreter is approximated, always
// the same way for the same sample.
import { ApiError } from '../errors.ts'
import { snapshotOf } from '../model-list.ts'
import type { Platform } from '../platform.ts'
import { isObject, textOr } from '../shape.ts'
import type { OutputFormat, Prompt } from '../text/reply.ts'
import { parseFormula } from './formula.ts'
import type { Grader, MultiGrader, SimpleGrader } from './grader.ts'
import { textSimilarity } from './similarity.ts'
import { contentText, fill } from './template.ts'
import type { Namespace } from './template.ts'

export type TokenUsage = {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
  readonly cached_tokens: number
}

export type Failure = 'formula_parse_error' | 'invalid_variable_error' | 'model_grader_server_error' | 'python_grader_runtime_error'

export type Grade = {
  readonly score: number
  readonly failure: { readonly kind: Failure; readonly details: string } | null
  /** What the parts of a multi grader gave. */
  readonly parts: Readonly<Record<string, number>>
  /** Tokens of the models that judged. */
  readonly usage: Readonly<Record<string, TokenUsage>>
  /** The label that was chosen, or the text a model judged with. */
  readonly said: string | null
}

const graded = (score: number, more: Partial<Grade> = {}): Grade => ({ score, failure: null, parts: {}, usage: {}, said: null, ...more })
const failed = (kind: Failure, details: string): Grade => graded(0, { failure: { kind, details } })

export function grade(platform: Platform, by: Grader, names: Namespace): Grade {
  return by.type === 'multi' ? gradeMulti(platform, by, names) : gradeSimple(platform, by, names)
}

/** Whether a score is good enough; `passing_labels` have been made into 1 and 0 already. */
export function isPassing(by: SimpleGrader, score: number): boolean {
  switch (by.type) {
    case 'string_check':
    case 'label_model':
      return score === 1
    case 'text_similarity':
    case 'python':
      return score >= (by.pass_threshold ?? 0.5)
    case 'score_model': {
      const [low = 0, high = 1] = by.range ?? []
      return score >= (by.pass_threshold ?? (low + high) / 2)
    }
  }
}

function gradeMulti(platform: Platform, by: MultiGrader, names: Namespace): Grade {
  const parts: Record<string, number> = {}
  const aliases = new Map<string, number>()
  let usage: Grade['usage'] = {}
  for (const [key, each] of Object.entries(by.graders)) {
    const part = gradeSimple(platform, each, names)
    if (part.failure !== null) return part
    parts[key] = part.score
    for (const alias of [`${each.type}_score`, each.name, key]) aliases.set(alias.replaceAll(/\W/g, '_'), part.score)
    usage = addUsage(usage, part.usage)
  }
  const score = parseFormula(by.calculate_output, 'grader.calculate_output')((name) => aliases.get(name))
  if (score === null || !Number.isFinite(score))
    return { ...failed('formula_parse_error', `'${by.calculate_output}' names what is no grader, or has no value.`), parts, usage }
  return graded(score, { parts, usage })
}

function gradeSimple(platform: Platform, by: SimpleGrader, names: Namespace): Grade {
  switch (by.type) {
    case 'string_check':
      return withTexts([by.input, by.reference], names, (input, reference) => graded(checks[by.operation](input, reference) ? 1 : 0))
    case 'text_similarity':
      return withTexts([by.input, by.reference], names, (input, reference) =>
        graded(textSimilarity(by.evaluation_metric, input, reference)),
      )
    case 'python':
      return gradeLikePython(by.source, names)
    case 'score_model':
    case 'label_model':
      return askModel(platform, by, names)
  }
}

const checks: Readonly<Record<'eq' | 'ne' | 'like' | 'ilike', (input: string, reference: string) => boolean>> = {
  eq: (input, reference) => input === reference,
  ne: (input, reference) => input !== reference,
  like: (input, reference) => input.includes(reference),
  ilike: (input, reference) => input.toLowerCase().includes(reference.toLowerCase()),
}

function withTexts(templates: readonly [string, string], names: Namespace, then: (input: string, reference: string) => Grade): Grade {
  const [input, reference] = [fill(templates[0], names), fill(templates[1], names)]
  const missing = [...input.missing, ...reference.missing]
  return missing.length > 0 ? failed('invalid_variable_error', missing.join(', ')) : then(input.text, reference.text)
}

/** Programs are not run: like most of them, it asks how near the sample comes to what the item says. */
function gradeLikePython(source: string, names: Namespace): Grade {
  if (!/^\s*(?:async\s+)?def\s+grade\s*\(/m.test(source))
    return failed('python_grader_runtime_error', "NameError: name 'grade' is not defined")
  return graded(nearness(names))
}

/** 1 where the sample is one of the item's texts, else how much it has in common with the nearest. */
function nearness({ item, sample }: Namespace): number {
  const said = textOr(sample['output_text']).trim()
  const wanted = Object.values(item)
    .filter((each) => typeof each === 'string' || typeof each === 'number')
    .map(String)
  return wanted.includes(said) ? 1 : Math.max(0, ...wanted.map((each) => textSimilarity('cosine', said, each)))
}

/**
 * Asks the text engine as a model would be asked, so that a script can judge. An answer that is no score says nothing: then the
 * sample is judged by its nearness to the item.
 */
function askModel(platform: Platform, by: SimpleGrader & { readonly type: 'score_model' | 'label_model' }, names: Namespace): Grade {
  const filled = by.input.map(({ role, content }) => ({ role, ...fill(contentText(content), names) }))
  const missing = filled.flatMap((each) => each.missing)
  if (missing.length > 0) return failed('invalid_variable_error', missing.join(', '))
  const prompt: Prompt = {
    model: by.model,
    messages: filled.map(({ role, text }) => ({ role: role === 'user' || role === 'assistant' ? role : 'system', text })),
    tools: [],
    toolChoice: 'none',
    allowsParallelCalls: false,
    format: by.type === 'label_model' ? labelFormat(by.labels) : { type: 'text' },
    candidate: 0,
  }
  try {
    const said = platform.reply(prompt).text
    const usage = usageOf(platform, by.model, prompt, said)
    if (by.type === 'score_model') return graded(scoreOf(said, names, by.range), { usage, said })
    const label = resultOf(said)
    return graded(typeof label === 'string' && by.passing_labels.includes(label) ? 1 : 0, { usage, said })
  } catch (error) {
    if (error instanceof ApiError) return failed('model_grader_server_error', error.message)
    throw error
  }
}

function scoreOf(said: string, names: Namespace, [low = 0, high = 1]: readonly number[] = []): number {
  const result = resultOf(said)
  const score = typeof result === 'number' ? result : low + nearness(names) * (high - low)
  return Math.min(Math.max(score, low), high)
}

const labelFormat = (labels: readonly string[]): OutputFormat => ({
  type: 'json_schema',
  schema: { type: 'object', properties: { result: { enum: labels } }, required: ['result'], additionalProperties: false },
})

/** A bare value, or the `result` (or `score`) of an object. */
function resultOf(said: string): unknown {
  try {
    const value = JSON.parse(said) as unknown
    return isObject(value) ? (value['result'] ?? value['score']) : value
  } catch {
    return undefined
  }
}

function usageOf({ tokens }: Platform, model: string, prompt: Prompt, said: string): Grade['usage'] {
  const read = prompt.messages.reduce((sum, { text }) => sum + 4 + tokens.count(text), 3)
  const written = tokens.count(said)
  return {
    [snapshotOf(model)]: { prompt_tokens: read, completion_tokens: written, total_tokens: read + written, cached_tokens: 0 },
  }
}

export function addUsage(a: Grade['usage'], b: Grade['usage']): Grade['usage'] {
  const sum: Record<string, TokenUsage> = { ...a }
  for (const [model, more] of Object.entries(b)) {
    const before = sum[model]
    sum[model] =
      before === undefined
        ? more
        : {
            prompt_tokens: before.prompt_tokens + more.prompt_tokens,
            completion_tokens: before.completion_tokens + more.completion_tokens,
            total_tokens: before.total_tokens + more.total_tokens,
            cached_tokens: before.cached_tokens + more.cached_tokens,
          }
  }
  return sum
}
