// Images: generated, edited, varied; answered at once, as links, or as a stream with pictures that are not finished.
import { json, sse } from '../../answer.ts'
import type { Answer, SseEvent } from '../../answer.ts'
import type { Call, Family } from '../../behaviour.ts'
import { invalidValue } from '../../errors.ts'
import { noteMade } from '../../provenance.ts'
import { publish } from '../../public-files.ts'
import { readFormInputs, readJsonInputs, requireSquare } from './inputs.ts'
import { kindOf } from './models.ts'
import { paint, usageOf } from './paint.ts'
import { editModel, generationModel, readOrder, readVariation } from './request.ts'
import type { ImageOrder } from './request.ts'

export const images = {
  'images.generate': async (call) => {
    const body = await call.json()
    const model = generationModel(call.platform, body)
    return deliver(call, 'image_generation', readOrder(body, { model, inputs: [], requestId: call.requestId }))
  },
  'images.edit': async (call) => {
    if (!call.isForm) {
      const body = await call.json()
      const model = editModel(call.platform, body)
      // Quirk: DALL-E takes its pictures as uploads only.
      if (kindOf(model) !== 'gpt') throw invalidValue('model', model, gptEditModels)
      const [inputs, rest] = await readJsonInputs(call.platform, body)
      return deliver(call, 'image_edit', readOrder(rest, { model, inputs, requestId: call.requestId }))
    }
    await using form = await call.form()
    const model = editModel(call.platform, form.fields)
    const kind = kindOf(model)
    if (kind === 'dall-e-3') throw invalidValue('model', model, ['dall-e-2', ...gptEditModels])
    const inputs = await readFormInputs(form, kind)
    if (kind === 'dall-e-2') requireSquare(inputs)
    return await deliver(call, 'image_edit', readOrder(form.fields, { model, isForm: true, inputs, requestId: call.requestId }))
  },
  'images.variation': async (call) => {
    await using form = await call.form()
    const inputs = await readFormInputs(form, 'dall-e-2')
    requireSquare(inputs)
    return await deliver(call, 'image_generation', readVariation(form.fields, inputs))
  },
} satisfies Family

const gptEditModels = ['gpt-image-1', 'gpt-image-1-mini', 'gpt-image-1.5', 'gpt-image-2', 'chatgpt-image-latest']

type EventFamily = 'image_generation' | 'image_edit'

async function deliver(call: Call, family: EventFamily, order: ImageOrder): Promise<Answer> {
  if (order.isStream) return sse(events(call, family, order))
  const { platform } = call
  const data: object[] = []
  for (let index = 0; index < order.n; index++) {
    const picture = await paint(order, index)
    noteMade(platform, picture, order.model)
    const content = order.isLink
      ? { url: publish(platform, picture, `image/${order.format}`, call.header('host')) }
      : { b64_json: picture.toString('base64') }
    data.push({ ...(order.kind === 'dall-e-3' ? { revised_prompt: revised(order.prompt) } : {}), ...content })
  }
  const created = platform.clock.seconds()
  if (order.kind !== 'gpt') return json({ created, data })
  return json({ created, ...settingsOf(order), data, usage: usageOf(platform, order, order.n) })
}

/** Quirk: DALL-E 3 writes every prompt anew and says how. */
const revised = (prompt: string): string => `A detailed, vivid picture of the following: ${prompt}`

function settingsOf({ isTransparent, format, quality, width, height, safetyIdentifier }: ImageOrder): object {
  return {
    background: isTransparent ? 'transparent' : 'opaque',
    output_format: format,
    quality,
    size: `${width}x${height}`,
    ...(safetyIdentifier === undefined ? {} : { safety_identifier: safetyIdentifier }),
  }
}

/** How much coarser the last unfinished picture is than the finished one, and each earlier one than the next. */
const coarser = 2

/** Every picture in its stages; each is painted when the one before has gone out. */
async function* events({ platform, signal }: Call, family: EventFamily, order: ImageOrder): AsyncGenerator<SseEvent> {
  const { safety_identifier: identifier, ...settings } = settingsOf(order) as { safety_identifier?: string }
  for (let index = 0; index < order.n; index++) {
    for (let partial = 0; partial <= order.partialImages; partial++) {
      if (partial > 0 || index > 0) await platform.clock.sleep(platform.settings.tokenPaceMs, signal)
      if (signal.aborted) return
      const isLast = partial === order.partialImages
      const picture = await paint(order, index, coarser ** (order.partialImages - partial))
      noteMade(platform, picture, order.model)
      const type = `${family}.${isLast ? 'completed' : 'partial_image'}`
      yield {
        event: type,
        data: {
          type,
          b64_json: picture.toString('base64'),
          ...(isLast ? {} : { partial_image_index: partial }),
          created_at: platform.clock.seconds(),
          ...settings,
          ...(isLast && identifier !== undefined ? { safety_identifier: identifier } : {}),
          ...(isLast ? { usage: streamedUsage(platform, order) } : {}),
        },
      }
    }
  }
}

/** Quirk: a stream counts its output in one number, without details. */
function streamedUsage(platform: Call['platform'], order: ImageOrder): object {
  const { output_tokens_details: _, ...usage } = usageOf(platform, order, 1)
  return usage
}
