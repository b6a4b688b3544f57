// Parameters that several operations on vector stores take.
import { invalid, invalidType, invalidValue, missingParameter } from '../../errors.ts'
import { anyObject, choice, integer, isObject, object, readShape } from '../../shape.ts'
import type { Field, JsonObject } from '../../shape.ts'
import type { Attributes, Chunking } from './stored.ts'

export const lifetime = object({ anchor: choice('last_active_at'), days: integer({ min: 1, max: 365 }) })

const attributesMax = 16
const keyLengthMax = 64
const valueLengthMax = 512

/** Like metadata, but values may be numbers and booleans. */
export const attributes = (): Field<Attributes> => ({
  ...anyObject(),
  read: (value, at) => {
    const entries = Object.entries(value as JsonObject)
    if (entries.length > attributesMax)
      throw invalid(
        `Invalid '${at}': too many properties. Expected an object with at most ${attributesMax} properties, but got an object with ${entries.length} properties instead.`,
        at,
        'object_above_max_properties',
      )
    return Object.fromEntries(entries.map(([key, each]) => [readKey(key, at), readAttribute(each, `${at}.${key}`)]))
  },
})

function readKey(key: string, at: string): string {
  if (key.length > keyLengthMax)
    throw invalid(
      `Invalid property name in '${at}': '${key.slice(0, 16)}...' is too long. Expected a property name with maximum length ${keyLengthMax}, but got a property name with length ${key.length} instead.`,
      at,
      'property_name_above_max_length',
    )
  return key
}

function readAttribute(value: unknown, at: string): string | number | boolean {
  if (typeof value === 'number' || typeof value === 'boolean') return value
  if (typeof value !== 'string') throw invalidType(at, 'one of a string, number, or boolean', value)
  if (value.length > valueLengthMax)
    throw invalid(
      `Invalid '${at}': string too long. Expected a string with maximum length ${valueLengthMax}, but got a string with length ${value.length} instead.`,
      at,
      'string_above_max_length',
    )
  return value
}

export const autoChunking: Chunking = { type: 'static', static: { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 } }

const staticShape = { max_chunk_size_tokens: integer({ min: 100, max: 4096 }), chunk_overlap_tokens: integer({ min: 0 }) }

/** `auto`, or sizes; what is answered is always sizes. */
export const chunkingStrategy = (): Field<Chunking> => ({
  ...anyObject(),
  read: (value, at) => {
    const given = value as JsonObject
    if (given['type'] === undefined) throw missingParameter(`${at}.type`)
    if (given['type'] === 'auto') return autoChunking
    if (given['type'] !== 'static') throw invalidValue(`${at}.type`, given['type'], ['auto', 'static'])
    if (!isObject(given['static'])) throw missingParameter(`${at}.static`)
    const sizes = readShape(staticShape, given['static'], { at: `${at}.static.` })
    if (sizes.chunk_overlap_tokens > sizes.max_chunk_size_tokens / 2)
      throw invalid(
        `Invalid '${at}.static.chunk_overlap_tokens': chunk_overlap_tokens must be less than or equal to max_chunk_size_tokens / 2.`,
        `${at}.static.chunk_overlap_tokens`,
        'invalid_value',
      )
    return { type: 'static', static: sizes }
  },
})
