// What each image model takes: sizes, qualities, how many, and how long a prompt may be.
import { ApiError, invalidValue } from '../../errors.ts'

export type ImageKind = 'dall-e-2' | 'dall-e-3' | 'gpt'

export const kindOf = (model: string): ImageKind => (model === 'dall-e-2' || model === 'dall-e-3' ? model : 'gpt')

export type ImageSize = { readonly width: number; readonly height: number }

export const promptLengthMax: Readonly<Record<ImageKind, number>> = { 'dall-e-2': 1000, 'dall-e-3': 4000, gpt: 32_000 }

/** An error of the image service itself, which has a type of its own. */
export const imageError = (message: string, param: string | null, code: string): ApiError =>
  new ApiError(400, message, { type: 'image_generation_user_error', param, code })

const dallE2Sizes = ['256x256', '512x512', '1024x1024']
const dallE3Sizes = ['1024x1024', '1792x1024', '1024x1792']
const gptSizes = ['1024x1024', '1024x1536', '1536x1024', 'auto']

/** The models since gpt-image-2 draw in any size of whole blocks. */
const drawsAnySize = (model: string): boolean => /^gpt-image-(?:[2-9]|\d\d)/.test(model)

/** The size of a picture; `auto` is what the model makes of `auto`. */
export function readSize(model: string, given: string | undefined, auto: ImageSize): ImageSize {
  const kind = kindOf(model)
  const size = given ?? (kind === 'gpt' ? 'auto' : '1024x1024')
  if (size === 'auto' && kind === 'gpt') return auto
  const sizes = kind === 'dall-e-2' ? dallE2Sizes : kind === 'dall-e-3' ? dallE3Sizes : gptSizes
  const parsed = /^([1-9]\d{0,5})x([1-9]\d{0,5})$/.exec(size)
  const isFree = kind === 'gpt' && drawsAnySize(model)
  if (parsed === null || (!isFree && !sizes.includes(size))) throw invalidValue('size', size, sizes)
  const wanted = { width: Number(parsed[1]), height: Number(parsed[2]) }
  if (isFree) checkFreeSize(size, wanted)
  return wanted
}

const pixelsMin = 655_360
const pixelsMax = 3840 * 2160

function checkFreeSize(size: string, { width, height }: ImageSize): void {
  const refuse = (why: string): ApiError => imageError(`Invalid size '${size}'. ${why}`, 'size', 'invalid_value')
  if (width % 16 !== 0 || height % 16 !== 0) throw refuse('Width and height must both be divisible by 16.')
  if (Math.max(width, height) > 3840) throw refuse('The longest edge must be at most 3840 pixels.')
  if (Math.max(width, height) > 3 * Math.min(width, height)) throw refuse('The aspect ratio must be between 1:3 and 3:1.')
  if (width * height < pixelsMin) throw refuse('Requested resolution is below the current minimum pixel budget.')
  if (width * height > pixelsMax) throw refuse('Requested resolution exceeds the current pixel budget.')
}

export type GptQuality = 'low' | 'medium' | 'high' | 'xhigh' | 'max'

const knowsFinest = (model: string): boolean => /^gpt-image-2\.[5-9]/.test(model)

/** Refuses what the model does not know; for a GPT image model, the quality that `auto` comes to. */
export function readQuality(model: string, given = 'auto'): GptQuality {
  const kind = kindOf(model)
  const known =
    kind === 'dall-e-2'
      ? ['standard', 'auto']
      : kind === 'dall-e-3'
        ? ['standard', 'hd', 'auto']
        : ['low', 'medium', 'high', ...(knowsFinest(model) ? ['xhigh', 'max'] : []), 'auto']
  if (!known.includes(given)) throw invalidValue('quality', given, known)
  return kind === 'gpt' && given !== 'auto' ? (given as GptQuality) : 'high'
}
