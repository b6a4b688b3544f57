// Undoes the compression of a held body so that it can be read. What travels is still what came. This is the one decoder on the
// way of the bytes: an id in a compressed body is an id like any other.
import { brotliDecompress, gunzip as inflate, inflate as inflateZlib, zstdDecompress } from 'node:zlib'
import type { InputType } from 'node:zlib'

export type GunzipFault = 'not-gzip' | 'too-large'
export type Gunzipped = { readonly bytes: Buffer } | { readonly fault: GunzipFault }

/** With `info`, Node answers with the engine as well, which knows how much it has read. Node's types do not say so. */
type Inflated = { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } }
const inflateTold = inflate as unknown as (
  bytes: InputType,
  options: { readonly info: true; readonly maxOutputLength: number },
  done: (error: NodeJS.ErrnoException | null, inflated: Inflated) => void,
) => void

/** Several members are one body (RFC 1952 2.2); what follows the last one could be another body to another reader. */
export function gunzip(bytes: Buffer, maxBytes: number): Promise<Gunzipped> {
  return new Promise((resolve) => {
    inflateTold(bytes, { info: true, maxOutputLength: maxBytes }, (error, inflated) => {
      if (error !== null) resolve({ fault: error.code === 'ERR_BUFFER_TOO_LARGE' ? 'too-large' : 'not-gzip' })
      // Node passes over zeros behind the last member.
      else if (inflated.engine.bytesWritten !== bytes.length) resolve({ fault: 'not-gzip' })
      else resolve({ bytes: inflated.buffer })
    })
  })
}

type Decode = (bytes: InputType, options: { readonly maxOutputLength: number }, done: (error: Error | null, bytes: Buffer) => void) => void

/** The codings OpenAI's edge answers in (RFC 9110 8.4.1, RFC 7932, RFC 8878). */
const decoders: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ['gzip', inflate],
  ['x-gzip', inflate],
  ['deflate', inflateZlib],
  ['br', brotliDecompress],
  ['zstd', zstdDecompress],
])

/** @returns null where the coding is not known, the bytes are not in it, or they say more than `maxBytes` */
export function decode(bytes: Buffer, coding: string, maxBytes: number): Promise<Buffer | null> {
  const decoder = decoders.get(coding)
  if (decoder === undefined) return Promise.resolve(null)
  return new Promise((resolve) =>
    decoder(bytes, { maxOutputLength: maxBytes }, (error, decoded) => resolve(error === null ? decoded : null)),
  )
}
