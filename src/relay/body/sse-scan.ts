// Reads server-sent events as they pass: the data of each event is scanned as one JSON document (WHATWG HTML 9.2.6).
import type { CompiledRules } from './json-scan-rules.ts'
import type { Found } from './json-scan.ts'

export type SseScanner = {
  /**
   * Never throws, apart from what `found` throws. Data that is no JSON, such as `[DONE]`, reports nothing.
   * @returns how many bytes of all pushed so far may go on
   */
  readonly push: (chunk: Buffer) => number
}

/** The offsets that `found` is told are offsets in the stream. */
export function createSseScanner<Rule>(_rules: CompiledRules<Rule>, _found: Found<Rule>, _maxDepth = 128): SseScanner {
  throw new Error('not built yet')
}
