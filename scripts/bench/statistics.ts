// The arithmetic of the bench: medians, percentiles, paired ratios. Pure functions, so that a number in the table can be checked by hand.

/** A middle value and how far the single measurements lie around it. */
export type Summary = { readonly median: number; readonly min: number; readonly max: number; readonly count: number }

/**
 * The value below which the given share of the samples lies (nearest rank, so that it is always a value that was really measured).
 * `sorted` must be in ascending order.
 */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return Number.NaN
  const rank = Math.min(sorted.length, Math.max(1, Math.ceil(share * sorted.length)))
  return sorted[rank - 1] ?? Number.NaN
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

export function summarise(values: readonly number[]): Summary {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values), count: values.length }
}

/**
 * Ratios of measurements taken in the same round. A busy neighbour slows both sides of one round alike, so the median of these ratios is far
 * steadier than the ratio of two medians. A round in which either side is missing or zero is left out.
 */
export function pairedRatios(values: readonly number[], bases: readonly number[]): number[] {
  const ratios: number[] = []
  for (const [round, value] of values.entries()) {
    const base = bases[round]
    if (base !== undefined && base > 0 && Number.isFinite(value)) ratios.push(value / base)
  }
  return ratios
}

/** The order of the contenders in a round: rotated, so that nobody always runs first (or always right after a heavy neighbour). */
export function rotate<T>(items: readonly T[], by: number): T[] {
  if (items.length === 0) return []
  const start = by % items.length
  return [...items.slice(start), ...items.slice(0, start)]
}
