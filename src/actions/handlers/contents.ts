// Contents of files: as pages of text a model can read, or handed to the conversation as files.
import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { EndpointId } from '../../catalog/index.ts'
import { Refusal } from '../../kernel/errors.ts'
import { PassOn, type Action, type Handler } from '../action.ts'
import { pageOf } from '../page.ts'
import { checkMimeType } from '../payload.ts'
import { maxAnswerCharacters, maxInlineBytes } from '../wrappers.ts'

/** One of `openaiFileResponse` (OpenAI, "Sending and returning files with GPT Actions"). */
export type HandedFile = { readonly name: string; readonly mime_type: string; readonly content: string }

export const handedFile = (name: string, mimeType: string, bytes: Buffer): HandedFile => ({
  name,
  mime_type: mimeType,
  content: bytes.toString('base64'),
})

/** @param metadata names the row that knows the name of the file */
export function readContent(content: EndpointId, metadata: EndpointId): Handler {
  return async (action) => {
    const { as, offset = 0 } = action.query as { as?: 'text' | 'file'; offset?: number }
    if (as !== 'file') {
      const answer = await action.call(content, { params: action.params })
      if ((answer.statusCode ?? 0) >= 300) throw new PassOn(answer)
      const { bytes, isAll } = await readWindow(answer, offset)
      if (isText(bytes)) {
        const { text, hasMore, nextOffset } = pageOf(bytes, 0)
        const isMore = hasMore || !isAll
        return {
          value: {
            object: 'relay.text',
            content: text,
            offset,
            has_more: isMore,
            next_offset: isMore ? offset + (nextOffset ?? bytes.length) : null,
          },
        }
      }
      if (as === 'text') throw new Refusal('invalid_file', { why: 'This content is no text. Ask for it with as=file.', param: 'as' })
    }
    return { value: { openaiFileResponse: [await handOver(action, content, metadata, action.params)] } }
  }
}

export const readContents: Handler = async (action) => {
  const files: HandedFile[] = []
  for (const id of action.body['file_ids'] as readonly string[])
    files.push(await handOver(action, 'files.content', 'files.retrieve', { file_id: id }))
  return { value: { openaiFileResponse: files } }
}

export const readVideo: Handler = async (action) => {
  const { variant } = action.query as { variant?: string }
  const { bytes, headers } = await action.callBytes('videos.content', maxInlineBytes, {
    params: action.params,
    query: variant === undefined ? '' : `?variant=${variant}`,
  })
  const mimeType = checkMimeType(headers['content-type'])
  return {
    value: {
      openaiFileResponse: [handedFile(`${action.params['video_id'] ?? 'video'}.${extensions[mimeType] ?? 'mp4'}`, mimeType, bytes)],
    },
  }
}

const extensions: Readonly<Record<string, string>> = { 'image/webp': 'webp', 'image/jpeg': 'jpg', 'image/png': 'png' }

/** The upstream calls every stored file bytes; ChatGPT opens a file by its media type. */
const mimeTypes: Readonly<Record<string, string>> = {
  txt: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  html: 'text/html',
  json: 'application/json',
  jsonl: 'application/jsonl',
  pdf: 'application/pdf',
  zip: 'application/zip',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  mp4: 'video/mp4',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
}

function mimeTypeOf(name: string, answered: string | undefined): string {
  const known = mimeTypes[name.slice(name.lastIndexOf('.') + 1).toLowerCase()]
  return answered === undefined || answered.startsWith('application/octet-stream')
    ? (known ?? 'application/octet-stream')
    : checkMimeType(answered)
}

async function handOver(
  action: Action,
  content: EndpointId,
  metadata: EndpointId,
  params: Readonly<Record<string, string>>,
): Promise<HandedFile> {
  const { filename, path } = await action.callJson(metadata, { params })
  const { bytes, headers } = await action.callBytes(content, maxInlineBytes, { params })
  // A file of a container is named by its path.
  const name =
    typeof filename === 'string'
      ? filename
      : typeof path === 'string'
        ? path.slice(path.lastIndexOf('/') + 1)
        : (params['file_id'] ?? 'file')
  return handedFile(name, mimeTypeOf(name, headers['content-type']), bytes)
}

/** What can stand on one page, and whether that is the end of the content. */
async function readWindow(answer: IncomingMessage, offset: number): Promise<{ bytes: Buffer; isAll: boolean }> {
  const parts: Buffer[] = []
  let seen = 0
  let kept = 0
  let isAll = true
  for await (const chunk of answer) {
    const bytes = chunk as Buffer
    const part = seen + bytes.length <= offset ? null : bytes.subarray(Math.max(0, offset - seen))
    seen += bytes.length
    if (part === null) continue
    parts.push(part)
    kept += part.length
    isAll = kept <= maxAnswerCharacters
    // Leaving the loop destroys the answer, and with it the call.
    if (!isAll) break
  }
  const bytes = Buffer.concat(parts)
  return { bytes: isAll ? bytes : bytes.subarray(0, lastWhole(bytes, maxAnswerCharacters)), isAll }
}

function lastWhole(bytes: Buffer, end: number): number {
  let at = end
  while (at > 0 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at--
  return at
}

const isText = (bytes: Buffer): boolean => !bytes.includes(0) && isUtf8(bytes)
