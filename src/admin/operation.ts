// What one row of the admin table says. HTTP API, command line, OpenAPI document and reference are all derived from it.
import type { Field, Shape } from '../kernel/field.ts'
import type { OutputName } from './outputs.ts'

export type Input = Field & {
  /** Its option on the command line, where that is not the name: a list is given one by one. */
  readonly option?: string
  /** Never an argument, which every user of the machine can read: the command line takes it from a variable or standard input. */
  readonly isSecret?: true
}

export type Operation = {
  /** `noun.verb`, as the audit and the log call it. */
  readonly id: `${string}.${string}`
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** A parameter takes an input out of the query or the body. */
  readonly path: `/admin/v1/${string}`
  /** `<input>`, `[input]` and `[inputs...]` are arguments, every other input is an option. */
  readonly command: string
  readonly summary: string
  /** Command lines that work as they stand. */
  readonly examples: readonly string[]
  readonly input: Readonly<Record<string, Input>>
  readonly required: readonly string[]
  readonly output: OutputName
  /** `one` object, or `all` there are, a page of them where there are many. */
  readonly answers: 'one' | 'all'
  /** What a person reads: of one object `{field}` of it, of a list when it is empty. `{where}` is the folder or the address. */
  readonly said: string
}

/** Where an input stands in a request. */
export type Place = 'path' | 'query' | 'body'

export function placeOf({ method, path }: Operation, input: string): Place {
  if (path.includes(`{${input}}`)) return 'path'
  return method === 'POST' ? 'body' : 'query'
}

/** The inputs of an operation that stand there, as a closed shape. */
export function inputsAt(operation: Operation, place: Place): Shape {
  const properties = Object.fromEntries(
    Object.entries(operation.input)
      .filter(([name]) => placeOf(operation, name) === place)
      // What is left out concerns the command line.
      .map(([name, { option: _option, isSecret: _isSecret, ...field }]) => [name, field satisfies Field]),
  )
  return { type: 'object', properties, required: operation.required.filter((name) => name in properties), additionalProperties: false }
}
