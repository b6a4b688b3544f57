// Batches as they are kept: the object that callers see, and beside it how far the work has come.
import { newId } from '../../ids.ts'
import type { Platform } from '../../platform.ts'
import type { Collection } from '../../state/objects.ts'

export const batchEndpoints = [
  '/v1/responses',
  '/v1/chat/completions',
  '/v1/embeddings',
  '/v1/completions',
  '/v1/moderations',
  '/v1/images/generations',
  '/v1/images/edits',
  '/v1/videos',
] as const

export type BatchEndpoint = (typeof batchEndpoints)[number]

export type BatchStatus = 'validating' | 'failed' | 'in_progress' | 'finalizing' | 'completed' | 'expired' | 'cancelling' | 'cancelled'

export type BatchError = {
  readonly code: string
  readonly message: string
  readonly param: string | null
  readonly line: number | null
}

export type BatchUsage = {
  readonly input_tokens: number
  readonly input_tokens_details: { readonly cached_tokens: number }
  readonly output_tokens: number
  readonly output_tokens_details: { readonly reasoning_tokens: number }
  readonly total_tokens: number
}

export type Batch = {
  readonly id: string
  readonly object: 'batch'
  readonly endpoint: BatchEndpoint
  /** Known once the input has been read; some endpoints need none. */
  readonly model?: string
  readonly errors: { readonly object: 'list'; readonly data: readonly BatchError[] } | null
  readonly input_file_id: string
  readonly completion_window: '24h'
  readonly status: BatchStatus
  readonly output_file_id: string | null
  readonly error_file_id: string | null
  readonly created_at: number
  readonly in_progress_at: number | null
  readonly expires_at: number
  readonly finalizing_at: number | null
  readonly completed_at: number | null
  readonly failed_at: number | null
  readonly expired_at: number | null
  readonly cancelling_at: number | null
  readonly cancelled_at: number | null
  readonly request_counts: { readonly total: number; readonly completed: number; readonly failed: number }
  readonly usage: BatchUsage
  readonly metadata: Readonly<Record<string, string>> | null
}

/** What has been done of a batch. Its results lie in two growing blobs; what they hold beyond these sizes was never counted. */
export type BatchWork = {
  readonly id: string
  readonly outputSeconds: number | null
  /** Where reading the input goes on. */
  readonly inputAt: number
  readonly line: number
  readonly outputBytes: number
  readonly errorBytes: number
}

export const batches = (platform: Platform): Collection<Batch> => platform.collection('batch')
export const works = (platform: Platform): Collection<BatchWork> => platform.collection('batch.work')

export const outputBlob = (id: string): string => `${id}_output`
export const errorBlob = (id: string): string => `${id}_error`

export const isOver = (status: BatchStatus): boolean => ['failed', 'completed', 'expired', 'cancelled'].includes(status)

const day = 86_400

export type NewBatch = Pick<Batch, 'endpoint' | 'input_file_id' | 'metadata'> & { readonly outputSeconds: number | null }

export function createBatch(platform: Platform, { outputSeconds, ...request }: NewBatch): Batch {
  const createdAt = platform.clock.seconds()
  const batch: Batch = {
    id: newId('batch'),
    object: 'batch',
    endpoint: request.endpoint,
    errors: null,
    input_file_id: request.input_file_id,
    completion_window: '24h',
    status: 'validating',
    output_file_id: null,
    error_file_id: null,
    created_at: createdAt,
    in_progress_at: null,
    expires_at: createdAt + day,
    finalizing_at: null,
    completed_at: null,
    failed_at: null,
    expired_at: null,
    cancelling_at: null,
    cancelled_at: null,
    request_counts: { total: 0, completed: 0, failed: 0 },
    usage: {
      input_tokens: 0,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 0,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 0,
    },
    metadata: request.metadata,
  }
  platform.objects.together(() => {
    batches(platform).put(batch)
    works(platform).put({ id: batch.id, outputSeconds, inputAt: 0, line: 0, outputBytes: 0, errorBytes: 0 })
    platform.jobs.schedule('batches.step', batch.id)
  })
  return batch
}
