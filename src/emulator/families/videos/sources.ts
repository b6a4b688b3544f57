// What a video begins with: a picture of its size, or another video, named by id or uploaded.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { invalid, invalidType, missingParameter } from '../../errors.ts'
import type { Form, FormFile } from '../../form.ts'
import type { Film } from '../../media/film.ts'
import type { Platform } from '../../platform.ts'
import { isObject, object, readShape, string } from '../../shape.ts'
import { imageReference, readFormFile, readReference } from '../images/inputs.ts'
import { filmsOf, missingVideo, videosOf } from './stored.ts'
import type { Video } from './stored.ts'

export const sizes = ['720x1280', '1280x720', '1024x1792', '1792x1024'] as const

export function pixelsOf(size: string): { readonly width: number; readonly height: number } {
  const [width = 0, height = 0] = size.split('x').map(Number)
  return { width, height }
}

/** What a scene is drawn from, in one length however often it was remixed. */
export const seedOf = (...parts: readonly string[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex')

/** What of a picture goes into the video; empty where none was given. It has to have the size of the video. */
export async function readPicture(platform: Platform, given: unknown, form: Form | null, size: string): Promise<string> {
  const upload = form?.files.find(({ name }) => name === 'input_reference')
  if (upload === undefined && given === undefined) return ''
  if (upload === undefined && !isObject(given)) throw invalidType('input_reference', 'an object', given)
  const picture =
    upload === undefined
      ? await readReference(
          platform,
          readShape({ input_reference: imageReference }, { input_reference: given }).input_reference,
          'input_reference',
          0,
        )
      : await readFormFile(upload, 'gpt', 0)
  const { width, height } = pixelsOf(size)
  // A URL cannot be looked at offline: its picture is taken to be right.
  if (picture.size !== null && (picture.size.width !== width || picture.size.height !== height))
    throw invalid('Inpaint image must match the requested width and height')
  return picture.digest
}

/** A video to go on from. */
export type Source = { readonly id: string | null; readonly model: string; readonly size: string; readonly film: Film }

/** The `video` of an edit or an extension. */
export async function readSource(platform: Platform, given: unknown, form: Form | null): Promise<Source> {
  const upload = form?.files.find(({ name }) => name === 'video')
  if (upload !== undefined) return readUpload(upload)
  if (given === undefined) throw missingParameter('video')
  const { video } = readShape({ video: object({ id: string() }) }, { video: given })
  return completedSource(platform, video.id, 'video.id')
}

export function completedSource(platform: Platform, id: string, param: string | null): Source {
  const video = videosOf(platform).get(id)
  if (video === undefined) throw missingVideo(id, param)
  const film = filmsOf(platform).get(id)
  if (video.status !== 'completed' || film === undefined) throw invalid(`Video with id '${id}' is not completed.`, param)
  return { id, model: video.model, size: video.size, film }
}

export async function readMovie({ name, contentType, draft }: FormFile): Promise<{ readonly seconds: number; readonly size: string }> {
  const { readMovieFacts } = await import('../../media/movie-facts.ts')
  if (contentType !== 'video/mp4')
    throw invalid(
      `Invalid file '${name}': unsupported mimetype ('${contentType}'). Supported file formats are 'video/mp4'.`,
      name,
      'unsupported_file_mimetype',
    )
  const facts = readMovieFacts(draft.path)
  if (facts === null || facts.width === 0) throw invalid(`Invalid file '${name}': the video could not be read.`, name, 'invalid_value')
  return { seconds: facts.seconds, size: `${facts.width}x${facts.height}` }
}

async function readUpload(file: FormFile): Promise<Source> {
  const { seconds, size } = await readMovie(file)
  if (!sizes.some((each) => each === size))
    throw invalid(`Invalid file '${file.name}': a resolution of ${size} is not supported.`, file.name, 'invalid_value')
  const hash = createHash('sha256')
  await pipeline(createReadStream(file.draft.path), hash)
  const scene = { seed: hash.digest('hex'), seconds: Math.max(1, Math.round(seconds)) }
  return { id: null, model: modelFor(size), size, film: { ...pixelsOf(size), scenes: [scene] } }
}

/** The smaller model draws the smaller sizes only. */
export const sizesOf = (model: Video['model']): readonly string[] => (model.startsWith('sora-2-pro') ? sizes : sizes.slice(0, 2))

const modelFor = (size: string): string => (sizesOf('sora-2').includes(size) ? 'sora-2' : 'sora-2-pro')
