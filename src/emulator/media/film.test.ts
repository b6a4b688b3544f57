// Videos: that they are as long and as large as they say, and that a decoder nobody here wrote plays them.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { decodedBy, hasFfmpeg } from '../../../test/harness/ffmpeg.ts'
import { encodeFilm, encodeSpritesheet, encodeThumbnail } from './film.ts'
import type { Film } from './film.ts'
import { imageFactsOf } from './image-facts.ts'
import { readMovieFacts } from './movie-facts.ts'

const sizes = [
  [720, 1280],
  [1280, 720],
  [1024, 1792],
  [1792, 1024],
] as const

const filmOf = (width: number, height: number): Film => ({
  width,
  height,
  scenes: [
    { seed: 'a cat', seconds: 4 },
    { seed: 'and its kitten', seconds: 1 },
  ],
})

test('a film is as large and as long as its scenes together', () => {
  const directory = mkdtempSync(join(tmpdir(), 'relay-film-test-'))
  try {
    for (const [width, height] of sizes) {
      const path = join(directory, 'film.mp4')
      writeFileSync(path, encodeFilm(filmOf(width, height)))
      assert.deepEqual(readMovieFacts(path), { seconds: 5, width, height })
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('the thumbnail has the size of the film, the sheet a place for each of its seconds', () => {
  assert.deepEqual(imageFactsOf(encodeThumbnail(filmOf(720, 1280))), { format: 'webp', width: 720, height: 1280 })
  const sheet = imageFactsOf(encodeSpritesheet(filmOf(720, 1280)))
  // Four across, two down, of 9 by 16 squares of 16 pixels.
  assert.deepEqual(sheet, { format: 'jpeg', width: 4 * 9 * 16, height: 2 * 16 * 16 })
})

test('the bytes are the ones that ffmpeg has played', () => {
  const hash = createHash('sha256')
  for (const [width, height] of sizes) hash.update(encodeFilm(filmOf(width, height)))
  // Another value means that films have changed: play one before you write it here.
  assert.equal(hash.digest('hex'), 'fd30336098b93dd33d4660053a46aae89183ba580f940c397c5f3a403beea2b9')
})

test('ffmpeg plays every frame, in the colors of the thumbnail', { skip: hasFfmpeg ? false : 'ffmpeg is not installed' }, () => {
  const film = filmOf(720, 1280)
  const frameBytes = 720 * 1280 * 3
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'rgb24']
  const first = decodedBy(encodeFilm(film), 'mp4', ['-frames:v', '1', ...raw])
  const thumbnail = decodedBy(encodeThumbnail(film), 'webp', raw)
  assert.deepEqual([first.length, thumbnail.length], [frameBytes, frameBytes])
  // Television has fewer shades than a screen.
  for (let at = 0; at < frameBytes; at += 97) assert.ok(Math.abs((first[at] ?? 0) - (thumbnail[at] ?? 0)) <= 6, `byte ${at}`)
  const small = decodedBy(encodeFilm(film), 'mp4', ['-vf', 'scale=9:16:flags=neighbor', ...raw])
  assert.equal(small.length / (9 * 16 * 3), 5 * 30)
})
