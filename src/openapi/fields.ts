// The notation of bodies.ts and queries.ts, read into JSON Schema.
import { fieldWords } from './words.ts'

export type Schema = Readonly<Record<string, unknown>>

export type Fields = { readonly properties: Readonly<Record<string, Schema>>; readonly required: readonly string[] }

/** `one` takes the first alternative of a type: ChatGPT fills in a parameter of one type more surely than one of several. */
export type Alternatives = 'all' | 'one'

/** @throws Error for a field that is not in the notation: a mistake in a table of ours */
export function readFields(text: string, alternatives: Alternatives = 'all'): Fields {
  const properties: Record<string, Schema> = {}
  const required: string[] = []
  for (const field of text.split(/\s+/).filter((word) => word !== '')) {
    const [, name = '', optional, type = 'string'] = /^(\w+)(\?)?(?::(.+))?$/.exec(field) ?? []
    if (name === '') throw new Error(`not a field: ${field}`)
    const words = fieldWords[name]
    properties[name] = { ...schemaOf(type, alternatives), ...(words === undefined ? {} : { description: words }) }
    if (optional === undefined) required.push(name)
  }
  return { properties, required }
}

/** An object of these fields, open: what the upstream knows and the table does not is carried as well. */
export function objectSchema({ properties, required }: Fields): Schema {
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }), additionalProperties: true }
}

function schemaOf(type: string, alternatives: Alternatives): Schema {
  const words = type.split('|')
  if (words.every((word) => word.startsWith("'"))) return { type: 'string', enum: words.map((word) => word.slice(1, -1)) }
  const [first = '', ...others] = words
  return others.length === 0 || alternatives === 'one' ? schemaOfWord(first) : { anyOf: words.map(schemaOfWord) }
}

function schemaOfWord(word: string): Schema {
  if (word.endsWith('[]')) return { type: 'array', items: schemaOfWord(word.slice(0, -2)) }
  switch (word) {
    case 'string':
    case 'integer':
    case 'number':
    case 'boolean':
      return { type: word }
    case 'object':
      return { type: 'object', properties: {}, additionalProperties: true }
    case 'file':
      return { type: 'string', format: 'binary' }
    case 'any':
      return {}
    default:
      throw new Error(`not a type: ${word}`)
  }
}
