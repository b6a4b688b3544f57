// Files under links that need no key, as OpenAI's own storage gives them out: images of DALL-E, for an hour.
import { file, json } from './answer.ts'
import type { Answer } from './answer.ts'
import { newId } from './ids.ts'
import type { Platform } from './platform.ts'
import type { Collection } from './state/objects.ts'

export const publicPath = '/_emulator/public/'

type PublicFile = { readonly id: string; readonly contentType: string; readonly expiresAt: number }

const publicFiles = (platform: Platform): Collection<PublicFile> => platform.collection('public.file')

const lifeSeconds = 3600

/**
 * Keeps bytes and returns where they can be fetched. `host` is how the client reached the emulator, where that is known: a link has
 * to work from there.
 */
export function publish(platform: Platform, bytes: Uint8Array, contentType: string, host: string | undefined): string {
  sweep(platform)
  const extension = contentType.slice(contentType.indexOf('/') + 1)
  const id = `${newId('publicImage')}.${extension}`
  platform.blobs.put(id, bytes)
  publicFiles(platform).put({ id, contentType, expiresAt: platform.clock.seconds() + lifeSeconds })
  return `${host === undefined ? platform.url() : `http://${host}`}${publicPath}${id}`
}

export function answerPublicFile(platform: Platform, path: string): Answer {
  sweep(platform)
  const found = publicFiles(platform).get(path.slice(publicPath.length))
  // Quirk: the storage tells nobody whether there ever was such a file.
  if (found === undefined) return json({ error: { code: 'AuthenticationFailed', message: 'The link has expired.' } }, { status: 403 })
  return file(platform.blobs.path(found.id), platform.blobs.sizeBytes(found.id) ?? 0, found.contentType)
}

/** Deletes what has expired. All live equally long, so the oldest go first. */
function sweep(platform: Platform): void {
  for (const { id, expiresAt } of publicFiles(platform).list()) {
    if (expiresAt > platform.clock.seconds()) return
    publicFiles(platform).delete(id)
    platform.blobs.delete(id)
  }
}
