// What a row of the catalog means for the rooms: its resources sorted by where they stand, compiled once. Rooms ask the plan
// and never the names of endpoints.
import type { Endpoint, Resource } from '../catalog/endpoint.ts'
import { listingOf, type ResourceKind } from '../catalog/kinds.ts'
import { everyRow, opaqueKeys } from '../catalog/references.ts'
import { compileRules, type CompiledRules } from './body/json-scan-rules.ts'
import { isChoice } from './model-choice.ts'
import { net } from './net.ts'

/** A rule of a request body: a fact the rooms decide by, or a resource. */
export type BodyRule = { readonly fact: 'model' | 'stream' | 'store' | 'modalities' } | { readonly resource: Resource }

export type Plan = {
  /** Path parameters that name resources. */
  readonly params: readonly { readonly name: string; readonly resource: Resource }[]
  /** Query parameters that do, and those each tenant has a space of its own for. */
  readonly queries: ReadonlyMap<string, readonly Resource[]>
  /** Lower-case header names of values each tenant has a space of its own for. */
  readonly headers: ReadonlySet<string>
  readonly body: CompiledRules<BodyRule>
  /** The same for a line of a batch, which holds the request as its `body`. */
  readonly line: CompiledRules<BodyRule>
  /** Form fields by name (`video[id]`), each with the rules of what stands below it where it holds JSON. */
  readonly form: ReadonlyMap<string, readonly Resource[]>
  /** Null where an answer bears no id, so that it passes unread. */
  readonly answer: CompiledRules<Resource> | null
  readonly event: CompiledRules<Resource> | null
  /** Whether a JSON answer only tells the object itself once more: nothing in it is new, or to be hidden. */
  readonly isTelling: boolean
  /** Of what kind the id at the end of the `Location` header is. */
  readonly location: ResourceKind | null
  readonly list: ResourceKind | null
  readonly deletes: { readonly kind: ResourceKind; readonly param: string } | null
  /** The kind a create is announced with before it is sent: one whose orphans can be found again in a list. */
  readonly intent: ResourceKind | null
  /** The kind whose object the answer is, to be remembered for lists. */
  readonly keeps: ResourceKind | null
  /** In which order the upstream looks: the order of the row's entries. */
  readonly order: ReadonlyMap<Resource, number>
  /** Whether a new request of the row chooses a model: what acts on an object that is there has one already. */
  readonly choosesModel: boolean
  /** Facts of the request without which no answer bears an id that is kept; null where one may without. */
  readonly whens: readonly ('isStored' | 'isAudio')[] | null
}

const plans = new WeakMap<Endpoint, Plan>()

export function planOf(endpoint: Endpoint): Plan {
  let plan = plans.get(endpoint)
  if (plan === undefined) plans.set(endpoint, (plan = makePlan(endpoint)))
  return plan
}

function makePlan({ method, path, resources, response }: Endpoint): Plan {
  const standing = (place: string): readonly { readonly at: string; readonly resource: Resource }[] =>
    [...resources, ...everyRow].flatMap((resource) =>
      resource.at.startsWith(`${place}.`) ? [{ at: resource.at.slice(place.length + 1), resource }] : [],
    )
  const told = (place: string): readonly { readonly at: string; readonly rule: Resource }[] =>
    standing(place).flatMap(({ at, resource }) => (resource.act === 'create' || resource.act === 'hide' ? [{ at, rule: resource }] : []))

  const params = standing('path').map(({ at, resource }) => ({ name: at, resource }))
  const deleted = params.find(({ resource }) => resource.act === 'delete')
  const made = resources.find(({ act, at, kind }) => act === 'create' && at === 'answer.id' && listingOf(kind) !== null)
  // Or as a part of it, whole and with an id of its own: the file of an upload that is completed.
  const part = resources.find(({ act, at, kind }) => act === 'create' && /^answer\.[^.]+\.id$/.test(at) && listingOf(kind) !== null)
  const announced = method === 'GET' ? undefined : (made ?? part)
  const keeps = made?.kind ?? (response.includes('json') ? keptKind(path, params) : null)
  // The object itself, told again: nothing is born, but what it says is remembered.
  const itself: readonly { readonly at: string; readonly rule: Resource }[] =
    keeps === null || made !== undefined ? [] : [{ at: 'id', rule: { act: 'use', kind: keeps, at: 'answer.id' } }]
  const answer = [...told('answer'), ...itself]
  const event = told('event')
  return {
    params,
    queries: grouped(standing('query')),
    headers: new Set(standing('header').map(({ at }) => at)),
    body: compileRules<BodyRule>(
      [
        { at: 'model', rule: { fact: 'model' } },
        { at: 'stream', rule: { fact: 'stream' }, literals: true },
        { at: 'store', rule: { fact: 'store' }, literals: true },
        { at: 'modalities', rule: { fact: 'modalities' } },
        ...standing('body').map(({ at, resource }) => ({ at, rule: { resource } })),
      ],
      { keys: anywhere, opaque: opaqueKeys },
    ),
    line: compileRules<BodyRule>(
      standing('body').map(({ at, resource }) => ({ at: `body.${at}`, rule: { resource } })),
      { keys: anywhere, opaque: opaqueKeys },
    ),
    form: grouped(standing('form')),
    answer: answer.length === 0 ? null : compileRules(answer),
    event: event.length === 0 ? null : compileRules(event),
    isTelling: itself.length > 0 && answer.length === itself.length,
    location: resources.find(({ at }) => at === 'location')?.kind ?? null,
    list: resources.find(({ act }) => act === 'list')?.kind ?? null,
    deletes: deleted === undefined ? null : { kind: deleted.resource.kind, param: deleted.name },
    intent: announced !== undefined && announced.when === undefined ? announced.kind : null,
    keeps,
    choosesModel: params.length === 0 && resources.some((resource) => resource.act === 'use' && isChoice(resource)),
    whens: whensOf([...told('answer'), ...event, ...itself].map(({ rule }) => rule)),
    order: new Map([...resources.entries()].map(([at, resource]) => [resource, at])),
  }
}

/** Null as soon as one entry holds without a condition. */
function whensOf(born: readonly Resource[]): Plan['whens'] {
  const whens = born.map(({ when }) => when)
  return whens.includes(undefined) ? null : [...new Set(whens.filter((when) => when !== undefined))]
}

/** The object a path names, with nothing below it but what changes its state. */
function keptKind(path: string, params: Plan['params']): ResourceKind | null {
  const [only] = params
  if (only === undefined || params.length > 1 || only.resource.act !== 'use' || listingOf(only.resource.kind) === null) return null
  return /\}(?:\/(?:cancel|pause|resume))?$/.test(path) ? only.resource.kind : null
}

const anywhere: ReadonlyMap<string, BodyRule> = new Map([...net].map(([key, resource]) => [key, { resource }]))

function grouped(standing: readonly { readonly at: string; readonly resource: Resource }[]): ReadonlyMap<string, readonly Resource[]> {
  const groups = new Map<string, Resource[]>()
  for (const { at, resource } of standing) {
    const group = groups.get(at)
    if (group === undefined) groups.set(at, [resource])
    else group.push(resource)
  }
  return groups
}
