// What an uploaded MP4 is: its length and the size of its picture, read from its index, wherever in the file that lies.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

export type MovieFacts = {
  readonly seconds: number
  /** 0 where there is only sound. */
  readonly width: number
  readonly height: number
}

/** An index is some kilobytes a minute; nobody needs one that is larger. */
const indexBytesMax = 16 << 20

/** Null for what is no MP4. */
export function readMovieFacts(path: string): MovieFacts | null {
  const handle = openSync(path, 'r')
  try {
    const end = fstatSync(handle).size
    const read = (at: number, length: number): Buffer => {
      const bytes = Buffer.alloc(Math.max(0, Math.min(length, end - at)))
      return bytes.subarray(0, readSync(handle, bytes, 0, bytes.length, at))
    }
    if (read(4, 4).toString('latin1') !== 'ftyp') return null
    for (let at = 0; at + 8 <= end;) {
      const head = read(at, 16)
      const size = sizeOf(head, 0, end - at)
      if (head.toString('latin1', 4, 8) === 'moov' && size <= indexBytesMax) return factsOf(read(at, size).subarray(8))
      if (size < 8) return null
      at += size
    }
    return null
  } finally {
    closeSync(handle)
  }
}

function factsOf(moov: Buffer): MovieFacts | null {
  const boxes = [...boxesIn(moov)]
  const header = boxes.find(({ type }) => type === 'mvhd')?.content
  if (header === undefined || header.length < 32) return null
  const isLong = header[0] === 1
  const timescale = header.readUInt32BE(isLong ? 20 : 12)
  const duration = isLong ? Number(header.readBigUInt64BE(24)) : header.readUInt32BE(16)
  const sizes = boxes
    .flatMap(({ type, content }) => (type === 'trak' ? [...boxesIn(content)] : []))
    .flatMap(({ type, content }) =>
      // Width and height are the end of a track's header, in 16.16.
      type === 'tkhd' && content.length >= 8
        ? [{ width: content.readUInt16BE(content.length - 8), height: content.readUInt16BE(content.length - 4) }]
        : [],
    )
  const picture = sizes.find(({ width }) => width > 0) ?? { width: 0, height: 0 }
  return { seconds: timescale === 0 ? 0 : duration / timescale, ...picture }
}

function* boxesIn(bytes: Buffer): Generator<{ readonly type: string; readonly content: Buffer }> {
  for (let at = 0; at + 8 <= bytes.length;) {
    const size = sizeOf(bytes, at, bytes.length - at)
    if (size < 8) return
    yield { type: bytes.toString('latin1', at + 4, at + 8), content: bytes.subarray(at + 8, at + size) }
    at += size
  }
}

/** 1 says that a longer size follows, 0 that the box goes to the end. */
function sizeOf(bytes: Buffer, at: number, rest: number): number {
  const size = bytes.readUInt32BE(at)
  if (size === 0) return rest
  return size === 1 && at + 16 <= bytes.length ? Number(bytes.readBigUInt64BE(at + 8)) : size
}
