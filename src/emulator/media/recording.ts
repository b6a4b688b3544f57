// What an uploaded recording is: its container, its length, and the words it carries when it carries any.
import { readFileSync } from 'node:fs'
import { readMovieFacts } from './movie-facts.ts'
import { mpegSeconds } from './mpeg-frames.ts'
import { id3Length, readField, readId3, readVorbisComment } from './tags.ts'

export type Recording = {
  readonly seconds: number
  /** Null for what the emulator has not spoken itself. */
  readonly transcript: string | null
}

/** Null for what is no recording. The whole file is read: callers know that it is not large. */
export function readRecording(path: string): Recording | null {
  const bytes = readFileSync(path)
  const magic = bytes.toString('latin1', 0, 12)
  if (magic.startsWith('RIFF') && magic.endsWith('WAVE')) return readWav(bytes)
  if (magic.startsWith('fLaC')) return readFlac(bytes)
  if (magic.startsWith('OggS')) return readOgg(bytes)
  if (magic.startsWith('\x1a\x45\xdf\xa3')) return readWebm(bytes)
  if (magic.startsWith('ftyp', 4)) {
    const movie = readMovieFacts(path)
    return movie === null ? null : { seconds: movie.seconds, transcript: null }
  }
  const seconds = mpegSeconds(bytes.subarray(id3Length(bytes)))
  return seconds === 0 ? null : { seconds, transcript: readId3(bytes) }
}

function readWav(bytes: Buffer): Recording | null {
  let bytesPerSecond = 0
  let transcript: string | null = null
  for (let at = 12; at + 8 <= bytes.length;) {
    const id = bytes.toString('latin1', at, at + 4)
    const size = bytes.readUInt32LE(at + 4)
    const content = bytes.subarray(at + 8, at + 8 + size)
    if (id === 'fmt ' && content.length >= 12) bytesPerSecond = content.readUInt32LE(8)
    if (id === 'LIST' && content.length >= 12 && content.toString('latin1', 0, 8) === 'INFOICMT') {
      transcript = readField(content.toString('utf8', 12, 12 + content.readUInt32LE(8)).replace(/\0+$/, ''))
    }
    // A size that is not known in advance is written as the longest one: what is there counts.
    if (id === 'data') return bytesPerSecond === 0 ? null : { seconds: content.length / bytesPerSecond, transcript }
    at += 8 + size + (size % 2)
  }
  return null
}

function readFlac(bytes: Buffer): Recording | null {
  if (bytes.length < 42) return null
  const rate = bytes.readUIntBE(18, 3) >> 4
  const samples = (bytes.readUInt8(21) & 0x0f) * 2 ** 32 + bytes.readUInt32BE(22)
  let transcript: string | null = null
  for (let at = 4; at + 4 <= bytes.length;) {
    const type = bytes.readUInt8(at)
    const size = bytes.readUIntBE(at + 1, 3)
    if ((type & 0x7f) === 4) transcript = readVorbisComment(bytes.subarray(at + 4, at + 4 + size))
    if (type >= 0x80) break
    at += 4 + size
  }
  return rate === 0 ? null : { seconds: samples / rate, transcript }
}

function readOgg(bytes: Buffer): Recording | null {
  const [head, tags] = firstPackets(bytes)
  const lastPage = bytes.lastIndexOf('OggS', undefined, 'latin1')
  if (head === undefined || lastPage + 14 > bytes.length) return null
  const granule = Number(bytes.readBigInt64LE(lastPage + 6))
  const isOpus = head.toString('latin1', 0, 8) === 'OpusHead'
  const isVorbis = head.toString('latin1', 0, 7) === '\x01vorbis'
  // Opus counts in 48 kHz; of others, Vorbis says its rate in the same place, and the rest is rare.
  const rate = isVorbis && head.length >= 16 ? head.readUInt32LE(12) : 48_000
  const transcript = tags === undefined || !(isOpus || isVorbis) ? null : readVorbisComment(tags.subarray(isOpus ? 8 : 7))
  return { seconds: Math.max(0, granule) / Math.max(1, rate), transcript }
}

/** The two headers of an Ogg stream. */
function firstPackets(bytes: Buffer): readonly Buffer[] {
  const packets: Buffer[] = []
  let parts: Buffer[] = []
  for (let at = 0; at + 27 <= bytes.length && packets.length < 2;) {
    const segments = bytes.readUInt8(at + 26)
    let content = at + 27 + segments
    for (const size of bytes.subarray(at + 27, content)) {
      parts.push(bytes.subarray(content, content + size))
      content += size
      if (size === 255) continue
      packets.push(Buffer.concat(parts))
      parts = []
    }
    at = content
  }
  return packets
}

const webmDuration = Buffer.from([0x44, 0x89])
const speechBytesPerSecond = 4000

/** Recorders of browsers leave the duration out: then it is guessed from the size. */
function readWebm(bytes: Buffer): Recording {
  const at = bytes.subarray(0, 4096).indexOf(webmDuration)
  const width = at === -1 || at + 11 > bytes.length ? 0 : bytes.readUInt8(at + 2) & 0x0f
  // In milliseconds, unless the file sets another scale, which hardly any does.
  const milliseconds = width === 8 ? bytes.readDoubleBE(at + 3) : width === 4 ? bytes.readFloatBE(at + 3) : Number.NaN
  return { seconds: milliseconds > 0 ? milliseconds / 1000 : bytes.length / speechBytesPerSecond, transcript: null }
}
