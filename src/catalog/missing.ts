// In which words a missing id is refused: the words of its kind, of its place, of its row. One that is another tenant's gets
// the very same ones.
import type { Resource } from './endpoint.ts'
import { kinds, type Kind, type Missing } from './kinds.ts'

/** The words for an id at the place that a resource of a row names. */
export function missingWords({ kind, at, missing }: Resource): Missing {
  const words: Kind = kinds[kind]
  const isInHead = at.startsWith('path.') || at.startsWith('query.')
  const said = missing ?? (isInHead ? words.missing : (words.missingInBody ?? words.missing))
  // A cursor or a filter that names nothing: what a path would say, with the name of the parameter.
  return at.startsWith('query.') ? { ...said, param: at.slice('query.'.length) } : said
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
  const known: Readonly<Record<string, string>> = { ...params, id, at: path, field, key: field.replace(/^.*\./, '') }
  // One pass, so that braces in an id are never read as a name.
  const filled = (text: string): string => text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => known[name] ?? whole)
  return { ...words, message: filled(words.message), param: words.param === null ? null : filled(words.param) }
}
