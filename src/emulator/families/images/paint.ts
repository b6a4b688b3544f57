// The pictures of an order, and what they cost. The same order gets the same pictures.
import type { Platform } from '../../platform.ts'
import type { ImageOrder } from './request.ts'

/** Shared by all formats and sizes: a prompt has one picture, however it is asked for. */
const seedOf = ({ prompt, inputs }: ImageOrder, index: number): string =>
  JSON.stringify([prompt, inputs.map(({ digest }) => digest), index])

/** Picture `index` of the order; `factor` above 1 is one that is not finished. */
export async function paint(order: ImageOrder, index: number, factor = 1): Promise<Buffer> {
  const { coarsen, createMosaic } = await import('../../media/mosaic.ts')
  const { width, height, isTransparent, format, compression } = order
  const picture = coarsen(createMosaic({ seed: seedOf(order, index), width, height, isTransparent }), factor)
  switch (format) {
    case 'png':
      return (await import('../../media/png.ts')).encodePng(picture)
    case 'jpeg':
      return (await import('../../media/jpeg.ts')).encodeJpeg(picture, compression)
    case 'webp':
      return (await import('../../media/webp.ts')).encodeWebp(picture)
  }
}

export type ImageUsage = {
  readonly input_tokens: number
  readonly input_tokens_details: { readonly image_tokens: number; readonly text_tokens: number }
  readonly output_tokens: number
  readonly output_tokens_details: { readonly image_tokens: number; readonly text_tokens: number }
  readonly total_tokens: number
}

/** Output tokens of a square of 1024, by quality, from OpenAI's price list; other sizes in proportion. */
const squareTokens = { low: 272, medium: 1056, high: 4160, xhigh: 6240, max: 8320 }
const partialTokens = 100

/** What `pictures` of the order cost. */
export function usageOf(platform: Platform, order: ImageOrder, pictures: number): ImageUsage {
  const text = platform.tokens.count(order.prompt)
  const seen = order.inputs.reduce((sum, { size }) => sum + inputTokens(size ?? { width: 1024, height: 1024 }, order.hasHighFidelity), 0)
  const painted = Math.round((squareTokens[order.quality] * order.width * order.height) / 1024 ** 2)
  const output = pictures * (painted + (order.isStream ? order.partialImages * partialTokens : 0))
  return {
    input_tokens: text + seen,
    input_tokens_details: { image_tokens: seen, text_tokens: text },
    output_tokens: output,
    output_tokens_details: { image_tokens: output, text_tokens: 0 },
    total_tokens: text + seen + output,
  }
}

/** A picture is scaled to a shorter side of 512 and cut into tiles of that size; high fidelity costs a fixed amount more. */
function inputTokens({ width, height }: { readonly width: number; readonly height: number }, hasHighFidelity: boolean): number {
  const tiles = Math.ceil(Math.max(width, height) / Math.max(1, Math.min(width, height)))
  return 65 + 129 * tiles + (hasHighFidelity ? (width === height ? 4096 : 6144) : 0)
}
