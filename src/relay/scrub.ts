// Takes out of an upstream's error what is not the caller's to know: ids of objects that are not theirs, and the names of the
// operator's organization, project and key. Only a relay that several tenants share needs it; errors are small and held whole.
import { kinds, type ResourceKind } from '../catalog/kinds.ts'
import { withoutNames } from './account-names.ts'
import type { Named, Owner, Ownership } from '../ownership/ownership.ts'

const kindOfPrefix: readonly (readonly [prefix: string, kind: ResourceKind])[] = (Object.keys(kinds) as ResourceKind[])
  .flatMap((kind) => (kinds[kind].prefixes as readonly string[]).map((prefix) => [prefix, kind] as const))
  .filter(([prefix]) => /[-_:]$/.test(prefix))
  // The longest first: `file_` must not take what begins with `file_batch_`.
  .toSorted(([one], [other]) => other.length - one.length)

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
const idText = new RegExp(
  `(?<![A-Za-z0-9_-])(?:${[...new Set(kindOfPrefix.map(([prefix]) => escaped(prefix)))].join('|')})[A-Za-z0-9_:.-]*[A-Za-z0-9]`,
  'g',
)
/** Beside what every answer hides: keys, of which errors repeat the ends. */
const keyText = /(?<![\w-])sk-[\w*-]{3,}/g

/**
 * @param said what the request itself holds: an id the caller wrote is no news to them
 * @throws StoreUnavailable
 */
export async function scrub(
  text: string,
  said: (id: string) => boolean,
  owner: Owner,
  ownership: Pick<Ownership, 'find'>,
): Promise<string> {
  const plain = withoutNames(written(text)).replace(keyText, '***')
  const ids = [...new Set(plain.match(idText) ?? [])].filter((id) => !said(id))
  if (ids.length === 0) return plain
  const named = ids.flatMap((id) => kindOfPrefix.filter(([prefix]) => id.startsWith(prefix)).map(([, kind]): Named => ({ kind, id })))
  const found = await ownership.find(owner, named)
  const own = new Set(named.filter((_, at) => found[at] !== null).map(({ id }) => id))
  return plain.replace(idText, (id) => (own.has(id) || said(id) ? id : '***'))
}

/** JSON may write any character as an escape, and an id with it: such a text is written anew, without. */
function written(text: string): string {
  if (!text.includes('\\u')) return text
  try {
    return JSON.stringify(JSON.parse(text))
  } catch {
    return text
  }
}
