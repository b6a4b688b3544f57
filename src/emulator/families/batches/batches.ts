// Batches: many requests in a file, run over time, their answers in another file.
import { json } from '../../answer.ts'
import type { Call, Family } from '../../behaviour.ts'
import { ApiError, invalid, notFound } from '../../errors.ts'
import { choice, metadata, optional, readShape, string } from '../../shape.ts'
import { newestFirst, page, readPageQuery } from '../../state/pages.ts'
import { requireFile } from '../../stored-files.ts'
import { expiresAfter } from '../files.ts'
import { batchEndpoints, createBatch, batches as stored, isOver } from './stored.ts'
import type { Batch } from './stored.ts'

const shape = {
  input_file_id: string(),
  endpoint: choice(...batchEndpoints),
  completion_window: choice('24h'),
  metadata: optional(metadata()),
  output_expires_after: optional(expiresAfter),
}

export const batches = {
  'batches.create': async ({ platform, json: body }) => {
    const request = readShape(shape, await body())
    const { purpose } = requireFile(platform, request.input_file_id, 'input_file_id')
    if (purpose !== 'batch')
      throw invalid(`Invalid file purpose: expected a file uploaded with purpose 'batch', but got '${purpose}' instead.`, 'input_file_id')
    return json(
      createBatch(platform, {
        endpoint: request.endpoint,
        input_file_id: request.input_file_id,
        metadata: request.metadata ?? null,
        outputSeconds: request.output_expires_after?.seconds ?? null,
      }),
    )
  },
  'batches.list': ({ platform, query }) => json(page(stored(platform), readPageQuery(query, newestFirst), { unknown: missing })),
  'batches.retrieve': (call) => json(find(call)),
  'batches.cancel': (call) => {
    const batch = find(call)
    if (isOver(batch.status)) throw new ApiError(409, `Cannot cancel a batch with status '${batch.status}'.`)
    if (batch.status === 'cancelling') return json(batch)
    // Whatever step is next sees it and stops there; what is done until then stays done.
    const cancelling: Batch = { ...batch, status: 'cancelling', cancelling_at: call.platform.clock.seconds() }
    stored(call.platform).put(cancelling)
    return json(cancelling)
  },
} satisfies Family

function find(call: Call): Batch {
  const id = call.param('batch_id')
  const batch = stored(call.platform).get(id)
  if (batch === undefined) throw missing(id)
  return batch
}

const missing = (id: string): ApiError => notFound(`No batch found with id '${id}'.`)
