// Reads JSON that is written again for a call, without changing a number: beyond 2^53 a double is another number (RFC 8259 6).

type Source = { readonly source?: string }
/** ECMAScript 2026: the text behind a value, and a value written as its text. */
const exact = JSON as unknown as {
  readonly parse: (text: string, reviver: (key: string, value: unknown, context: Source) => unknown) => unknown
  readonly rawJSON: (text: string) => unknown
}

/** @throws SyntaxError */
export function parseExactly(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text)
  return exact.parse(text, (_, value, { source = '' }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? exact.rawJSON(source) : value,
  )
}
