// Compares the catalog with a list of the vendor's operations (JSON) and names what is missing, extra or different.
// Ends with 1 when something is missing or different. Usage: node scripts/check-upstream.ts <operations.json> [--json]
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { catalog } from '../src/catalog/index.ts'
import { notCarried } from '../src/catalog/not-carried.ts'
import { compare, isBehind, type Comparison, type Finding } from './check-upstream/compare.ts'
import { parseOperations } from './check-upstream/operations.ts'

const { values, positionals } = parseArgs({ options: { json: { type: 'boolean', default: false } }, allowPositionals: true })
const [file, ...others] = positionals
if (file === undefined || others.length > 0) {
  process.stderr.write('Usage: node scripts/check-upstream.ts <operations.json> [--json]\n')
  process.exitCode = 2
} else {
  const comparison = compare(parseOperations(readFileSync(file, 'utf8')), catalog, notCarried)
  process.stdout.write(values.json ? `${JSON.stringify(comparison, null, 2)}\n` : describeComparison(comparison))
  process.exitCode = isBehind(comparison) ? 1 : 0
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
