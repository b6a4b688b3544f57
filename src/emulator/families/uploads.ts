// Uploads of many parts: parts come in any order and at once; the order is given when they are joined into a file.
import { json } from '../answer.ts'
import type { Call, Family } from '../behaviour.ts'
import { invalid, notFound } from '../errors.ts'
import { newId } from '../ids.ts'
import type { Platform } from '../platform.ts'
import { array, integer, optional, readShape, string } from '../shape.ts'
import type { Collection } from '../state/objects.ts'
import { createFile } from '../stored-files.ts'
import type { FilePurpose, StoredFile } from '../stored-files.ts'
import { expiresAfter, readPurpose } from './files.ts'

type Upload = {
  readonly id: string
  readonly object: 'upload'
  readonly bytes: number
  readonly created_at: number
  readonly filename: string
  readonly purpose: FilePurpose
  readonly status: 'pending' | 'completed' | 'cancelled' | 'expired'
  readonly expires_at: number
  readonly file?: StoredFile
}

type Part = { readonly id: string; readonly object: 'upload.part'; readonly created_at: number; readonly upload_id: string }

/** What the file will live for is said at the beginning and kept beside the upload. */
type Lifetime = { readonly id: string; readonly seconds: number }

const uploadsOf = (platform: Platform): Collection<Upload> => platform.collection('upload')
const partsOf = (platform: Platform): Collection<Part> => platform.collection('upload.part')
const lifetimesOf = (platform: Platform): Collection<Lifetime> => platform.collection('upload.lifetime')

const hour = 3600
const uploadBytesMax = 8 * 2 ** 30
const partBytesMax = 64 * 2 ** 20

const createShape = {
  bytes: integer({ min: 1, max: uploadBytesMax }),
  filename: string({ min: 1 }),
  mime_type: string(),
  purpose: string(),
  expires_after: optional(expiresAfter),
}

export const uploads = {
  'uploads.create': async ({ platform, json: body }) => {
    const request = readShape(createShape, await body())
    const createdAt = platform.clock.seconds()
    const upload: Upload = {
      id: newId('upload'),
      object: 'upload',
      bytes: request.bytes,
      created_at: createdAt,
      filename: request.filename,
      purpose: readPurpose(request.purpose),
      status: 'pending',
      expires_at: createdAt + hour,
    }
    uploadsOf(platform).put(upload)
    if (request.expires_after !== undefined) lifetimesOf(platform).put({ id: upload.id, seconds: request.expires_after.seconds })
    return json(upload)
  },
  'uploads.parts.create': async (call) => {
    const { platform } = call
    requirePending(find(call), 'add a part to')
    await using form = await call.form()
    const { draft } = form.file('data')
    if (draft.sizeBytes > partBytesMax)
      throw invalid(
        `Invalid 'data': part too large. Expected at most ${partBytesMax} bytes, but got ${draft.sizeBytes} bytes instead.`,
        'data',
      )
    // It may have been cancelled while the part was on its way.
    const upload = requirePending(find(call), 'add a part to')
    const part: Part = { id: newId('uploadPart'), object: 'upload.part', created_at: platform.clock.seconds(), upload_id: upload.id }
    platform.blobs.keep(draft, part.id)
    partsOf(platform).put(part, upload.id)
    return json(part)
  },
  'uploads.complete': async (call) => {
    const { platform } = call
    const request = readShape({ part_ids: array(string(), { min: 1 }), md5: optional(string()) }, await call.json())
    const { id } = requirePending(find(call), 'complete')
    const known = new Set([...partsOf(platform).list({ parent: id })].map((part) => part.id))
    for (const [index, partId] of request.part_ids.entries()) {
      if (!known.has(partId)) throw invalid(`Part '${partId}' not found in upload '${id}'.`, `part_ids[${index}]`)
      if (request.part_ids.indexOf(partId) !== index) throw invalid(`Part '${partId}' is given more than once.`, `part_ids[${index}]`)
    }
    const draft = await platform.blobs.join(request.part_ids).catch((error: unknown) => {
      // Another request has completed or cancelled it in the meantime, and the parts are gone.
      requirePending(find(call), 'complete')
      throw error
    })
    try {
      const upload = requirePending(find(call), 'complete')
      if (draft.sizeBytes !== upload.bytes)
        throw invalid(`The parts have ${draft.sizeBytes} bytes in total, but the upload was created for ${upload.bytes} bytes.`, 'part_ids')
      if (request.md5 !== undefined && request.md5.toLowerCase() !== draft.md5)
        throw invalid(`The md5 of the parts is ${draft.md5}, but ${request.md5} was given.`, 'md5')
      const expiresAfterSeconds = lifetimesOf(platform).get(id)?.seconds
      const file = createFile(platform, { draft, filename: upload.filename, purpose: upload.purpose, expiresAfterSeconds })
      const completed: Upload = { ...upload, status: 'completed', file }
      uploadsOf(platform).put(completed)
      dropParts(platform, id)
      return json(completed)
    } finally {
      await platform.blobs.discard(draft)
    }
  },
  // Takes no body at all: not even an empty JSON object, or a content type.
  'uploads.cancel': (call) => {
    const cancelled: Upload = { ...requirePending(find(call), 'cancel'), status: 'cancelled' }
    uploadsOf(call.platform).put(cancelled)
    dropParts(call.platform, cancelled.id)
    return json(cancelled)
  },
} satisfies Family

/** An upload that nobody completed within the hour has expired; that is noticed when it is next looked at. */
function find(call: Call): Upload {
  const { platform } = call
  const id = call.param('upload_id')
  const upload = uploadsOf(platform).get(id)
  if (upload === undefined) throw notFound(`No such Upload object: ${id}`, 'upload_id')
  if (upload.status !== 'pending' || upload.expires_at > platform.clock.seconds()) return upload
  const expired: Upload = { ...upload, status: 'expired' }
  uploadsOf(platform).put(expired)
  dropParts(platform, id)
  return expired
}

function requirePending(upload: Upload, doing: string): Upload {
  if (upload.status !== 'pending') throw invalid(`Cannot ${doing} an upload with status '${upload.status}'.`)
  return upload
}

function dropParts(platform: Platform, uploadId: string): void {
  for (const part of partsOf(platform).list({ parent: uploadId })) platform.blobs.delete(part.id)
  partsOf(platform).deleteAll(uploadId)
}
