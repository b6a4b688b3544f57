// Reads facts from a JSON body without touching its bytes. A scan bounds nesting and population first, because parsing is where
// a small hostile body becomes seconds and hundreds of megabytes; the same scan finds the ids in it.
import { isUtf8 } from 'node:buffer'
import type { Resource } from '../../catalog/endpoint.ts'
import { Refusal } from '../../kernel/errors.ts'
import { isOwnedKind, mentionOf, type Mention } from '../mention.ts'
import type { BodyRule } from '../plan.ts'
import type { CompiledRules } from './json-scan-rules.ts'
import { scanJson } from './json-scan.ts'

export type JsonFacts = {
  readonly model: string | null
  readonly isStream: boolean
  /** `"store": true` is said. */
  readonly isStored: boolean
  /** An answer in sound is asked for. */
  readonly isAudio: boolean
  /** Ids and other values the rules of the row point at, as they come. */
  readonly mentions: readonly Mention[]
  /** Where a value that the rules point at is longer than any such value can be; null where none is. */
  readonly longAt: string | null
}

/** Commas and brackets together; the largest honest body (an embeddings call with token arrays) has about 300,000. */
const maxValues = 2_000_000

/** Ids in one body. Each is looked up; the longest honest conversation names a few thousand. */
export const maxMentions = 20_000

/**
 * @param bytes a whole body; anything but a JSON object in UTF-8 is refused
 * @throws Refusal json_too_complex, invalid_json
 */
export function readJsonFacts(bytes: Buffer, maxDepth: number, rules: CompiledRules<BodyRule>): JsonFacts {
  let model: string | null = null
  let isStream = false
  let isStored = false
  let isAudio = false
  const mentions: Mention[] = []
  let longAt: string | null = null
  // A key may stand there twice, and readers differ in which one counts: the scan tells of each.
  const fault = scanJson(
    rules,
    bytes,
    (rule, text, place) => {
      if ('resource' in rule) {
        if (mentions.length === maxMentions) throw new Refusal('json_too_complex', { why: `more than ${maxMentions} ids` })
        mentions.push({ resource: rule.resource, value: text, path: place.path, start: place.start, end: place.end })
      } else if (rule.fact === 'model') model = text
      else if (rule.fact === 'stream') isStream ||= !place.isString && text === 'true'
      else if (rule.fact === 'store') isStored ||= !place.isString && text === 'true'
      else isAudio ||= text === 'audio'
    },
    {
      maxDepth,
      maxValues,
      long(rule, head, path) {
        const isMeant = 'resource' in rule ? mayBeOne(rule.resource, head) : rule.fact === 'model'
        if (isMeant) longAt ??= path
      },
    },
  )
  if (fault === 'depth') throw new Refusal('json_too_complex', { why: `more than ${maxDepth} levels` })
  if (fault === 'values') throw new Refusal('json_too_complex', { why: `more than ${maxValues} values` })
  // RFC 8259 8.1. Decoding would replace wrong bytes: we would read another body than the upstream.
  if (!isUtf8(bytes)) throw new Refusal('invalid_json', { why: 'It is not UTF-8.' })
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch {
    throw new Refusal('invalid_json', { why: 'It is not valid JSON.' })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Refusal('invalid_json', { why: 'It must be a JSON object.' })
  return { model, isStream, isStored, isAudio, mentions, longAt }
}

/** An upstream that trims would find the id in a string we do not read to its end. */
export const mayBeOne = (resource: Resource, head: string): boolean =>
  head.includes('\\') || resource.act === 'namespace' || isOwnedKind(mentionOf(resource, head, ''))
