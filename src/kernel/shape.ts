// Holds a body or a query against fields, and names the first parameter that is wrong.
import { Refusal } from './errors.ts'
import type { Field, Shape } from './field.ts'

export type Values = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** @throws Refusal unknown_parameter, missing_required_parameter, invalid_value */
export function checkShape(shape: Shape, values: Values): void {
  checkMembers(shape.properties, shape.required, shape.additionalProperties, values, '')
}

/**
 * Reads a raw query: each parameter once, whole numbers as such.
 * @throws Refusal unknown_parameter, invalid_value
 */
export function readQuery(fields: Readonly<Record<string, Field>>, query: string): Values {
  const values: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const [name, text] of new URLSearchParams(query)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (field === undefined) throw new Refusal('unknown_parameter', { param: printable(name) })
    if (name in values) throw invalid(name, 'it stands twice in the query')
    values[name] = field.type === 'integer' && /^-?\d{1,15}$/.test(text) ? Number(text) : text
    checkField(field, values[name], name)
  }
  return values
}

function checkMembers(
  fields: Readonly<Record<string, Field>>,
  required: readonly string[],
  isOpen: boolean,
  values: Values,
  prefix: string,
): void {
  for (const [name, value] of Object.entries(values)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (field === undefined) {
      if (!isOpen) throw new Refusal('unknown_parameter', { param: prefix + printable(name) })
      // Null stands for "not given": models write it for what they leave out.
    } else if (value !== null) checkField(field, value, prefix + name)
  }
  for (const name of required)
    if (!Object.hasOwn(values, name) || values[name] === null) throw new Refusal('missing_required_parameter', { param: prefix + name })
}

function checkField(field: Field, value: unknown, name: string): void {
  if (field.format === 'openai-file' && isObject(value)) return
  if (!isOfType(field.type, value)) throw invalid(name, `expected ${article(field.type)}`)
  if (field.enum !== undefined && !field.enum.includes(value as string | number))
    throw invalid(name, `expected one of ${field.enum.join(', ')}`)
  if (typeof value === 'string' && field.minLength !== undefined && value.length < field.minLength) throw invalid(name, 'it is empty')
  if (typeof value === 'string' && field.maxLength !== undefined && value.length > field.maxLength)
    throw invalid(name, `it is longer than ${field.maxLength} characters`)
  if (typeof value === 'number' && field.minimum !== undefined && value < field.minimum)
    throw invalid(name, `it is less than ${field.minimum}`)
  if (typeof value === 'number' && field.maximum !== undefined && value > field.maximum)
    throw invalid(name, `it is more than ${field.maximum}`)
  if (Array.isArray(value)) checkItems(field, value, name)
  else if (isObject(value) && field.properties !== undefined)
    checkMembers(field.properties, field.required ?? [], field.additionalProperties ?? true, value, `${name}.`)
}

function checkItems(field: Field, values: readonly unknown[], name: string): void {
  if (field.minItems !== undefined && values.length < field.minItems) throw invalid(name, `it has fewer than ${field.minItems} items`)
  if (field.maxItems !== undefined && values.length > field.maxItems) throw invalid(name, `it has more than ${field.maxItems} items`)
  const { items } = field
  if (items !== undefined) values.forEach((value, at) => checkField(items, value, `${name}[${at}]`))
}

function isOfType(type: Field['type'], value: unknown): boolean {
  switch (type) {
    case 'integer':
      return Number.isSafeInteger(value)
    case 'array':
      return Array.isArray(value)
    case 'object':
      return isObject(value)
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type
  }
}

export const invalid = (param: string, why: string): Refusal => new Refusal('invalid_value', { param, why })

/** A name a caller chose, short enough to be said back. */
const printable = (name: string): string => (name.length > 64 ? `${name.slice(0, 64)}…` : name)

const article = (type: Field['type']): string => (/^[aio]/.test(type) ? `an ${type}` : `a ${type}`)
