// H.264 (ITU-T H.264), constrained baseline: pictures of plain squares and pictures that repeat the one before. Every macroblock is
// predicted from one neighbour, which is plain, and gets at most one coefficient a component; no two sides ever have to agree on
// rounding, because the encoder keeps what a decoder will see.
import { highestFirst } from './bits.ts'
import type { BitWriter } from './bits.ts'
import type { Color, Mosaic } from './mosaic.ts'

/** Fine enough for steps of one or two shades, coarse enough for short levels. */
const quantizer = 30
const blockSize = 16

export type FrameSize = { readonly width: number; readonly height: number }

/** The parameter sets of a stream of that size, as NAL units. Width and height are multiples of 16. */
export function parameterSets({ width, height }: FrameSize): { readonly sequence: Buffer; readonly picture: Buffer } {
  const macroblocks = (width / blockSize) * (height / blockSize)
  const sequence = highestFirst()
  // Profile, its constraints, and the lowest level (A.3.1) that has room for the picture.
  sequence.put(66, 8)
  sequence.put(0xc0, 8)
  sequence.put(macroblocks <= 3600 ? 31 : 40, 8)
  // Id, 4 bits of frame number, output in order of decoding, one reference, no gaps.
  for (const value of [0, 0, 2, 1]) putUnsigned(sequence, value)
  sequence.put(0, 1)
  putUnsigned(sequence, width / blockSize - 1)
  putUnsigned(sequence, height / blockSize - 1)
  // Frames only, 8x8 inference, no cropping; then the usability information: colors of BT.709, and nothing else.
  sequence.put(0b1101, 4)
  sequence.put(0b001, 3)
  sequence.put(5, 3)
  sequence.put(0b01, 2)
  for (let each = 0; each < 3; each++) sequence.put(1, 8)
  sequence.put(0, 6)

  const picture = highestFirst()
  // Ids; CAVLC; one slice group; one reference each; no weights; quantizers; deblocking is said per slice.
  for (const value of [0, 0]) putUnsigned(picture, value)
  picture.put(0, 2)
  for (const value of [0, 0, 0]) putUnsigned(picture, value)
  picture.put(0, 3)
  for (const value of [quantizer - 26, 0, 0]) putSigned(picture, value)
  picture.put(0b100, 3)
  return { sequence: unit(0x67, sequence), picture: unit(0x68, picture) }
}

/** A picture of its own. Two that follow each other need different ids. */
export function keyFrame(mosaic: Mosaic, pictureId: number): Buffer {
  const bits = highestFirst()
  // First macroblock, I slices only, parameter set; frame number; id; no marking; quantizer as set; no deblocking.
  for (const value of [0, 7, 0]) putUnsigned(bits, value)
  bits.put(0, 4)
  putUnsigned(bits, pictureId % 2)
  bits.put(0, 2)
  putSigned(bits, 0)
  putUnsigned(bits, 1)
  putMacroblocks(bits, mosaic)
  return unit(0x65, bits)
}

/** The same picture again; `index` counts from the key frame on. */
export function repeatFrame({ width, height }: FrameSize, index: number): Buffer {
  const bits = highestFirst()
  for (const value of [0, 5, 0]) putUnsigned(bits, value)
  bits.put(index % 16, 4)
  // Number and order of references as usual, no marking.
  bits.put(0, 3)
  putSigned(bits, 0)
  putUnsigned(bits, 1)
  // All macroblocks are skipped.
  putUnsigned(bits, (width / blockSize) * (height / blockSize))
  return unit(0x41, bits)
}

type Shades = { readonly luma: number; readonly blue: number; readonly red: number }

function putMacroblocks(bits: BitWriter, { width, height, cellSize, columns, cells, palette }: Mosaic): void {
  const shades = palette.map(shadesOf)
  const across = width / blockSize
  const blocksPerCell = cellSize / blockSize
  const gray: Shades = { luma: 128, blue: 128, red: 128 }
  let above: Shades = gray
  let left: Shades = gray
  for (let y = 0; y < height / blockSize; y++) {
    for (let x = 0; x < across; x++) {
      const wanted = shades[cells[Math.floor(y / blocksPerCell) * columns + Math.floor(x / blocksPerCell)] ?? 0] ?? gray
      const from = x > 0 ? 'left' : y > 0 ? 'above' : 'nothing'
      left = putMacroblock(bits, wanted, x > 0 ? left : above, from)
      if (x === 0) above = left
    }
  }
}

