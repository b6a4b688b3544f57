// A rhythm as sound: a hum for every word, at the pitch of the voice. 24 kHz, 16 bits, mono, as OpenAI's speech is.
import type { Rhythm } from './rhythm.ts'
import { createSeries } from './series.ts'

export const sampleRate = 24_000

/** One period of a tone with two overtones. */
const period = Float64Array.from({ length: 1024 }, (_, index) => {
  const angle = (2 * Math.PI * index) / 1024
  return (Math.sin(angle) + Math.sin(2 * angle) / 2 + Math.sin(3 * angle) / 4) * 0.4
})
const loudness = 9000
/** Words swell and fade, or they would click. */
const fadeSamples = sampleRate / 100

export function synthesize({ words, durationMs }: Rhythm, voice: string): Int16Array {
  const samples = new Int16Array(Math.ceil((durationMs * sampleRate) / 1000))
  const pitch = 110 + createSeries(voice)(140)
  for (const [index, { startMs, endMs }] of words.entries()) {
    const from = Math.round((startMs * sampleRate) / 1000)
    const until = Math.round((endMs * sampleRate) / 1000)
    // A small melody: not every word is as high as the one before.
    const step = (period.length * pitch * (1 + (index % 4) / 12)) / sampleRate
    for (let at = from, phase = 0; at < until; at++, phase += step) {
      const fade = Math.min(1, (at - from) / fadeSamples, (until - at) / fadeSamples)
      samples[at] = loudness * fade * (period[Math.floor(phase) % period.length] ?? 0)
    }
  }
  return samples
}

/** Little-endian, as `pcm` and WAV have it. */
export const littleEndian = (samples: Int16Array): Buffer => Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)
