// Images, speech and videos: pictures and recordings come in as base64 or as files of the conversation and go out as forms;
// what is made is handed to the conversation as files, because as text it would not fit an answer.
import type { Readable } from 'node:stream'
import type { EndpointId } from '../../catalog/index.ts'
import { Refusal } from '../../kernel/errors.ts'
import type { Action, ActionAnswer, Handler } from '../action.ts'
import { writeForm, type FormFile } from '../form.ts'
import { checkMimeType, decodeBase64, fetchRef, readFileRefs, type FileRef, type Given } from '../payload.ts'
import { invalid, isObject } from '../../kernel/shape.ts'
import { maxInlineBytes } from '../wrappers.ts'
import { handedFile, type HandedFile } from './contents.ts'

/** dall-e-2 takes PNG up to 4 MB, the GPT image models three formats up to 50 MB (OpenAI, "Create image edit"). */
const imageRules = {
  dalle: { maxBytes: 4_194_304, limit: '4 MB', kinds: ['image/png'], wrong: 'Uploaded image must be a PNG' },
  gpt: {
    maxBytes: 52_428_800,
    limit: '50 MB',
    kinds: ['image/png', 'image/jpeg', 'image/webp'],
    wrong: 'Uploaded image must be a PNG, JPEG or WebP',
  },
} as const
type ImageRules = (typeof imageRules)[keyof typeof imageRules]

const maxVideoInputBytes = 26_214_400
/** What a transcription takes (OpenAI, "Speech to text"). */
const maxAudioBytes = 26_214_400

export const generateImages: Handler = async (action) => {
  required(action, 'prompt')
  return handImages(action, await action.callJson('images.generate', { json: action.body }))
}

export const editImages: Handler = async (action) => {
  required(action, 'prompt')
  const { model } = action.body
  return await sendImages(
    action,
    'images.edit',
    ['prompt', ...imageFields],
    typeof model === 'string' && model.startsWith('dall-e') ? imageRules.dalle : imageRules.gpt,
    true,
  )
}

export const varyImages: Handler = (action) => sendImages(action, 'images.variation', imageFields, imageRules.dalle, false)

const imageFields = [
  'model',
  'n',
  'size',
  'response_format',
  'user',
  'quality',
  'background',
  'output_format',
  'output_compression',
  'input_fidelity',
]

async function sendImages(
  action: Action,
  id: EndpointId,
  names: readonly string[],
  rules: ImageRules,
  takesMask: boolean,
): Promise<ActionAnswer> {
  const fields = formFields(action, names)
  const refs = readFileRefs(action.body['openaiFileIdRefs'])
  const image = await readImage(action, 'image', refs[0], rules)
  if (image === null) throw new Refusal('invalid_file', { why: 'Missing image input' })
  const mask = takesMask ? await readImage(action, 'mask', refs[1], rules) : null
  return handImages(action, await action.callJson(id, { form: writeForm(fields, mask === null ? [image] : [image, mask]) }))
}

/** Held, because its first bytes say whether it is an image at all. */
async function readImage(action: Action, field: 'image' | 'mask', ref: FileRef | undefined, rules: ImageRules): Promise<FormFile | null> {
  const tooLarge = (): Refusal => new Refusal('invalid_file', { why: `Image exceeds ${rules.limit} limit` })
  const { [`${field}_url`]: url, [`${field}_base64`]: base64 } = action.body
  let given: Given | null = null
  if (ref !== undefined) given = await fetchRef(action, ref, rules.maxBytes, tooLarge)
  else if (typeof base64 === 'string')
    given = {
      name: `${field}.png`,
      mimeType: 'image/png',
      content: decodeBase64(base64, {
        maxBytes: rules.maxBytes,
        invalid: `Invalid ${field}_base64: it is no base64`,
        empty: 'Missing image input',
        tooLarge: tooLarge(),
      }),
    }
  else if (typeof url === 'string')
    given = await fetchRef(action, { link: url, name: `${field}.png`, mimeType: null }, rules.maxBytes, tooLarge)
  else if ((url !== undefined && url !== null) || (base64 !== undefined && base64 !== null))
    throw invalid(`${field}_${base64 === undefined ? 'url' : 'base64'}`, 'expected a string')
  if (given === null) return null
  const content = Buffer.isBuffer(given.content) ? given.content : await collected(given.content.stream)
  const mimeType = imageType(content)
  if (!rules.kinds.some((kind) => kind === mimeType)) throw new Refusal('invalid_file', { why: rules.wrong })
  return { field, name: given.name, mimeType, content }
}

async function collected(stream: Readable): Promise<Buffer> {
  try {
    return Buffer.concat((await stream.toArray()) as Buffer[])
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal('file_not_fetched', { why: 'Failed to download file' }, { cause: error })
  }
}

