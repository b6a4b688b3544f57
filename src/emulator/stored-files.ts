// Files as other families use them: batches read and write them, uploads make them, vector stores and prompts refer to them.
import { notFound } from './errors.ts'
import { newId } from './ids.ts'
import type { Platform } from './platform.ts'
import type { Draft } from './state/blobs.ts'
import type { Collection } from './state/objects.ts'

/** What callers may upload. */
export const filePurposes = ['assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals'] as const

export type FilePurpose = (typeof filePurposes)[number] | 'assistants_output' | 'batch_output' | 'fine-tune-results'

export type StoredFile = {
  readonly id: string
  readonly object: 'file'
  readonly purpose: FilePurpose
  readonly filename: string
  readonly bytes: number
  readonly created_at: number
  /** Absent for files that stay. */
  readonly expires_at?: number
  readonly status: 'uploaded' | 'processed' | 'error'
}

export const storedFiles = (platform: Platform): Collection<StoredFile> => platform.collection('file')

type NewFile = {
  readonly draft: Draft
  readonly filename: string
  readonly purpose: FilePurpose
  readonly expiresAfterSeconds?: number | undefined
}

const thirtyDays = 2_592_000

/** Makes a file of bytes that lie in a draft. */
export function createFile(platform: Platform, { draft, filename, purpose, expiresAfterSeconds }: NewFile): StoredFile {
  const createdAt = platform.clock.seconds()
  // Input of batches goes after 30 days by itself; other files stay until they are deleted.
  const livesSeconds = expiresAfterSeconds ?? (purpose === 'batch' ? thirtyDays : undefined)
  const file: StoredFile = {
    id: newId('file'),
    object: 'file',
    purpose,
    filename,
    bytes: draft.sizeBytes,
    created_at: createdAt,
    ...(livesSeconds === undefined ? {} : { expires_at: createdAt + livesSeconds }),
    status: 'processed',
  }
  platform.blobs.keep(draft, file.id)
  storedFiles(platform).put(file)
  return file
}

export const isExpired = (platform: Platform, file: StoredFile): boolean =>
  file.expires_at !== undefined && file.expires_at <= platform.clock.seconds()

/** A file that is still there; an expired one is deleted when it is next looked for. */
export function findFile(platform: Platform, id: string): StoredFile | undefined {
  const file = storedFiles(platform).get(id)
  if (file === undefined || !isExpired(platform, file)) return file
  deleteFile(platform, id)
  return undefined
}

/** `param` is how the request named it: `id` in a path, `input_file_id` in a batch. */
export function requireFile(platform: Platform, id: string, param = 'id'): StoredFile {
  const file = findFile(platform, id)
  if (file === undefined) throw notFound(`No such File object: ${id}`, param)
  return file
}

export function deleteFile(platform: Platform, id: string): void {
  storedFiles(platform).delete(id)
  platform.blobs.delete(id)
  // Whoever refers to the file lets go of it a moment later.
  platform.jobs.schedule('files.deleted', id)
}
