// Cuts text into pages that fit an answer once they are written as JSON.
import { maxAnswerCharacters } from './wrappers.ts'

/** Left for everything around the text. */
const roomForText = maxAnswerCharacters - 2_000

export type Page = { readonly text: string; readonly hasMore: boolean; readonly nextOffset: number | null }

/** @param offset in bytes, as `nextOffset` of the page before said */
export function pageOf(bytes: Buffer, offset: number): Page {
  let end = Math.min(bytes.length, offset + roomForText)
  for (;;) {
    end = boundary(bytes, offset, end)
    const text = bytes.toString('utf8', offset, end)
    const excess = JSON.stringify(text).length - roomForText
    if (excess <= 0) return end >= bytes.length ? { text, hasMore: false, nextOffset: null } : { text, hasMore: true, nextOffset: end }
    // Escapes make six characters of one at most: this ends after a few rounds.
    end = offset + Math.max(1, Math.floor(((end - offset) * roomForText) / (roomForText + excess)) - 8)
  }
}

/** The end, moved back to where a character of UTF-8 begins. */
function boundary(bytes: Buffer, start: number, end: number): number {
  let at = end
  while (at > start + 1 && at < bytes.length && ((bytes[at] ?? 0) & 0xc0) === 0x80) at--
  return at
}
