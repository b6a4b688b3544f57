// What an operation answered, for people or for programs. A secret goes to standard output and words to standard error, so that
// `$(relay token create ci)` is the token.
import type { Operation } from '../admin/operation.ts'
import { outputs, type Output } from '../admin/outputs.ts'
import type { Answer } from '../admin/present.ts'
import type { Field } from '../kernel/field.ts'
import { Failure } from './failure.ts'
import { table } from './table.ts'

/** An answer, and the folder or the address of the relay that gave it. */
export type Performed = { readonly answer: Answer; readonly where: string }

/** Titles that are not the name of the field. */
const titles: Readonly<Record<string, string>> = {
  last4: 'ENDS IN',
  tenantName: 'TENANT',
  projectName: 'PROJECT',
  createdAt: 'CREATED',
  expiresAt: 'EXPIRES',
  lastUsedAt: 'LAST USED',
  disabledAt: 'DISABLED',
  seq: 'ROW',
}

export function printAnswer(operation: Operation, { answer, where }: Performed, isJson: boolean): void {
  const output: Output = outputs[operation.output]
  if (operation.answers === 'all') return printList(operation, output, answer, where, isJson)
  const words = fill(operation.said, output, { ...answer, where })
  if (isJson) console.log(JSON.stringify(answer))
  // What was found to be wrong is a failure of the command, so that scripts notice.
  if (answer['ok'] === false) throw new Failure(words)
  if (isJson) return
  console.error(words)
  if (output.secret !== null) console.log(answer[output.secret])
}

function printList({ said }: Operation, output: Output, answer: Answer, where: string, isJson: boolean): void {
  const rows = answer['data'] as readonly Answer[]
  const fieldOf = (name: string): Field | undefined => output.shape.properties[name]
  if (isJson) console.log(JSON.stringify(rows, null, 2))
  else if (rows.length === 0) console.error(fill(said, output, { where }))
  else
    console.log(
      table(
        output.columns.map((name) => titles[name] ?? name.toUpperCase()),
        rows.map((row) => output.columns.map((name) => (name === 'last4' ? `…${String(row[name])}` : cell(fieldOf(name), row[name], '-')))),
      ),
    )
  if (answer['hasMore'] === true) console.error(`There is more: go on with --before ${String(rows.at(-1)?.['seq'])}.`)
}

const fill = (template: string, { shape }: Output, values: Answer): string =>
  template.replace(/\{(\w+)\}/g, (_, name: string) => cell(shape.properties[name], values[name], 'none of its own'))

function cell(field: Field | undefined, value: unknown, absent: string): string {
  if (value === null || value === undefined) return absent
  if (typeof value !== 'string') return JSON.stringify(value)
  // To the second, in UTC.
  return field?.format === 'date-time' ? `${value.slice(0, 19).replace('T', ' ')}Z` : value
}
