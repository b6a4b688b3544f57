// Where a picture or a recording came from. Pictures are known by their digest, noted when they are given out; speech carries its own
// words, which nothing else does.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { Platform } from './platform.ts'
import type { Collection } from './state/objects.ts'

/** Its id is the SHA-256 of the bytes. */
type Made = { readonly id: string; readonly model: string; readonly at: number }

const made = (platform: Platform): Collection<Made> => platform.collection('content.made')

/** Notes that a model of this emulator made these bytes. */
export function noteMade(platform: Platform, content: Uint8Array, model: string): void {
  made(platform).put({ id: createHash('sha256').update(content).digest('hex'), model, at: platform.clock.now() })
}

type Signal = { readonly outcome: 'detected' | 'not_detected'; readonly model: string | null; readonly generated_at: string | null }

export type ProvenanceResult =
  | ({ readonly type: 'c2pa'; readonly validation_state: 'trusted' | 'not_present'; readonly issuer: string | null } & Signal)
  | ({ readonly type: 'synthid' } & Signal)

const unknown: Signal = { outcome: 'not_detected', model: null, generated_at: null }

/** What the signals in a file say; null for what is neither a picture nor a recording. */
export async function readProvenance(platform: Platform, path: string): Promise<readonly ProvenanceResult[] | null> {
  if (await isPicture(path)) {
    const known = made(platform).get(await digestOf(path))
    const signal: Signal =
      known === undefined ? unknown : { outcome: 'detected', model: known.model, generated_at: new Date(known.at).toISOString() }
    const isKnown = known !== undefined
    return [
      { type: 'c2pa', validation_state: isKnown ? 'trusted' : 'not_present', issuer: isKnown ? 'OpenAI' : null, ...signal },
      { type: 'synthid', ...signal },
    ]
  }
  const { readRecording } = await import('./media/recording.ts')
  const recording = readRecording(path)
  if (recording === null) return null
  return [{ type: 'synthid', ...unknown, outcome: recording.transcript === null ? 'not_detected' : 'detected' }]
}

/** PNG, JPEG, GIF, WebP. */
const magic = /^(?:\x89PNG\r\n\x1a\n|\xff\xd8\xff|GIF8[79]a|RIFF[^]{4}WEBP)/

async function isPicture(path: string): Promise<boolean> {
  await using handle = await open(path)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(16), 0, 16, 0)
  return magic.test(buffer.toString('latin1', 0, bytesRead))
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
