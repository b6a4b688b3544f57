// A text spoken, as a file in each format that the API has.
import { encodeAac, encodeMp3, encodeOpus } from './compressed.ts'
import { encodeFlac } from './flac.ts'
import { rhythmOf } from './rhythm.ts'
import type { Rhythm } from './rhythm.ts'
import { littleEndian, synthesize } from './samples.ts'
import { encodeWav } from './wav.ts'

export const speechFormats = ['mp3', 'opus', 'aac', 'flac', 'wav', 'pcm'] as const
export type SpeechFormat = (typeof speechFormats)[number]

export type Speech = { readonly bytes: Buffer; readonly contentType: string; readonly seconds: number }

type Speaking = { readonly text: string; readonly voice: string; readonly speed: number; readonly format: SpeechFormat }

const encoders: Readonly<Record<SpeechFormat, (rhythm: Rhythm, text: string, voice: string) => Buffer>> = {
  mp3: encodeMp3,
  opus: encodeOpus,
  aac: encodeAac,
  flac: (rhythm, text, voice) => encodeFlac(synthesize(rhythm, voice), text),
  wav: (rhythm, text, voice) => encodeWav(synthesize(rhythm, voice), text),
  pcm: (rhythm, _text, voice) => littleEndian(synthesize(rhythm, voice)),
}

export function speak({ text, voice, speed, format }: Speaking): Speech {
  const rhythm = rhythmOf(text, speed)
  const contentType = format === 'mp3' ? 'audio/mpeg' : `audio/${format}`
  return { bytes: encoders[format](rhythm, text, voice), contentType, seconds: rhythm.durationMs / 1000 }
}
