// Moderations: categories by key words, scores always the same for the same text. Enough to see a flag go up.
import { json } from '../answer.ts'
import type { Family } from '../behaviour.ts'
import { invalidType, invalidValue } from '../errors.ts'
import { newId } from '../ids.ts'
import { requireModel } from '../model-list.ts'
import { anything, isObject, optional, readShape, string, textOr } from '../shape.ts'

const shape = { input: anything(), model: optional(string()) }

type Category = { readonly pattern: RegExp; readonly seesImages: boolean }

const category = (pattern: RegExp, seesImages = false): Category => ({ pattern, seesImages })

const categories: Readonly<Record<string, Category>> = {
  harassment: category(/\b(?:idiot|stupid|loser|shut up|i hate you|worthless)\b/i),
  'harassment/threatening': category(/\bi(?:'ll| will| am going to| want to) (?:kill|hurt|beat|destroy) (?:you|him|her|them)\b/i),
  hate: category(/\b(?:subhuman|inferior race|hate (?:all )?(?:jews|muslims|christians|blacks|whites|gays|immigrants))\b/i),
  'hate/threatening': category(/\b(?:exterminate|kill all) (?:jews|muslims|christians|blacks|whites|gays|immigrants)\b/i),
  illicit: category(/\b(?:shoplift|steal a|hack into|counterfeit|make (?:meth|drugs)|launder money)\b/i),
  'illicit/violent': category(/\b(?:make|build) (?:a |an )?(?:bomb|explosive|grenade)\b/i),
  'self-harm': category(/\b(?:suicide|self[- ]harm|kill myself|cut myself)\b/i, true),
  'self-harm/intent': category(/\b(?:i (?:want|am going|plan) to (?:kill|hurt|cut) myself|i want to die)\b/i, true),
  'self-harm/instructions': category(/\bhow (?:to|do i|can i) (?:kill|hurt|cut) myself\b/i, true),
  sexual: category(/\b(?:porn|erotic|explicit sex|nude)\b/i, true),
  'sexual/minors': category(/\bsexual\w*\b.*\b(?:child|minor)/i),
  violence: category(/\b(?:kill|murder|stab|shoot|slaughter|massacre)(?:s|ed|ing)?\b/i, true),
  'violence/graphic': category(/\b(?:gore|dismember|blood everywhere|decapitat)\w*/i, true),
}

export const moderations = {
  'moderations.create': async ({ platform, json: body }) => {
    const request = readShape(shape, await body())
    const model = request.model ?? 'omni-moderation-latest'
    requireModel(platform, model, 'moderation')
    const isOmni = model.startsWith('omni')
    const results = readInput(request.input).map((input) => moderate(input, isOmni))
    return json({ id: newId('moderation'), model: isOmni ? 'omni-moderation-2024-09-26' : 'text-moderation-007', results })
  },
} satisfies Family

type Input = { readonly text: string; readonly hasText: boolean; readonly hasImage: boolean }

/** Texts are judged one by one; parts (text and images) belong together and give one result. */
function readInput(input: unknown): readonly Input[] {
  if (typeof input === 'string') return [textInput(input)]
  if (!Array.isArray(input)) throw invalidType('input', 'one of a string or array of strings or objects', input)
  if (input.every((each): each is string => typeof each === 'string')) return input.map(textInput)
  const texts = input.map((part: unknown, index) => {
    if (!isObject(part)) throw invalidType(`input[${index}]`, 'an object', part)
    if (part['type'] === 'text') return textOr(part['text'])
    if (part['type'] === 'image_url') return null
    throw invalidValue(`input[${index}].type`, part['type'], ['text', 'image_url'])
  })
  return [
    {
      text: texts.filter((each) => each !== null).join('\n'),
      hasText: texts.some((each) => each !== null),
      hasImage: texts.includes(null),
    },
  ]
}

const textInput = (text: string): Input => ({ text, hasText: true, hasImage: false })

function moderate({ text, hasText, hasImage }: Input, isOmni: boolean): object {
  const flags: Record<string, boolean> = {}
  const scores: Record<string, number> = {}
  const applied: Record<string, readonly string[]> = {}
  for (const [index, [name, { pattern, seesImages }]] of Object.entries(categories).entries()) {
    // Older models know no illicit things.
    if (!isOmni && name.startsWith('illicit')) continue
    flags[name] = pattern.test(text)
    scores[name] = flags[name] ? 0.9 + ((text.length + index) % 90) / 1000 : ((text.length * 7 + index * 13) % 97) / 1_000_000
    applied[name] = [...(hasText ? ['text'] : []), ...(hasImage && seesImages ? ['image'] : [])]
  }
  return {
    flagged: Object.values(flags).includes(true),
    categories: flags,
    category_scores: scores,
    ...(isOmni ? { category_applied_input_types: applied } : {}),
  }
}
