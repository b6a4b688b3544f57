// Cutting text into tokens, for usage, for streamed chunks and for limits: OpenAI's own encoding, o200k, of its newer models.
import { createRequire } from 'node:module'
import type * as Encoding from 'gpt-tokenizer/encoding/o200k_base'

export type Tokenizer = {
  readonly count: (text: string) => number
  /** The tokens as text; joined they are the text again. */
  readonly split: (text: string) => readonly string[]
}

/** Encoding runs at some 6 MB/s: beyond this a prompt is counted by its length, so that it does not hold up everybody else. */
const maxEncodedLength = 500_000

/** In a text, `<|endoftext|>` is what it says and not a command. */
const asText = { disallowedSpecial: new Set<string>() }

const require = createRequire(import.meta.url)
let loaded: typeof Encoding | null = null

/** The table of 200,000 tokens takes 150 ms and 80 MB: who never generates never pays for it. */
function encoding(): typeof Encoding {
  loaded ??= require('gpt-tokenizer/encoding/o200k_base') as typeof Encoding
  return loaded
}

export const o200k: Tokenizer = {
  count: (text) => (text.length > maxEncodedLength ? Math.ceil(text.length / 4) : text === '' ? 0 : encoding().countTokens(text, asText)),
  split: (text) => (text === '' ? [] : [...encoding().decodeGenerator(encoding().encode(text, asText))]),
}
