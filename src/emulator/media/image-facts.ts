// What an uploaded image is: its format and size, read from its first bytes.
import { closeSync, openSync, readSync } from 'node:fs'

export type ImageFacts = { readonly format: 'png' | 'jpeg' | 'webp'; readonly width: number; readonly height: number }

/** Cameras put previews and color profiles before the size of a JPEG. */
const headBytesMax = 1 << 20

export function readImageFacts(path: string): ImageFacts | null {
  const handle = openSync(path, 'r')
  try {
    const head = Buffer.alloc(headBytesMax)
    return imageFactsOf(head.subarray(0, readSync(handle, head, 0, headBytesMax, 0)))
  } finally {
    closeSync(handle)
  }
}

/** Null for what is no PNG, JPEG or WebP. */
export function imageFactsOf(bytes: Buffer): ImageFacts | null {
  const text = bytes.toString('latin1', 0, 16)
  if (text.startsWith('\x89PNG\r\n\x1a\n') && bytes.length >= 24)
    return { format: 'png', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
  if (text.startsWith('\xff\xd8\xff')) return jpegFacts(bytes)
  if (text.startsWith('RIFF') && text.startsWith('WEBP', 8) && bytes.length >= 30) return webpFacts(bytes)
  return null
}

function jpegFacts(bytes: Buffer): ImageFacts | null {
  for (let at = 2; at + 9 <= bytes.length;) {
    const marker = bytes[at + 1] ?? 0
    // Start of frame, in any of its kinds; c4, c8 and cc among them are tables.
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return { format: 'jpeg', height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) }
    // Bytes of ones may fill up in front of a marker.
    at += bytes[at] !== 0xff || marker === 0xff ? 1 : 2 + bytes.readUInt16BE(at + 2)
  }
  return null
}

function webpFacts(bytes: Buffer): ImageFacts | null {
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return { format: 'webp', width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff }
    case 'VP8L': {
      const packed = bytes.readUInt32LE(21)
      return { format: 'webp', width: (packed & 0x3fff) + 1, height: ((packed >>> 14) & 0x3fff) + 1 }
    }
    case 'VP8X':
      return { format: 'webp', width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 }
    default:
      return null
  }
}
