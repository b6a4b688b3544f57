// `relay endpoints`: the catalog, for people and for programs.
import type { Endpoint } from '../catalog/endpoint.ts'
import { catalog } from '../catalog/index.ts'
import { closest } from '../config/closest.ts'
import { exitCodes, Failure } from './failure.ts'
import { table } from './table.ts'

export function listEndpoints(family: string | null, isJson: boolean): void {
  const rows: readonly Endpoint[] = family === null ? catalog : catalog.filter((row) => familyOf(row) === family)
  if (family !== null && rows.length === 0) throw unknownFamily(family)
  if (isJson) return console.log(JSON.stringify(rows, null, 2))
  console.log(
    table(
      ['METHOD', 'PATH', 'NAME', ''],
      rows.map((row) => [row.transport === 'socket' ? 'SOCKET' : row.method, row.path, row.id, note(row)]),
    ),
  )
  if (family === null) console.error(`\n${rows.length} operations. \`relay endpoints FAMILY\` shows one of: ${families().join(', ')}.`)
}

function note(row: Endpoint): string {
  return row.status === 'stable' ? row.summary : `${row.summary} (${row.status})`
}

const familyOf = (row: Endpoint): string => row.id.split('.')[0] ?? ''

const families = (): readonly string[] => [...new Set(catalog.map(familyOf))]

function unknownFamily(family: string): Failure {
  const near = closest(family, families())
  const help = near === null ? `The families are ${families().join(', ')}.` : `Did you mean ${near}?`
  return new Failure(`There is no family ${family}. ${help}`, { exitCode: exitCodes.usage })
}
