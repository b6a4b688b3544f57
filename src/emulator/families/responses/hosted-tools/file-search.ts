// File search over the emulator's vector stores: what is found is quoted in the answer and cited by its file.
import { invalid, notFound } from '../../../errors.ts'
import { newId } from '../../../ids.ts'
import type { Platform } from '../../../platform.ts'
import { anyObject, array, choice, integer, number, object, optional, readShape, string } from '../../../shape.ts'
import type { JsonObject, Values } from '../../../shape.ts'
import { exactWords } from '../../../text/exact.ts'
import { filter } from '../../vector-stores/filters.ts'
import { contentWords, search } from '../../vector-stores/search.ts'
import type { Hit } from '../../vector-stores/search.ts'
import { shownStore, stores } from '../../vector-stores/stored.ts'
import type { HostedTool } from '../hosted-tool.ts'

const shape = {
  type: string(),
  vector_store_ids: array(string(), { min: 1 }),
  max_num_results: optional(integer({ min: 1, max: 50 })),
  filters: optional(filter()),
  ranking_options: optional(
    object({
      ranker: optional(choice('none', 'auto', 'default-2024-11-15')),
      score_threshold: optional(number({ min: 0, max: 1 })),
      hybrid_search: optional(anyObject()),
    }),
  ),
}

const resultsMax = 20

const read = (tool: JsonObject, at: string): Values<typeof shape> => readShape(shape, tool, { at: `${at}.` })

export const fileSearch: HostedTool = {
  check: (platform, tool, at) => {
    for (const id of read(tool, at).vector_store_ids) requireSearchable(platform, id)
  },
  complete: (tool) => ({
    ...tool,
    filters: tool['filters'] ?? null,
    max_num_results: tool['max_num_results'] ?? resultsMax,
    ranking_options: { ranker: 'auto', score_threshold: 0, ...(tool['ranking_options'] as JsonObject | undefined) },
  }),
  run: ({ platform, tool, asked, include, isForced }) => {
    // With files at hand a model looks into them, unless it was told what to say.
    if (!isForced && (asked.trim() === '' || exactWords(asked) !== null)) return null
    const { vector_store_ids: storeIds, max_num_results: max, filters, ranking_options: ranking } = read(tool, 'tools')
    const query = asked.replaceAll(/\s+/g, ' ').trim().slice(0, 200)
    const hits = search(platform, storeIds, {
      queries: [query],
      resultsMax: max ?? resultsMax,
      filter: filters,
      scoreThreshold: ranking?.score_threshold ?? 0,
      ranker: ranking?.ranker ?? 'auto',
    })
    const quoted = worthQuoting(hits)
    return {
      items: [
        {
          id: newId('fileSearchCall'),
          type: 'file_search_call',
          status: 'completed',
          queries: [query],
          results: include.includes('file_search_call.results') ? hits.map(resultOf) : null,
        },
      ],
      finding: quoted.length === 0 ? 'The files say nothing about it.' : quoted.map(({ text }) => bestSentence(text, query)).join(' '),
      cite: (text) => quoted.map(({ fileId, filename }) => ({ type: 'file_citation', index: text.length, file_id: fileId, filename })),
    }
  },
}

function requireSearchable(platform: Platform, id: string): void {
  const store = stores(platform).get(id)
  if (store === undefined) throw notFound(`Vector store with id '${id}' not found.`)
  if (shownStore(platform, store).status === 'expired') throw invalid(`Vector store '${id}' has expired.`)
}

const resultOf = ({ fileId, filename, score, attributes, text }: Hit): JsonObject => ({
  attributes,
  file_id: fileId,
  filename,
  score,
  text,
})

/** Below this, nothing but common words is shared. */
const relevant = 0.2
const quotesMax = 3

/** The best chunk, and those of other files that are about as good. */
function worthQuoting(hits: readonly Hit[]): readonly Hit[] {
  const floor = Math.max(relevant, (hits[0]?.score ?? 0) * 0.75)
  return hits
    .filter(({ score, fileId }, index) => score >= floor && hits.findIndex((each) => each.fileId === fileId) === index)
    .slice(0, quotesMax)
}

const quoteLengthMax = 300

/** The sentence that shares most with the question; long words that are rare in the text say most. */
function bestSentence(text: string, query: string): string {
  const counts = new Map<string, number>()
  for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{N}]+/gu)) counts.set(word, (counts.get(word) ?? 0) + 1)
  const wanted = contentWords(query).flatMap((each) => [each, `${each}s`, each.replace(/s$/, '')])
  const weights = new Map(wanted.map((each) => [each, each.length / Math.sqrt(counts.get(each) ?? 1)]))
  const scoreOf = (sentence: string): number => contentWords(sentence).reduce((sum, each) => sum + (weights.get(each) ?? 0), 0)
  // A line that ends within a sentence is only the edge of a page; a new point of a list is not.
  const sentences = text
    .split(/(?<=[.!?:])\s+|\n{2,}|\n(?=\s*(?:[-*#•|]|\d+[.)]))/u)
    .map((each) => each.replaceAll(/\s+/g, ' ').trim())
    .filter((each) => each !== '')
  const [best = text] = sentences.toSorted((a, b) => scoreOf(b) - scoreOf(a))
  return best.slice(0, quoteLengthMax)
}
