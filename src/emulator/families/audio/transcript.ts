// A transcript in the forms it is answered in: with the times of words and sentences, as subtitles, with speakers.
import { rhythmOf } from '../../media/rhythm.ts'
import type { Platform } from '../../platform.ts'
import { logprobsOf } from '../generation.ts'
import type { Heard } from './listen.ts'

type Word = { readonly word: string; readonly start: number; readonly end: number }
type Sentence = { readonly text: string; readonly start: number; readonly end: number }

const hundredths = (seconds: number): number => Math.round(seconds * 100) / 100

/** Words without the signs around them. */
export const wordsOf = (heard: Heard): readonly Word[] =>
  spokenWords(heard).map(({ word, ...times }) => ({ word: word.replaceAll(/^\p{P}+|\p{P}+$/gu, '') || word, ...times }))

/** At the times at which the speech endpoint would say them, stretched to the length of the recording. */
function spokenWords({ text, seconds }: Heard): readonly Word[] {
  const { words, durationMs } = rhythmOf(text)
  const stretch = seconds / durationMs
  return words.map((word) => ({ word: word.text, start: hundredths(word.startMs * stretch), end: hundredths(word.endMs * stretch) }))
}

export function sentencesOf(heard: Heard): readonly Sentence[] {
  const sentences: Sentence[] = []
  let words: Word[] = []
  const close = (): void => {
    const [first, last] = [words[0], words.at(-1)]
    if (first !== undefined && last !== undefined)
      sentences.push({ text: words.map(({ word }) => word).join(' '), start: first.start, end: last.end })
    words = []
  }
  for (const word of spokenWords(heard)) {
    words.push(word)
    if (/[.!?…。！？]["'”’)\]]*$/u.test(word.word)) close()
  }
  close()
  return sentences
}

/** Whisper's segments, with numbers that say that all is well. */
export function segmentsOf({ tokens }: Platform, heard: Heard, temperature: number): readonly object[] {
  return sentencesOf(heard).map(({ text, start, end }, id) => ({
    id,
    seek: Math.floor(start / 30) * 3000,
    start,
    end,
    text: ` ${text}`,
    tokens: tokens.split(text).map(tokenNumber),
    temperature,
    avg_logprob: -0.25,
    compression_ratio: 1.2,
    no_speech_prob: 0.01,
  }))
}

/** The same token always has the same number, of as many as Whisper knows. */
const tokenNumber = (token: string): number => [...Buffer.from(token)].reduce((sum, byte) => (sum * 31 + byte) % 50_257, 7)

export type DiarizedSegment = {
  readonly type: 'transcript.text.segment'
  readonly id: string
  readonly start: number
  readonly end: number
  readonly text: string
  readonly speaker: string
}

/** Two people take turns, sentence by sentence, or as many as are known. */
export function diarized(heard: Heard, names: readonly string[]): readonly DiarizedSegment[] {
  const speakers = names.length > 1 ? names : [names[0] ?? 'A', names.length > 0 ? 'A' : 'B']
  return sentencesOf(heard).map(({ text, start, end }, index) => ({
    type: 'transcript.text.segment',
    id: `seg_${String(index + 1).padStart(3, '0')}`,
    start,
    end,
    text,
    speaker: speakers[index % speakers.length] ?? 'A',
  }))
}

export const toSrt = (heard: Heard): string =>
  sentencesOf(heard)
    .map(({ text, start, end }, index) => `${index + 1}\n${timeOf(start, ',')} --> ${timeOf(end, ',')}\n${text}\n\n`)
    .join('')

export const toVtt = (heard: Heard): string =>
  `WEBVTT\n\n${sentencesOf(heard)
    .map(({ text, start, end }) => `${timeOf(start, '.')} --> ${timeOf(end, '.')}\n${text}\n\n`)
    .join('')}`

function timeOf(seconds: number, point: ',' | '.'): string {
  const milliseconds = Math.round(seconds * 1000)
  const part = (unit: number, of: number, digits: number): string => String(Math.floor(milliseconds / unit) % of).padStart(digits, '0')
  return `${part(3_600_000, 100, 2)}:${part(60_000, 60, 2)}:${part(1000, 60, 2)}${point}${part(1, 1000, 3)}`
}

export type Logprob = { readonly token: string; readonly logprob: number; readonly bytes: readonly number[] }

export const transcriptLogprobs = (tokens: readonly string[]): readonly Logprob[] =>
  logprobsOf(tokens, 0).map(({ token, logprob, bytes }) => ({ token, logprob, bytes }))

const audioTokensPerSecond = 10

export function tokenUsage({ tokens }: Platform, { text, seconds }: Heard, prompt: string): object {
  const audio = Math.ceil(seconds * audioTokensPerSecond)
  const read = tokens.count(prompt)
  const written = tokens.count(text)
  return {
    type: 'tokens',
    input_tokens: audio + read,
    input_token_details: { text_tokens: read, audio_tokens: audio },
    output_tokens: written,
    total_tokens: audio + read + written,
  }
}

export const durationUsage = ({ seconds }: Heard): object => ({ type: 'duration', seconds: Math.ceil(seconds) })
