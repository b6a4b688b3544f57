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

/** One whose place in the bytes does not matter. */
export const mentionOf = (resource: Resource, value: string, path: string): Mention => ({ resource, value, path, start: 0, end: 0 })

const longestPrefix = 16

/** An upstream that trims, or does not mind capitals, would find it all the same. */
function looksLikeOne(prefixes: readonly string[], value: string): boolean {
  const start = value.trimStart().slice(0, longestPrefix).toLowerCase()
  return prefixes.some((prefix) => start.startsWith(prefix))
}

/** Ids of some kinds are only ours to judge when they look like one: base models and built-in voices are everybody's. */
export function isOwnedKind({ resource, value }: Mention): boolean {
  const { owned, prefixes }: Kind = kinds[resource.kind]
  // A key that nobody listed at this place counts only when what it holds is an id of its kind.
  if (owned === 'all' && resource.only !== 'prefixed' && !resource.at.startsWith('body.**.')) return true
  return looksLikeOne(prefixes, value)
}

/**
 * In the order of the row's entries, in which upstreams look at a request. Where several kinds may stand at one place, the one
 * whose prefix the id has counts, or else the first.
 */
export function inOrder(all: readonly Mention[], { order }: Plan): readonly Mention[] {
  const mentions = all.map(asMeant)
  if (mentions.length < 2) return mentions
  const places = Map.groupBy(
    mentions,
    ({ path, start, value, resource }) => `${resource.at.split('.', 1)[0] ?? ''} ${path} ${start} ${value}`,
  )
  const chosen = [...places.values()].flatMap((group) => {
    const named = group.filter(({ resource }) => resource.act === 'use' || resource.act === 'delete')
    const rest = group.filter((mention) => !named.includes(mention))
    const fitting = named.find(({ resource, value }) => looksLikeOne(prefixesOf(resource), value)) ?? named[0]
    return fitting === undefined ? rest : [...rest, fitting]
  })
  return chosen.toSorted(
    (one, other) => (order.get(one.resource) ?? Infinity) - (order.get(other.resource) ?? Infinity) || one.start - other.start,
  )
}

/** `file_id` names a file of a container as well: where no row says what stands there, the id does. */
function asMeant(mention: Mention): Mention {
  const { resource, value } = mention
  const isOther = resource.at.startsWith('body.**.') && resource.kind === 'file' && looksLikeOne(kinds.container_file.prefixes, value)
  return isOther ? { ...mention, resource: { ...resource, kind: 'container_file' } } : mention
}

const prefixesOf = (resource: Resource): readonly string[] => kinds[resource.kind].prefixes

/** @param params of the path, which some words repeat */
export function missing({ resource, value, path }: Mention, params: Readonly<Record<string, string>>): Refusal {
  return new Refusal('resource_missing', {}, { words: sayMissing(missingWords(resource), { id: value, at: path, params }) })
}
