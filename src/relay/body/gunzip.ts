// Inflates a held body so that facts can be read from it. The bytes that go upstream are still the client's own.

export type GunzipFault = 'not-gzip' | 'too-large' | 'trailing-bytes'
export type Gunzipped = { readonly bytes: Buffer } | { readonly fault: GunzipFault }

/** Several members are one body (RFC 1952 2.2). */
export function gunzip(_bytes: Buffer, _maxBytes: number): Promise<Gunzipped> {
  throw new Error('not built yet')
}
