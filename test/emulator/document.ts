// Holds answers to OpenAI's own document (test/fixtures/openai-schemas.json, made by scripts/openai-schemas.ts), with the
// amendments of amendments.ts. Stricter than the document in one thing: a property it does not know is a problem, because a
// misspelt one is otherwise never seen.
import { readFileSync } from 'node:fs'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import type { Answers, Reduced, Schema } from '../../scripts/openai-schemas/reduce.ts'
import { amend } from './amendments.ts'

const document = JSON.parse(readFileSync(new URL('../fixtures/openai-schemas.json', import.meta.url), 'utf8')) as Reduced
amend(document)

/** What the document says a row answers, by status and content type; null where it does not list the row. */
export function documentedAnswers(row: { readonly method: string; readonly path: string }): Answers | null {
  return document.operations[`${row.method} ${row.path}`] ?? null
}

const reference = '#/components/schemas/'
const ajv = new Ajv2020({
  strict: false,
  allErrors: true,
  // The document is checked by nobody: compiling is most of the time this takes.
  validateSchema: false,
  validateFormats: false,
  addUsedSchema: false,
  inlineRefs: false,
  code: { optimize: false },
})
const components = Object.entries(document.schemas).flatMap(([name, schema]) => [
  [name, open(schema)],
  [closedName(name), closed(schema)],
])
ajv.addSchema({ components: { schemas: Object.fromEntries(components) as Record<string, Schema> } }, 'document')

const compiled = new Map<Schema, ValidateFunction>()

/** What is wrong with a value, most telling first; empty when it fits. */
export function problemsWith(value: unknown, schema: Schema): readonly string[] {
  // A union without a tag: the member that is meant is the one with the least to say.
  const found = membersOf(schema).map((member) => errorsOf(value, member))
  const [best = []] = found.toSorted((one, other) => one.length - other.length)
  const errors = best.toSorted((one, other) => depth(other) - depth(one))
  return [...new Set(errors.filter(({ keyword }) => keyword !== 'if').map(describe))].slice(0, 8)
}

function errorsOf(value: unknown, schema: Schema): readonly ErrorObject[] {
  let validate = compiled.get(schema)
  if (validate === undefined) compiled.set(schema, (validate = ajv.compile(anchored(closed(schema)) as Schema)))
  return validate(value) ? [] : (validate.errors ?? [])
}

function membersOf(schema: Schema): readonly Schema[] {
  const members = schema['anyOf'] as Schema[] | undefined
  return members === undefined || tagOf(members) !== null ? [schema] : members
}

const depth = ({ instancePath, keyword }: ErrorObject): number => instancePath.split('/').length * 2 - (keyword === 'anyOf' ? 1 : 0)

function describe({ instancePath, keyword, message, params }: ErrorObject): string {
  const at = instancePath.replaceAll(/\/\d+/g, '/*') || '/'
  if (keyword === 'unevaluatedProperties') return `${at}: no property '${String(params['unevaluatedProperty'])}' in the document`
  if (keyword === 'additionalProperties') return `${at}: no property '${String(params['additionalProperty'])}' in the document`
  if (keyword === 'enum') return `${at}: not one of ${JSON.stringify(params['allowedValues']).slice(0, 200)}`
  return `${at}: ${message ?? keyword}`
}

/** A schema in a place where it is the whole of a value: properties it does not name are refused. */
function closed(schema: Schema): Schema {
  if (typeof schema['$ref'] === 'string') return { ...schema, $ref: closedName(schema['$ref']) }
  if (schema['anyOf'] !== undefined && schema['properties'] === undefined && schema['allOf'] === undefined) {
    return union(schema, closed)
  }
  const isFreeForm = schema['additionalProperties'] !== undefined || (schema['properties'] === undefined && schema['allOf'] === undefined)
  return isFreeForm ? open(schema) : { ...open(schema), unevaluatedProperties: false }
}

