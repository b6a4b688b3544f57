// Reads a JSON body as it passes and reports the strings that stand where rules point, with their offsets. Nothing is built:
// what is not asked for costs a look at its bytes, and nothing of a document is kept but the way down to where we are.
import type { CompiledRules } from './json-scan-rules.ts'

/** Where a value stands. `path` is built when it is read, and only during the call that reports it. */
export type Place = {
  /** Offset of the first byte of the token, its quote included, counted over all that was pushed. */
  readonly start: number
  readonly end: number
  /** False for `true`, `false`, `null` and numbers, which only rules with `literals` are told of. */
  readonly isString: boolean
  /** `tools.0.file_ids.2` */
  readonly path: string
}

export type Found<Rule> = (rule: Rule, value: string, place: Place) => void

/** `syntax`: no JSON. `depth`: nested deeper than allowed. `unfinished`: it stopped before its end. */
export type JsonFault = 'syntax' | 'depth' | 'unfinished'

export type JsonScanner = {
  /**
   * Never throws, apart from what `found` throws. After a fault it reports nothing and releases everything.
   * @returns how many bytes of all pushed so far may go on: all but a string that may turn out to be asked for
   */
  readonly push: (chunk: Buffer) => number
  /** @returns the fault of the whole document, null when it was one whole value */
  readonly end: () => JsonFault | null
  /** Structure only: the spelling of numbers, control characters and UTF-8 inside strings are not judged. */
  readonly fault: JsonFault | null
}

export function createJsonScanner<Rule>(_rules: CompiledRules<Rule>, _found: Found<Rule>, _maxDepth = 128): JsonScanner {
  throw new Error('not built yet')
}

/** A document that is whole already. */
export function scanJson<Rule>(rules: CompiledRules<Rule>, bytes: Buffer, found: Found<Rule>, maxDepth = 128): JsonFault | null {
  const scanner = createJsonScanner(rules, found, maxDepth)
  scanner.push(bytes)
  return scanner.end()
}
