// `relay coverage`: how ChatGPT reaches each operation, or why it does not.
import { coverage, type Covered } from '../openapi/coverage.ts'
import { table } from './table.ts'

const buckets = ['direct', 'wrapped', 'proxied', 'never'] as const

export function showCoverage(isJson: boolean): void {
  const rows = coverage()
  if (isJson) return console.log(JSON.stringify(rows, null, 2))
  console.log(
    table(
      ['BUCKET', 'METHOD', 'PATH', 'HOW'],
      buckets.flatMap((bucket) => of(rows, bucket).map(({ method, path, how }) => [bucket, method, path, how])),
    ),
  )
  console.error(`\n${rows.length} operations: ${buckets.map((bucket) => `${of(rows, bucket).length} ${bucket}`).join(', ')}.`)
}

const of = (rows: readonly Covered[], bucket: Covered['bucket']): readonly Covered[] => rows.filter((row) => row.bucket === bucket)
