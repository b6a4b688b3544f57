// The pictures of an edit or a variation: uploaded with the form, or named by file id or URL in a JSON body. Looked at, never kept.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { invalid, missingParameter } from '../../errors.ts'
import type { Form, FormFile } from '../../form.ts'
import type { Platform } from '../../platform.ts'
import { array, object, optional, readShape, string } from '../../shape.ts'
import type { JsonObject, Values } from '../../shape.ts'
import { requireFile } from '../../stored-files.ts'
import { imageError } from './models.ts'
import type { ImageKind, ImageSize } from './models.ts'

export type Input = {
  /** Says one picture from another; part of what the result is made of. */
  readonly digest: string
  /** Null for a URL: an offline service cannot look. */
  readonly size: ImageSize | null
}

const imagesMax = 16
const bytesMax: Readonly<Record<ImageKind, number>> = { 'dall-e-2': 4 << 20, 'dall-e-3': 4 << 20, gpt: 50 << 20 }

/** The `image` files of a form and its `mask`. */
export async function readFormInputs(form: Form, kind: ImageKind): Promise<readonly Input[]> {
  const images = form.files.filter(({ name }) => name === 'image')
  if (images.length === 0) throw missingParameter('image')
  if (images.length > (kind === 'gpt' ? imagesMax : 1)) throw tooMany('image', kind === 'gpt' ? imagesMax : 1, images.length)
  const inputs = await Promise.all(images.map((file, index) => readFormFile(file, kind, index)))
  const mask = form.files.find(({ name }) => name === 'mask')
  if (mask === undefined) return inputs
  const read = await readFormFile(mask, 'dall-e-2', 0)
  checkMask(inputs[0], read)
  return [...inputs, read]
}

/** One picture of a form, looked at. */
export async function readFormFile(file: FormFile, kind: ImageKind, index: number): Promise<Input> {
  const { readImageFacts } = await import('../../media/image-facts.ts')
  const { name, contentType, draft } = file
  const accepted = kind === 'gpt' ? ['image/jpeg', 'image/png', 'image/webp'] : ['image/png']
  // Quirk: what counts is the type that the client gives, before what is in the file.
  if (!accepted.includes(contentType))
    throw invalid(
      `Invalid file '${name}': unsupported mimetype ('${contentType}'). Supported file formats are ${listed(accepted)}.`,
      name,
      'unsupported_file_mimetype',
    )
  const facts = readImageFacts(draft.path)
  if (kind !== 'gpt' && (facts?.format !== 'png' || draft.sizeBytes > bytesMax[kind]))
    throw invalid('Uploaded image must be a PNG and less than 4 MB.', name)
  if (facts === null) throw unreadable(index)
  if (draft.sizeBytes > bytesMax[kind]) throw invalid(`Invalid file '${name}': the file must be smaller than 50 MB.`, name)
  return { digest: await digestOf(draft.path), size: facts }
}

/** DALL-E works on squares. */
export function requireSquare(inputs: readonly Input[]): void {
  const size = inputs[0]?.size
  if (size !== undefined && size !== null && size.width !== size.height) throw invalid('Uploaded image must be square.', 'image')
}

export const imageReference = object({ file_id: optional(string()), image_url: optional(string()) })
type Reference = Values<{ file_id: ReturnType<typeof optional<string>>; image_url: ReturnType<typeof optional<string>> }>

/** `images` and `mask` of a JSON body; the second value is the body without them. */
export async function readJsonInputs(platform: Platform, body: JsonObject): Promise<readonly [inputs: readonly Input[], rest: JsonObject]> {
  const { images, mask, ...rest } = body
  const named = readShape(
    { images: array(imageReference, { min: 1, max: imagesMax }), mask: optional(imageReference) },
    { ...(images === undefined ? {} : { images }), ...(mask === undefined ? {} : { mask }) },
  )
  const inputs = await Promise.all(named.images.map((each, index) => readReference(platform, each, `images[${index}]`, index)))
  if (named.mask === undefined) return [inputs, rest]
  const read = await readReference(platform, named.mask, 'mask', 0)
  checkMask(inputs[0], read)
  return [[...inputs, read], rest]
}

/** Also how a video names the picture that it begins with. */
export async function readReference(
  platform: Platform,
  { file_id: fileId, image_url: url }: Reference,
  at: string,
  index: number,
): Promise<Input> {
  if ((fileId === undefined) === (url === undefined))
    throw invalid(`Invalid '${at}': provide exactly one of 'image_url' or 'file_id'.`, at, 'invalid_value')
  const { imageFactsOf, readImageFacts } = await import('../../media/image-facts.ts')
  if (fileId !== undefined) {
    const path = platform.blobs.path(requireFile(platform, fileId, `${at}.file_id`).id)
    const size = readImageFacts(path)
    if (size === null) throw unreadable(index)
    return { digest: await digestOf(path), size }
  }
  const link = url ?? ''
  if (/^https?:\/\//i.test(link)) return { digest: link, size: null }
  const data = /^data:image\/[\w.+-]+;base64,/i.exec(link)
  if (data === null)
    throw invalid(`Invalid '${at}.image_url': expected a URL or a base64-encoded data URL of an image.`, `${at}.image_url`, 'invalid_value')
  const bytes = Buffer.from(link.slice(data[0].length), 'base64')
  const size = imageFactsOf(bytes)
  if (size === null) throw unreadable(index)
  return { digest: createHash('sha256').update(bytes).digest('hex'), size }
}

function checkMask(image: Input | undefined, mask: Input): void {
  if (image?.size === null || image === undefined || mask.size === null) return
  if (image.size.width !== mask.size.width || image.size.height !== mask.size.height)
    throw imageError('Invalid mask image format - mask size does not match image size', 'mask', 'invalid_mask_image_format')
}

const unreadable = (index: number): Error =>
  imageError(`Invalid image file or mode for image ${index + 1}, please check your image file.`, 'image', 'invalid_image_file')

const tooMany = (name: string, max: number, got: number): Error =>
  invalid(
    `Invalid '${name}': array too long. Expected an array with maximum length ${max}, but got an array with length ${got} instead.`,
    name,
    'array_above_max_length',
  )

const listed = (types: readonly string[]): string =>
  types.map((type, index) => `${index > 0 && index === types.length - 1 ? 'and ' : ''}'${type}'`).join(', ')

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
