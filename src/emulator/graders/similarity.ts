// How near two texts are, by the measures that graders know; all between 0 and 1.
import { embed, similarity as cosine } from '../text/embedding.ts'
import type { Metric } from './grader.ts'

/** @example textSimilarity('fuzzy_match', 'kitten', 'sitting') // 0.615 */
export function textSimilarity(metric: Metric, input: string, reference: string): number {
  const a = words(input)
  const b = words(reference)
  switch (metric) {
    case 'fuzzy_match':
      return ratio(Array.from(input.slice(0, longest)), Array.from(reference.slice(0, longest)))
    case 'cosine':
      return Math.max(0, cosine(embed(input, 512), embed(reference, 512)))
    case 'bleu':
      return bleu(a, b)
    case 'gleu':
      return gleu(a, b)
    case 'meteor':
      return meteor(a, b)
    case 'rouge_l':
      return ratio(a, b)
    case 'rouge_1':
    case 'rouge_2':
    case 'rouge_3':
    case 'rouge_4':
    case 'rouge_5':
      return rouge(a, b, Number(metric.slice(-1)))
  }
}

/** Comparing is quadratic: beyond this, texts are compared by their beginnings. */
const longest = 2000

const words = (text: string): readonly string[] => (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).slice(0, longest)

/** Twice the longest common subsequence over the length of both. */
function ratio(a: readonly string[], b: readonly string[]): number {
  return a.length + b.length === 0 ? 1 : (2 * commonLength(a, b)) / (a.length + b.length)
}

function commonLength(a: readonly string[], b: readonly string[]): number {
  let above = new Uint32Array(b.length + 1)
  for (const left of a) {
    const row = new Uint32Array(b.length + 1)
    for (const [index, right] of b.entries())
      row[index + 1] = left === right ? (above[index] ?? 0) + 1 : Math.max(above[index + 1] ?? 0, row[index] ?? 0)
    above = row
  }
  return above[b.length] ?? 0
}

function grams(text: readonly string[], size: number): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (let at = 0; at + size <= text.length; at++) {
    const gram = text.slice(at, at + size).join(' ')
    counts.set(gram, (counts.get(gram) ?? 0) + 1)
  }
  return counts
}

const total = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((sum, each) => sum + each, 0)

function overlap(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let shared = 0
  for (const [gram, count] of a) shared += Math.min(count, b.get(gram) ?? 0)
  return shared
}

/** F1 over grams of one size. */
function rouge(a: readonly string[], b: readonly string[], size: number): number {
  const [left, right] = [grams(a, size), grams(b, size)]
  const all = total(left) + total(right)
  return all === 0 ? 0 : (2 * overlap(left, right)) / all
}

/** Sentence BLEU over the sizes that the text has, zeros smoothed by halving. */
function bleu(a: readonly string[], b: readonly string[]): number {
  const sizes = [1, 2, 3, 4].filter((size) => size <= a.length)
  if (sizes.length === 0 || b.length === 0) return 0
  let logs = 0
  let smoothing = 1
  for (const size of sizes) {
    const shared = overlap(grams(a, size), grams(b, size))
    if (shared === 0) {
      if (size === 1) return 0
      smoothing *= 2
    }
    logs += Math.log((shared === 0 ? 1 / smoothing : shared) / (a.length - size + 1))
  }
  const brevity = a.length >= b.length ? 1 : Math.exp(1 - b.length / a.length)
  return Math.min(1, brevity * Math.exp(logs / sizes.length))
}

/** The lesser of precision and recall over all grams of one to four words. */
function gleu(a: readonly string[], b: readonly string[]): number {
  let shared = 0
  let [left, right] = [0, 0]
  for (const size of [1, 2, 3, 4]) {
    const [of, to] = [grams(a, size), grams(b, size)]
    shared += overlap(of, to)
    left += total(of)
    right += total(to)
  }
  return left === 0 || right === 0 ? 0 : shared / Math.max(left, right)
}

/** METEOR with words and their stems, without synonyms. */
function meteor(a: readonly string[], b: readonly string[]): number {
  const stem = (word: string): string => (word.length > 4 ? word.replace(/(?:ing|ed|es|s|ly)$/, '') : word)
  const taken = new Set<number>()
  const places: number[] = []
  for (const word of a) {
    const free = (matches: (other: string) => boolean): number => b.findIndex((other, index) => !taken.has(index) && matches(other))
    const exact = free((other) => other === word)
    const place = exact === -1 ? free((other) => stem(other) === stem(word)) : exact
    if (place === -1) continue
    taken.add(place)
    places.push(place)
  }
  const matches = places.length
  if (matches === 0) return 0
  const [precision, recall] = [matches / a.length, matches / b.length]
  const chunks = places.filter((place, index) => index === 0 || place !== (places[index - 1] ?? 0) + 1).length
  const mean = (10 * precision * recall) / (recall + 9 * precision)
  // One unbroken run is no penalty: a text is like itself.
  return chunks === 1 ? mean : mean * (1 - 0.5 * (chunks / matches) ** 3)
}
