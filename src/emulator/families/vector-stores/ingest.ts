// Attaching files: each is read, cut and embedded over time, and is searchable, or failed, when that is done.
import { readFile } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import type { JobSteps } from '../../behaviour.ts'
import { textOfDocument, tooLarge } from '../../documents/document-text.ts'
import type { DocumentText } from '../../documents/document-text.ts'
import type { Platform } from '../../platform.ts'
import { findFile, requireFile } from '../../stored-files.ts'
import { embed } from '../../text/embedding.ts'
import { chunksOf } from './chunking.ts'
import { attached, change, chunkParent, chunks, stores, touch } from './stored.ts'
import type { Attached, Attributes, Chunk, Chunking, VectorStoreFile } from './stored.ts'

/** Enough to tell chunks of a store apart, and short enough to keep by the thousand. */
export const dimensions = 256

/** No document of this size has text that could be taken. */
const documentBytesMax = 128 << 20
/** Many files at once come in groups, one group in a fraction of a step. */
const groupSize = 20

export type NewAttachment = { readonly fileId: string; readonly attributes: Attributes; readonly chunking: Chunking }

/** Attaches files that exist; `param` is how the request named them, `files[]` where it named each. */
export function attach(
  platform: Platform,
  storeId: string,
  wanted: readonly NewAttachment[],
  { param, batchId = null }: { readonly param: string; readonly batchId?: string | null },
): readonly VectorStoreFile[] {
  const files = wanted.map((each, index) => ({
    ...each,
    filename: requireFile(platform, each.fileId, param.replace('[]', `[${index}]`)).filename,
  }))
  const createdAt = platform.clock.seconds()
  return platform.objects.together(() => {
    touch(platform, storeId)
    return files.map(({ fileId, filename, attributes, chunking }, index) => {
      const shown: VectorStoreFile = {
        id: fileId,
        object: 'vector_store.file',
        usage_bytes: 0,
        created_at: createdAt,
        vector_store_id: storeId,
        status: 'in_progress',
        last_error: null,
        chunking_strategy: chunking,
        attributes,
      }
      change(platform, storeId, attached(platform).get(fileId, storeId), { id: fileId, shown, filename, batchId })
      platform.jobs.schedule('vector_stores.ingest', chunkParent(storeId, fileId), 1 + Math.floor(index / groupSize) / 4)
      return shown
    })
  })
}

/** Takes a file and its chunks out of a store. */
export function detach(platform: Platform, storeId: string, file: Attached): void {
  const parent = chunkParent(storeId, file.id)
  platform.jobs.cancel('vector_stores.ingest', parent)
  platform.objects.together(() => {
    chunks(platform).deleteAll(parent)
    change(platform, storeId, file, undefined)
  })
}

export const vectorStoreSteps: JobSteps = {
  'vector_stores.ingest': async (platform, subject) => {
    const [storeId = '', fileId = ''] = subject.split('/')
    const waiting = (): Attached | undefined => {
      const file = attached(platform).get(fileId, storeId)
      return file?.shown.status === 'in_progress' && !platform.closing.aborted ? file : undefined
    }
    const file = waiting()
    if (file === undefined) return
    const read = await readDocument(platform, file)
    const end = (outcome: Partial<VectorStoreFile>): void => {
      const now = waiting()
      if (now !== undefined) change(platform, storeId, now, { ...now, shown: { ...now.shown, ...outcome } })
    }
    if ('problem' in read) return end({ status: 'failed', last_error: read.problem })
    const usageBytes = await keepChunks(platform, subject, chunksOf(read.text, file.shown.chunking_strategy, platform.tokens), () =>
      waiting() === undefined ? 'stop' : 'go on',
    )
    if (waiting() === undefined) return chunks(platform).deleteAll(subject)
    end({ status: 'completed', usage_bytes: usageBytes })
  },
  // Deleting a file takes it out of every store, a moment later.
  'files.deleted': (platform, fileId) => {
    for (;;) {
      const file = attached(platform).get(fileId)
      if (file === undefined) return
      detach(platform, file.shown.vector_store_id, file)
    }
  },
}

/** The text of an attached file as it is searched; `problem` where there is none. */
export async function readDocument(platform: Platform, { id, filename }: Attached): Promise<DocumentText> {
  const file = findFile(platform, id)
  if (file === undefined) return { problem: { code: 'invalid_file', message: 'The file no longer exists.' } }
  if (file.bytes > documentBytesMax) return { problem: tooLarge }
  return textOfDocument(filename, await readFile(platform.blobs.path(id)))
}

const chunksAtOnce = 25

async function keepChunks(platform: Platform, parent: string, texts: Iterable<string>, proceed: () => 'stop' | 'go on'): Promise<number> {
  // Those of an attempt that was interrupted, or of an earlier attachment.
  chunks(platform).deleteAll(parent)
  let usageBytes = 0
  let count = 0
  let together: Chunk[] = []
  const keep = (): void =>
    platform.objects.together(() => {
      for (const chunk of together) chunks(platform).put(chunk, parent)
      together = []
    })
  for (const text of texts) {
    const vector = Buffer.from(embed(text, dimensions).buffer)
    together.push({ id: `${parent}#${count++}`, text, vector: vector.toString('base64') })
    usageBytes += Buffer.byteLength(text) + vector.length
    if (together.length < chunksAtOnce) continue
    keep()
    // Other requests are served in between.
    await setImmediate()
    if (proceed() === 'stop') break
  }
  keep()
  return usageBytes
}

/** The store and everything in it. */
export function deleteStore(platform: Platform, storeId: string): void {
  platform.objects.together(() => {
    for (const file of attached(platform).list({ parent: storeId })) detach(platform, storeId, file)
    stores(platform).delete(storeId)
  })
}
