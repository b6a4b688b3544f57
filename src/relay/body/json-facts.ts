// Reads facts from a JSON body without touching its bytes. A scan bounds nesting and population first, because parsing is where
// a small hostile body becomes seconds and hundreds of megabytes; the same scan finds the ids in it.
import { isUtf8 } from 'node:buffer'
import { Refusal } from '../../kernel/errors.ts'
import type { Mention } from '../mention.ts'
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
}

/** Commas and brackets together; the largest honest body (an embeddings call with token arrays) has about 300,000. */
const maxStructure = 2_000_000

/**
 * @param bytes a whole body; anything but a JSON object in UTF-8 is refused
 * @throws Refusal json_too_complex, invalid_json
 */
export function readJsonFacts(bytes: Buffer, maxDepth: number, rules: CompiledRules<BodyRule>): JsonFacts {
  checkShape(bytes, maxDepth)
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
  let model: string | null = null
  let isStream = false
  let isStored = false
  let isAudio = false
  const mentions: Mention[] = []
  // A key may stand there twice, and readers differ in which one counts: the scan tells of each.
  scanJson(rules, bytes, (rule, text, place) => {
    if ('resource' in rule) mentions.push({ resource: rule.resource, value: text, path: place.path, start: place.start, end: place.end })
    else if (rule.fact === 'model') model = text
    else if (rule.fact === 'stream') isStream ||= !place.isString && text === 'true'
    else if (rule.fact === 'store') isStored ||= !place.isString && text === 'true'
    else isAudio ||= text === 'audio'
  })
  return { model, isStream, isStored, isAudio, mentions }
}

const quote = 0x22
const backslash = 0x5c

/** One pass over the bytes outside strings; strings are skipped with the native search. */
function checkShape(bytes: Buffer, maxDepth: number): void {
  let depth = 0
  let structure = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === quote) {
      at = endOfString(bytes, at)
      if (at < 0) return
    } else if (byte === 0x7b || byte === 0x5b) {
      structure++
      if (++depth > maxDepth) throw new Refusal('json_too_complex', { why: `more than ${maxDepth} levels` })
    } else if (byte === 0x7d || byte === 0x5d) depth--
    else if (byte === 0x2c && ++structure > maxStructure) throw new Refusal('json_too_complex', { why: `more than ${maxStructure} values` })
  }
  if (structure > maxStructure) throw new Refusal('json_too_complex', { why: `more than ${maxStructure} values` })
}

/** @returns the offset of the closing quote, or -1 when there is none */
function endOfString(bytes: Buffer, open: number): number {
  for (let at = bytes.indexOf(quote, open + 1); at >= 0; at = bytes.indexOf(quote, at + 1)) {
    let escapes = 0
    while (bytes[at - 1 - escapes] === backslash) escapes++
    if (escapes % 2 === 0) return at
  }
  return -1
}
