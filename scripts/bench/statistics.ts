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

/**
 * Mann-Whitney: can two samples be told apart? `p` is how often samples of one source differ as much by chance (two-sided, normal
 * approximation with ties); `chance` is how often a guess from one value of each is right: 0.5 when nothing can be told.
 */
export function tellApart(first: readonly number[], second: readonly number[]): { readonly p: number; readonly chance: number } {
  const all = [...first.map((value) => ({ value, isFirst: true })), ...second.map((value) => ({ value, isFirst: false }))].toSorted(
    (a, b) => a.value - b.value,
  )
  let rankSum = 0
  let ties = 0
  for (let at = 0; at < all.length;) {
    let end = at
    while (all[end]?.value === all[at]?.value && end < all.length) end++
    const rank = (at + 1 + end) / 2
    for (let index = at; index < end; index++) if (all[index]?.isFirst === true) rankSum += rank
    const tied = end - at
    ties += tied ** 3 - tied
    at = end
  }
  const pairs = first.length * second.length
  const wins = rankSum - (first.length * (first.length + 1)) / 2
  const count = all.length
  const deviation = Math.sqrt((pairs / 12) * (count + 1 - ties / (count * (count - 1))))
  const p = deviation === 0 ? 1 : 2 * upperTail(Math.abs(wins - pairs / 2) / deviation)
  return { p, chance: Math.max(wins, pairs - wins) / pairs }
}

/** Of the standard normal distribution, for z >= 0 (Abramowitz and Stegun 26.2.17: wrong by less than 1e-7). */
function upperTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z)
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return (series * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI)
}
