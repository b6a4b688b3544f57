// Baseline JPEG (ITU-T T.81): every block of 8 x 8 pixels lies within one square of the mosaic, so it is one value and nothing else.
import { highestFirst } from './bits.ts'
import type { BitWriter } from './bits.ts'
import type { Color, Mosaic } from './mosaic.ts'

/** Annex K.3.1: how many DC codes there are of each length; the values are 0 to 11 in order. */
const dcCounts = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]
/** Two codes: the end of the block is the only one that is used, and no code may be all ones. */
const acCounts = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
const endOfBlock = { code: 0, length: 1 }

const dcCodes = codesOf(dcCounts)

/** `quality` from 0 to 100 decides how finely colors are told apart, and with it a little of the size. */
export function encodeJpeg(mosaic: Mosaic, quality: number): Buffer {
  const step = Math.max(1, Math.round((100 - quality) / 2))
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe0, Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\0\0', 'latin1')),
    segment(0xdb, Buffer.concat([Buffer.from([0]), Buffer.alloc(64, step)])),
    segment(0xc0, frameHeader(mosaic)),
    segment(0xc4, Buffer.from([0x00, ...dcCounts, ...dcCodes.keys()])),
    segment(0xc4, Buffer.from([0x10, ...acCounts, 0x00])),
    segment(0xda, Buffer.from([3, 1, 0x00, 2, 0x00, 3, 0x00, 0, 63, 0])),
    stuffed(scan(mosaic, step)),
    Buffer.from([0xff, 0xd9]),
  ])
}

function frameHeader({ width, height }: Mosaic): Buffer {
  const header = Buffer.from([8, 0, 0, 0, 0, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0])
  header.writeUInt16BE(height, 1)
  header.writeUInt16BE(width, 3)
  return header
}

function scan({ width, height, cellSize, columns, palette, cells }: Mosaic, step: number): Buffer {
  const bits = highestFirst()
  const blocksPerCell = cellSize / 8
  const levels = palette.map((color) => dcLevels(color, step))
  let previous: readonly number[] = [0, 0, 0]
  for (let y = 0; y < Math.ceil(height / 8); y++) {
    const row = Math.floor(y / blocksPerCell) * columns
    for (let x = 0; x < Math.ceil(width / 8); x++) {
      const current = levels[cells[row + Math.floor(x / blocksPerCell)] ?? 0] ?? previous
      for (let component = 0; component < 3; component++) putBlock(bits, (current[component] ?? 0) - (previous[component] ?? 0))
      previous = current
    }
  }
  return bits.finish(1)
}

/** The DC coefficient of a plain block is eight times its value around 128, in steps of the quantizer. JFIF's YCbCr. */
function dcLevels({ red, green, blue }: Color, step: number): readonly number[] {
  const values = [
    0.299 * red + 0.587 * green + 0.114 * blue,
    128 - 0.168736 * red - 0.331264 * green + 0.5 * blue,
    128 + 0.5 * red - 0.418688 * green - 0.081312 * blue,
  ]
  return values.map((value) => Math.round((8 * (value - 128)) / step))
}

/** F.1.2.1: the number of bits of the difference, then those bits; negative ones count down from all ones. */
function putBlock(bits: BitWriter, difference: number): void {
  const length = 32 - Math.clz32(Math.abs(difference))
  const code = dcCodes[length] ?? endOfBlock
  bits.put(code.code, code.length)
  if (length > 0) bits.put(difference > 0 ? difference : difference + 2 ** length - 1, length)
  bits.put(endOfBlock.code, endOfBlock.length)
}

/** C.2: codes of one length follow each other, longer ones come after. */
function codesOf(counts: readonly number[]): readonly { readonly code: number; readonly length: number }[] {
  const codes: { code: number; length: number }[] = []
  let code = 0
  for (const [index, count] of counts.entries()) {
    for (let each = 0; each < count; each++) codes.push({ code: code++, length: index + 1 })
    code <<= 1
  }
  return codes
}

function segment(marker: number, content: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0])
  head.writeUInt16BE(content.length + 2, 2)
  return Buffer.concat([head, content])
}

/** B.1.1.5: a byte of ones in the scan is followed by a zero, or it would be a marker. */
const stuffed = (data: Buffer): Buffer => Buffer.from(data.toString('latin1').replaceAll('\xff', '\xff\0'), 'latin1')
