// Graders: what evals and reinforcement fine-tuning judge a sample by. Here they are read and checked; grade.ts applies them.
import { invalidValue, missingParameter } from '../errors.ts'
import { anyObject, anything, array, choice, isObject, number, object, optional, readShape, string } from '../shape.ts'
import type { Field, JsonObject, Values } from '../shape.ts'
import { parseFormula } from './formula.ts'

const name = string({ min: 1 })
const messages = array(object({ role: string(), content: anything(), type: optional(choice('message')) }, { unknown: 'ignore' }), {
  min: 1,
})

export const metrics = [
  'fuzzy_match',
  'bleu',
  'gleu',
  'meteor',
  'cosine',
  'rouge_1',
  'rouge_2',
  'rouge_3',
  'rouge_4',
  'rouge_5',
  'rouge_l',
] as const
export type Metric = (typeof metrics)[number]

const shapes = {
  string_check: {
    type: choice('string_check'),
    name,
    input: string(),
    reference: string(),
    operation: choice('eq', 'ne', 'like', 'ilike'),
  },
  text_similarity: {
    type: choice('text_similarity'),
    name,
    input: string(),
    reference: string(),
    evaluation_metric: choice(...metrics),
    pass_threshold: optional(number()),
  },
  score_model: {
    type: choice('score_model'),
    name,
    model: string(),
    input: messages,
    range: optional(array(number(), { min: 2, max: 2 })),
    pass_threshold: optional(number()),
    sampling_params: optional(anyObject()),
  },
  label_model: {
    type: choice('label_model'),
    name,
    model: string(),
    input: messages,
    labels: array(string(), { min: 1 }),
    passing_labels: array(string(), { min: 1 }),
  },
  python: { type: choice('python'), name, source: string({ min: 1 }), image_tag: optional(string()), pass_threshold: optional(number()) },
  multi: { type: choice('multi'), name, graders: anything(), calculate_output: string({ min: 1 }) },
}

export type GraderType = keyof typeof shapes
type Simple = { readonly [Type in Exclude<GraderType, 'multi'>]: Values<(typeof shapes)[Type]> & { readonly type: Type } }
export type SimpleGrader = Simple[keyof Simple]
/** Its graders have the names that the formula calls them by. */
export type MultiGrader = {
  readonly type: 'multi'
  readonly name: string
  readonly graders: Readonly<Record<string, SimpleGrader>>
  readonly calculate_output: string
}
export type Grader = SimpleGrader | MultiGrader

const simpleTypes = ['string_check', 'text_similarity', 'score_model', 'label_model', 'python'] as const
/** What a fine-tuning job takes; evals take labels too, but nothing nested. */
export const rewardTypes: readonly GraderType[] = ['string_check', 'text_similarity', 'python', 'score_model', 'multi']
export const criterionTypes: readonly GraderType[] = ['label_model', 'string_check', 'text_similarity', 'python', 'score_model']

/** A grader as a parameter of a request: checked, and kept as it came, which is how it is shown. `readGrader` reads it for use. */
export const grader = (types: readonly GraderType[]): Field<JsonObject> => ({
  ...anyObject(),
  read: (value, at) => {
    readGrader(value as JsonObject, at, types)
    return value as JsonObject
  },
})

/** Throws OpenAI's refusal of a grader that is not complete. */
export function readGrader(value: JsonObject, at: string, types: readonly GraderType[]): Grader {
  const type = value['type']
  if (type === undefined) throw missingParameter(`${at}.type`)
  const known = types.find((each) => each === type)
  if (known === undefined) throw invalidValue(`${at}.type`, type, types)
  const read = readShape(shapes[known], value, { at: `${at}.`, unknown: 'ignore' })
  if (known === 'multi') return readMulti(read as Values<typeof shapes.multi>, at)
  const simple = read as SimpleGrader
  if (simple.type === 'label_model')
    for (const [index, label] of simple.passing_labels.entries())
      if (!simple.labels.includes(label)) throw invalidValue(`${at}.passing_labels[${index}]`, label, simple.labels)
  return simple
}

function readMulti({ name: ownName, graders, calculate_output: formula }: Values<typeof shapes.multi>, at: string): MultiGrader {
  const named = namedGraders(graders, `${at}.graders`)
  parseFormula(formula, `${at}.calculate_output`)
  return { type: 'multi', name: ownName, graders: named, calculate_output: formula }
}

/** Quirk: the document has one grader here, its examples a list, and its guide a map of names; all three are taken. */
function namedGraders(given: unknown, at: string): Readonly<Record<string, SimpleGrader>> {
  const simple = (value: unknown, path: string): SimpleGrader => readGrader(isObject(value) ? value : {}, path, simpleTypes) as SimpleGrader
  if (Array.isArray(given))
    return Object.fromEntries(given.map((each: unknown, index) => simple(each, `${at}[${index}]`)).map((each) => [each.name, each]))
  if (isObject(given) && typeof given['type'] === 'string') {
    const only = simple(given, at)
    return { [only.name]: only }
  }
  return Object.fromEntries(Object.entries(isObject(given) ? given : {}).map(([key, each]) => [key, simple(each, `${at}.${key}`)]))
}
