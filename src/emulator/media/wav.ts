// WAV: RIFF with a format, a comment and plain samples.
import { littleEndian, sampleRate } from './samples.ts'
import { commentOf } from './tags.ts'

export function encodeWav(samples: Int16Array, text: string): Buffer {
  const format = Buffer.alloc(16)
  // PCM, one channel.
  format.writeUInt16LE(1, 0)
  format.writeUInt16LE(1, 2)
  format.writeUInt32LE(sampleRate, 4)
  format.writeUInt32LE(sampleRate * 2, 8)
  format.writeUInt16LE(2, 12)
  format.writeUInt16LE(16, 14)
  const comment = chunk('ICMT', Buffer.from(`${commentOf(text)}\0`))
  const content = [chunk('fmt ', format), chunk('LIST', Buffer.from('INFO'), comment), chunk('data', littleEndian(samples))]
  return chunk('RIFF', Buffer.from('WAVE'), ...content)
}

/** Chunks have an even length; the size does not count the byte that makes it so. */
function chunk(id: string, ...content: readonly Buffer[]): Buffer {
  const size = content.reduce((sum, each) => sum + each.length, 0)
  const head = Buffer.from(`${id}\0\0\0\0`, 'latin1')
  head.writeUInt32LE(size, 4)
  return Buffer.concat([head, ...content, Buffer.alloc(size % 2)])
}
