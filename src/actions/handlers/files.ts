// Files, uploads and vector stores: JSON in, multipart out.
import { Refusal } from '../../kernel/errors.ts'
import type { Action, Handler } from '../action.ts'
import { writeForm } from '../form.ts'
import { checkMimeType, decodeBase64, fetchRef, readFileRefs, type Given } from '../payload.ts'
import { invalid } from '../../kernel/shape.ts'
import { maxInlineBytes } from '../wrappers.ts'

/** Files of a conversation can be as large as ChatGPT takes them. */
const maxFetchedBytes = 536_870_912
/** A part of an upload (OpenAI, "Add upload part"). */
const maxPartBytes = 67_108_864

const tooLarge = (maxBytes: number) => (): Refusal =>
  new Refusal('file_too_large', { why: `File too large for Actions wrapper (>${maxBytes} bytes)` })

/** One upload after the other: a file is fetched while it is sent on, and ten at once would be ten times the memory. */
async function uploadAll(action: Action, purpose: string): Promise<Record<string, unknown>[]> {
  const { body } = action
  const refs = readFileRefs(body['openaiFileIdRefs'])
  if (refs.length > 0 && typeof body['data_base64'] === 'string') throw invalid('data_base64', 'send it or openaiFileIdRefs, not both')
  const uploaded: Record<string, unknown>[] = []
  for (const next of refs.length === 0
    ? [inline(body, 'file')]
    : refs.map((ref) => () => fetchRef(action, ref, maxFetchedBytes, tooLarge(maxFetchedBytes))))
    uploaded.push(await upload(action, purpose, await next()))
  return uploaded
}

function upload(action: Action, purpose: string, file: Given): Promise<Record<string, unknown>> {
  const expires = action.body['expires_after'] as { anchor: string; seconds: number } | null | undefined
  const fields: [string, string][] = [['purpose', purpose]]
  if (expires !== undefined && expires !== null)
    fields.push(['expires_after[anchor]', expires.anchor], ['expires_after[seconds]', String(expires.seconds)])
  return action.callJson('files.create', { form: writeForm(fields, [{ ...file, field: 'file' }]) })
}

function inline(body: Action['body'], kind: 'file' | 'part'): () => Promise<Given> {
  const { data_base64: data, filename, mime_type: mimeType } = body
  if (typeof data !== 'string') throw new Refusal('missing_required_parameter', { param: 'data_base64' })
  if (kind === 'file' && typeof filename !== 'string') throw new Refusal('missing_required_parameter', { param: 'filename' })
  const content = decodeBase64(data, {
    maxBytes: maxInlineBytes,
    invalid: kind === 'file' ? 'Invalid base64 in data_base64' : 'Invalid data_base64: it is no base64',
    empty: kind === 'file' ? 'Empty file upload is not allowed' : 'Empty upload part is not allowed',
    tooLarge: new Refusal('file_too_large', {
      why:
        kind === 'file'
          ? `File too large for Actions wrapper (>${maxInlineBytes} bytes)`
          : `Upload part too large (>${maxInlineBytes} bytes)`,
    }),
  })
  return () => Promise.resolve({ name: typeof filename === 'string' ? filename : 'part', mimeType: checkMimeType(mimeType), content })
}

export const uploadFiles: Handler = async (action) => {
  const uploaded = await uploadAll(action, String(action.body['purpose']))
  return { value: uploaded.length === 1 ? uploaded[0] : { object: 'list', data: uploaded } }
}

export const attachFiles: Handler = async (action) => {
  const { attributes, chunking_strategy: chunkingStrategy } = action.body
  const data: Record<string, unknown>[] = []
  for (const file of await uploadAll(action, 'assistants'))
    data.push(
      await action.callJson('vector_stores.files.create', {
        params: action.params,
        json: {
          file_id: file['id'],
          ...(attributes === undefined ? {} : { attributes }),
          ...(chunkingStrategy === undefined ? {} : { chunking_strategy: chunkingStrategy }),
        },
      }),
    )
  return { value: { object: 'list', data } }
}

export const addUploadPart: Handler = async (action) => {
  const [ref] = readFileRefs(action.body['openaiFileIdRefs'])
  const part =
    ref === undefined
      ? await inline(action.body, 'part')()
      : await fetchRef(
          action,
          ref,
          maxPartBytes,
          () => new Refusal('file_too_large', { why: `Upload part too large (>${maxPartBytes} bytes)` }),
        )
  return {
    value: await action.callJson('uploads.parts.create', { params: action.params, form: writeForm([], [{ ...part, field: 'data' }]) }),
  }
}
