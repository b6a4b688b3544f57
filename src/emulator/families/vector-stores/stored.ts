// Vector stores, what is attached to them, and batches of attachments, as they are kept. All counts follow from one function here.
import { invalid, notFound } from '../../errors.ts'
import type { Platform } from '../../platform.ts'
import type { Collection } from '../../state/objects.ts'

export type FileCounts = {
  readonly in_progress: number
  readonly completed: number
  readonly failed: number
  readonly cancelled: number
  readonly total: number
}

export type FileStatus = Exclude<keyof FileCounts, 'total'>

export const noFiles: FileCounts = { in_progress: 0, completed: 0, failed: 0, cancelled: 0, total: 0 }

export type StoreLifetime = { readonly anchor: 'last_active_at'; readonly days: number }

export type VectorStore = {
  readonly id: string
  readonly object: 'vector_store'
  readonly created_at: number
  readonly name: string | null
  readonly description: string | null
  readonly usage_bytes: number
  readonly file_counts: FileCounts
  readonly status: 'expired' | 'in_progress' | 'completed'
  readonly expires_after: StoreLifetime | null
  readonly expires_at: number | null
  readonly last_active_at: number
  readonly metadata: Readonly<Record<string, string>>
}

export type Attributes = Readonly<Record<string, string | number | boolean>>
export type Chunking = {
  readonly type: 'static'
  readonly static: { readonly max_chunk_size_tokens: number; readonly chunk_overlap_tokens: number }
}

export type VectorStoreFile = {
  readonly id: string
  readonly object: 'vector_store.file'
  readonly usage_bytes: number
  readonly created_at: number
  readonly vector_store_id: string
  readonly status: FileStatus
  readonly last_error: { readonly code: string; readonly message: string } | null
  readonly chunking_strategy: Chunking
  readonly attributes: Attributes
}

/** A file in a store: what callers see, and what they do not. The parent is the store. */
export type Attached = {
  readonly id: string
  readonly shown: VectorStoreFile
  readonly filename: string
  readonly batchId: string | null
}

export type FileBatch = {
  readonly id: string
  readonly object: 'vector_store.files_batch'
  readonly created_at: number
  readonly vector_store_id: string
  readonly status: 'in_progress' | 'completed' | 'cancelled' | 'failed'
  readonly file_counts: FileCounts
}

/** A piece of a file, and its direction as base64 of floats. The parent names the store and the file. */
export type Chunk = { readonly id: string; readonly text: string; readonly vector: string }

export const stores = (platform: Platform): Collection<VectorStore> => platform.collection('vector_store')
export const attached = (platform: Platform): Collection<Attached> => platform.collection('vector_store.file')
export const fileBatches = (platform: Platform): Collection<FileBatch> => platform.collection('vector_store.file_batch')
export const chunks = (platform: Platform): Collection<Chunk> => platform.collection('vector_store.chunk')
export const chunkParent = (storeId: string, fileId: string): string => `${storeId}/${fileId}`

const day = 86_400

/** A store as it is now: time may have ended it. */
export function shownStore(platform: Platform, store: VectorStore): VectorStore {
  const isExpired = store.expires_at !== null && store.expires_at <= platform.clock.seconds()
  return { ...store, status: isExpired ? 'expired' : store.file_counts.in_progress > 0 ? 'in_progress' : 'completed' }
}

export function requireStore(platform: Platform, id: string): VectorStore {
  // Quirk: what cannot be an id at all is another mistake than an id that is unknown.
  if (!id.startsWith('vs_'))
    throw invalid(`Invalid 'vector_store_id': '${id}'. Expected an ID that begins with 'vs_'.`, 'vector_store_id', 'invalid_value')
  const store = stores(platform).get(id)
  if (store === undefined) throw notFound(`No vector store found with id '${id}'.`)
  return shownStore(platform, store)
}

/** A store that can still be searched and filled. */
export function requireLiveStore(platform: Platform, id: string): VectorStore {
  const store = requireStore(platform, id)
  if (store.status === 'expired') throw invalid(`Vector store '${id}' has expired.`)
  return store
}

/** With the lifetime counted from `last_active_at`. */
export const withExpiry = (store: VectorStore): VectorStore => ({
  ...store,
  expires_at: store.expires_after === null ? null : store.last_active_at + store.expires_after.days * day,
})

/** Whatever is done with a store keeps it alive. */
export function touch(platform: Platform, id: string): void {
  const store = stores(platform).get(id)
  if (store !== undefined) stores(platform).put(withExpiry({ ...store, last_active_at: platform.clock.seconds() }))
}

/** Every change of an attached file goes through here, so that the counts of its store and its batch are always right. */
export function change(platform: Platform, storeId: string, before: Attached | undefined, after: Attached | undefined): void {
  platform.objects.together(() => {
    if (after !== undefined) attached(platform).put(after, storeId)
    else if (before !== undefined) attached(platform).delete(before.id, storeId)
    const store = stores(platform).get(storeId)
    if (store !== undefined)
      stores(platform).put({
        ...store,
        file_counts: moved(store.file_counts, before?.shown.status, after?.shown.status),
        usage_bytes: store.usage_bytes - (before?.shown.usage_bytes ?? 0) + (after?.shown.usage_bytes ?? 0),
      })
    for (const batchId of new Set([before?.batchId, after?.batchId]))
      if (batchId !== null && batchId !== undefined) changeBatch(platform, batchId, before, after)
  })
}

function changeBatch(platform: Platform, id: string, before: Attached | undefined, after: Attached | undefined): void {
  const batch = fileBatches(platform).get(id)
  if (batch === undefined) return
  const from = before?.batchId === id ? before.shown.status : undefined
  // A file that leaves a batch stays counted as what it came to there.
  const left = from === 'in_progress' ? 'cancelled' : from
  const counts = moved(batch.file_counts, from, after?.batchId === id ? after.shown.status : left)
  fileBatches(platform).put({ ...batch, file_counts: counts, status: batch.status === 'cancelled' ? 'cancelled' : statusOf(counts) })
}

function statusOf({ in_progress: waiting, failed, total }: FileCounts): FileBatch['status'] {
  if (waiting > 0) return 'in_progress'
  return failed > 0 && failed === total ? 'failed' : 'completed'
}

function moved(counts: FileCounts, from: FileStatus | undefined, to: FileStatus | undefined): FileCounts {
  const next = { ...counts }
  if (from !== undefined) next[from]--
  if (to !== undefined) next[to]++
  return { ...next, total: next.in_progress + next.completed + next.failed + next.cancelled }
}
