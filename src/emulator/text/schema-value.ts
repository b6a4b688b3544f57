// A value that satisfies a JSON Schema, always the same one for the same schema and prompt: for structured outputs and tool arguments.
import { isObject } from '../shape.ts'
import type { JsonObject } from '../shape.ts'
import { textForPattern } from './pattern-text.ts'

/** Where values may come from, so that an answer has to do with what was asked. */
export type Source = { readonly prompt: string; readonly text: string }

/**
 * @example schemaValue({ type: 'object', properties: { n: { type: 'integer', minimum: 3 } }, required: ['n'] }, source) // { n: 3 }
 */
export function schemaValue(schema: JsonObject, source: Source): unknown {
  return create({ root: schema, source, given: literalObject(source.prompt) }, schema, '', 0)
}

type Context = {
  readonly root: JsonObject
  readonly source: Source
  /** An object that the prompt spells out. */ readonly given: JsonObject
}

/** Recursive schemas (trees, linked lists) end here, by what they allow: no optional properties, empty arrays, null. */
const deepest = 6

function create(context: Context, schema: unknown, name: string, depth: number): unknown {
  // `true` and `{}` allow everything.
  if (!isObject(schema)) return name === '' ? 'value' : name
  if ('const' in schema) return schema['const']
  if (Array.isArray(schema['enum']) && schema['enum'].length > 0) return pickEnum(context, schema['enum'])
  if (typeof schema['$ref'] === 'string') return create(context, merge(resolve(context.root, schema['$ref']), schema), name, depth + 1)
  if (Array.isArray(schema['allOf'])) return create(context, mergeAll(context, schema), name, depth)
  const branch = pickBranch(context, schema, depth)
  if (branch !== null) return create(context, branch, name, depth)
  if (depth <= 1 && name in context.given && fitsType(schema, context.given[name])) return context.given[name]
  if ('default' in schema && schema['default'] !== null) return schema['default']
  if (Array.isArray(schema['examples']) && schema['examples'].length > 0) return schema['examples'][0]

  switch (typeOf(schema, depth)) {
    case 'object':
      return createObject(context, schema, depth)
    case 'array':
      return createArray(context, schema, name, depth)
    case 'integer':
      return createNumber(context, schema, true)
    case 'number':
      return createNumber(context, schema, false)
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      return createString(context, schema, name)
  }
}

function typeOf(schema: JsonObject, depth: number): unknown {
  const type = schema['type']
  if (Array.isArray(type)) return depth > deepest && type.includes('null') ? 'null' : (type.find((each) => each !== 'null') ?? 'null')
  if (type !== undefined) return type
  if ('properties' in schema || 'additionalProperties' in schema) return 'object'
  if ('items' in schema || 'prefixItems' in schema) return 'array'
  if ('minimum' in schema || 'maximum' in schema || 'multipleOf' in schema) return 'number'
  return 'string'
}

