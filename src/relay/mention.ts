// An id as a request names it, and the refusal for one that names nothing of the caller's: in the words of the upstream.
import type { Resource } from '../catalog/endpoint.ts'
import { kinds, type Kind } from '../catalog/kinds.ts'
import { missingWords, sayMissing } from '../catalog/missing.ts'
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
export function missing({ resource, value, path }: Mention, params: Readonly<Record<string, string>>): Refusal {
  return new Refusal('resource_missing', {}, { words: sayMissing(missingWords(resource), { id: value, at: path, params }) })
}
