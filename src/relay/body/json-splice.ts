// Puts other strings in the place of some of a JSON body, and leaves every other byte as it came.

/** @property start offsets of a string token with its quotes, as json-scan.ts tells them */
export type Replacement = { readonly start: number; readonly end: number; readonly text: string }

/** @param replacements in any order, never overlapping */
export function spliceStrings(_bytes: Buffer, _replacements: readonly Replacement[]): Buffer {
  throw new Error('not built yet')
}
