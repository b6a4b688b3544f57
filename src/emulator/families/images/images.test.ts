import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toFile } from 'openai'
import type OpenAI from 'openai'
import { refusal, startTestEmulator } from '../../../../test/harness/emulator.ts'
import { imageFactsOf } from '../../media/image-facts.ts'
import { createMosaic } from '../../media/mosaic.ts'
import { encodePng } from '../../media/png.ts'

const pictureOf = (image: { b64_json?: string } | undefined): Buffer => Buffer.from(image?.b64_json ?? '', 'base64')

const upload = (width = 256, height = 256, type = 'image/png'): ReturnType<typeof toFile> =>
  toFile(encodePng(createMosaic({ seed: 'upload', width, height })), 'upload.png', { type })

test('a picture has the format and the size that were asked for', async () => {
  await using emulator = await startTestEmulator()
  const orders = [
    ['gpt-image-1', '1536x1024', 'png'],
    ['gpt-image-1', '1024x1536', 'jpeg'],
    ['gpt-image-2', '1536x864', 'webp'],
    ['gpt-image-2.5-flare', '2048x1152', 'jpeg'],
  ] as const
  for (const [model, size, format] of orders) {
    const answer = await emulator.client.images.generate({ prompt: 'a fox', model, size, output_format: format })
    const [width, height] = size.split('x').map(Number)
    assert.deepEqual(imageFactsOf(pictureOf(answer.data?.[0])), { format, width, height })
    assert.deepEqual([answer.size, answer.output_format, answer.background, answer.quality], [size, format, 'opaque', 'high'])
  }
})

test('the same prompt gives the same picture, and another prompt or the next of n another one', async () => {
  await using emulator = await startTestEmulator()
  const paint = async (prompt: string): Promise<Buffer[]> =>
    ((await emulator.client.images.generate({ prompt, model: 'gpt-image-1', n: 2 })).data ?? []).map(pictureOf)
  const [first, second] = await paint('a fox')
  assert.deepEqual(await paint('a fox'), [first, second])
  assert.notDeepEqual(first, second)
  assert.notDeepEqual((await paint('a wolf'))[0], first)
})

test('usage counts what is read and what is painted', async () => {
  await using emulator = await startTestEmulator()
  const usageOf = async (quality: 'low' | 'high', size: string): Promise<OpenAI.Images.ImagesResponse.Usage | undefined> =>
    (await emulator.client.images.generate({ prompt: 'a red fox', model: 'gpt-image-1', quality, size })).usage
  assert.deepEqual(await usageOf('low', '1024x1024'), {
    input_tokens: 3,
    input_tokens_details: { image_tokens: 0, text_tokens: 3 },
    output_tokens: 272,
    output_tokens_details: { image_tokens: 272, text_tokens: 0 },
    total_tokens: 275,
  })
  assert.equal((await usageOf('high', '1536x1024'))?.output_tokens, 6240)
})

test('a link of DALL-E works without a key, for an hour', async () => {
  await using emulator = await startTestEmulator()
  const { data, ...rest } = await emulator.client.images.generate({ prompt: 'a fox', size: '512x512', n: 2 })
  assert.deepEqual(Object.keys(rest), ['created'])
  assert.equal(data?.length, 2)
  const link = data?.[0]?.url ?? ''
  const fetched = await fetch(link)
  assert.deepEqual([fetched.status, fetched.headers.get('content-type')], [200, 'image/png'])
  assert.deepEqual(imageFactsOf(Buffer.from(await fetched.arrayBuffer())), { format: 'png', width: 512, height: 512 })
  await emulator.restart()
  assert.equal((await fetch(link.replace(/:\d+/, `:${emulator.running.port}`))).status, 200)
  emulator.running.clock.advance(3_601_000)
  assert.equal((await fetch(link.replace(/:\d+/, `:${emulator.running.port}`))).status, 403)
})

