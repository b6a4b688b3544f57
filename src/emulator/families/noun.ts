// The plain nouns of the newer families: things that are made, read, changed, listed and deleted. Each is a row of a few words; only
// what making and changing mean is code.
import { json } from '../answer.ts'
import type { Behaviour, Call } from '../behaviour.ts'
import { notFound } from '../errors.ts'
import type { ApiError } from '../errors.ts'
import type { Platform } from '../platform.ts'
import type { JsonObject } from '../shape.ts'
import type { Collection } from '../state/objects.ts'
import { newestFirst, page, readPageQuery } from '../state/pages.ts'

/** `object` is the name of its type, which an answer to a deletion repeats: `vault`, `vault.deleted`. */
export type NounObject = { readonly id: string; readonly object: string }

type NounRow<T extends NounObject> = {
  /** Of its collection. */
  readonly kind: string
  /** As refusals name it: `Vault with id 'vault_1' not found.` */
  readonly label: string
  /** The parameter of the path that holds its id. */
  readonly param: string
  /** Whose it is: the id of an object that was looked up, or refused, on the way. */
  readonly parent?: (call: Call) => string
  /** Which of them a list leaves in. */
  readonly where?: (call: Call) => (object: T) => boolean
  /** What callers see, where more is kept. */
  readonly show?: (object: T, platform: Platform) => JsonObject
  /** What goes when it goes. */
  readonly onDelete?: (platform: Platform, object: T) => void
}

export type Noun<T extends NounObject> = {
  readonly collection: (platform: Platform) => Collection<T>
  /** The object that the path names, or OpenAI's 404. */
  readonly find: (call: Call) => T
  /** The object of an id that stands in a body: unknown ones are refused like those of a path, with the parameter. */
  readonly require: (platform: Platform, id: string, param: string | null) => T
  readonly retrieve: Behaviour
  readonly list: Behaviour
  readonly create: (make: (call: Call, body: JsonObject) => T | Promise<T>) => Behaviour
  readonly update: (change: (object: T, body: JsonObject, call: Call) => T | Promise<T>) => Behaviour
  readonly remove: Behaviour
}

/**
 * @example
 * const vault = createNoun<Vault>({ kind: 'vault', label: 'Vault', param: 'vault_id' })
 * export const vaults = { 'vaults.list': vault.list, 'vaults.retrieve': vault.retrieve } satisfies Family
 */
export function createNoun<T extends NounObject>({ kind, label, param, parent, where, show, onDelete }: NounRow<T>): Noun<T> {
  const collection = (platform: Platform): Collection<T> => platform.collection(kind)
  const missing = (id: string, at: string | null = null): ApiError => notFound(`${label} with id '${id}' not found.`, at)
  const shown = (object: T, platform: Platform): unknown => (show === undefined ? object : show(object, platform))
  const parentOf = (call: Call): string => parent?.(call) ?? ''

  const find = (call: Call): T => {
    const id = call.param(param)
    const object = collection(call.platform).get(id, parentOf(call))
    if (object === undefined) throw missing(id)
    return object
  }

  return {
    collection,
    find,
    require: (platform, id, at) => {
      const object = collection(platform).get(id)
      if (object === undefined) throw missing(id, at)
      return object
    },
    retrieve: (call) => json(shown(find(call), call.platform)),
    list: (call) => {
      const { platform } = call
      const filter = where?.(call)
      const found = page(collection(platform), readPageQuery(call.query, newestFirst), {
        parent: parentOf(call),
        unknown: (id) => missing(id),
        ...(filter === undefined ? {} : { where: filter }),
      })
      return json({ ...found, data: found.data.map((object) => shown(object, platform)) })
    },
    create: (make) => async (call) => {
      const belongsTo = parentOf(call)
      const object = await make(call, await call.json())
      collection(call.platform).put(object, belongsTo)
      return json(shown(object, call.platform))
    },
    update: (change) => async (call) => {
      const body = await call.json()
      const changed = await change(find(call), body, call)
      collection(call.platform).put(changed, parentOf(call))
      return json(shown(changed, call.platform))
    },
    remove: (call) => {
      const object = find(call)
      call.platform.objects.together(() => {
        collection(call.platform).delete(object.id, parentOf(call))
        onDelete?.(call.platform, object)
      })
      return json({ id: object.id, object: `${object.object}.deleted`, deleted: true })
    },
  }
}

/** Lists that can be narrowed by `metadata[key]=value`: every pair has to match. */
export const matchesMetadata = (call: Call): ((object: { readonly metadata: Readonly<Record<string, string>> }) => boolean) => {
  const wanted = call.query.entries('metadata')
  return ({ metadata }) => wanted.every(([key, value]) => metadata[key] === value)
}

/**
 * A parameter of a change: left out it keeps what is there, null sets it back.
 * @example { ...agent, name: changed(body, 'name', request.name, agent.name, null) }
 */
export const changed = <T>(body: JsonObject, name: string, given: T | undefined, kept: T, reset: T): T =>
  body[name] === undefined ? kept : (given ?? reset)
