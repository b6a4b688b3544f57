// An id as a request names it, and the refusal for one that names nothing of the caller's: in the words of the upstream.
import type { Resource } from '../catalog/endpoint.ts'
import { kinds, type Kind, type Missing } from '../catalog/kinds.ts'
import { Refusal } from '../kernel/errors.ts'
import type { Plan } from './plan.ts'

export type Mention = {
  readonly resource: Resource
  readonly value: string
  /** Where exactly it stands: `tools.0.file_ids.2` in a body, the name of a parameter elsewhere. */
  readonly path: string
  /** Offsets of the string in the body; 0 elsewhere. */
  readonly start: number
  readonly end: number
}

/** Ids of some kinds are only ours to judge when they look like one: base models and built-in voices are everybody's. */
export function isOwnedKind({ resource, value }: Mention): boolean {
  const { owned, prefixes }: Kind = kinds[resource.kind]
  const looksLikeOne = prefixes.some((prefix) => value.startsWith(prefix))
  // A key that nobody listed at this place counts only when what it holds is an id of its kind.
  return looksLikeOne || (owned === 'all' && resource.only !== 'prefixed' && !resource.at.startsWith('body.**.'))
}

/**
 * In the order of the row's entries, in which upstreams look at a request. Where several kinds may stand at one place, the one
 * whose prefix the id has counts, or else the first.
 */
export function inOrder(mentions: readonly Mention[], { order }: Plan): readonly Mention[] {
  if (mentions.length < 2) return mentions
  const places = Map.groupBy(
    mentions,
    ({ path, start, value, resource }) => `${resource.at.split('.', 1)[0] ?? ''} ${path} ${start} ${value}`,
  )
  const chosen = [...places.values()].flatMap((group) => {
    const named = group.filter(({ resource }) => resource.act === 'use' || resource.act === 'delete')
    const rest = group.filter((mention) => !named.includes(mention))
    const fitting = named.find(({ resource, value }) => prefixesOf(resource).some((prefix) => value.startsWith(prefix))) ?? named[0]
    return fitting === undefined ? rest : [...rest, fitting]
  })
  return chosen.toSorted(
    (one, other) => (order.get(one.resource) ?? Infinity) - (order.get(other.resource) ?? Infinity) || one.start - other.start,
  )
}

const prefixesOf = (resource: Resource): readonly string[] => kinds[resource.kind].prefixes

/** @param params of the path, which some words repeat */
export function missing(mention: Mention, params: Readonly<Record<string, string>>): Refusal {
  const { resource, value, path } = mention
  const kind: Kind = kinds[resource.kind]
  const isInQuery = resource.at.startsWith('query.')
  const isInHead = isInQuery || resource.at.startsWith('path.')
  const words: Missing = resource.missing ?? (isInHead ? kind.missing : (kind.missingInBody ?? kind.missing))
  const at = path.replace(/\.(\d+)(?=\.|$)/g, '[$1]')
  const field = at.replace(/\[\d+\]$/, '')
  const key = field.slice(field.lastIndexOf('.') + 1)
  const filled = (text: string): string =>
    text.replace(/\{(\w+)\}/g, (_, name: string) => ({ id: value, at, field, key })[name] ?? params[name] ?? '')
  return new Refusal(
    'resource_missing',
    {},
    {
      words: {
        status: words.status,
        message: filled(words.message),
        // A query is refused by the name of its own parameter.
        param: words.param === null ? null : isInQuery ? key : filled(words.param),
        code: words.code,
      },
    },
  )
}
