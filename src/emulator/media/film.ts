// A video made from prompts: one scene after the other, each a mosaic that scrolls by a row a second. And what belongs to a video: its
// first picture, and a sheet of all of them.
import { keyFrame, parameterSets, repeatFrame } from './h264.ts'
import { encodeJpeg } from './jpeg.ts'
import { createMosaic, scroll, sheetOf } from './mosaic.ts'
import type { Mosaic } from './mosaic.ts'
import { encodeMp4 } from './mp4.ts'
import type { Sample } from './mp4.ts'
import { encodeWebp } from './webp.ts'

export type Film = {
  /** Multiples of 16. */
  readonly width: number
  readonly height: number
  readonly scenes: readonly { readonly seed: string; readonly seconds: number }[]
}

const framesPerSecond = 30
const sheetAcross = 4

/** The film as MP4. */
export function encodeFilm(film: Film): Buffer {
  const samples = picturesOf(film).flatMap((picture, second): Sample[] => [
    { data: keyFrame(picture, second), isKey: true },
    ...Array.from({ length: framesPerSecond - 1 }, (_, index) => ({ data: repeatFrame(film, index + 1), isKey: false })),
  ])
  return encodeMp4({ ...film, ...parameterSets(film), framesPerSecond, samples })
}

/** Its first picture as WebP. */
export const encodeThumbnail = (film: Film): Buffer => encodeWebp(pictureAt(film, film.scenes[0]?.seed ?? '', 0))

/** A picture of every second as one JPEG. */
export const encodeSpritesheet = (film: Film): Buffer => encodeJpeg(sheetOf(picturesOf(film), sheetAcross), 90)

const picturesOf = (film: Film): Mosaic[] =>
  film.scenes.flatMap(({ seed, seconds }) => Array.from({ length: seconds }, (_, second) => pictureAt(film, seed, second)))

const pictureAt = ({ width, height }: Film, seed: string, second: number): Mosaic => scroll(createMosaic({ seed, width, height }), second)