/** `#/$defs/Node` and the like; JSON Pointer escapes (RFC 6901 3) included. */
function resolve(root: JsonObject, reference: string): JsonObject {
  let at: unknown = root
  for (const step of reference.replace(/^#\/?/, '').split('/')) {
    if (step === '') continue
    const key = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')
    at = isObject(at) ? at[key] : Array.isArray(at) ? at[Number(key)] : undefined
  }
  return isObject(at) ? at : {}
}

function merge(base: JsonObject, over: JsonObject): JsonObject {
  const { $ref: _, ...rest } = over
  const required = [...listOf(base['required']), ...listOf(rest['required'])]
  const properties = { ...objectOf(base['properties']), ...objectOf(rest['properties']) }
  return {
    ...base,
    ...rest,
    ...(required.length > 0 ? { required } : {}),
    ...(Object.keys(properties).length > 0 ? { properties } : {}),
  }
}

function mergeAll(context: Context, schema: JsonObject): JsonObject {
  const { allOf, ...own } = schema
  return listOf(allOf).reduce<JsonObject>((merged, each) => {
    const part = isObject(each) ? each : {}
    return merge(merged, typeof part['$ref'] === 'string' ? merge(resolve(context.root, part['$ref']), part) : part)
  }, own)
}

/** The first alternative that is not null; deep down, null if it is one, so that recursion ends. */
function pickBranch(context: Context, schema: JsonObject, depth: number): JsonObject | null {
  const branches = listOf(schema['anyOf'] ?? schema['oneOf']).filter(isObject)
  if (branches.length === 0) return null
  const nulls = branches.filter((each) => each['type'] === 'null')
  const isTooDeep = depth > deepest
  const others = branches.filter((each) => each['type'] !== 'null' && !(isTooDeep && typeof each['$ref'] === 'string'))
  const chosen = (isTooDeep ? nulls[0] : undefined) ?? others[0] ?? nulls[0] ?? branches[0] ?? {}
  const { anyOf: _any, oneOf: _one, ...own } = schema
  return merge(own, typeof chosen['$ref'] === 'string' ? merge(resolve(context.root, chosen['$ref']), chosen) : chosen)
}

function createObject(context: Context, schema: JsonObject, depth: number): JsonObject {
  const properties = objectOf(schema['properties'])
  const required = new Set(listOf(schema['required']))
  const value: Record<string, unknown> = {}
  for (const [name, property] of Object.entries(properties))
    if (required.has(name) || (depth < 2 && required.size === 0) || (depth === 0 && name in context.given))
      value[name] = create(context, property, name, depth + 1)
  // Required names without a schema of their own are still required.
  for (const name of required)
    if (typeof name === 'string' && !(name in value))
      value[name] = create(context, objectOf(schema['additionalProperties']), name, depth + 1)
  const missing = Number(schema['minProperties'] ?? 0) - Object.keys(value).length
  for (let index = 1; index <= missing; index++)
    value[`key${index}`] = create(context, objectOf(schema['additionalProperties']), `key${index}`, depth + 1)
  return value
}

function createArray(context: Context, schema: JsonObject, name: string, depth: number): unknown[] {
  const prefix = listOf(schema['prefixItems'])
  const least = Math.max(Number(schema['minItems'] ?? 0), prefix.length)
  const length = Math.min(depth > deepest ? least : Math.max(1, least), Number(schema['maxItems'] ?? Infinity), 1000)
  const values = Array.from({ length }, (_, index) => create(context, prefix[index] ?? schema['items'] ?? {}, singular(name), depth + 1))
  return schema['uniqueItems'] === true ? makeUnique(values, schema['items']) : values
}

/** Elements of one schema come out alike; where they must differ, numbers count up, texts get a number, enums are walked. */
function makeUnique(values: unknown[], items: unknown): unknown[] {
  const choices = isObject(items) ? listOf(items['enum']) : []
  return values.map((value, index) => {
    if (choices.length > index) return choices[index]
    if (index === 0) return value
    return typeof value === 'number' ? value + index : typeof value === 'string' ? `${value}${index + 1}` : value
  })
}

function createNumber({ source }: Context, schema: JsonObject, isInteger: boolean): number {
  const step = typeof schema['multipleOf'] === 'number' ? schema['multipleOf'] : isInteger ? 1 : 0
  const above = schema['exclusiveMinimum']
  const below = schema['exclusiveMaximum']
  const nudge = step || 0.5
  const min = Number(schema['minimum'] ?? (typeof above === 'number' ? above + nudge : -Infinity))
  const max = Number(schema['maximum'] ?? (typeof below === 'number' ? below - nudge : Infinity))
  // A number that the prompt mentions is more likely meant than one of ours.
  const mentioned = source.prompt
    .match(/-?\d+(?:\.\d+)?/g)
    ?.map(Number)
    .find((each) => each >= min && each <= max && (step === 0 || each % step === 0))
  const value = mentioned ?? Math.min(Math.max(1, min), max)
  return step > 0 && mentioned === undefined ? Math.ceil(value / step) * step : value
}

const formats: Readonly<Record<string, string>> = {
  'date-time': '2026-01-15T09:30:00Z',
  date: '2026-01-15',
  time: '09:30:00Z',
  duration: 'PT1H',
  email: 'ada@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uuid: '6f1c1c3e-8f4b-4c39-9a63-0f7a2d7a51b4',
  uri: 'https://example.com/',
  url: 'https://example.com/',
}

function createString(context: Context, schema: JsonObject, name: string): string {
  const format = formats[String(schema['format'])]
  if (format !== undefined) return format
  if (typeof schema['pattern'] === 'string') return textForPattern(schema['pattern'])
  const min = Number(schema['minLength'] ?? 0)
  const max = Number(schema['maxLength'] ?? Infinity)
  const text = mentionedFor(name, context.source)
  return text.padEnd(min, '.').slice(0, max)
}

/** What the prompt says about a property: `city: Paris`, `city=Paris`, `"Paris"`, `in Paris`; else a text of its own. */
function mentionedFor(name: string, { prompt, text }: Source): string {
  const label = name.replaceAll(/[_-]/g, '[ _-]')
  const labelled =
    name === '' ? null : new RegExp(String.raw`\b${escaped(label)}\b\s*(?:[:=]|is)\s*["']?([^"',;.\n]+)`, 'i').exec(prompt)?.[1]
  if (labelled !== undefined && labelled !== null) return labelled.trim()
  if (/^(?:city|location|place|town|country|region|destination|origin)$/i.test(name)) {
    const place = /\b(?:in|at|for|of|to|from|near)\s+(\p{Lu}[\p{L}'-]*(?:,? \p{Lu}[\p{L}'-]*)*)/u.exec(prompt)?.[1]
    if (place !== undefined) return place
  }
  if (/^(?:answer|reply|response|text|message|content|output|result|summary|final_answer|explanation)$/i.test(name)) return text
  if (/^(?:query|question|prompt|input|q|search)$/i.test(name)) return prompt.trim()
  const quoted = /"([^"]+)"/.exec(prompt)?.[1]
  return quoted ?? (name === '' ? text : name)
}

