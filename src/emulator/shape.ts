// The parameters of an endpoint as data, checked in OpenAI's order and words: what is missing, then what is unknown, then types in
// the order of the fields. `null` counts as absent. The checked value is typed from the shape.
import { invalid, invalidType, invalidValue, missingParameter, unknownParameter } from './errors.ts'

export type Field<T> = {
  /** As OpenAI names the type: `a string`, `an array of objects`. */
  readonly expected: string
  readonly isRequired: boolean
  /** Whether a value is of the right type at all; alternatives are chosen by it. */
  readonly fits: (value: unknown) => boolean
  /** Throws OpenAI's refusal of a value of the right type, or returns what the behaviour works with. */
  readonly read: (value: unknown, at: string, isForm: boolean) => T
}

export type Shape = Readonly<Record<string, Field<unknown>>>
export type Values<S extends Shape> = { readonly [Name in keyof S]: S[Name] extends Field<infer T> ? T : never }
export type JsonObject = { readonly [name: string]: unknown }

type ReadOptions = {
  /** Prefix of the names in messages: `data_source.`. */
  readonly at?: string
  /** Old endpoints let unknown parameters pass. */
  readonly unknown?: 'refuse' | 'ignore'
  /** Form fields are text: numbers and booleans are read from it. */
  readonly isForm?: boolean
}

/**
 * Checks a body against a shape.
 * @example const { model, n } = readShape({ model: string(), n: optional(integer({ min: 1 })) }, await call.json())
 */
export function readShape<S extends Shape>(shape: S, value: JsonObject, options: ReadOptions = {}): Values<S> {
  const at = options.at ?? ''
  const isForm = options.isForm ?? false
  for (const name in shape) if (shape[name]?.isRequired === true && isAbsent(value[name])) throw missingParameter(at + name)
  if (options.unknown !== 'ignore') for (const name in value) if (shape[name] === undefined) throw unknownParameter(at + name)
  const values: Record<string, unknown> = {}
  for (const name in shape) {
    const field = shape[name]
    const given = value[name]
    if (field !== undefined && !isAbsent(given)) values[name] = readField(field, given, at + name, isForm)
  }
  return values as Values<S>
}

/** A JSON value where only text makes sense. */
export const textOr = (value: unknown, otherwise = ''): string => (typeof value === 'string' ? value : otherwise)

const isAbsent = (value: unknown): value is null | undefined => value === null || value === undefined

export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

function readField<T>(field: Field<T>, value: unknown, at: string, isForm: boolean): T {
  const given = isForm && typeof value === 'string' && !field.fits(value) ? fromText(value) : value
  if (!field.fits(given)) throw invalidType(at, field.expected, given)
  return field.read(given, at, isForm)
}

/** A form field as the number or boolean it spells; anything else stays text. */
function fromText(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text
}

/** May be left out, or null. */
export const optional = <T>(field: Field<T>): Field<T | undefined> => ({ ...field, isRequired: false })

const field = <T>(
  expected: string,
  fits: (value: unknown) => boolean,
  read: (value: unknown, at: string, isForm: boolean) => T,
): Field<T> => ({
  expected,
  isRequired: true,
  fits,
  read,
})

/** Any JSON value, as it came. */
export const anything = (): Field<unknown> =>
  field(
    'a value',
    () => true,
    (value) => value,
  )

export const boolean = (): Field<boolean> =>
  field(
    'a boolean',
    (value) => typeof value === 'boolean',
    (value) => value as boolean,
  )

export function string({ max, min }: { readonly max?: number; readonly min?: number } = {}): Field<string> {
  return field(
    'a string',
    (value) => typeof value === 'string',
    (value, at) => {
      const text = value as string
      if (max !== undefined && text.length > max)
        throw invalid(
          `Invalid '${at}': string too long. Expected a string with maximum length ${max}, but got a string with length ${text.length} instead.`,
          at,
          'string_above_max_length',
        )
      if (min !== undefined && text.length < min)
        throw invalid(
          `Invalid '${at}': string too short. Expected a string with minimum length ${min}, but got ${text === '' ? 'an empty string' : `a string with length ${text.length}`} instead.`,
          at,
          'string_below_min_length',
        )
      return text
    },
  )
}

