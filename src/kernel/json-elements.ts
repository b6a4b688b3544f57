// Where the elements of an array lie in the bytes of a JSON document, so that some of them can be left out or kept as they
// were written: nothing is printed anew.

export type Span = { readonly start: number; readonly end: number }

/**
 * The elements of the array that `name` holds at the top of a document.
 * @param bytes valid JSON (whoever calls has parsed it)
 * @returns null where the document is no object or holds no such array; of several, the last one counts, as for JSON.parse
 * @example elementsOf(Buffer.from('{"data":[{"id":"a"}]}'), 'data') // [{ start: 9, end: 19 }]
 */
export function elementsOf(bytes: Buffer, name: string): readonly Span[] | null {
  let at = skipSpace(bytes, 0)
  if (bytes[at] !== brace) return null
  let found: readonly Span[] | null = null
  at = skipSpace(bytes, at + 1)
  while (at < bytes.length && bytes[at] === quote) {
    const keyEnd = valueEnd(bytes, at)
    const key: unknown = JSON.parse(bytes.toString('utf8', at, keyEnd))
    const start = skipSpace(bytes, skipSpace(bytes, keyEnd) + 1)
    if (key === name) found = bytes[start] === bracket ? elements(bytes, start) : null
    at = skipSpace(bytes, valueEnd(bytes, start))
    if (bytes[at] === comma) at = skipSpace(bytes, at + 1)
  }
  return found
}

/**
 * The document without some elements of an array, otherwise as it was: each goes with the comma behind it, the last ones
 * with the comma before them.
 * @param all as `elementsOf` found them
 */
export function without(bytes: Buffer, all: readonly Span[], isLeftOut: (at: number) => boolean): Buffer {
  const kept = all.filter((_, at) => !isLeftOut(at))
  const [first] = all
  const last = all.at(-1)
  if (kept.length === all.length || first === undefined || last === undefined) return bytes
  const pieces = [bytes.subarray(0, first.start)]
  kept.forEach(({ start, end }, at) => {
    if (at > 0) pieces.push(Buffer.from(','))
    pieces.push(bytes.subarray(start, end))
  })
  pieces.push(bytes.subarray(last.end))
  return Buffer.concat(pieces)
}

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const bracket = 0x5b
const brace = 0x7b
const isOpening = (byte: number | undefined): boolean => byte === bracket || byte === brace
const isClosing = (byte: number | undefined): boolean => byte === 0x5d || byte === 0x7d
const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

function skipSpace(bytes: Buffer, from: number): number {
  let at = from
  while (isSpace(bytes[at])) at++
  return at
}

function elements(bytes: Buffer, opening: number): readonly Span[] {
  const found: Span[] = []
  let at = skipSpace(bytes, opening + 1)
  while (at < bytes.length && !isClosing(bytes[at])) {
    const end = valueEnd(bytes, at)
    found.push({ start: at, end })
    at = skipSpace(bytes, end)
    if (bytes[at] === comma) at = skipSpace(bytes, at + 1)
  }
  return found
}

/** Offset past the value that begins at `from`. */
function valueEnd(bytes: Buffer, from: number): number {
  if (bytes[from] === quote) return stringEnd(bytes, from)
  if (!isOpening(bytes[from])) {
    let at = from
    while (at < bytes.length && bytes[at] !== comma && !isClosing(bytes[at]) && !isSpace(bytes[at])) at++
    return at
  }
  let depth = 0
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === quote) at = stringEnd(bytes, at) - 1
    else if (isOpening(byte)) depth++
    else if (isClosing(byte) && --depth === 0) return at + 1
  }
  return bytes.length
}

function stringEnd(bytes: Buffer, from: number): number {
  for (let at = from + 1; at < bytes.length; at++) {
    if (bytes[at] === backslash) at++
    else if (bytes[at] === quote) return at + 1
  }
  return bytes.length
}
