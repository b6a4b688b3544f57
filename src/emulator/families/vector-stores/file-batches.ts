// Many files attached at once, and followed as one.
import { json } from '../../answer.ts'
import type { Call, Family } from '../../behaviour.ts'
import { invalid, notFound } from '../../errors.ts'
import { newId } from '../../ids.ts'
import type { Platform } from '../../platform.ts'
import { array, object, optional, readShape, string } from '../../shape.ts'
import type { Values } from '../../shape.ts'
import { attributes, autoChunking, chunkingStrategy } from './fields.ts'
import { attachShape, listFiles } from './files.ts'
import { attach } from './ingest.ts'
import type { NewAttachment } from './ingest.ts'
import { attached, change, chunkParent, fileBatches, noFiles, requireLiveStore, requireStore } from './stored.ts'
import type { FileBatch } from './stored.ts'

const batchMax = 2000

const shape = {
  file_ids: optional(array(string(), { min: 1, max: batchMax })),
  files: optional(array(object(attachShape), { min: 1, max: batchMax })),
  attributes: optional(attributes()),
  chunking_strategy: optional(chunkingStrategy()),
}

export const fileBatchOperations = {
  'vector_stores.file_batches.create': async (call) => {
    const { platform } = call
    const { id: storeId } = requireLiveStore(platform, call.param('vector_store_id'))
    const request = readShape(shape, await call.json())
    const wanted = wantedFiles(request)
    const batch: FileBatch = {
      id: newId('vectorStoreFileBatch'),
      object: 'vector_store.files_batch',
      created_at: platform.clock.seconds(),
      vector_store_id: storeId,
      status: 'in_progress',
      file_counts: noFiles,
    }
    platform.objects.together(() => {
      fileBatches(platform).put(batch)
      attach(platform, storeId, wanted, { param: request.files === undefined ? 'file_ids' : 'files[].file_id', batchId: batch.id })
    })
    return json(fileBatches(platform).get(batch.id))
  },
  'vector_stores.file_batches.retrieve': (call) => json(find(call)),
  'vector_stores.file_batches.cancel': (call) => {
    const batch = find(call)
    if (batch.status === 'in_progress') cancel(call.platform, batch)
    return json(find(call))
  },
  'vector_stores.file_batches.files.list': (call) => {
    const batch = find(call)
    return listFiles(call, batch.vector_store_id, ({ batchId }) => batchId === batch.id)
  },
} satisfies Family

/** One list or the other; what is said for all applies to plain ids only. */
function wantedFiles(request: Values<typeof shape>): readonly NewAttachment[] {
  if (request.files !== undefined && request.file_ids !== undefined)
    throw invalid(
      "Mutually exclusive parameters: 'file_ids' and 'files'. Ensure you are only providing one of: 'file_ids' or 'files'.",
      null,
      'mutually_exclusive_parameters',
    )
  if (request.files === undefined && request.file_ids === undefined)
    throw invalid("Missing required parameter: one of 'file_ids' or 'files' must be provided.", 'file_ids', 'missing_required_parameter')
  const each = request.files ?? [...new Set(request.file_ids)].map((id) => ({ ...request, file_id: id }))
  return each.map((file) => ({
    fileId: file.file_id,
    attributes: file.attributes ?? {},
    chunking: file.chunking_strategy ?? autoChunking,
  }))
}

/** Files that are done stay; the others are not searched any more. */
function cancel(platform: Platform, batch: FileBatch): void {
  const storeId = batch.vector_store_id
  platform.objects.together(() => {
    for (const file of attached(platform).list({ parent: storeId })) {
      if (file.batchId !== batch.id || file.shown.status !== 'in_progress') continue
      platform.jobs.cancel('vector_stores.ingest', chunkParent(storeId, file.id))
      change(platform, storeId, file, { ...file, shown: { ...file.shown, status: 'cancelled' } })
    }
    const counted = fileBatches(platform).get(batch.id)
    if (counted !== undefined) fileBatches(platform).put({ ...counted, status: 'cancelled' })
  })
}

function find(call: Call): FileBatch {
  const { id: storeId } = requireStore(call.platform, call.param('vector_store_id'))
  const id = call.param('batch_id')
  if (!id.startsWith('vsfb_'))
    throw invalid(`Invalid 'batch_id': '${id}'. Expected an ID that begins with 'vsfb_'.`, 'batch_id', 'invalid_value')
  const batch = fileBatches(call.platform).get(id)
  if (batch?.vector_store_id !== storeId) throw notFound(`No vector store file batch found with id '${id}'.`)
  return batch
}
