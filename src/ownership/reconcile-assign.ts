// Whose are the objects that nobody recorded? An object can only come of a create that was sent shortly before. Creates and
// objects that are possible for each other form a group; only one create and one object that are alone leave no doubt.
import type { IntentId } from '../kernel/ids.ts'
import type { Owner } from './ownership.ts'
import type { Told } from './upstream.ts'

export type Intent = {
  readonly id: IntentId
  readonly owner: Owner
  /** When its object can have been created, ms. */
  readonly from: number
  readonly to: number
  /** Its process died: it cannot be under way any more. */
  readonly isLeft: boolean
}

export type Assigned = {
  readonly owned: readonly { readonly owner: Owner; readonly objects: readonly Told[] }[]
  /** Nobody can say whose they are. */
  readonly orphans: readonly Told[]
  /** Creates that are done with; the others wait for more to be known. */
  readonly settled: readonly IntentId[]
}

/** @param isAssignable false where objects of the kind also come about without a create: then none has a certain owner */
export function assign(objects: readonly Told[], intents: readonly Intent[], isAssignable: boolean): Assigned {
  const owned: { owner: Owner; objects: readonly Told[] }[] = []
  const orphans: Told[] = []
  const settled: IntentId[] = []
  for (const group of groupsOf(objects, intents)) {
    // One that is under way may record its object any moment.
    if (group.intents.some(({ isLeft }) => !isLeft) && group.objects.length > 0) continue
    settled.push(...group.intents.filter(({ isLeft }) => isLeft).map(({ id }) => id))
    const [first] = group.intents
    if (first === undefined || group.objects.length === 0) continue
    const isAlone = group.intents.length === 1 && group.objects.length === 1
    if (isAssignable && isAlone) owned.push({ owner: first.owner, objects: group.objects })
    else orphans.push(...group.objects)
  }
  return { owned, orphans, settled }
}

type Group = { readonly intents: readonly Intent[]; readonly objects: readonly Told[] }

/** Creates whose times meet in an object belong together, and so do all that meet one of those. */
function groupsOf(objects: readonly Told[], intents: readonly Intent[]): readonly Group[] {
  const groups: { intents: Intent[]; objects: Told[] }[] = intents.map((intent) => ({ intents: [intent], objects: [] }))
  for (const object of objects) {
    const at = object.createdAt
    const met = groups.filter((group) => group.intents.some(({ from, to }) => at !== null && at >= from && at <= to))
    const [first, ...others] = met
    if (first === undefined) continue
    first.objects.push(object)
    for (const other of others) {
      first.intents.push(...other.intents)
      first.objects.push(...other.objects)
      groups.splice(groups.indexOf(other), 1)
    }
  }
  return groups
}
