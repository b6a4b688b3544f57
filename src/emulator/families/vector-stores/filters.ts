// Filters over the attributes of files: comparisons, and any nesting of `and` and `or`.
import { invalidType, invalidValue, missingParameter } from '../../errors.ts'
import { anyObject, isObject } from '../../shape.ts'
import type { Field, JsonObject } from '../../shape.ts'
import type { Attributes } from './stored.ts'

/** Whether a file with these attributes is wanted. */
export type Filter = (attributes: Attributes) => boolean

type Value = string | number | boolean
type Comparison = (attribute: Value | undefined, value: Value | readonly Value[]) => boolean

const isIn: Comparison = (attribute, value) => Array.isArray(value) && value.includes(attribute)
const ordered =
  (holds: (attribute: Value, value: Value) => boolean): Comparison =>
  (attribute, value) =>
    // Numbers among numbers, texts among texts; anything else has no order.
    attribute !== undefined && typeof attribute === typeof value && holds(attribute, value as Value)

const comparisons: Readonly<Record<string, Comparison>> = {
  eq: (attribute, value) => attribute === value,
  ne: (attribute, value) => attribute !== value,
  gt: ordered((attribute, value) => attribute > value),
  gte: ordered((attribute, value) => attribute >= value),
  lt: ordered((attribute, value) => attribute < value),
  lte: ordered((attribute, value) => attribute <= value),
  in: isIn,
  nin: (attribute, value) => !isIn(attribute, value),
}

const types = [...Object.keys(comparisons), 'and', 'or']

export const filter = (): Field<Filter> => ({ ...anyObject(), read: (value, at) => readFilter(value, at) })

function readFilter(given: unknown, at: string): Filter {
  if (!isObject(given)) throw invalidType(at, 'an object', given)
  const { type } = given
  if (type === undefined) throw missingParameter(`${at}.type`)
  if (type === 'and' || type === 'or') return readCompound(type, given, at)
  const compare = typeof type === 'string' && Object.hasOwn(comparisons, type) ? comparisons[type] : undefined
  if (compare === undefined) throw invalidValue(`${at}.type`, type, types)
  const { key, value } = given
  if (key === undefined) throw missingParameter(`${at}.key`)
  if (typeof key !== 'string') throw invalidType(`${at}.key`, 'a string', key)
  if (value === undefined || value === null) throw missingParameter(`${at}.value`)
  if (!isValue(value) && !(Array.isArray(value) && value.every(isValue)))
    throw invalidType(`${at}.value`, 'one of a string, number, boolean, or array', value)
  return (attributes) => compare(attributes[key], value)
}

function readCompound(type: 'and' | 'or', { filters }: JsonObject, at: string): Filter {
  if (filters === undefined) throw missingParameter(`${at}.filters`)
  if (!Array.isArray(filters)) throw invalidType(`${at}.filters`, 'an array of objects', filters)
  const all = filters.map((each, index) => readFilter(each, `${at}.filters[${index}]`))
  return type === 'and' ? (attributes) => all.every((each) => each(attributes)) : (attributes) => all.some((each) => each(attributes))
}

const isValue = (value: unknown): value is Value => ['string', 'number', 'boolean'].includes(typeof value)