export function choice<const T extends string>(...values: readonly T[]): Field<T> {
  return field(
    values.length > 1 ? `one of ${values.map((each) => `'${each}'`).join(' or ')}` : `'${values.join('')}'`,
    (value) => typeof value === 'string',
    (value, at) => {
      if (!(values as readonly unknown[]).includes(value)) throw invalidValue(at, value, values)
      return value as T
    },
  )
}

type Range = { readonly min?: number; readonly max?: number }

export const integer = (range: Range = {}): Field<number> => numeric('integer', range)
export const number = (range: Range = {}): Field<number> => numeric('decimal', range)

function numeric(noun: 'integer' | 'decimal', { min, max }: Range): Field<number> {
  const fits = (value: unknown): boolean => typeof value === 'number' && (noun === 'decimal' || Number.isInteger(value))
  return field(noun === 'integer' ? 'an integer' : 'a decimal', fits, (value, at) => {
    const given = value as number
    if (min !== undefined && given < min)
      throw invalid(
        `Invalid '${at}': ${noun} below minimum value. Expected a value >= ${min}, but got ${given} instead.`,
        at,
        `${noun}_below_min_value`,
      )
    if (max !== undefined && given > max)
      throw invalid(
        `Invalid '${at}': ${noun} above maximum value. Expected a value <= ${max}, but got ${given} instead.`,
        at,
        `${noun}_above_max_value`,
      )
    return given
  })
}

/** An array; `of` is checked per element, with `name[0]` in messages. */
export function array<T>(of: Field<T>, { min, max }: { readonly min?: number; readonly max?: number } = {}): Field<readonly T[]> {
  const expected = `an array of ${of.expected.replace(/^an? /, '')}s`
  return field(expected, Array.isArray, (value, at, isForm) => {
    const given = value as readonly unknown[]
    if (min !== undefined && given.length < min)
      throw invalid(
        `Invalid '${at}': empty array. Expected an array with minimum length ${min}, but got an ${given.length === 0 ? 'empty array' : `array with length ${given.length}`} instead.`,
        at,
        'empty_array',
      )
    if (max !== undefined && given.length > max)
      throw invalid(
        `Invalid '${at}': array too long. Expected an array with maximum length ${max}, but got an array with length ${given.length} instead.`,
        at,
        'array_above_max_length',
      )
    return given.map((each, index) => readField(of, each, `${at}[${index}]`, isForm))
  })
}

/** An object of known parameters. */
export function object<S extends Shape>(shape: S, options: Pick<ReadOptions, 'unknown'> = {}): Field<Values<S>> {
  return field('an object', isObject, (value, at, isForm) => readShape(shape, value as JsonObject, { ...options, at: `${at}.`, isForm }))
}

/** An object whose inside nobody checks here. */
export const anyObject = (): Field<JsonObject> => field('an object', isObject, (value) => value as JsonObject)

/** The first alternative whose type fits. */
export function either<A, B>(first: Field<A>, second: Field<B>): Field<A | B> {
  return field<A | B>(
    `one of ${first.expected} or ${second.expected}`,
    (value) => first.fits(value) || second.fits(value),
    (value, at, isForm) => readField<A | B>(first.fits(value) ? first : second, value, at, isForm),
  )
}

/** OpenAI's `metadata`: at most 16 pairs of strings, keys to 64 and values to 512 characters. */
export function metadata(): Field<Readonly<Record<string, string>>> {
  const text = string({ max: 512 })
  return field('an object', isObject, (value, at, isForm) => {
    const entries = Object.entries(value as JsonObject)
    if (entries.length > 16)
      throw invalid(
        `Invalid '${at}': too many properties. Expected an object with at most 16 properties, but got an object with ${entries.length} properties instead.`,
        at,
        'object_above_max_properties',
      )
    for (const [key] of entries)
      if (key.length > 64)
        throw invalid(
          `Invalid property name in '${at}': '${key.slice(0, 16)}...' is too long. Expected a property name with maximum length 64, but got a property name with length ${key.length} instead.`,
          at,
          'property_name_above_max_length',
        )
    return Object.fromEntries(entries.map(([key, each]) => [key, readField(text, each, `${at}.${key}`, isForm)]))
  })
}
