// Search: chunks near the question in direction, ranked again by how many of its words they have.
import type { Platform } from '../../platform.ts'
import { embed, similarity } from '../../text/embedding.ts'
import type { Filter } from './filters.ts'
import { dimensions } from './ingest.ts'
import { attached, chunkParent, chunks, touch } from './stored.ts'
import type { Attributes } from './stored.ts'

export type SearchRequest = {
  readonly queries: readonly string[]
  readonly resultsMax: number
  readonly filter: Filter | undefined
  readonly scoreThreshold: number
  /** `none` ranks by direction alone. */
  readonly ranker: 'none' | 'auto' | 'default-2024-11-15'
}

export type Hit = {
  readonly fileId: string
  readonly filename: string
  /** From 0 to 1. */
  readonly score: number
  readonly attributes: Attributes
  readonly text: string
}

/** The best chunks of all stores, the best first. Stores that are gone hold nothing. */
export function search(platform: Platform, storeIds: readonly string[], request: SearchRequest): readonly Hit[] {
  const scorers = request.queries.map((query) => scorerOf(query, request.ranker !== 'none'))
  const best: Hit[] = []
  for (const storeId of storeIds) {
    touch(platform, storeId)
    for (const file of attached(platform).list({ parent: storeId })) {
      const { shown, filename } = file
      if (shown.status !== 'completed' || request.filter?.(shown.attributes) === false) continue
      for (const { text, vector } of chunks(platform).list({ parent: chunkParent(storeId, file.id) })) {
        const direction = floats(vector)
        const score = Math.max(...scorers.map((scorer) => scorer(text, direction)))
        if (score < request.scoreThreshold) continue
        insert(best, { fileId: file.id, filename, score, attributes: shown.attributes, text }, request.resultsMax)
      }
    }
  }
  return best
}

/** Keeps the list sorted and short. Equal scores stay in the order of the files. */
function insert(best: Hit[], hit: Hit, limit: number): void {
  const at = best.findIndex(({ score }) => score < hit.score)
  if (at === -1) best.push(hit)
  else best.splice(at, 0, hit)
  if (best.length > limit) best.pop()
}

function floats(base64: string): Float32Array {
  // A copy: floats have to begin at a multiple of four, which a pooled buffer does not promise.
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'))
  return new Float32Array(bytes.buffer)
}

type Scorer = (text: string, direction: Float32Array) => number

function scorerOf(query: string, isReranked: boolean): Scorer {
  const wanted = embed(query, dimensions)
  const words = contentWords(query)
  const weight = words.reduce((sum, each) => sum + weightOf(each), 0)
  return (text, direction) => {
    const nearness = Math.min(1, Math.max(0, similarity(wanted, direction)))
    if (!isReranked || weight === 0) return rounded(nearness)
    const present = new Set(text.toLowerCase().match(word))
    const found = words.filter((each) => present.has(each) || present.has(`${each}s`) || present.has(each.replace(/s$/, '')))
    return rounded(0.4 * nearness + (0.6 * found.reduce((sum, each) => sum + weightOf(each), 0)) / weight)
  }
}

/** Long words are rarer, and say more. */
const weightOf = (each: string): number => Math.min(each.length, 12)

const rounded = (score: number): number => Math.round(score * 10_000) / 10_000

const word = /[\p{L}\p{N}]+/gu

const fillWords = new Set(
  'a an the and or of to in on at by for with from about into is are was were be been do does did has have had can could would should will shall may i we you he she it they me us him them my our your his its their this that these those there what which who whom whose how why when where if then than so not no tell give show find please know like want need many much any all some'.split(
    ' ',
  ),
)

/** The words of a question that say what it is about. */
export const contentWords = (text: string): readonly string[] => [
  ...new Set((text.toLowerCase().match(word) ?? []).filter((each) => !fillWords.has(each))),
]

/** A question in the words that matter, as the platform rewrites it. */
export const rewritten = (query: string): string => contentWords(query).join(' ') || query