/** By the first bytes: PNG (RFC 2083 3.1), JPEG, and WebP in its RIFF box (RFC 9649 2.4). */
function imageType(bytes: Buffer): 'image/png' | 'image/jpeg' | 'image/webp' | 'other' {
  const start = bytes.toString('latin1', 0, 12)
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (start.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  return start.startsWith('RIFF') && start.endsWith('WEBP') ? 'image/webp' : 'other'
}

/** The pictures leave `data` for `openaiFileResponse`; everything else stays. */
function handImages({ body }: Action, answer: Record<string, unknown>): ActionAnswer {
  const format =
    typeof answer['output_format'] === 'string'
      ? answer['output_format']
      : typeof body['output_format'] === 'string'
        ? body['output_format']
        : 'png'
  const files: HandedFile[] = []
  const data = (Array.isArray(answer['data']) ? answer['data'] : []).map((each: unknown) => {
    if (!isObject(each) || typeof each['b64_json'] !== 'string') return each
    const { b64_json: content, ...rest } = each
    files.push({
      name: `image-${files.length + 1}.${format === 'jpeg' ? 'jpg' : format}`,
      mime_type: `image/${format}`,
      content,
    })
    return rest
  })
  return { value: { ...answer, data, ...(files.length === 0 ? {} : { openaiFileResponse: files }) } }
}

export const hear =
  (id: EndpointId): Handler =>
  async (action) => {
    const fields = formFields(action, ['model', 'language', 'prompt', 'temperature'])
    const [ref] = readFileRefs(action.body['openaiFileIdRefs'])
    const { data_base64: data, filename, mime_type: mimeType } = action.body
    const tooLarge = (): Refusal => new Refusal('file_too_large', { why: `File too large for Actions wrapper (>${maxAudioBytes} bytes)` })
    if (ref === undefined && typeof data !== 'string') throw new Refusal('missing_required_parameter', { param: 'openaiFileIdRefs' })
    const given: Given =
      ref !== undefined
        ? await fetchRef(action, ref, maxAudioBytes, tooLarge)
        : {
            name: typeof filename === 'string' ? filename : 'recording.mp3',
            mimeType: checkMimeType(mimeType),
            content: decodeBase64(String(data), {
              maxBytes: maxAudioBytes,
              invalid: 'Invalid base64 in data_base64',
              empty: 'Empty file upload is not allowed',
              tooLarge: tooLarge(),
            }),
          }
    return { value: await action.callJson(id, { form: writeForm(fields, [{ ...given, field: 'file' }]) }) }
  }

export const speak: Handler = async (action) => {
  const { bytes, headers } = await action.callBytes('audio.speech.create', maxInlineBytes, { json: action.body })
  const { response_format: format } = action.body
  return {
    value: {
      openaiFileResponse: [
        handedFile(`speech.${typeof format === 'string' ? format : 'mp3'}`, checkMimeType(headers['content-type']), bytes),
      ],
    },
  }
}

/** The predecessor's body; the operation it named exists nowhere, so the job is made where jobs are made. */
export const generateVideo: Handler = async (action) => {
  const { body } = action
  required(action, 'prompt')
  const given = body['seconds'] ?? body['duration_seconds']
  const seconds = typeof given === 'number' ? String(given) : given
  oneOf('model', body['model'], ['sora-2', 'sora-2-pro'])
  oneOf('size', body['size'], ['720x1280', '1280x720', '1024x1792', '1792x1024'])
  oneOf('seconds', seconds, ['4', '8', '12'])
  const { frames } = body
  if (frames !== undefined && frames !== null && !(Number.isSafeInteger(frames) && Number(frames) >= 1 && Number(frames) <= 300))
    throw invalid('frames', 'expected an integer from 1 to 300')
  const fields = formFields(action, ['prompt', 'model', 'size'])
  if (typeof seconds === 'string') fields.push(['seconds', seconds])
  const tooLarge = (): Refusal =>
    new Refusal('file_too_large', { why: `Input too large for Actions wrapper (>${maxVideoInputBytes} bytes)` })
  const [ref] = readFileRefs(body['openaiFileIdRefs'])
  const data = body['data_base64'] ?? body['input_reference_base64']
  if (data !== undefined && data !== null && typeof data !== 'string') throw invalid('data_base64', 'expected a string')
  const input =
    ref !== undefined
      ? await fetchRef(action, ref, maxVideoInputBytes, tooLarge)
      : typeof data === 'string'
        ? {
            name: typeof body['filename'] === 'string' ? body['filename'] : 'input.mp4',
            mimeType: checkMimeType(body['mime_type'] ?? 'video/mp4'),
            content: decodeBase64(data, {
              maxBytes: maxVideoInputBytes,
              invalid: 'Invalid base64 in data_base64',
              empty: 'Empty file upload is not allowed',
              tooLarge: tooLarge(),
            }),
          }
        : null
  return {
    value: await action.callJson(
      'videos.create',
      input === null ? { json: Object.fromEntries(fields) } : { form: writeForm(fields, [{ ...input, field: 'input_reference' }]) },
    ),
  }
}

function required({ body }: Action, param: string): void {
  if (body[param] === undefined || body[param] === null) throw new Refusal('missing_required_parameter', { param })
}

function oneOf(param: string, value: unknown, allowed: readonly string[]): void {
  if (value !== undefined && value !== null && !allowed.includes(value as string))
    throw invalid(param, `expected one of ${allowed.join(', ')}`)
}

/** Members that a form can carry; what is given as anything but text, a number or a boolean is refused. */
function formFields({ body }: Action, names: readonly string[]): [string, string][] {
  return names.flatMap((name): [string, string][] => {
    const value = body[name]
    if (value === undefined || value === null) return []
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') throw invalid(name, 'expected a string')
    return [[name, String(value).toWellFormed()]]
  })
}
