// What a token may do, as questions an exchange asks. Patterns are matched in linear time: model names come from clients.

/** `*` stands for any run of characters, also an empty one; everything else for itself. */
export function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*')
  const first = parts[0] ?? ''
  if (parts.length === 1) return text === first
  const last = parts.at(-1) ?? ''
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false
  // Each part between two stars where it comes first: what is left for the next ones can only be more.
  let at = first.length
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return at <= text.length - last.length
}

/** Null patterns allow everything. */
export function allowing(patterns: readonly string[] | null): (text: string) => boolean {
  if (patterns === null || patterns.includes('*')) return () => true
  const exact = new Set(patterns.filter((pattern) => !pattern.includes('*')))
  const globs = patterns.filter((pattern) => pattern.includes('*'))
  return (text) => exact.has(text) || globs.some((pattern) => matches(pattern, text))
}
