// MP4 (ISO/IEC 14496-12 and -15): one H.264 track, its index before its data, so that players start at once.
import type { FrameSize } from './h264.ts'

export type Sample = { readonly data: Buffer; readonly isKey: boolean }

export type Movie = FrameSize & {
  readonly framesPerSecond: number
  readonly sequence: Buffer
  readonly picture: Buffer
  /** One a frame, a single NAL unit each. */
  readonly samples: readonly Sample[]
}

const timescale = 1000

export function encodeMp4(movie: Movie): Buffer {
  const type = box('ftyp', Buffer.from('isom\0\0\x02\0isomiso2avc1mp41', 'latin1'))
  // The index holds where the data begins, and its own size does not depend on that.
  const dataAt = type.length + moov(movie, 0).length + 8
  const data = movie.samples.flatMap((sample) => [u32(sample.data.length), sample.data])
  return Buffer.concat([type, moov(movie, dataAt), box('mdat', ...data)])
}

function moov(movie: Movie, dataAt: number): Buffer {
  const duration = Math.round((movie.samples.length * timescale) / movie.framesPerSecond)
  return box('moov', movieHeader(duration), box('trak', trackHeader(movie, duration), media(movie, dataAt)))
}

const movieHeader = (duration: number): Buffer =>
  // Times, rate 1, volume 1, the identity, and the id of a track that might follow.
  full('mvhd', 0, u32(0, 0, timescale, duration, 0x10000), u16(0x100, 0), u32(0, 0), identity, Buffer.alloc(24), u32(2))

const trackHeader = ({ width, height }: Movie, duration: number): Buffer =>
  // Enabled and shown; id 1.
  full('tkhd', 3, u32(0, 0, 1, 0, duration, 0, 0), u16(0, 0, 0, 0), identity, u32(width * 0x10000, height * 0x10000))

function media(movie: Movie, dataAt: number): Buffer {
  const { framesPerSecond, samples } = movie
  // Language "und": three letters of five bits.
  const header = full('mdhd', 0, u32(0, 0, framesPerSecond, samples.length), u16(0x55c4, 0))
  const handler = full('hdlr', 0, u32(0), Buffer.from('vide'), Buffer.alloc(12), Buffer.from('VideoHandler\0'))
  const reference = box('dinf', full('dref', 0, u32(1), full('url ', 1)))
  return box('mdia', header, handler, box('minf', full('vmhd', 1, Buffer.alloc(8)), reference, sampleTable(movie, dataAt)))
}

function sampleTable({ width, height, sequence, picture, samples }: Movie, dataAt: number): Buffer {
  const sizes = samples.map(({ data }) => data.length + 4)
  const keys = samples.flatMap(({ isKey }, index) => (isKey ? [index + 1] : []))
  const entry = box(
    'avc1',
    Buffer.alloc(6),
    u16(1),
    Buffer.alloc(16),
    u16(width, height),
    // 72 dpi, one frame a sample, no name, 24 bits, no color table.
    u32(0x480000, 0x480000, 0),
    u16(1),
    Buffer.alloc(32),
    u16(24, 0xffff),
    box('avcC', configuration(sequence, picture)),
  )
  return box(
    'stbl',
    full('stsd', 0, u32(1), entry),
    full('stts', 0, u32(1, samples.length, 1)),
    full('stss', 0, u32(keys.length, ...keys)),
    // All samples in one chunk.
    full('stsc', 0, u32(1, 1, samples.length, 1)),
    full('stsz', 0, u32(0, sizes.length, ...sizes)),
    full('stco', 0, u32(1, dataAt)),
  )
}

/** 14496-15, 5.3.3.1: profile and level as the sequence has them, lengths of four bytes, one set of each kind. */
const configuration = (sequence: Buffer, picture: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from([1]),
    sequence.subarray(1, 4),
    Buffer.from([0xff, 0xe1]),
    u16(sequence.length),
    sequence,
    Buffer.from([1]),
    u16(picture.length),
    picture,
  ])

function box(type: string, ...content: readonly Buffer[]): Buffer {
  const size = content.reduce((sum, each) => sum + each.length, 8)
  return Buffer.concat([u32(size), Buffer.from(type, 'latin1'), ...content])
}

/** A box of version 0 with flags. */
const full = (type: string, flags: number, ...content: readonly Buffer[]): Buffer => box(type, u32(flags), ...content)

const identity = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)

function u32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4)
  return bytes
}

function u16(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2)
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value, index * 2)
  return bytes
}
