// Cutting a text into overlapping pieces of so many tokens.
import type { Tokenizer } from '../../text/tokens.ts'
import type { Chunking } from './stored.ts'

/** Whole books are cut piece by piece: their tokens are never all there at once. */
const sliceLength = 1 << 16

export function* chunksOf(text: string, { static: sizes }: Chunking, tokens: Tokenizer): Generator<string> {
  const { max_chunk_size_tokens: size, chunk_overlap_tokens: overlap } = sizes
  let window: string[] = []
  let isFresh = false
  for (let at = 0; at < text.length; at += sliceLength) {
    for (const each of tokens.split(text.slice(at, at + sliceLength))) {
      window.push(each)
      isFresh = true
      if (window.length < size) continue
      yield window.join('')
      window = overlap === 0 ? [] : window.slice(-overlap)
      isFresh = false
    }
  }
  // What is left is more than a repetition of the chunk before.
  if (isFresh) yield window.join('')
}
