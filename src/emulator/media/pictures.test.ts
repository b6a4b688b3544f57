// Pictures in all three formats: that they are what their headers say, and that decoders nobody here wrote see the same in them.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { inflateSync } from 'node:zlib'
import { decodedBy, hasFfmpeg } from '../../../test/harness/ffmpeg.ts'
import { imageFactsOf } from './image-facts.ts'
import { encodeJpeg } from './jpeg.ts'
import { coarsen, createMosaic, scroll, sheetOf } from './mosaic.ts'
import type { Mosaic } from './mosaic.ts'
import { encodePng } from './png.ts'
import { encodeWebp } from './webp.ts'

const sizes = [
  [1024, 1024],
  [1536, 864],
  [720, 416],
  [256, 256],
  [17, 33],
  [1, 1],
] as const

const pictures = sizes.flatMap(([width, height]) =>
  [false, true].map((isTransparent) => createMosaic({ seed: 'a fox', width, height, isTransparent })),
)

test('every format has the size of the picture in its header', () => {
  for (const picture of pictures) {
    const { width, height } = picture
    assert.deepEqual(imageFactsOf(encodePng(picture)), { format: 'png', width, height })
    assert.deepEqual(imageFactsOf(encodeJpeg(picture, 100)), { format: 'jpeg', width, height })
    assert.deepEqual(imageFactsOf(encodeWebp(picture)), { format: 'webp', width, height })
  }
})

test('a PNG holds the squares of the mosaic, pixel by pixel', () => {
  const picture = createMosaic({ seed: 'a fox', width: 250, height: 131 })
  const png = encodePng(picture)
  const at = png.indexOf('IDAT')
  const lines = inflateSync(png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4)))
  const stride = 1 + 125
  let above = Buffer.alloc(stride)
  for (let y = 0; y < 131; y++) {
    const line = Buffer.from(lines.subarray(y * stride, (y + 1) * stride))
    // Filter 2 adds the line above.
    if (line[0] === 2) for (let x = 1; x < stride; x++) line[x] = ((line[x] ?? 0) + (above[x] ?? 0)) & 0xff
    for (let x = 0; x < 250; x++) {
      const pair = line[1 + (x >> 1)] ?? 0
      const cell = picture.cells[Math.floor(y / picture.cellSize) * picture.columns + Math.floor(x / picture.cellSize)]
      assert.equal(x % 2 === 0 ? pair >> 4 : pair & 15, cell)
    }
    above = line
  }
})

test('JPEG and WebP are the bytes that Pillow, libwebp and ffmpeg have decoded to the right pixels', () => {
  const hash = createHash('sha256')
  for (const picture of pictures) hash.update(encodeJpeg(picture, 80)).update(encodeWebp(picture))
  hash.update(
    encodeJpeg(
      sheetOf(
        [0, 1, 2].map((by) => scroll(createMosaic({ seed: 'sheet', width: 720, height: 1280 }), by)),
        2,
      ),
      90,
    ),
  )
  // Another value means that the pictures have changed: decode them with something of somebody else's before you write it here.
  assert.equal(hash.digest('hex'), '2b151e9669d7868c321d7c92e8cf9d1e084a0f4aa04774a0af85c70a8d68ea2a')
})

test('ffmpeg sees the same picture in all formats', { skip: hasFfmpeg ? false : 'ffmpeg is not installed' }, () => {
  for (const picture of pictures.filter(({ width }) => width > 16 && width < 1000)) {
    const wanted = pixelsOf(picture)
    const raw = ['-f', 'rawvideo', '-pix_fmt', 'rgba']
    assert.ok(decodedBy(encodePng(picture), 'png', raw).equals(wanted))
    assert.ok(decodedBy(encodeWebp(picture), 'webp', raw).equals(wanted))
    const jpeg = decodedBy(encodeJpeg(picture, 100), 'jpg', raw)
    assert.equal(jpeg.length, wanted.length)
    let furthest = 0
    for (let at = 0; at < wanted.length; at++)
      if (at % 4 !== 3) furthest = Math.max(furthest, Math.abs((jpeg[at] ?? 0) - (wanted[at] ?? 0)))
    assert.ok(furthest <= 3, `a shade is ${furthest} away`)
  }
})

test('a picture from further away has the same colors in larger squares', () => {
  const picture = createMosaic({ seed: 'a fox', width: 1024, height: 1024 })
  const coarse = coarsen(picture, 4)
  assert.deepEqual([coarse.width, coarse.columns], [picture.width, picture.columns])
  assert.equal(coarse.cells[0], picture.cells[0])
  assert.equal(coarse.cells[3 * 16 + 3], picture.cells[0])
  assert.equal(coarse.cells[4 * 16 + 4], picture.cells[4 * 16 + 4])
})

function pixelsOf({ width, height, cellSize, columns, cells, palette }: Mosaic): Buffer {
  const pixels = Buffer.alloc(width * height * 4)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const color = palette[cells[Math.floor(y / cellSize) * columns + Math.floor(x / cellSize)] ?? 0]
      pixels.set([color?.red ?? 0, color?.green ?? 0, color?.blue ?? 0, color?.alpha ?? 0], (y * width + x) * 4)
    }
  }
  return pixels
}