test('DALL-E 3 says what it made of the prompt', async () => {
  await using emulator = await startTestEmulator()
  const { data } = await emulator.client.images.generate({
    prompt: 'a fox',
    model: 'dall-e-3',
    response_format: 'b64_json',
    size: '1792x1024',
  })
  assert.match(data?.[0]?.revised_prompt ?? '', /a fox$/)
  assert.equal(imageFactsOf(pictureOf(data?.[0]))?.width, 1792)
})

test('a stream shows unfinished pictures and ends with the one that is answered at once', async () => {
  await using emulator = await startTestEmulator()
  const order = { prompt: 'a fox', model: 'gpt-image-1', output_format: 'webp' } as const
  const events = await Array.fromAsync(await emulator.client.images.generate({ ...order, stream: true, partial_images: 2 }))
  assert.deepEqual(
    events.map((event) => [event.type, 'partial_image_index' in event ? event.partial_image_index : null]),
    [
      ['image_generation.partial_image', 0],
      ['image_generation.partial_image', 1],
      ['image_generation.completed', null],
    ],
  )
  const last = events.at(-1)
  assert.equal(last?.b64_json, (await emulator.client.images.generate(order)).data?.[0]?.b64_json)
  assert.notEqual(events[0]?.b64_json, last?.b64_json)
  assert.equal(last?.type === 'image_generation.completed' ? last.usage.output_tokens : 0, 4160 + 2 * 100)
  const raw = await emulator.send('POST', '/v1/images/generations', { ...order, stream: true })
  assert.match(await raw.text(), /^event: image_generation\.completed\ndata: \{"type":"image_generation\.completed",/)
})

test('an edit takes uploads, files and data URLs, and depends on them', async () => {
  await using emulator = await startTestEmulator()
  const { client } = emulator
  const order = { prompt: 'add a hat', model: 'gpt-image-1' } as const
  const fromForm = await client.images.edit({ ...order, image: await upload(320, 160) })
  assert.deepEqual([fromForm.size, fromForm.usage?.input_tokens_details.image_tokens], ['1536x1024', 65 + 2 * 129])
  const stored = await client.files.create({ file: await upload(320, 160), purpose: 'vision' })
  const sendJson = async (image: object): Promise<OpenAI.Images.ImagesResponse> =>
    (await (await emulator.send('POST', '/v1/images/edits', { ...order, images: [image] })).json()) as OpenAI.Images.ImagesResponse
  const data = Buffer.from(await (await upload(320, 160)).arrayBuffer()).toString('base64')
  for (const image of [{ file_id: stored.id }, { image_url: `data:image/png;base64,${data}` }])
    assert.equal((await sendJson(image)).data?.[0]?.b64_json, fromForm.data?.[0]?.b64_json)
  const other = await client.images.edit({ ...order, size: '1536x1024', image: [await upload(320, 160), await upload()] })
  assert.notEqual(other.data?.[0]?.b64_json, fromForm.data?.[0]?.b64_json)
  const events = await Array.fromAsync(await client.images.edit({ ...order, image: await upload(), stream: true, partial_images: 1 }))
  assert.deepEqual(
    events.map(({ type }) => type),
    ['image_edit.partial_image', 'image_edit.completed'],
  )
})

test('variations come from DALL-E 2', async () => {
  await using emulator = await startTestEmulator()
  const { data } = await emulator.client.images.createVariation({
    image: await upload(),
    n: 2,
    size: '256x256',
    response_format: 'b64_json',
  })
  assert.deepEqual(
    data?.map((image) => imageFactsOf(pictureOf(image))),
    Array.from({ length: 2 }, () => ({ format: 'png', width: 256, height: 256 })),
  )
  assert.notEqual(data?.[0]?.b64_json, data?.[1]?.b64_json)
})

test('what a model does not take is refused in the words of OpenAI', async () => {
  await using emulator = await startTestEmulator()
  const refusals: readonly (readonly [
    order: Partial<OpenAI.Images.ImageGenerateParamsNonStreaming>,
    message: RegExp,
    param: string | null,
    code: string | null,
  ])[] = [
    [{ prompt: undefined as never }, /^Missing required parameter: 'prompt'\.$/, 'prompt', 'missing_required_parameter'],
    [
      { size: '512x512' },
      /^Invalid value: '512x512'\. Supported values are: '1024x1024', '1024x1536', '1536x1024', and 'auto'\.$/,
      'size',
      'invalid_value',
    ],
    [
      { model: 'gpt-image-2', size: '872x2048' },
      /^Invalid size '872x2048'\. Width and height must both be divisible by 16\.$/,
      'size',
      'invalid_value',
    ],
    [{ model: 'gpt-image-2', size: '512x512' }, /below the current minimum pixel budget\.$/, 'size', 'invalid_value'],
    [{ model: 'gpt-image-2', size: '3840x1024' }, /between 1:3 and 3:1\.$/, 'size', 'invalid_value'],
    [{ response_format: 'url' }, /^Unknown parameter: 'response_format'\.$/, 'response_format', 'unknown_parameter'],
    [{ model: 'dall-e-3', output_format: 'png' }, /^Unknown parameter: 'output_format'\.$/, 'output_format', 'unknown_parameter'],
    [{ model: 'dall-e-3', n: 2 }, /Expected a value <= 1, but got 2 instead\.$/, 'n', 'integer_above_max_value'],
    [{ n: 0 }, /Expected a value >= 1, but got 0 instead\.$/, 'n', 'integer_below_min_value'],
    [{ quality: 'hd' }, /^Invalid value: 'hd'\./, 'quality', 'invalid_value'],
    [{ output_format: 'jpeg', background: 'transparent' }, /not supported for JPEG/, 'background', 'invalid_value'],
    [{ output_compression: 50 }, /not supported for PNG/, 'output_compression', 'invalid_value'],
    [{ prompt: 'gore' }, /rejected by the safety system/, null, 'moderation_blocked'],
    [{ model: 'gpt-image-0' }, /does not exist/, null, 'model_not_found'],
  ]
  for (const [order, message, param, code] of refusals) {
    const error = await refusal(emulator.client.images.generate({ prompt: 'a fox', model: 'gpt-image-1', ...order }))
    assert.match(error.message, message)
    assert.deepEqual([error.param, error.code], [param, code])
  }
})

test('what is no picture, or no picture for this, is refused', async () => {
  await using emulator = await startTestEmulator()
  const edit = async (fields: Partial<OpenAI.Images.ImageEditParamsNonStreaming>): ReturnType<typeof refusal> =>
    refusal(emulator.client.images.edit({ image: await upload(), prompt: 'a hat', model: 'gpt-image-1', ...fields }))
  assert.deepEqual(await edit({ image: await upload(256, 256, 'application/octet-stream') }), {
    status: 400,
    message:
      "Invalid file 'image': unsupported mimetype ('application/octet-stream'). Supported file formats are 'image/jpeg', 'image/png', and 'image/webp'.",
    param: 'image',
    code: 'unsupported_file_mimetype',
  })
  assert.equal((await edit({ image: await toFile(Buffer.from('no picture'), 'a.png', { type: 'image/png' }) })).code, 'invalid_image_file')
  assert.equal((await edit({ mask: await upload(128, 128) })).param, 'mask')
  assert.match((await edit({ model: 'dall-e-2', image: await upload(256, 128) })).message, /square/)
  assert.equal((await edit({ model: 'gpt-image-2', input_fidelity: 'high' })).code, 'invalid_input_fidelity_model')
  const unknown = await emulator.send('POST', '/v1/images/edits', { prompt: 'a hat', images: [{ file_id: 'file-none' }] })
  assert.equal(unknown.status, 404)
  const both = await emulator.send('POST', '/v1/images/edits', {
    prompt: 'a hat',
    images: [{ file_id: 'file-none', image_url: 'https://x' }],
  })
  assert.equal(both.status, 400)
})