/** Prediction modes by where they look: Intra 16x16 (table 8-4) and chroma (table 8-5). */
const modes = { left: { luma: 1, chroma: 1 }, above: { luma: 0, chroma: 2 }, nothing: { luma: 2, chroma: 0 } }

/** Returns what a decoder makes of it. */
function putMacroblock(bits: BitWriter, wanted: Shades, predicted: Shades, from: keyof typeof modes): Shades {
  const luma = levelOf(wanted.luma - predicted.luma, lumaStep)
  const blue = levelOf(wanted.blue - predicted.blue, chromaStep)
  const red = levelOf(wanted.red - predicted.red, chromaStep)
  const hasChroma = blue !== 0 || red !== 0
  putUnsigned(bits, 1 + modes[from].luma + (hasChroma ? 4 : 0))
  putUnsigned(bits, modes[from].chroma)
  putSigned(bits, 0)
  putLevel(bits, luma, lumaTokens)
  if (hasChroma) {
    putLevel(bits, blue, chromaTokens)
    putLevel(bits, red, chromaTokens)
  }
  return {
    luma: predicted.luma + differenceOf(luma, lumaStep),
    blue: predicted.blue + differenceOf(blue, chromaStep),
    red: predicted.red + differenceOf(red, chromaStep),
  }
}

/** What one level adds to the transform's DC at quantizer 30 (8.5.10, 8.5.11): 64 of it are one shade. */
const lumaStep = 80
const chromaStep = 144

/** A shade more or less is left as it is: nobody sees it, and it would cost a coefficient in every macroblock. */
const levelOf = (difference: number, step: number): number => (Math.abs(difference) <= 1 ? 0 : Math.round((difference * 64) / step))
const differenceOf = (level: number, step: number): number => (level * step + 32) >> 6

type Code = readonly [value: number, length: number]
type Tokens = { readonly none: Code; readonly one: Code; readonly level: Code }

/** coeff_token (table 9-5) for no coefficient, a single 1 or -1, a single other one: luma with nC = 0, chroma DC. */
const lumaTokens: Tokens = { none: [0b1, 1], one: [0b01, 2], level: [0b000101, 6] }
const chromaTokens: Tokens = { none: [0b01, 2], one: [0b1, 1], level: [0b000111, 6] }

function putLevel(bits: BitWriter, level: number, tokens: Tokens): void {
  if (level === 0) return bits.put(...tokens.none)
  if (Math.abs(level) === 1) {
    bits.put(...tokens.one)
    bits.put(level < 0 ? 1 : 0, 1)
  } else {
    bits.put(...tokens.level)
    // 9.2.2.1: two codes lower, because it is not 1 or -1.
    putLevelCode(bits, (level > 0 ? 2 * level - 2 : -2 * level - 1) - 2)
  }
  // No zeros before it.
  bits.put(1, 1)
}

/** So many zeros and a one, with plain bits behind for what is longer than 14. */
function putLevelCode(bits: BitWriter, code: number): void {
  if (code < 14) return bits.put(1, code + 1)
  bits.put(1, code < 30 ? 15 : 16)
  bits.put(code < 30 ? code - 14 : code - 30, code < 30 ? 4 : 12)
}

/** BT.709 in the range of television. */
function shadesOf({ red, green, blue }: Color): Shades {
  const luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
  return {
    luma: Math.round(16 + (luma * 219) / 255),
    blue: Math.round(128 + (((blue - luma) / 1.8556) * 224) / 255),
    red: Math.round(128 + (((red - luma) / 1.5748) * 224) / 255),
  }
}

/** 9.1: Exp-Golomb codes. */
function putUnsigned(bits: BitWriter, value: number): void {
  const width = 32 - Math.clz32(value + 1)
  bits.put(0, width - 1)
  bits.put(value + 1, width)
}

const putSigned = (bits: BitWriter, value: number): void => putUnsigned(bits, value > 0 ? 2 * value - 1 : -2 * value)

/** 7.4.1: the end of the data is marked by a one; three bytes that would look like the beginning of a unit are kept apart. */
function unit(header: number, bits: BitWriter): Buffer {
  bits.put(1, 1)
  const payload = bits
    .finish()
    .toString('latin1')
    .replaceAll(/\0\0(?=[\0-\x03])/g, '\0\0\x03')
  return Buffer.concat([Buffer.from([header]), Buffer.from(payload, 'latin1')])
}
