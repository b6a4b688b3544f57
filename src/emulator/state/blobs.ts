// Bytes on disk: content of files, parts of uploads, generated media. Nothing here is ever wholly in memory.
import { createReadStream, createWriteStream, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createHash } from 'node:crypto'
import { randomHex } from '../ids.ts'

export type Draft = { readonly path: string; readonly sizeBytes: number; readonly md5: string | null }

export type Blobs = {
  readonly path: (id: string) => string
  /** Bytes of the blob, or undefined where there is none. */
  readonly sizeBytes: (id: string) => number | undefined
  /** Writes a stream to a draft: a file that belongs to nobody yet. */
  readonly draft: (content: Readable) => Promise<Draft>
  /** Makes bytes that are in memory the blob of `id`: small generated media. */
  readonly put: (id: string, content: Uint8Array) => void
  /** Makes a draft the blob of `id`. */
  readonly keep: (draft: Draft, id: string) => void
  readonly discard: (draft: Draft) => Promise<void>
  /** A draft of several blobs in order, with their MD5. */
  readonly join: (ids: readonly string[]) => Promise<Draft>
  readonly delete: (id: string) => void
  readonly clear: () => void
}

export function createBlobs(directory: string): Blobs {
  const blobs = join(directory, 'blobs')
  const drafts = join(directory, 'drafts')
  // Drafts of a process that was killed are nobody's.
  rmSync(drafts, { recursive: true, force: true })
  for (const each of [blobs, drafts]) mkdirSync(each, { recursive: true })
  const path = (id: string): string => join(blobs, id)

  return {
    path,
    sizeBytes: (id) => statSync(path(id), { throwIfNoEntry: false })?.size,
    draft: async (content) => {
      const draftPath = join(drafts, randomHex(24))
      let sizeBytes = 0
      const target = createWriteStream(draftPath, { highWaterMark: 1 << 20 })
      content.on('data', (chunk: Buffer) => (sizeBytes += chunk.length))
      try {
        await pipeline(content, target)
      } catch (error) {
        await rm(draftPath, { force: true })
        throw error
      }
      return { path: draftPath, sizeBytes, md5: null }
    },
    put: (id, content) => writeFileSync(path(id), content),
    keep: (draft, id) => renameSync(draft.path, path(id)),
    discard: (draft) => rm(draft.path, { force: true }),
    join: async (ids) => {
      const draftPath = join(drafts, randomHex(24))
      const hash = createHash('md5')
      let sizeBytes = 0
      const measure = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          sizeBytes += chunk.length
          hash.update(chunk)
          done(null, chunk)
        },
      })
      try {
        await pipeline(concatenated(ids.map(path)), measure, createWriteStream(draftPath))
      } catch (error) {
        await rm(draftPath, { force: true })
        throw error
      }
      return { path: draftPath, sizeBytes, md5: hash.digest('hex') }
    },
    delete: (id) => rmSync(path(id), { force: true }),
    clear: () => {
      rmSync(blobs, { recursive: true, force: true })
      mkdirSync(blobs)
    },
  }
}

async function* concatenated(paths: readonly string[]): AsyncGenerator<Buffer> {
  for (const path of paths) yield* createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>
}
