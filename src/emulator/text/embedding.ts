// Texts as vectors, without a model: each word is a direction of its own, so that texts which share words are near.

/** Beyond this a text is known well enough. */
const mostFeatures = 2000

/**
 * A unit vector, always the same for the same text. A shorter one points where a cut of a longer one does, as with the real models.
 * @example similarity(embed('red apples', 256), embed('a red apple', 256)) > similarity(embed('red apples', 256), embed('tax law', 256))
 */
export function embed(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions)
  // A little in common between all texts: real vectors are never orthogonal, and an empty text needs a direction too.
  add(vector, hash('*'), 0.3)
  for (const [feature, weight] of featuresOf(text)) add(vector, hash(feature), weight)
  return normalized(vector)
}

/** Cosine of two unit vectors. */
export function similarity(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let index = 0; index < a.length; index++) sum += (a[index] ?? 0) * (b[index] ?? 0)
  return sum
}

const common = new Set(
  'the and for are was were you your what which who how why when where this that these those with from have has had can could would should will not but all any about into a an of to in on is it be as at by or do does'.split(
    ' ',
  ),
)

/** Words, their stems (so that plurals are near), with weights: rare words say more than common ones, repeats add little. */
function featuresOf(text: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{N}]+/gu)) {
    const weight = common.has(word) ? 0.1 : 1
    counts.set(word, (counts.get(word) ?? 0) + weight)
    if (word.length > 4) counts.set(`${word.slice(0, Math.max(4, word.length - 3))}~`, (counts.get(word) ?? 0) + weight / 2)
    if (counts.size >= mostFeatures) break
  }
  for (const [feature, count] of counts) counts.set(feature, count > 1 ? 1 + Math.log(count) : count)
  return counts
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  return value >>> 0
}

/** Adds a direction made of a seed (xorshift): dense, so that any cut of the vector still tells texts apart. */
function add(vector: Float32Array, seed: number, weight: number): void {
  let state = seed || 1
  for (let index = 0; index < vector.length; index++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    vector[index] = (vector[index] ?? 0) + (weight * state) / 0x80000000
  }
}

function normalized(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, each) => sum + each * each, 0))
  return vector.map((each) => each / length)
}
