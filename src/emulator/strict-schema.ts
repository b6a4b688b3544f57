// What OpenAI demands of a JSON Schema that is sent with `strict: true`, in its words.
import { invalid } from './errors.ts'
import { isObject, textOr } from './shape.ts'

/** `subject` as OpenAI puts it: `response_format 'answer'`, `function 'get_weather'`. */
export function requireStrictSchema(schema: unknown, subject: string, param: string, code: string | null): void {
  const refuse = (context: readonly string[], problem: string): never => {
    throw invalid(
      `Invalid schema for ${subject}: In context=(${context.map((each) => `'${each}'`).join(', ')}${context.length === 1 ? ',' : ''}), ${problem}`,
      param,
      code,
    )
  }
  if (!isObject(schema) || (schema['type'] !== 'object' && schema['$ref'] === undefined))
    throw invalid(
      `Invalid schema for ${subject}: schema must be a JSON Schema of 'type: "object"', got 'type: "${isObject(schema) ? textOr(schema['type'], 'None') : 'None'}"'.`,
      param,
      code,
    )

  const visit = (at: unknown, context: readonly string[]): void => {
    if (Array.isArray(at)) return at.forEach((each, index) => visit(each, [...context, String(index)]))
    if (!isObject(at)) return
    const properties = at['properties']
    if (isObject(properties) || at['type'] === 'object') {
      if (at['additionalProperties'] !== false) refuse(context, "'additionalProperties' is required to be supplied and to be false.")
      const required: readonly unknown[] = Array.isArray(at['required']) ? at['required'] : []
      for (const name of Object.keys(isObject(properties) ? properties : {}))
        if (!required.includes(name))
          refuse(context, `'required' is required to be supplied and to be an array including every key in properties. Missing '${name}'.`)
    }
    // Names of properties and definitions are no keywords: `properties.required` is a property.
    for (const keyword of ['properties', '$defs', 'definitions']) {
      const named = at[keyword]
      if (isObject(named)) for (const [name, inner] of Object.entries(named)) visit(inner, [...context, keyword, name])
    }
    for (const keyword of ['items', 'anyOf', 'prefixItems']) if (at[keyword] !== undefined) visit(at[keyword], [...context, keyword])
  }
  visit(schema, [])
}
