// The text of an uploaded file, as far as a prompt wants to see it: enough for an answer that has to do with the file.
import { closeSync, openSync, readSync } from 'node:fs'
import type { Platform } from './platform.ts'
import { requireFile } from './stored-files.ts'

const readBytesMax = 64 << 10

/** The beginning of a stored file when it is text; a note where it is not. Throws OpenAI's 404 for an unknown id. */
export function textOfFile(platform: Platform, fileId: string, param: string): string {
  const { filename } = requireFile(platform, fileId, param)
  const handle = openSync(platform.blobs.path(fileId), 'r')
  try {
    const head = Buffer.alloc(readBytesMax)
    return asText(head.subarray(0, readSync(handle, head, 0, readBytesMax, 0)), filename)
  } finally {
    closeSync(handle)
  }
}

/** The text of a `data:` URL or of bare base64, as `file_data` brings it. */
export function textOfData(data: string, filename: string): string {
  const encoded = data.slice(data.startsWith('data:') ? data.indexOf(',') + 1 : 0, Math.ceil(readBytesMax / 3) * 4)
  return asText(Buffer.from(encoded, 'base64'), filename)
}

const asText = (bytes: Buffer, filename: string): string => (bytes.includes(0) ? `[${filename}]` : bytes.toString('utf8'))
