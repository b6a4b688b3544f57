// "Did you mean": the known word nearest to a mistyped one, by edit distance.

/** Null when nothing is near enough to be a slip of the fingers; case never counts. */
export function closest(word: string, known: readonly string[]): string | null {
  const allowed = Math.max(1, Math.floor(word.length / 4))
  let best: string | null = null
  let least = allowed + 1
  for (const each of known) {
    const away = distance(word.toLowerCase(), each.toLowerCase())
    if (away < least) {
      best = each
      least = away
    }
  }
  return best
}

/** Optimal string alignment: insert, delete, replace and swap neighbours cost one each. */
function distance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (before[j - 2] ?? 0) + 1)
      row.push(cost)
    }
    before = last
    last = row
  }
  return last[b.length] ?? 0
}
