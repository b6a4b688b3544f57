// Puts other strings in the place of some of a JSON body, and leaves every other byte as it came.

/** @property start offset of a string token, its quote included, as json-scan.ts tells it; `end` is behind its last byte */
export type Replacement = { readonly start: number; readonly end: number; readonly text: string }

/** @param replacements in any order, never overlapping */
export function spliceStrings(bytes: Buffer, replacements: readonly Replacement[]): Buffer {
  const pieces: Buffer[] = []
  let at = 0
  for (const { start, end, text } of replacements.toSorted((one, other) => one.start - other.start)) {
    pieces.push(bytes.subarray(at, start), Buffer.from(JSON.stringify(text)))
    at = end
  }
  pieces.push(bytes.subarray(at))
  return Buffer.concat(pieces)
}
