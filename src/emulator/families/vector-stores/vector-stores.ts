// Vector stores: made, filled, searched, expired after days without use.
import { json } from '../../answer.ts'
import type { Call, Family } from '../../behaviour.ts'
import { notFound } from '../../errors.ts'
import { newId } from '../../ids.ts'
import { array, boolean, choice, either, integer, metadata, number, object, optional, readShape, string } from '../../shape.ts'
import { newestFirst, page, readPageQuery } from '../../state/pages.ts'
import { requireFile } from '../../stored-files.ts'
import { autoChunking, chunkingStrategy, lifetime } from './fields.ts'
import { fileBatchOperations } from './file-batches.ts'
import { fileOperations } from './files.ts'
import { filter } from './filters.ts'
import { attach, deleteStore } from './ingest.ts'
import { rewritten, search } from './search.ts'
import { noFiles, requireLiveStore, requireStore, shownStore, stores, withExpiry } from './stored.ts'
import type { VectorStore } from './stored.ts'

const createShape = {
  file_ids: optional(array(string(), { max: 500 })),
  name: optional(string()),
  description: optional(string()),
  expires_after: optional(lifetime),
  chunking_strategy: optional(chunkingStrategy()),
  metadata: optional(metadata()),
}

const updateShape = { name: optional(string()), expires_after: optional(lifetime), metadata: optional(metadata()) }

const searchShape = {
  query: either(string(), array(string(), { min: 1 })),
  rewrite_query: optional(boolean()),
  max_num_results: optional(integer({ min: 1, max: 50 })),
  filters: optional(filter()),
  ranking_options: optional(
    object({
      ranker: optional(choice('none', 'auto', 'default-2024-11-15')),
      score_threshold: optional(number({ min: 0, max: 1 })),
    }),
  ),
}

export const vectorStores = {
  ...fileOperations,
  ...fileBatchOperations,
  'vector_stores.create': async ({ platform, json: body }) => {
    const request = readShape(createShape, await body())
    const fileIds = [...new Set(request.file_ids)]
    for (const id of fileIds) requireFile(platform, id, 'file_ids')
    const createdAt = platform.clock.seconds()
    const store: VectorStore = withExpiry({
      id: newId('vectorStore'),
      object: 'vector_store',
      created_at: createdAt,
      name: request.name ?? null,
      description: request.description ?? null,
      usage_bytes: 0,
      file_counts: noFiles,
      status: 'completed',
      expires_after: request.expires_after ?? null,
      expires_at: null,
      last_active_at: createdAt,
      metadata: request.metadata ?? {},
    })
    platform.objects.together(() => {
      stores(platform).put(store)
      const chunking = request.chunking_strategy ?? autoChunking
      attach(
        platform,
        store.id,
        fileIds.map((fileId) => ({ fileId, attributes: {}, chunking })),
        { param: 'file_ids' },
      )
    })
    return json(requireStore(platform, store.id))
  },
  'vector_stores.list': ({ platform, query }) => {
    const found = page(stores(platform), readPageQuery(query, newestFirst), {
      unknown: (id) => notFound(`No vector store found with id '${id}'.`),
    })
    return json({ ...found, data: found.data.map((store) => shownStore(platform, store)) })
  },
  'vector_stores.retrieve': (call) => json(find(call)),
  'vector_stores.update': async (call) => {
    const { platform } = call
    const store = find(call)
    const body = await call.json()
    const request = readShape(updateShape, body)
    // `null` is a value here: it takes away the name, the lifetime, the metadata.
    const given = (name: keyof typeof updateShape): boolean => body[name] !== undefined
    stores(platform).put(
      withExpiry({
        ...store,
        ...(given('name') ? { name: request.name ?? null } : {}),
        ...(given('metadata') ? { metadata: request.metadata ?? {} } : {}),
        ...(given('expires_after') ? { expires_after: request.expires_after ?? null } : {}),
      }),
    )
    return json(find(call))
  },
  'vector_stores.delete': (call) => {
    const { id } = find(call)
    deleteStore(call.platform, id)
    return json({ id, object: 'vector_store.deleted', deleted: true })
  },
  'vector_stores.search': async (call) => {
    const { id } = find(call)
    const request = readShape(searchShape, await call.json())
    requireLiveStore(call.platform, id)
    const asked = typeof request.query === 'string' ? [request.query] : request.query
    const queries = request.rewrite_query === true ? asked.map(rewritten) : asked
    const hits = search(call.platform, [id], {
      queries,
      resultsMax: request.max_num_results ?? 10,
      filter: request.filters,
      scoreThreshold: request.ranking_options?.score_threshold ?? 0,
      ranker: request.ranking_options?.ranker ?? 'auto',
    })
    return json({
      object: 'vector_store.search_results.page',
      search_query: queries,
      data: hits.map(({ fileId, filename, score, attributes, text }) => ({
        file_id: fileId,
        filename,
        score,
        attributes,
        content: [{ type: 'text', text }],
      })),
      has_more: false,
      next_page: null,
    })
  },
} satisfies Family

const find = (call: Call): VectorStore => requireStore(call.platform, call.param('vector_store_id'))
