// The parameters of the three image endpoints, checked for the model that they name, as one kind of order for the painter.
import { invalid, invalidType, invalidValue } from '../../errors.ts'
import { requireModel } from '../../model-list.ts'
import type { Platform } from '../../platform.ts'
import { boolean, choice, integer, optional, readShape, string } from '../../shape.ts'
import type { JsonObject, Shape } from '../../shape.ts'
import { isBlockedPrompt } from '../blocked-prompt.ts'
import type { Input } from './inputs.ts'
import { imageError, kindOf, promptLengthMax, readQuality, readSize } from './models.ts'
import type { GptQuality, ImageKind, ImageSize } from './models.ts'

export type ImageFormat = 'png' | 'jpeg' | 'webp'

export type ImageOrder = ImageSize & {
  readonly model: string
  readonly kind: ImageKind
  readonly prompt: string
  readonly n: number
  readonly quality: GptQuality
  readonly format: ImageFormat
  readonly compression: number
  readonly isTransparent: boolean
  /** Links are for DALL-E only. */
  readonly isLink: boolean
  readonly isStream: boolean
  readonly partialImages: number
  readonly safetyIdentifier: string | undefined
  /** What is edited or varied; none for a picture out of nothing. */
  readonly inputs: readonly Input[]
  readonly hasHighFidelity: boolean
}

const gptOnly = {
  background: optional(choice('transparent', 'opaque', 'auto')),
  complexity: optional(choice('low', 'medium', 'high')),
  moderation: optional(choice('low', 'auto')),
  output_compression: optional(integer({ min: 0, max: 100 })),
  output_format: optional(choice('png', 'webp', 'jpeg')),
  partial_images: optional(integer({ min: 0, max: 3 })),
  safety_identifier: optional(string()),
  stream: optional(boolean()),
}

const shared = (kind: ImageKind) => ({
  prompt: string({ min: 1, max: promptLengthMax[kind] }),
  model: optional(string()),
  n: optional(integer({ min: 1, max: kind === 'dall-e-3' ? 1 : 10 })),
  quality: optional(string()),
  size: optional(string()),
  user: optional(string()),
})

const answerAs = { response_format: optional(choice('url', 'b64_json')) }

/** What a model does not take is an unknown parameter of it: `response_format` of GPT image models, `output_format` of DALL-E. */
const shapes = {
  'dall-e-2': { ...shared('dall-e-2'), ...answerAs },
  'dall-e-3': { ...shared('dall-e-3'), ...answerAs, style: optional(choice('vivid', 'natural')) },
  gpt: { ...shared('gpt'), ...gptOnly, input_fidelity: optional(choice('high', 'low')) },
} satisfies Record<ImageKind, Shape>

const defaultGptModel = 'gpt-image-1.5'

/** Quirk: the model is DALL-E 2 where nobody names one, unless a parameter is there that only GPT image models have. */
export function generationModel(platform: Platform, body: JsonObject): string {
  const isGpt = Object.keys(gptOnly).some((name) => body[name] !== undefined) || ['low', 'medium', 'high'].includes(String(body['quality']))
  return readModel(platform, body, isGpt ? defaultGptModel : 'dall-e-2')
}

export const editModel = (platform: Platform, body: JsonObject): string => readModel(platform, body, defaultGptModel)

function readModel(platform: Platform, body: JsonObject, otherwise: string): string {
  const given = body['model'] ?? otherwise
  if (typeof given !== 'string') throw invalidType('model', 'a string', given)
  requireModel(platform, given, 'image')
  return given
}

type ReadOptions = { readonly model: string; readonly isForm?: boolean; readonly inputs: readonly Input[]; readonly requestId: string }

/** `body` without what names inputs. */
export function readOrder(body: JsonObject, { model, isForm = false, inputs, requestId }: ReadOptions): ImageOrder {
  const kind = kindOf(model)
  const { input_fidelity: _, ...generating } = shapes.gpt
  const shape = kind !== 'gpt' ? shapes[kind] : inputs.length > 0 ? shapes.gpt : generating
  // Every field of any model, each undefined where the model does not have it.
  const request: Partial<ReturnType<typeof readShape<typeof shapes.gpt & typeof answerAs>>> = readShape(shape, body, { isForm })
  const format = request.output_format ?? 'png'
  const isTransparent = request.background === 'transparent'
  if (isTransparent && format === 'jpeg')
    throw invalid('Transparent background is not supported for JPEG output format', 'background', 'invalid_value')
  const compression = request.output_compression ?? 100
  if (compression < 100 && format === 'png')
    throw invalid('Compression less than 100 is not supported for PNG output format', 'output_compression', 'invalid_value')
  checkFidelity(model, request.input_fidelity)
  const quality = readQuality(model, request.quality)
  const size = readSize(model, request.size, autoSize(inputs[0]))
  const prompt = request.prompt ?? ''
  if (isBlockedPrompt(prompt)) throw blocked(kind, requestId)
  return {
    ...size,
    model,
    kind,
    prompt,
    n: request.n ?? 1,
    quality,
    format,
    compression,
    isTransparent,
    isLink: kind !== 'gpt' && request.response_format !== 'b64_json',
    isStream: request.stream ?? false,
    partialImages: request.partial_images ?? 0,
    // An empty one is none.
    safetyIdentifier: [request.safety_identifier, request.user].find((each) => each !== undefined && each !== ''),
    inputs,
    hasHighFidelity: request.input_fidelity === 'high',
  }
}

/** A variation has no prompt, and DALL-E 2 alone makes them. */
export function readVariation(body: JsonObject, inputs: readonly Input[]): ImageOrder {
  const { prompt: _prompt, quality: _quality, ...shape } = shapes['dall-e-2']
  const request = readShape(shape, body, { isForm: true })
  const model = request.model ?? 'dall-e-2'
  if (model !== 'dall-e-2') throw invalidValue('model', model, ['dall-e-2'])
  return {
    ...readSize(model, request.size, { width: 1024, height: 1024 }),
    model,
    kind: 'dall-e-2',
    prompt: '',
    n: request.n ?? 1,
    quality: 'high',
    format: 'png',
    compression: 100,
    isTransparent: false,
    isLink: request.response_format !== 'b64_json',
    isStream: false,
    partialImages: 0,
    safetyIdentifier: undefined,
    inputs,
    hasHighFidelity: false,
  }
}

function checkFidelity(model: string, given: 'high' | 'low' | undefined): void {
  if (given === undefined) return
  if (/^gpt-image-(?:[2-9]|\d\d)/.test(model) || (model === 'gpt-image-1-mini' && given === 'high'))
    throw imageError(
      `The model '${model}' does not support the 'input_fidelity' parameter.`,
      'input_fidelity',
      'invalid_input_fidelity_model',
    )
}

/** An edited picture keeps the orientation of the first one. */
function autoSize(input: Input | undefined): ImageSize {
  const { width, height } = input?.size ?? { width: 1, height: 1 }
  if (width > height * 1.2) return { width: 1536, height: 1024 }
  return height > width * 1.2 ? { width: 1024, height: 1536 } : { width: 1024, height: 1024 }
}

function blocked(kind: ImageKind, requestId: string): Error {
  if (kind !== 'gpt')
    return imageError(
      'Your request was rejected as a result of our safety system. Your prompt may contain text that is not allowed by our safety system.',
      null,
      'content_policy_violation',
    )
  return imageError(
    `Your request was rejected by the safety system. If you believe this is an error, contact us at help.openai.com and include the request ID ${requestId}.`,
    null,
    'moderation_blocked',
  )
}
