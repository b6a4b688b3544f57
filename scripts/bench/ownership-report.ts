// The rows of the ownership bench as a table: a figure, what it is compared with, and whether it keeps its target.
import { alignColumns, figure } from './report.ts'
import { pairedRatios, summarise } from './statistics.ts'

export type OwnershipRow = {
  readonly section: string
  readonly title: string
  readonly unit: string
  readonly figures: readonly number[]
  /** Figures of the same rounds without ownership. */
  readonly base?: readonly number[]
  /** What the median keeps to: of the ratio where there is a base, else of the figure. */
  readonly target?: number
}

export function ownershipTable(rows: readonly OwnershipRow[]): string {
  const cells = [['', 'measurement', 'median', 'min', 'max', '', 'without', 'ratio', 'spread', 'target', '']]
  let last = ''
  for (const { section, title, unit, figures, base, target } of rows) {
    const value = summarise(figures)
    const ratio = base === undefined ? null : summarise(pairedRatios(figures, base))
    const judged = ratio?.median ?? value.median
    cells.push([
      section === last ? '' : section,
      title,
      ...[value.median, value.min, value.max].map(figure),
      unit,
      base === undefined ? '' : figure(summarise(base).median),
      ratio === null ? '' : `${figure(ratio.median)}x`,
      ratio === null ? '' : `${figure(ratio.min)}-${figure(ratio.max)}`,
      target === undefined ? '' : `<= ${target}${ratio === null ? ` ${unit}` : 'x'}`,
      target === undefined ? '' : judged <= target ? 'reached' : 'MISSED',
    ])
    last = section
  }
  return alignColumns(cells, new Set([2, 3, 4, 6, 7]))
}
