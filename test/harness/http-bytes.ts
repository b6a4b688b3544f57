// HTTP/1.1 as bytes, for both ends of the tests: heads are split, never normalised; bodies are counted, never trusted.
// Written apart from the relay's own parser on purpose, so that one misreading cannot hide in both.

export type HeaderPair = readonly [name: string, value: string]

/** A head as it came over the wire. `text` is every byte of it as latin1, without the empty line. */
export type Head = { readonly startLine: string; readonly headers: readonly HeaderPair[]; readonly text: string }

export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'close' }

export type BodyReader = {
  /** Takes bytes; returns what lies behind the end of the body, or null while the body goes on. */
  readonly push: (bytes: Buffer) => Buffer | null
  /** True once the body ended by its own framing. A body delimited by the close never says so. */
  readonly isDone: () => boolean
}

const endOfHead = Buffer.from('\r\n\r\n')

/** Cuts the first head off, or null while its empty line has not arrived. Empty lines before it are skipped (RFC 9112 2.2). */
export function takeHead(bytes: Buffer): { head: Head; rest: Buffer } | null {
  let start = 0
  while (bytes[start] === 0x0d && bytes[start + 1] === 0x0a) start += 2
  const end = bytes.indexOf(endOfHead, start)
  if (end === -1) return null
  const text = bytes.toString('latin1', start, end)
  const lines = text.split('\r\n')
  const headers = lines.slice(1).map((line): HeaderPair => {
    const colon = line.indexOf(':')
    return colon === -1 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')]
  })
  return { head: { startLine: lines[0] ?? '', headers, text }, rest: bytes.subarray(end + 4) }
}

/** Every value of a header, in order. Names compare without case. */
export function valuesOf(headers: readonly HeaderPair[], name: string): string[] {
  return headers.filter(([each]) => each.toLowerCase() === name.toLowerCase()).map(([, value]) => value)
}

export function hasHeader(headers: readonly HeaderPair[], name: string): boolean {
  return valuesOf(headers, name).length > 0
}

/** What frames the body of a request (RFC 9112 6.3). */
export function requestFraming(head: Head): Framing {
  if (valuesOf(head.headers, 'transfer-encoding').some((value) => /chunked\s*$/i.test(value))) return { kind: 'chunked' }
  const length = valuesOf(head.headers, 'content-length')[0]
  return length === undefined ? { kind: 'none' } : { kind: 'length', bytes: Number(length) }
}

/** What frames the body of an answer to `method`. */
export function answerFraming(head: Head, status: number, method: string): Framing {
  if (method === 'HEAD' || status === 204 || status === 304 || (status >= 100 && status < 200)) return { kind: 'none' }
  if (valuesOf(head.headers, 'transfer-encoding').some((value) => /chunked\s*$/i.test(value))) return { kind: 'chunked' }
  const length = valuesOf(head.headers, 'content-length')[0]
  return length === undefined ? { kind: 'close' } : { kind: 'length', bytes: Number(length) }
}

/** Reads one body and hands its decoded bytes to `onData`. */
export function createBodyReader(framing: Framing, onData: (bytes: Buffer) => void): BodyReader {
  if (framing.kind === 'none') return { push: (bytes) => bytes, isDone: () => true }
  if (framing.kind === 'close') {
    return {
      push: (bytes) => {
        if (bytes.length > 0) onData(bytes)
        return null
      },
      isDone: () => false,
    }
  }
  return framing.kind === 'length' ? lengthReader(framing.bytes, onData) : chunkedReader(onData)
}

function lengthReader(length: number, onData: (bytes: Buffer) => void): BodyReader {
  let left = length
  return {
    push: (bytes) => {
      const taken = bytes.subarray(0, left)
      left -= taken.length
      if (taken.length > 0) onData(taken)
      return left === 0 ? bytes.subarray(taken.length) : null
    },
    isDone: () => left === 0,
  }
}

function chunkedReader(onData: (bytes: Buffer) => void): BodyReader {
  let line = ''
  let left = 0
  let state: 'size' | 'data' | 'gap' | 'trailer' | 'done' = 'size'
  return {
    push: (bytes) => {
      let at = 0
      while (at < bytes.length && state !== 'done') {
        if (state === 'data') {
          const taken = bytes.subarray(at, at + left)
          at += taken.length
          left -= taken.length
          onData(taken)
          if (left === 0) state = 'gap'
          continue
        }
        const end = bytes.indexOf(0x0a, at)
        line += bytes.toString('latin1', at, end === -1 ? bytes.length : end + 1)
        if (end === -1) return null
        at = end + 1
        const text = line.replace(/\r?\n$/, '')
        line = ''
        if (state === 'gap') {
          if (text !== '') throw new Error(`no line end behind a chunk but ${JSON.stringify(text)}`)
          state = 'size'
        } else if (state === 'size') {
          const size = /^[0-9a-fA-F]+/.exec(text)?.[0]
          if (size === undefined) throw new Error(`no chunk size but ${JSON.stringify(text)}`)
          left = Number.parseInt(size, 16)
          state = left === 0 ? 'trailer' : 'data'
        } else if (text === '') {
          state = 'done'
        }
      }
      return state === 'done' ? bytes.subarray(at) : null
    },
    isDone: () => state === 'done',
  }
}

/** The chunked form of some bytes, one chunk for each piece, with the last chunk unless told otherwise. */
export function chunked(pieces: readonly (string | Buffer)[], last = true): Buffer {
  const parts = pieces.flatMap((piece) => {
    const bytes = Buffer.from(piece as string)
    return [Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]
  })
  return Buffer.concat(last ? [...parts, Buffer.from('0\r\n\r\n')] : parts)
}
