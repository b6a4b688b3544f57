// Files of a vector store: attached one by one, with attributes to filter by, and read back as the text that is searched.
import { json } from '../../answer.ts'
import type { Answer } from '../../answer.ts'
import type { Call, Family } from '../../behaviour.ts'
import { invalidValue, missingParameter, notFound } from '../../errors.ts'
import type { ApiError } from '../../errors.ts'
import { optional, readShape, string } from '../../shape.ts'
import { newestFirst, page, readPageQuery } from '../../state/pages.ts'
import { attributes, autoChunking, chunkingStrategy } from './fields.ts'
import { attach, detach, readDocument } from './ingest.ts'
import { attached, change, requireLiveStore, requireStore } from './stored.ts'
import type { Attached } from './stored.ts'

export const attachShape = { file_id: string(), attributes: optional(attributes()), chunking_strategy: optional(chunkingStrategy()) }

export const fileOperations = {
  'vector_stores.files.create': async (call) => {
    const { platform } = call
    const { id } = requireLiveStore(platform, call.param('vector_store_id'))
    const request = readShape(attachShape, await call.json())
    const wanted = {
      fileId: request.file_id,
      attributes: request.attributes ?? {},
      chunking: request.chunking_strategy ?? autoChunking,
    }
    return json(attach(platform, id, [wanted], { param: 'file_id' })[0])
  },
  'vector_stores.files.list': (call) => {
    const { id } = requireStore(call.platform, call.param('vector_store_id'))
    return listFiles(call, id, () => true)
  },
  'vector_stores.files.retrieve': (call) => json(find(call).shown),
  'vector_stores.files.update': async (call) => {
    const file = find(call)
    const body = await call.json()
    // `null` is a value here: it takes all attributes away.
    if (body['attributes'] === undefined) throw missingParameter('attributes')
    const request = readShape({ attributes: optional(attributes()) }, body)
    const updated = { ...file, shown: { ...file.shown, attributes: request.attributes ?? {} } }
    change(call.platform, file.shown.vector_store_id, file, updated)
    return json(updated.shown)
  },
  'vector_stores.files.delete': (call) => {
    const file = find(call)
    detach(call.platform, file.shown.vector_store_id, file)
    return json({ id: file.id, object: 'vector_store.file.deleted', deleted: true })
  },
  'vector_stores.files.content': async (call) => {
    const file = find(call)
    const read = file.shown.status === 'completed' ? await readDocument(call.platform, file) : null
    return json({
      object: 'vector_store.file_content.page',
      data: read !== null && 'text' in read ? [{ type: 'text', text: read.text }] : [],
      has_more: false,
      next_page: null,
    })
  },
} satisfies Family

const statuses = ['in_progress', 'completed', 'failed', 'cancelled']

/** A page of the attached files of a store, those of one status where the caller asks for that. */
export function listFiles({ platform, query }: Call, storeId: string, where: (file: Attached) => boolean): Answer {
  const status = query.get('filter')
  if (status !== undefined && !statuses.includes(status)) throw invalidValue('filter', status, statuses)
  const found = page(attached(platform), readPageQuery(query, newestFirst), {
    parent: storeId,
    where: (file) => where(file) && (status === undefined || file.shown.status === status),
    unknown: (id) => missing(id, storeId),
  })
  return json({ ...found, data: found.data.map(({ shown }) => shown) })
}

function find(call: Call): Attached {
  const { id: storeId } = requireStore(call.platform, call.param('vector_store_id'))
  const fileId = call.param('file_id')
  const file = attached(call.platform).get(fileId, storeId)
  if (file === undefined) throw missing(fileId, storeId)
  return file
}

const missing = (fileId: string, storeId: string): ApiError => notFound(`No file found with id '${fileId}' in vector store '${storeId}'.`)
