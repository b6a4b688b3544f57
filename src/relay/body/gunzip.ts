// Inflates a held body so that facts can be read from it. The bytes that go upstream are still the client's own. This is the one
// decoder on the way of the bytes: an id in a compressed body is as foreign as any other.
import { gunzip as inflate } from 'node:zlib'
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
