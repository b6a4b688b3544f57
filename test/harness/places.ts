// Places in JSON documents, read the plain way: what the scanners of the byte path are held against.

/** The texts at a dotted place; arrays are transparent, `*` is any name. */
export function textsAt(document: unknown, place: string): readonly string[] {
  return walk(document, place === '' ? [] : place.split('.'))
}

function walk(value: unknown, path: readonly string[]): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((each) => walk(each, path))
  const [name, ...rest] = path
  if (name === undefined) return typeof value === 'string' ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => (name === '*' || name === key ? walk(inner, rest) : []))
}

/** All texts of a document, each with its place. */
export function everyText(value: unknown, path = ''): readonly { readonly path: string; readonly text: string }[] {
  if (typeof value === 'string') return [{ path, text: value }]
  if (Array.isArray(value)) return value.flatMap((each) => everyText(each, path))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => everyText(inner, path === '' ? key : `${path}.${key}`))
}
