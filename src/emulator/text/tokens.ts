// Cutting text into tokens, for usage, for streamed chunks and for limits. By default an estimate that costs nothing to load.

export type Tokenizer = {
  readonly count: (text: string) => number
  /** The tokens as text; joined they are the text again. */
  readonly split: (text: string) => readonly string[]
}

/** Words up to 8 letters with the blank before them, numbers by three digits, other signs, white space. */
const token = / ?\p{L}{1,8}| ?\p{N}{1,3}| ?[^\s\p{L}\p{N}]{1,3}|\s+/gu

/** Like a real encoding on average: about 4 characters of English a token, the same text always the same tokens. */
export const approximateTokenizer: Tokenizer = {
  count: (text) => {
    // Counting by length where nobody sees the difference: a megabyte of prompt must not cost a second.
    if (text.length > 20_000) return Math.ceil(text.length / 4)
    token.lastIndex = 0
    let count = 0
    while (token.test(text)) count++
    return count
  },
  split: (text) => text.match(token) ?? [],
}