const escaped = (label: string): string => label.replaceAll(/[.*+?^${}()|\\]/g, String.raw`\$&`)

function pickEnum({ source }: Context, values: readonly unknown[]): unknown {
  const prompt = source.prompt.toLowerCase()
  return values.find((each) => typeof each === 'string' && each.length > 2 && prompt.includes(each.toLowerCase())) ?? values[0]
}

function fitsType(schema: JsonObject, value: unknown): boolean {
  const types = Array.isArray(schema['type']) ? schema['type'] : [schema['type']]
  return types.some((type) => {
    switch (type) {
      case 'integer':
        return Number.isInteger(value)
      case 'null':
        return value === null
      case 'array':
        return Array.isArray(value)
      case 'object':
        return isObject(value)
      default:
        return typeof value === type
    }
  })
}

/** The first JSON object in a text, so that a prompt can spell out arguments: `Call get_weather with {"city":"Paris"}`. */
function literalObject(text: string): JsonObject {
  const start = text.indexOf('{')
  if (start === -1) return {}
  for (let end = text.lastIndexOf('}'); end > start; end = text.lastIndexOf('}', end - 1)) {
    try {
      const value: unknown = JSON.parse(text.slice(start, end + 1))
      return isObject(value) ? value : {}
    } catch {
      // Not this brace: try the one before.
    }
  }
  return {}
}

/** `response_format: json_object` has no schema: the object the prompt spells out, or the answer under one name. */
export function jsonAnswer(prompt: string, text: string): string {
  const given = literalObject(prompt)
  return JSON.stringify(Object.keys(given).length > 0 ? given : { answer: text })
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {})
const singular = (name: string): string => (name.endsWith('s') ? name.slice(0, -1) : name)
