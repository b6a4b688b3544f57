// The result of a run: rows with medians, paired ratios and verdicts, as a plain table or as JSON.
import type { ContenderName } from './contenders.ts'
import type { Measurement, Target } from './measurements.ts'
import { pairedRatios, summarise, type Summary } from './statistics.ts'

export type Row = {
  readonly id: string
  readonly title: string
  readonly unit: string
  readonly contender: ContenderName
  readonly value: Summary
  /** To nginx in the same rounds; absent for nginx itself and where nginx did not run. */
  readonly ratio?: Summary
  /** The second relay to the first, in the same rounds. */
  readonly ratioToRelay?: Summary
  readonly target?: Target
  readonly isReached?: boolean
}

/** Rounds of the same measurement, taken with contenders started anew, become one. */
export function mergeGenerations(measurements: readonly Measurement[]): Measurement[] {
  const merged = new Map<string, Measurement>()
  for (const measurement of measurements) {
    const earlier = merged.get(measurement.id)
    const rounds = new Map([...measurement.rounds].map(([name, figures]) => [name, [...(earlier?.rounds.get(name) ?? []), ...figures]]))
    merged.set(measurement.id, { ...measurement, rounds })
  }
  return [...merged.values()]
}

export function toRows(measurements: readonly Measurement[]): Row[] {
  return measurements.flatMap((measurement) =>
    [...measurement.rounds].map(([contender, figures]) => {
      const { id, title, unit, rounds, target } = measurement
      const value = summarise(figures)
      const ratio = contender === 'nginx' ? undefined : ratioTo(rounds.get('nginx'), figures)
      const ratioToRelay = contender === 'other' ? ratioTo(rounds.get('relay'), figures) : undefined
      const isReached = contender === 'relay' && target !== undefined ? reaches(target, value, ratio) : undefined
      return {
        id,
        title,
        unit,
        contender,
        value,
        ...(ratio === undefined ? {} : { ratio }),
        ...(ratioToRelay === undefined ? {} : { ratioToRelay }),
        ...(target === undefined || contender !== 'relay' ? {} : { target }),
        ...(isReached === undefined ? {} : { isReached }),
      }
    }),
  )
}

function ratioTo(bases: readonly number[] | undefined, figures: readonly number[]): Summary | undefined {
  const ratios = bases === undefined ? [] : pairedRatios(figures, bases)
  return ratios.length === 0 ? undefined : summarise(ratios)
}

function reaches(target: Target, value: Summary, ratio: Summary | undefined): boolean | undefined {
  if ('value' in target) return value.median <= target.value
  return ratio === undefined ? undefined : ratio.median <= target.ratio
}

export function toTable(rows: readonly Row[]): string {
  const cells = [['measurement', 'contender', 'median', 'min', '', 'x nginx', 'spread', 'target', '']]
  let lastId = ''
  for (const row of rows) {
    cells.push([
      row.id === lastId ? '' : row.title,
      row.contender,
      figure(row.value.median),
      figure(row.value.min),
      row.unit,
      row.ratio === undefined ? '' : `${figure(row.ratio.median)}x`,
      row.ratio === undefined || row.ratio.count < 2 ? '' : `${figure(row.ratio.min)}-${figure(row.ratio.max)}`,
      targetText(row),
      verdict(row),
    ])
    lastId = row.id
  }
  return alignColumns(cells, new Set([2, 3, 5]))
}

function targetText({ target, unit }: Row): string {
  if (target === undefined) return ''
  return 'ratio' in target ? `<= ${target.ratio}x` : `<= ${target.value} ${unit}`
}

function verdict({ isReached, ratioToRelay }: Row): string {
  if (ratioToRelay !== undefined) return `${figure(ratioToRelay.median)}x relay (${figure(ratioToRelay.min)}-${figure(ratioToRelay.max)})`
  if (isReached === undefined) return ''
  return isReached ? 'reached' : 'MISSED'
}

/** Three significant digits are more than the noise allows. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '-'
  const size = Math.abs(value)
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2)
}

/** @param right the columns that are aligned on their right side */
export function alignColumns(cells: readonly (readonly string[])[], right: ReadonlySet<number>): string {
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  return cells
    .map((row) =>
      row
        .map((cell, column) => (right.has(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
