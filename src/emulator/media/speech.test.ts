// Speech in every format: that it is as long as the text takes, that its words can be read back, and that real decoders take it.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { decodedBy, hasFfmpeg } from '../../../test/harness/ffmpeg.ts'
import { imageFactsOf } from './image-facts.ts'
import { createMosaic } from './mosaic.ts'
import { encodePng } from './png.ts'
import { readRecording } from './recording.ts'
import type { Recording } from './recording.ts'
import { createSeries } from './series.ts'
import { speak, speechFormats } from './speech.ts'

const directory = mkdtempSync(join(tmpdir(), 'relay-speech-test-'))
after(() => rmSync(directory, { recursive: true }))

const read = (bytes: Uint8Array): Recording | null => {
  const path = join(directory, 'recording')
  writeFileSync(path, bytes)
  return readRecording(path)
}

const text = 'Grüße, said the fox: it is late.\n"Is it?" 晚安 🦊'
const containers = speechFormats.filter((format) => format !== 'pcm')
const spoken = (format: (typeof speechFormats)[number], words = text): Buffer =>
  speak({ text: words, voice: 'alloy', speed: 1, format }).bytes

test('what was spoken can be read back from every container, and how long it takes', () => {
  const { seconds } = speak({ text, voice: 'alloy', speed: 1, format: 'pcm' })
  for (const format of containers) {
    const recording = read(spoken(format))
    assert.equal(recording?.transcript, text, format)
    // Within a frame of the format.
    assert.ok(Math.abs((recording?.seconds ?? 0) - seconds) < 0.045, `${format}: ${recording?.seconds} for ${seconds}`)
  }
})

test('more text takes longer, more speed less time', () => {
  const seconds = (words: string, speed: number): number => speak({ text: words, voice: 'alloy', speed, format: 'mp3' }).seconds
  assert.ok(seconds(text, 1) > seconds('Grüße', 1))
  assert.ok(Math.abs(seconds(text, 2) - seconds(text, 1) / 2) < 0.2)
})

test('a text of the longest kind keeps its words, also where they fill more than a page', () => {
  const long = 'Words, '.repeat(10_000)
  for (const format of containers)
    assert.equal(read(speak({ text: long, voice: 'alloy', speed: 1000, format }).bytes)?.transcript, long, format)
})

test('PCM is 24,000 samples a second of 16 bits, and a voice has its own pitch', () => {
  const { bytes, seconds } = speak({ text, voice: 'alloy', speed: 1, format: 'pcm' })
  assert.equal(bytes.length, Math.ceil(seconds * 24_000) * 2)
  assert.notDeepEqual(speak({ text, voice: 'onyx', speed: 1, format: 'pcm' }).bytes, bytes)
})

test('the bytes are the ones that ffmpeg and flac have decoded', () => {
  const hash = createHash('sha256')
  for (const format of speechFormats) hash.update(spoken(format))
  // Another value means that speech has changed: decode it with something of somebody else's before you write it here.
  assert.equal(hash.digest('hex'), '466f63f3e0ed77af19e73cb2fc34a1d8e3e9e94e995eb07fb1a31c2cc5014511')
})

test('ffmpeg hears as much sound as there is, without a complaint', { skip: hasFfmpeg ? false : 'ffmpeg is not installed' }, () => {
  const { seconds } = speak({ text, voice: 'alloy', speed: 1, format: 'pcm' })
  for (const format of containers) {
    const samples = decodedBy(spoken(format), format, ['-f', 's16le', '-ar', '24000', '-ac', '1'])
    assert.ok(Math.abs(samples.length / 48_000 - seconds) < 0.06, format)
    assert.ok(
      new Int16Array(samples.buffer, samples.byteOffset, samples.length >> 1).some((sample) => Math.abs(sample) > 2000),
      format,
    )
  }
})

test('a file that is cut or damaged is a recording or none, never an accident', () => {
  const next = createSeries('damage')
  const wholes = [...containers.map((format) => spoken(format)), encodePng(createMosaic({ seed: 'x', width: 64, height: 64 }))]
  for (const whole of wholes) {
    for (let length = 0; length < Math.min(whole.length, 160); length += 3) {
      read(whole.subarray(0, length))
      imageFactsOf(whole.subarray(0, length))
    }
    for (let round = 0; round < 40; round++) {
      const damaged = Buffer.from(whole.subarray(0, 3000))
      for (let each = 0; each < 4; each++) damaged[next(Math.min(damaged.length, 200))] = next(256)
      read(damaged)
      imageFactsOf(damaged)
    }
  }
  assert.equal(read(Buffer.from('just text')), null)
  assert.equal(read(Buffer.alloc(0)), null)
})
