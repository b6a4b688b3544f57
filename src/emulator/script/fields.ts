// What may stand in a file people write, as data: one description reads the values, names every mistake with its place, and is the
// JSON Schema that editors complete from.
import { isObject } from '../shape.ts'
import type { JsonObject } from '../shape.ts'

/** From the top of the file: `['rules', 0, 'when']`. */
export type Path = readonly (string | number)[]

/** `message` completes "rules[0].when: …". */
export type Report = (at: Path, message: string) => void

export type Field<T> = {
  readonly schema: JsonObject
  readonly fits: (value: unknown) => boolean
  /** What is wrong is reported; the value returned then is never used. */
  readonly read: (value: unknown, at: Path, report: Report) => T
}

export type Fields = Readonly<Record<string, Field<unknown>>>
export type Read<F extends Fields> = { readonly [Name in keyof F]?: F[Name] extends Field<infer T> ? T : never }

type Described<T> = {
  readonly about: string
  readonly schema: JsonObject
  /** Completes "is …": `a text in quotes`. */
  readonly takes: string
  readonly fits: (value: unknown) => boolean
  readonly read?: (value: unknown, at: Path, report: Report) => T
}

function field<T>({ about, schema, takes, fits, read }: Described<T>): Field<T> {
  return {
    schema: { ...schema, description: about },
    fits,
    read: (value, at, report) => {
      if (fits(value)) return read === undefined ? (value as T) : read(value, at, report)
      report(at, `is ${shown(value)}: write ${takes}`)
      return unusable()
    },
  }
}

/** Stands for a value whose mistake was reported. */
export const unusable = (): never => undefined as never

export const text = (about: string): Field<string> =>
  field({
    about,
    schema: { type: 'string' },
    takes: 'a text; what looks like a number or a date needs quotes',
    fits: (value) => typeof value === 'string',
  })

export const flag = (about: string): Field<boolean> =>
  field({ about, schema: { type: 'boolean' }, takes: 'true or false', fits: (value) => typeof value === 'boolean' })

export function whole(about: string, { min, max }: { readonly min: number; readonly max?: number }): Field<number> {
  return field({
    about,
    schema: { type: 'integer', minimum: min, ...(max === undefined ? {} : { maximum: max }) },
    takes: `a whole number ${max === undefined ? `from ${min}` : `from ${min} to ${max}`}`,
    fits: (value) => Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= (max ?? Infinity),
  })
}

export function decimal(about: string, { min }: { readonly min: number }): Field<number> {
  return field({
    about,
    schema: { type: 'number', minimum: min },
    takes: `a number from ${min}`,
    fits: (value) => typeof value === 'number' && Number.isFinite(value) && value >= min,
  })
}

export function word<const Word extends string>(about: string, ...words: readonly Word[]): Field<Word> {
  return field({
    about,
    schema: { type: 'string', enum: words },
    takes: words.join(' or '),
    fits: (value) => (words as readonly unknown[]).includes(value),
  })
}

/** Any object, as it stands. */
export const mapping = (about: string): Field<JsonObject> =>
  field({ about, schema: { type: 'object' }, takes: 'a mapping', fits: isObject })

export function list<T>(about: string, of: Field<T>): Field<readonly T[]> {
  return field({
    about,
    schema: { type: 'array', minItems: 1, items: of.schema },
    takes: 'a list with something in it',
    fits: (value) => Array.isArray(value) && value.length > 0,
    read: (value, at, report) => (value as unknown[]).map((each, index) => of.read(each, [...at, index], report)),
  })
}

/** Known names only; none of them has to be there. */
export function record<F extends Fields>(about: string, fields: F): Field<Read<F>> {
  return field({
    about,
    schema: {
      type: 'object',
      properties: Object.fromEntries(Object.entries(fields).map(([name, { schema }]) => [name, schema])),
      additionalProperties: false,
    },
    takes: `a mapping of ${Object.keys(fields).join(', ')}`,
    fits: isObject,
    read: (value, at, report) => {
      const values: Record<string, unknown> = {}
      for (const [name, given] of Object.entries(value as JsonObject)) {
        const known = Object.hasOwn(fields, name) ? fields[name] : undefined
        if (known === undefined) report([...at, name], `is not known here: use ${Object.keys(fields).join(', ')}`)
        // An empty value (`text:`) is one that was forgotten.
        else if (given === null) report([...at, name], 'has no value: give it one, or take it out')
        else values[name] = known.read(given, [...at, name], report)
      }
      return values as Read<F>
    },
  })
}

/** The first of the two that fits in kind. */
export function either<A, B>(about: string, first: Field<A>, second: Field<B>): Field<A | B> {
  return {
    schema: { description: about, anyOf: [first.schema, second.schema] },
    fits: (value) => first.fits(value) || second.fits(value),
    read: (value, at, report) => (first.fits(value) ? first : second).read(value, at, report),
  }
}

/** A value that is checked and turned into what is worked with; `parse` throws an error whose message says what to write. */
export function parsed<A, B>(of: Field<A>, parse: (value: A) => B): Field<B> {
  return {
    schema: of.schema,
    fits: of.fits,
    read: (value, at, report) => {
      if (!of.fits(value)) return of.read(value, at, report) as never
      try {
        return parse(of.read(value, at, report))
      } catch (error) {
        report(at, error instanceof Error ? error.message : String(error))
        return unusable()
      }
    },
  }
}

function shown(value: unknown): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (isObject(value)) return 'a mapping'
  if (value === undefined) return 'missing'
  const json = JSON.stringify(value)
  return json.length > 60 ? `${json.slice(0, 57)}…` : json
}
