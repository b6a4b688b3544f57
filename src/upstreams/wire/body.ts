// Takes the framing off the body of an answer, one read at a time and in place: no copy, no buffer per chunk.
import { UpstreamFailure } from './failure.ts'
import type { Framing } from './head.ts'

export type BodyReader = {
  /**
   * Takes the framing off `bytes`, in place: the payload moves to their front.
   * @returns how many bytes belong to this body (fewer than given means excess) and how many of them are payload
   */
  readonly read: (bytes: Buffer) => Portion
  readonly isDone: () => boolean
  /** The connection ended: is that a whole body? Only for a body that ends by closing. */
  readonly endsByClose: boolean
}

type Portion = { readonly used: number; readonly payload: number }

export function createBodyReader(framing: Framing): BodyReader {
  if (framing.kind === 'chunked') return chunkedReader()
  if (framing.kind === 'close') return { read: ({ length }) => ({ used: length, payload: length }), isDone: () => false, endsByClose: true }
  return lengthReader(framing.kind === 'none' ? 0 : framing.bytes)
}

function lengthReader(total: number): BodyReader {
  let left = total
  return {
    endsByClose: false,
    isDone: () => left === 0,
    read({ length }) {
      const take = Math.min(left, length)
      left -= take
      return { used: take, payload: take }
    },
  }
}

const malformed = (what: string): UpstreamFailure => new UpstreamFailure('malformed', what)
const maxLineBytes = 4096
const maxTrailerBytes = 16_384

// RFC 9112 7.1: chunk-size [ext] CRLF data CRLF, then "0" CRLF trailers CRLF. 13 digits stay below 2^53.
const sizeLine = /^([0-9A-Fa-f]{1,13})(?:[\t ]*;[\t\x20-\x7e\x80-\xff]*)?$/
const trailerLine = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*$/

/** Extensions are read over and trailers are dropped (RFC 9112 7.1.2 allows both to whoever re-frames a message). */
function chunkedReader(): BodyReader {
  let state: 'size' | 'data' | 'data-end' | 'trailer' | 'done' = 'size'
  let left = 0
  let line = ''
  let trailerBytes = 0
  let plain = 0

  /** Collects up to CRLF. @returns offset past it, or -1 when the line is not complete in `bytes` */
  function takeLine(bytes: Buffer, from: number): number {
    const lf = bytes.indexOf(0x0a, from)
    const end = lf < 0 ? bytes.length : lf + 1
    line += bytes.toString('latin1', from, end)
    if (line.length > maxLineBytes) throw malformed('chunk line too long')
    if (lf < 0) {
      const cr = line.indexOf('\r')
      if (cr >= 0 && cr !== line.length - 1) throw malformed('bare carriage return')
      return -1
    }
    if (!line.endsWith('\r\n')) throw malformed('bare line feed')
    line = line.slice(0, -2)
    return end
  }

  /** Reads a size line of hex digits and CRLF that lies whole in `bytes` into `plain`. @returns offset past it, or -1 for any other line */
  function plainSize(bytes: Buffer, from: number): number {
    let size = 0
    let at = from
    for (; at < from + 7; at++) {
      const digit = hexDigit(bytes[at])
      if (digit < 0) break
      size = size * 16 + digit
    }
    if (at === from || bytes[at] !== 0x0d || bytes[at + 1] !== 0x0a) return -1
    plain = size
    return at + 2
  }

  return {
    endsByClose: false,
    isDone: () => state === 'done',
    read(bytes) {
      let at = 0
      let payload = 0
      while (at < bytes.length && state !== 'done') {
        if (state === 'data') {
          const take = Math.min(left, bytes.length - at)
          if (payload !== at) bytes.copyWithin(payload, at, at + take)
          payload += take
          at += take
          left -= take
          if (left > 0) break
          state = 'data-end'
          // The usual case, without making a string of two bytes.
          if (bytes[at] === 0x0d && bytes[at + 1] === 0x0a) {
            at += 2
            state = 'size'
          }
          continue
        }
        if (state === 'size' && line === '') {
          const end = plainSize(bytes, at)
          if (end > 0) {
            at = end
            left = plain
            state = left === 0 ? 'trailer' : 'data'
            continue
          }
        }
        const end = takeLine(bytes, at)
        if (end < 0) return { used: bytes.length, payload }
        at = end
        if (state === 'size') {
          const size = sizeLine.exec(line)
          if (size === null) throw malformed('chunk size')
          left = Number.parseInt(size[1] ?? '', 16)
          state = left === 0 ? 'trailer' : 'data'
        } else if (state === 'data-end') {
          if (line !== '') throw malformed('chunk longer than its size')
          state = 'size'
        } else if (line === '') {
          state = 'done'
        } else {
          trailerBytes += line.length
          if (trailerBytes > maxTrailerBytes || !trailerLine.test(line)) throw malformed('trailer')
        }
        line = ''
      }
      return { used: at, payload }
    },
  }
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}
