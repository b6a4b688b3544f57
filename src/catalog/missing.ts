// In which words a missing id is refused: the words of its kind, of its place, of its row. One that is another tenant's gets
// the very same ones.
import type { Resource } from './endpoint.ts'
import { kinds, type Kind, type Missing } from './kinds.ts'

/** The words for an id at the place that a resource of a row names. */
export function missingWords({ kind, at, missing }: Resource): Missing {
  const words: Kind = kinds[kind]
  if (missing !== undefined) return missing
  if (at.startsWith('path.')) return words.missing
  // A cursor or a filter that names nothing: what a path would say, with the name of the parameter.
  if (at.startsWith('query.')) return { ...words.missing, param: at.slice('query.'.length) }
  return words.missingInBody ?? words.missing
}

export type Place = {
  readonly id: string
  /** As the request has it, without `body.` or `form.`: `tools.0.file_ids.2`. */
  readonly at: string
  /** The parameters of the path. */
  readonly params: Readonly<Record<string, string>>
}

/**
 * The words with everything filled in. Upstreams call the type of all of them `invalid_request_error`.
 * @example sayMissing(kinds.file.missingInBody, { id: 'file-1', at: 'file_ids.0', params: {} }).param === 'file_ids'
 */
export function sayMissing(words: Missing, { id, at, params }: Place): Missing {
  const path = at.replaceAll(/\.(\d+)(?=\.|$)/g, '[$1]')
  const field = path.replace(/\[\d+\]$/, '')
  const places: Readonly<Record<string, string>> = { at: path, field, key: field.replace(/^.*\./, '') }
  // One pass, so that braces in an id are never read as a name.
  const message = words.message.replaceAll(/\{(\w+)\}/g, (whole, name: string) => (name === 'id' ? id : (params[name] ?? whole)))
  const param = words.param?.replaceAll(/\{(\w+)\}/g, (whole, name: string) => places[name] ?? whole) ?? null
  return { ...words, message, param }
}
