// The files an action is given: base64 in the body, or files of the conversation by their download links.
import { Refusal } from '../kernel/errors.ts'
import type { Action } from './action.ts'
import type { FormFile } from './form.ts'
import { invalid, isObject } from '../kernel/shape.ts'

export type Given = Omit<FormFile, 'field'>

/** One character at a time: a pattern with groups runs out of stack over megabytes. */
const noBase64 = /[^A-Za-z0-9+/]/
const dataUrl = /^data:[\w.+-]+\/[\w.+-]+;base64,/

export type Base64Limits = { readonly maxBytes: number; readonly invalid: string; readonly empty: string; readonly tooLarge: Refusal }

/** @throws Refusal invalid_file, or `tooLarge` */
export function decodeBase64(text: string, limits: Base64Limits): Buffer {
  const start = dataUrl.exec(text)?.[0].length ?? 0
  // White space is what mail and editors put into it (RFC 2045 6.8); anything else would be dropped without a word.
  const bare = (start === 0 ? text : text.slice(start)).replace(/[\r\n\t ]/g, '')
  if (bare.length > Math.ceil(limits.maxBytes / 3) * 4) throw limits.tooLarge
  // RFC 4648 4: the end is filled up to four characters, or left out.
  const data = bare.replace(/={1,2}$/, '')
  if (noBase64.test(data) || data.length % 4 === 1 || (data.length < bare.length && bare.length % 4 !== 0))
    throw new Refusal('invalid_file', { why: limits.invalid })
  const bytes = Buffer.from(data, 'base64')
  if (bytes.length === 0) throw new Refusal('invalid_file', { why: limits.empty })
  if (bytes.length > limits.maxBytes) throw limits.tooLarge
  return bytes
}

export type FileRef = { readonly link: string; readonly name: string; readonly mimeType: string | null }

/** `openaiFileIdRefs` as ChatGPT sends them. @throws Refusal invalid_value, invalid_file */
export function readFileRefs(value: unknown): readonly FileRef[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw invalid('openaiFileIdRefs', 'expected an array')
  return value.map((each: unknown, at) => {
    if (typeof each === 'string') return { link: each, name: lastSegment(each), mimeType: null }
    if (!isObject(each)) throw invalid(`openaiFileIdRefs[${at}]`, 'expected an object')
    const { download_link: link, name, mime_type: mimeType } = each
    if (typeof link !== 'string' || link === '')
      throw new Refusal('invalid_file', {
        why: `openaiFileIdRefs[${at}].download_link is required`,
        param: `openaiFileIdRefs[${at}].download_link`,
      })
    return {
      link,
      name: typeof name === 'string' && name !== '' ? name.slice(0, 512) : lastSegment(link),
      mimeType: typeof mimeType === 'string' ? mimeType : null,
    }
  })
}

/** Begins to fetch a file; its bytes are taken while they are sent on. */
export async function fetchRef(action: Action, ref: FileRef, maxBytes: number, tooLarge: () => Refusal): Promise<Given> {
  const { stream, bytes, mimeType } = await action.fetchFile(ref.link, { maxBytes, tooLarge, signal: action.signal })
  if (bytes === 0) {
    stream.destroy()
    throw new Refusal('invalid_file', { why: 'Empty file upload is not allowed' })
  }
  return { name: ref.name, mimeType: checkMimeType(ref.mimeType ?? mimeType), content: { stream, bytes } }
}

/** It becomes a line of a head: anything that is no media type is sent as bytes without one (RFC 9110 8.3.1). */
export function checkMimeType(text: unknown): string {
  return typeof text === 'string' && /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:; ?[\w-]+=[\w.-]+)*$/.test(text) ? text : 'application/octet-stream'
}

function lastSegment(link: string): string {
  const path = link.split(/[?#]/, 1)[0] ?? ''
  return path.slice(path.lastIndexOf('/') + 1).slice(0, 512) || 'file'
}
