// Prompts that say what the answer is: "Reply with exactly: pong", "Say only the word pong", "Return exactly pong".

const verb = String.raw`\b(?:reply|respond|answer|return|output|say|print|write|repeat|echo|emit|send)\b`
/** Between the verb and the words: `back with only the single word`. At least one of the strict ones makes it an instruction. */
const filler = String.raw`(?:back|me|with|by|saying|exactly|precisely|only|just|simply|the|this|these|one|a|an|single|following|exact|literal|literally|and|nothing|but|else|word|words|text|string|phrase|line|token|sentence|message|answer|number|value|letter|character)`
const strict =
  /\b(?:exactly|precisely|only|just|simply|nothing but|word|words|text|string|phrase|sentence|token|literal|literally|following)\b|:/i

const instruction = new RegExp(
  String.raw`(?<before>\b(?:only|just|simply|exactly)\s+)?${verb}(?<fillers>(?:\s+${filler}\b,?)*\s*:?)(?<rest>\s*\S[^\n]*)`,
  'giu',
)
const sayInstruction = /^\s*(?:please\s+)?say\s*:?\s+(?!something|anything|what|whether|how|why|which|a |an |more|it)(?<rest>\S[^\n]*)$/iu
/** A length, not a text: "say it in exactly 5 words", "repeat the word hello 3 times". */
const amount = /^\d+[ -](?:words?|tokens?|sentences?|lines?|letters?|paragraphs?|items?)\b|\b\d+ times\b/i
/** "Reply with pong": one word, and nothing after it. */
const oneWord = /^\s*(?:please\s+)?(?:reply|respond|answer)\s+with\s+(?<rest>[\p{L}\p{N}_-]+)[.!]?\s*$/iu
const quoted = /^\s*(?:"([^"]*)"|'([^']*)'|`([^`]*)`|“([^”]*)”|«([^»]*)»)/u
/** What follows the words without being part of them: `pong. Do not add anything`, `pong and nothing else`. */
const afterthought =
  /(?:[.!;,]?\s+(?:and\s+)?(?:nothing (?:else|more)|no (?:other|more|extra|additional)\b.*|without\b.*|only)|[.!;]\s+(?:do not|don't|never|no\b|nothing|without|your|this|it).*)$/iu

/**
 * The words a prompt asks for, or null.
 * @example exactWords('Reply with exactly: pong') // 'pong'
 */
export function exactWords(prompt: string): string | null {
  for (const match of prompt.matchAll(instruction)) {
    const { before = '', fillers = '', rest = '' } = match.groups ?? {}
    const words = wordsOf(rest)
    if (words !== '' && !amount.test(words) && (strict.test(fillers) || strict.test(before) || quoted.test(rest))) return words
  }
  const said = (oneWord.exec(prompt) ?? sayInstruction.exec(prompt))?.groups?.['rest']
  return said === undefined ? null : wordsOf(said)
}

function wordsOf(rest: string): string {
  const inQuotes = quoted.exec(rest)
  if (inQuotes !== null) return inQuotes.slice(1).find((each) => each !== undefined) ?? ''
  const words = rest.trim().replace(afterthought, '').trim()
  // The full stop ends the instruction, not the word: "reply with exactly one word: pong."
  return /^\S+\.$/u.test(words) ? words.slice(0, -1) : words
}
