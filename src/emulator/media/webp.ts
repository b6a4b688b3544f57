// Lossless WebP (RFC 9649, 3): squares become one pixel and a run, rows become "as above"; a picture is some hundred bytes.
import { lowestFirst } from './bits.ts'
import type { BitWriter } from './bits.ts'
import type { Color, Mosaic } from './mosaic.ts'

type Token =
  | { readonly kind: 'pixel'; readonly color: Color }
  | { readonly kind: 'copy'; readonly length: number; readonly from: 'above' | 'left' }

const copyMax = 4096
const lengthSymbols = 256

export function encodeWebp(mosaic: Mosaic): Buffer {
  const bits = lowestFirst()
  bits.put(mosaic.width - 1, 14)
  bits.put(mosaic.height - 1, 14)
  bits.put(mosaic.palette.some(({ alpha }) => alpha < 255) ? 1 : 0, 1)
  // Version 0; then no transform, no color cache, one set of prefix codes.
  bits.put(0, 3 + 1 + 1 + 1)
  const tokens = tokensOf(mosaic)
  const codes = writeCodes(bits, tokens)
  for (const token of tokens) {
    if (token.kind === 'pixel') {
      const { green, red, blue, alpha } = token.color
      codes.green(green)
      codes.red(red)
      codes.blue(blue)
      codes.alpha(alpha)
    } else {
      const { symbol, extraBits, extra } = prefixOf(token.length)
      codes.green(lengthSymbols + symbol)
      bits.put(extra, extraBits)
      codes.distance(token.from === 'above' ? 0 : 1)
    }
  }
  return container(Buffer.concat([Buffer.from([0x2f]), bits.finish()]))
}

function tokensOf({ width, height, cellSize, columns, rows, palette, cells }: Mosaic): readonly Token[] {
  const tokens: Token[] = []
  const copy = (length: number, from: 'above' | 'left'): void => {
    for (let left = length; left > 0; left -= copyMax) tokens.push({ kind: 'copy', length: Math.min(left, copyMax), from })
  }
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const color = palette[cells[row * columns + column] ?? 0]
      if (color === undefined) continue
      tokens.push({ kind: 'pixel', color })
      copy(Math.min(cellSize, width - column * cellSize) - 1, 'left')
    }
    copy((Math.min(cellSize, height - row * cellSize) - 1) * width, 'above')
  }
  return tokens
}

/** 3.6.2.2: lengths are a symbol for their magnitude and some plain bits. */
function prefixOf(length: number): { readonly symbol: number; readonly extraBits: number; readonly extra: number } {
  const value = length - 1
  if (value < 4) return { symbol: value, extraBits: 0, extra: 0 }
  const highest = 31 - Math.clz32(value)
  const second = (value >> (highest - 1)) & 1
  return { symbol: 2 * highest + second, extraBits: highest - 1, extra: value & (2 ** (highest - 1) - 1) }
}

type PutSymbol = (symbol: number) => void
type Codes = Readonly<Record<'green' | 'red' | 'blue' | 'alpha' | 'distance', PutSymbol>>

function writeCodes(bits: BitWriter, tokens: readonly Token[]): Codes {
  const colors = tokens.flatMap((token) => (token.kind === 'pixel' ? [token.color] : []))
  const lengths = tokens.flatMap((token) => (token.kind === 'copy' ? [lengthSymbols + prefixOf(token.length).symbol] : []))
  // The order in which they are written is the order of the format.
  const green = writeCode(bits, [...colors.map((color) => color.green), ...lengths], 256 + 24)
  const red = writeCode(
    bits,
    colors.map((color) => color.red),
    256,
  )
  const blue = writeCode(
    bits,
    colors.map((color) => color.blue),
    256,
  )
  const alpha = writeCode(
    bits,
    colors.map((color) => color.alpha),
    256,
  )
  return { green, red, blue, alpha, distance: writeCode(bits, [0, 1], 40) }
}

/** Writes a prefix code for the symbols that occur; all codes are of two neighbouring lengths, which is near enough to the best. */
function writeCode(bits: BitWriter, occurring: readonly number[], alphabetSize: number): PutSymbol {
  const symbols = [...new Set(occurring)].toSorted((a, b) => a - b)
  if (symbols.length <= 2 && symbols.every((symbol) => symbol < 256)) return writeSimpleCode(bits, symbols)
  const longest = Math.ceil(Math.log2(symbols.length))
  const shorter = 2 ** longest - symbols.length
  const lengths = new Map(symbols.map((symbol, index) => [symbol, index < shorter ? longest - 1 : longest]))
  // Normal code; the code of the code lengths comes first: 0 to 7 with three bits each, in the order 17 18 0 1 2 3 4 5 16 6 7.
  bits.put(0, 1)
  bits.put(11 - 4, 4)
  for (const width of [0, 0, 3, 3, 3, 3, 3, 3, 0, 3, 3]) bits.put(width, 3)
  // All of the alphabet follows.
  bits.put(0, 1)
  for (let symbol = 0; symbol < alphabetSize; symbol++) bits.put(reversed(lengths.get(symbol) ?? 0, 3), 3)
  return putter(bits, symbols, lengths)
}

function writeSimpleCode(bits: BitWriter, symbols: readonly number[]): PutSymbol {
  const [first = 0, second] = symbols
  bits.put(1, 1)
  bits.put(second === undefined ? 0 : 1, 1)
  // Symbols of eight bits.
  bits.put(1, 1)
  bits.put(first, 8)
  if (second === undefined) return () => undefined
  bits.put(second, 8)
  return (symbol) => bits.put(symbol === first ? 0 : 1, 1)
}

/** Canonical codes: shorter before longer, then by symbol. A code is written from its highest bit on. */
function putter(bits: BitWriter, symbols: readonly number[], lengths: ReadonlyMap<number, number>): PutSymbol {
  const codes = new Map<number, number>()
  let code = 0
  let previous = 0
  for (const symbol of symbols.toSorted((a, b) => (lengths.get(a) ?? 0) - (lengths.get(b) ?? 0) || a - b)) {
    const length = lengths.get(symbol) ?? 0
    code <<= length - previous
    previous = length
    codes.set(symbol, reversed(code++, length))
  }
  return (symbol) => bits.put(codes.get(symbol) ?? 0, lengths.get(symbol) ?? 0)
}

function reversed(value: number, width: number): number {
  let result = 0
  for (let bit = 0; bit < width; bit++) result |= ((value >> bit) & 1) << (width - 1 - bit)
  return result
}

function container(data: Buffer): Buffer {
  // Chunks have an even length.
  const padded = data.length % 2 === 0 ? data : Buffer.concat([data, Buffer.alloc(1)])
  const head = Buffer.from('RIFF\0\0\0\0WEBPVP8L\0\0\0\0', 'latin1')
  head.writeUInt32LE(12 + padded.length, 4)
  head.writeUInt32LE(data.length, 16)
  return Buffer.concat([head, padded])
}
