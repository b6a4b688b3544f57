// FLAC (RFC 9639): blocks as they are, or one value for a block of silence. Not small, but right to the last check sum.
import { createHash } from 'node:crypto'
import { highestFirst } from './bits.ts'
import { littleEndian, sampleRate } from './samples.ts'
import { vorbisComment } from './tags.ts'

const blockLength = 4096

export function encodeFlac(samples: Int16Array, text: string): Buffer {
  const blocks: Buffer[] = []
  for (let at = 0; at < samples.length; at += blockLength) blocks.push(frame(samples.subarray(at, at + blockLength), at / blockLength))
  return Buffer.concat([
    Buffer.from('fLaC'),
    metadata(0, streamInfo(samples)),
    // 4 is a Vorbis comment; the high bit says that no other block follows.
    metadata(0x80 | 4, vorbisComment(text)),
    ...blocks,
  ])
}

function streamInfo(samples: Int16Array): Buffer {
  const info = Buffer.alloc(34)
  info.writeUInt16BE(blockLength, 0)
  info.writeUInt16BE(blockLength, 2)
  // 20 bits of sample rate, 3 of channels less one, 5 of bits a sample less one, 36 of samples; a few minutes need 32 of those.
  info.writeUInt32BE(sampleRate * 4096 + 15 * 16, 10)
  info.writeUInt32BE(samples.length, 14)
  createHash('md5').update(littleEndian(samples)).digest().copy(info, 18)
  return info
}

function metadata(type: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type, content.length >> 16, (content.length >> 8) & 0xff, content.length & 0xff]), content])
}

function frame(block: Int16Array, number: number): Buffer {
  const header = highestFirst()
  // Sync code with fixed block size; block size in 16 bits, sample rate and width as in the stream info; mono.
  header.put(0b1111_1111_1111_1000, 16)
  header.put(0b0111_0000, 8)
  header.put(0, 8)
  for (const byte of codedNumber(number)) header.put(byte, 8)
  header.put(block.length - 1, 16)
  const head = header.finish()
  const isPlain = block.every((sample) => sample === block[0])
  // Subframe: 0 is a constant, 1 verbatim, after a bit of padding and before one for wasted bits. Samples are big-endian.
  const body = Buffer.concat([Buffer.from([isPlain ? 0 : 2]), Buffer.from(littleEndian(isPlain ? block.subarray(0, 1) : block)).swap16()])
  const whole = Buffer.concat([head, Buffer.from([crc(head, crc8, 8)]), body])
  const check = Buffer.alloc(2)
  check.writeUInt16BE(crc(whole, crc16, 16))
  return Buffer.concat([whole, check])
}

/** Numbers are written like the code points of UTF-8; three bytes are enough for three hours. */
function codedNumber(value: number): readonly number[] {
  if (value < 0x80) return [value]
  if (value < 0x800) return [0xc0 | (value >> 6), 0x80 | (value & 0x3f)]
  return [0xe0 | (value >> 12), 0x80 | ((value >> 6) & 0x3f), 0x80 | (value & 0x3f)]
}

const crc8 = tableOf(0x07, 8)
const crc16 = tableOf(0x8005, 16)

function tableOf(polynomial: number, width: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let rest = byte << (width - 8)
    for (let bit = 0; bit < 8; bit++) rest = (rest << 1) ^ ((rest >> (width - 1)) & 1 ? polynomial : 0)
    return rest & (2 ** width - 1)
  })
}

function crc(bytes: Buffer, table: Uint32Array, width: number): number {
  const mask = 2 ** width - 1
  const shift = width - 8
  let rest = 0
  // Once for every byte of minutes of sound: no iterator here.
  for (let at = 0; at < bytes.length; at++) rest = ((rest << 8) & mask) ^ (table[((rest >> shift) ^ (bytes[at] ?? 0)) & 0xff] ?? 0)
  return rest
}
