// Parameters of several kinds: an object whose `type` says which others it takes.
import { invalidValue, missingParameter } from './errors.ts'
import { isObject, readShape } from './shape.ts'
import type { Field, JsonObject, Shape, Values } from './shape.ts'

/** What a variant is read as: one of the shapes, with its name as `type`. */
export type Variant<S extends Readonly<Record<string, Shape>>> = {
  [Name in keyof S & string]: { readonly type: Name } & Values<S[Name]>
}[keyof S & string]

/**
 * An object of one of several kinds. Without a `type` it is of the kind `otherwise`, where that is given.
 * @example readShape({ auth: variant({ none: {}, bearer: { token: string() } }) }, body).auth.type
 */
export function variant<const S extends Readonly<Record<string, Shape>>>(shapes: S, otherwise?: keyof S & string): Field<Variant<S>> {
  return {
    expected: 'an object',
    isRequired: true,
    fits: isObject,
    read: (value, at, isForm) => {
      const { type = otherwise, ...rest } = value as JsonObject
      if (type === undefined) throw missingParameter(`${at}.type`)
      const shape = typeof type === 'string' && Object.hasOwn(shapes, type) ? shapes[type] : undefined
      if (shape === undefined) throw invalidValue(`${at}.type`, type, Object.keys(shapes))
      // The type is a key of the shapes, and the values are those of that shape.
      return { type, ...readShape(shape, rest, { at: `${at}.`, isForm }) } as Variant<S>
    },
  }
}
