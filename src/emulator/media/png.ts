// PNG (ISO/IEC 15948): four bits a pixel and a palette, which is all a mosaic needs.
import { crc32, deflateSync } from 'node:zlib'
import type { Mosaic } from './mosaic.ts'

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

export function encodePng(mosaic: Mosaic): Buffer {
  const { width, height, palette } = mosaic
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head[8] = 4
  head[9] = 3
  const colors = Buffer.from(palette.flatMap(({ red, green, blue }) => [red, green, blue]))
  const isSeeThrough = palette.some(({ alpha }) => alpha < 255)
  return Buffer.concat([
    signature,
    chunk('IHDR', head),
    chunk('PLTE', colors),
    ...(isSeeThrough ? [chunk('tRNS', Buffer.from(palette.map(({ alpha }) => alpha)))] : []),
    chunk('IDAT', deflateSync(scanLines(mosaic), { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

const unfiltered = 0
const likeAbove = 2

/** A row of squares is one line of pixels and then the same line again, written as "no difference to the line above". */
function scanLines({ width, height, cellSize, columns, cells }: Mosaic): Buffer {
  const stride = 1 + Math.ceil(width / 2)
  const lines = Buffer.alloc(stride * height)
  for (let y = 0; y < height; y++) {
    const at = y * stride
    if (y % cellSize !== 0) {
      lines[at] = likeAbove
      continue
    }
    lines[at] = unfiltered
    const row = (y / cellSize) * columns
    for (let x = 0; x < width; x += 2) {
      const left = cells[row + Math.floor(x / cellSize)] ?? 0
      const right = x + 1 < width ? (cells[row + Math.floor((x + 1) / cellSize)] ?? 0) : 0
      lines[at + 1 + x / 2] = (left << 4) | right
    }
  }
  return lines
}

function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, check])
}
