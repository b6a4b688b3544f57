// What the store says in one dialect, as Postgres reads it: `$1` for `?`, and text without the one character it cannot hold.
import type { Value } from './store.ts'

export type Translated = {
  readonly text: string
  /** Kept prepared on the server. Texts beyond the bound are not: there they would stay for as long as the connection. */
  readonly isPrepared: boolean
}

/** Texts kept prepared on each connection. */
const preparedMost = 500

/** A parameter, or something a `?` in it is no parameter of: a string, a quoted name, a comment. */
const token = /'[^']*'|"[^"]*"|--[^\n]*|\/\*[\s\S]*?\*\/|\?/g

export function createTranslate(): (text: string) => Translated {
  const known = new Map<string, Translated>()
  return (text) => {
    const before = known.get(text)
    if (before !== undefined) return before
    let count = 0
    const made = {
      text: text.replace(token, (found) => (found === '?' ? `$${++count}` : found)),
      isPrepared: known.size < preparedMost,
    }
    if (made.isPrepared) known.set(text, made)
    return made
  }
}

/**
 * Postgres refuses text with U+0000, and a client can put it into an id. It becomes what a character that is none becomes in
 * UTF-8, so that the id is simply not found.
 */
export function storable(values: readonly Value[]): Value[] {
  return values.map((value) => (typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value))
}
