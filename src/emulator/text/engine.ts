// The default replier: deterministic answers made of the prompt itself. The same request gets the same answer, on every machine.
import { exactWords } from './exact.ts'
import { plainReply } from './reply.ts'
import type { Prompt, PromptMessage, Replier } from './reply.ts'
import { jsonAnswer, schemaValue } from './schema-value.ts'
import { chooseCalls } from './tool-calls.ts'

export const replyFromPrompt: Replier = (prompt) => {
  const asked = lastOf(prompt.messages, 'user')?.text ?? ''
  const toolCalls = chooseCalls(prompt, asked)
  if (toolCalls.length > 0) return { ...plainReply(''), toolCalls }
  const text = answerText(prompt, asked)
  switch (prompt.format.type) {
    case 'json_schema':
      return plainReply(JSON.stringify(schemaValue(prompt.format.schema, { prompt: asked, text })))
    case 'json_object':
      return plainReply(jsonAnswer(asked, text))
    case 'text':
      return plainReply(text)
  }
}

function answerText(prompt: Prompt, asked: string): string {
  // Words that are asked for win over results: "use the tool, then reply with exactly: done".
  const exact =
    exactWords(asked) ??
    exactWords(
      prompt.messages
        .filter((each) => each.role === 'system')
        .map((each) => each.text)
        .join('\n'),
    )
  if (exact !== null) return exact
  if (prompt.messages.at(-1)?.role === 'tool') return toolAnswer(prompt.messages)
  return counted(asked) ?? remembered(prompt, asked)
}

function lastOf(messages: readonly PromptMessage[], role: PromptMessage['role']): PromptMessage | undefined {
  return messages.findLast((each) => each.role === role)
}

/** After tools have run, the answer is what they said. */
function toolAnswer(messages: readonly PromptMessage[]): string {
  const first = messages.findLastIndex((each) => each.role !== 'tool') + 1
  return messages
    .slice(first)
    .map(({ toolName, text }) => `${toolName === undefined ? 'The tool' : toolName} says: ${text}`)
    .join('\n')
}

const longestText = 20_000

/** Answers of a wanted length, for tests of long streams: counting, repeating, so many words. */
function counted(asked: string): string | null {
  const count = /\bcount\b.*?\b(?:from\s+(\d+)\s+)?to\s+(\d+)/i.exec(asked)
  if (count !== null) {
    const from = Number(count[1] ?? 1)
    const length = Math.min(Math.max(0, Number(count[2]) - from + 1), longestText)
    return Array.from({ length }, (_, index) => from + index).join(', ')
  }
  const repeat = /\brepeat\s+(?:the\s+word\s+)?["'`]?([^"'`\s]+)["'`]?\s+(\d+)\s+times/i.exec(asked)
  if (repeat !== null) return Array.from({ length: Math.min(Number(repeat[2]), longestText) }, () => repeat[1] ?? '').join(' ')
  const words = /\b(?:exactly |about |in |of )?(\d+)[ -]words?\b/i.exec(asked)
  if (words !== null) return manyWords(asked, Math.min(Number(words[1]), longestText))
  return null
}

function manyWords(asked: string, length: number): string {
  const source = contentWords(asked)
  if (source.length === 0) source.push('words')
  return Array.from({ length }, (_, index) => source[index % source.length]).join(' ')
}

/** The usual answer: what was asked, and what the conversation already said about it. */
function remembered(prompt: Prompt, asked: string): string {
  const subject = asked.replace(/\s+/gu, ' ').trim()
  const shown = subject.length > 160 ? `${subject.slice(0, 157)}...` : subject
  const lead = ['You asked', 'Your question was', 'You wrote', 'You said'][prompt.candidate % 4] ?? 'You asked'
  const earlier = recall(prompt.messages, asked)
  const parts = [shown === '' ? 'There was nothing to answer.' : `${lead}: "${shown}".`]
  if (earlier !== null) parts.push(`Earlier it was said: "${earlier}"`)
  if (prompt.candidate >= 4) parts.push(`(Answer ${prompt.candidate + 1}.)`)
  parts.push('This is an answer of the offline emulator.')
  return parts.join(' ')
}

/** The earlier sentence that shares most words with the question: enough of a memory to see that a conversation is carried on. */
function recall(messages: readonly PromptMessage[], asked: string): string | null {
  const wanted = new Set(contentWords(asked))
  const lastUser = messages.findLastIndex((each) => each.role === 'user')
  let best: string | null = null
  let bestScore = 0
  // Whole documents may be in the context: only so much of it is looked at.
  let budget = 50_000
  for (const { role, text } of messages.slice(0, Math.max(0, lastUser)).toReversed()) {
    if (role === 'assistant' || budget <= 0) continue
    budget -= text.length
    for (const sentence of text.slice(0, 20_000).split(/(?<=[.!?])\s+|\n+/u)) {
      const score = new Set(contentWords(sentence).filter((word) => wanted.has(word))).size
      if (score > bestScore) [best, bestScore] = [sentence.trim(), score]
    }
  }
  return best
}

const fillWords = new Set(
  'the and for are was were you your what which who whom how why when where this that these those with from have has had can could would should will shall not but all any about into please tell give make does did his her its our their them then than there here'.split(
    ' ',
  ),
)

function contentWords(text: string): string[] {
  return (text.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? []).filter((word) => !fillWords.has(word))
}