/** A schema in a place where others say more about the same value (`allOf`): only what is inside its values is closed. */
function open(schema: Schema): Schema {
  const { anyOf, ...rest } = schema
  const others = Object.fromEntries(
    Object.entries(rest).map(([keyword, value]): [string, unknown] => {
      if (keyword === 'properties')
        return [keyword, Object.fromEntries(Object.entries(value as Record<string, Schema>).map(([name, each]) => [name, closed(each)]))]
      if (keyword === 'allOf') return [keyword, (value as Schema[]).map(open)]
      if (keyword === 'prefixItems') return [keyword, (value as Schema[]).map(closed)]
      if ((keyword === 'items' || keyword === 'additionalProperties') && typeof value === 'object')
        return [keyword, closed(value as Schema)]
      return [keyword, value]
    }),
  )
  return anyOf === undefined ? others : { ...others, ...union({ anyOf }, open) }
}

/**
 * A union as its members, or, where a property tells them apart, as "if it is called so, it looks so": the same values pass,
 * but a mistake is told of the member that is meant and not of all others.
 */
function union(schema: Schema, inner: (member: Schema) => Schema): Schema {
  const members = schema['anyOf'] as Schema[]
  const objects = members.filter((member) => !isPrimitive(member))
  const tag = tagOf(objects)
  if (tag === null) return { ...schema, anyOf: members.map(inner) }
  const byTag = Map.groupBy(
    objects.flatMap((member) => tagValues(member, tag).map((value) => ({ value, member }))),
    ({ value }) => value,
  )
  const tagged = {
    type: 'object',
    required: [tag],
    properties: { [tag]: { enum: [...byTag.keys()] } },
    allOf: [...byTag].map(([value, meant]) => ({
      if: { properties: { [tag]: { const: value } } },
      then: meant.length === 1 ? inner(meant[0]?.member ?? {}) : { anyOf: meant.map(({ member }) => inner(member)) },
    })),
  }
  const { anyOf: _, ...rest } = schema
  return members.length === objects.length
    ? { ...rest, ...tagged }
    : { ...rest, anyOf: [...members.filter(isPrimitive).map(inner), tagged] }
}

/** The property that tells the members of a union apart, when there is one. */
function tagOf(members: readonly Schema[]): string | null {
  if (members.length < 2) return null
  const tag = ['type', 'object', 'event', 'role'].find((name) => members.every((member) => tagValues(member, name).length > 0))
  return tag !== undefined && new Set(members.flatMap((member) => tagValues(member, tag))).size > 1 ? tag : null
}

/** The texts a member demands in a property; none when it demands nothing there. */
function tagValues(member: Schema, tag: string): readonly string[] {
  const schema = resolved(member)
  const parts = ((schema['allOf'] as Schema[] | undefined) ?? []).flatMap((part) => tagValues(part, tag))
  if (parts.length > 0) return parts
  const nested = (schema['anyOf'] as Schema[] | undefined)?.map((part) => tagValues(part, tag))
  if (nested !== undefined && nested.every((values) => values.length > 0)) return [...new Set(nested.flat())]
  if (!((schema['required'] as string[] | undefined) ?? []).includes(tag)) return []
  const { enum: values = [], const: value } = resolved((schema['properties'] as Record<string, Schema> | undefined)?.[tag] ?? {})
  return value === undefined ? (values as string[]) : [value as string]
}

function resolved(schema: Schema): Schema {
  const { $ref } = schema
  return typeof $ref === 'string' ? resolved(document.schemas[$ref.slice(reference.length)] ?? {}) : schema
}

function isPrimitive(member: Schema): boolean {
  const { type } = resolved(member)
  return typeof type === 'string' && type !== 'object'
}

/** References of a schema outside the document lead into it. */
function anchored(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(anchored)
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, key === '$ref' && typeof inner === 'string' ? `document${inner}` : anchored(inner)]),
  )
}

function closedName(name: string): string {
  return `${name}.closed`
}
