// Compares the catalog with a list of the vendor's operations (JSON) and names what is missing, extra or different.
// Ends with 1 when something is missing or different. With a list of the places where ids stand, every one must be in its row.
// Usage: node scripts/check-upstream.ts <operations.json> [--ids <id-references.json>] [--json]
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { catalog } from '../src/catalog/index.ts'
import { notCarried } from '../src/catalog/not-carried.ts'
import { compare, isBehind, type Comparison, type Finding } from './check-upstream/compare.ts'
import { parseOperations } from './check-upstream/operations.ts'
import { compareReferences, type ReferenceComparison } from './check-upstream/references.ts'

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false }, ids: { type: 'string' } },
  allowPositionals: true,
})
const [file, ...others] = positionals
if (file === undefined || others.length > 0) {
  process.stderr.write('Usage: node scripts/check-upstream.ts <operations.json> [--ids <id-references.json>] [--json]\n')
  process.exitCode = 2
} else {
  const comparison = compare(parseOperations(readFileSync(file, 'utf8')), catalog, notCarried)
  const references = values.ids === undefined ? null : compareReferences(readFileSync(values.ids, 'utf8'), catalog)
  const told = references === null ? comparison : { ...comparison, missingIds: references.missing }
  process.stdout.write(
    values.json
      ? `${JSON.stringify(told, null, 2)}\n`
      : describeComparison(comparison) + (references === null ? '' : describeReferences(references)),
  )
  process.exitCode = isBehind(comparison) || (references?.missing.length ?? 0) > 0 ? 1 : 0
}

function describeReferences({ missing, places, meant }: ReferenceComparison): string {
  const lines = [
    ...missing.map((each) => `missing id   ${each}`),
    ...[...meant].map(([reason, count]) => `meant        ${count} are no ids: ${reason}`),
    `${places} places of ids: ${missing.length} missing`,
  ]
  return `${lines.join('\n')}\n`
}

function describeComparison(comparison: Comparison): string {
  const { findings, operations, carried, rows } = comparison
  const refused = comparison.notCarried.filter((each) => each.operations > 0)
  const reasons = Map.groupBy(comparison.deviations, ({ column, reason }) => `${column}: ${reason}`)
  const count = (kind: Finding['kind']): number => findings.filter((finding) => finding.kind === kind).length
  const lines = [
    ...findings.map(describeFinding),
    ...refused.map((each) => `not carried  ${each.operations} below ${each.prefix}: ${each.reason}`),
    ...[...reasons].map(([reason, meant]) => `meant        ${meant.length} differ in ${reason}`),
    `${operations} operations: ${carried} carried by ${rows} rows, ${refused.reduce((sum, each) => sum + each.operations, 0)} not carried; ` +
      `${count('missing')} missing, ${count('different')} different, ${count('extra')} extra`,
  ]
  return `${lines.join('\n')}\n`
}

function describeFinding(finding: Finding): string {
  switch (finding.kind) {
    case 'missing':
      return `missing      ${finding.operation}`
    case 'extra':
      return `extra        ${finding.operation} (${finding.id})`
    case 'different':
      return `different    ${finding.operation} (${finding.id}): ${finding.column} is ${finding.list} in the list, ${finding.row} in the row`
  }
}
