// Bytes that are kept while they pass: in memory while they are few, on disk beyond.
import { createReadStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { createScrubber } from './scrub.ts'

export type Spooled =
  | { readonly bytes: Buffer; readonly file: null; readonly sizeBytes: number }
  | { readonly bytes: null; readonly file: string; readonly sizeBytes: number }

export type Spool = {
  readonly push: (chunk: Uint8Array) => Promise<void>
  readonly end: () => Promise<Spooled>
  /** Forgets it all. */
  readonly discard: () => Promise<void>
}

type Options = {
  /** Where it goes when it is large. */
  readonly file: string
  readonly memoryBytesMax: number
  readonly isScrubbed: boolean
}

export function createSpool({ file, memoryBytesMax, isScrubbed }: Options): Spool {
  const scrubber = isScrubbed ? createScrubber() : null
  let chunks: Uint8Array[] = []
  let sizeBytes = 0
  let handle: FileHandle | null = null

  const keep = async (chunk: Uint8Array): Promise<void> => {
    if (chunk.length === 0) return
    sizeBytes += chunk.length
    if (handle === null) {
      chunks.push(chunk)
      if (sizeBytes <= memoryBytesMax) return
      handle = await open(file, 'w')
      for (const each of chunks) await handle.writeFile(each)
      chunks = []
    } else await handle.writeFile(chunk)
  }

  return {
    push: (chunk) => keep(scrubber === null ? chunk : scrubber.push(chunk)),
    end: async () => {
      if (scrubber !== null) await keep(scrubber.end())
      if (handle === null) return { bytes: Buffer.concat(chunks), file: null, sizeBytes }
      await handle.close()
      return { bytes: null, file, sizeBytes }
    },
    discard: async () => {
      await handle?.close().catch(() => undefined)
      await rm(file, { force: true })
    },
  }
}

export const readSpooled = (spooled: Spooled): Readable =>
  spooled.file === null ? Readable.from(spooled.bytes.length === 0 ? [] : [spooled.bytes]) : createReadStream(spooled.file)
