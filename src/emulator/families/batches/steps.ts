// What happens to a batch over time. One step at a time per batch, and only here, so that no two of them ever write the same files.
import { statSync } from 'node:fs'
import type { JobSteps } from '../../behaviour.ts'
import { snapshotOf } from '../../model-list.ts'
import type { Platform } from '../../platform.ts'
import { createFile, findFile } from '../../stored-files.ts'
import { abandonLines, runLines } from './run.ts'
import { batches, errorBlob, isOver, outputBlob, works } from './stored.ts'
import type { Batch, BatchStatus } from './stored.ts'
import { validate } from './validate.ts'

export const batchSteps: JobSteps = {
  'batches.step': async (platform, id) => {
    const batch = batches(platform).get(id)
    if (batch === undefined || isOver(batch.status)) return
    try {
      await advance(platform, batch)
    } catch (error) {
      // A disk that is full, say: the batch must not wait for ever.
      platform.warn(`batch ${id} failed`, error)
      fail(platform, id, [
        { code: 'server_error', message: 'The server had an error while processing this batch.', param: null, line: null },
      ])
    }
    const after = batches(platform).get(id)
    if (after !== undefined && !isOver(after.status)) platform.jobs.schedule('batches.step', id)
  },
}

async function advance(platform: Platform, batch: Batch): Promise<void> {
  const isLate = batch.expires_at <= platform.clock.seconds()
  switch (batch.status) {
    case 'validating':
      return isLate ? expire(platform, batch) : begin(platform, batch)
    case 'in_progress':
      return isLate ? expire(platform, batch) : work(platform, batch)
    case 'finalizing':
      return finish(platform, batch.id, 'completed', 'completed_at')
    case 'cancelling':
      if (await abandonLines(platform, batch, 'batch_cancelled', 'The batch was cancelled before this request executed.'))
        finish(platform, batch.id, 'cancelled', 'cancelled_at')
      return
    case 'failed':
    case 'completed':
    case 'expired':
    case 'cancelled':
      return
  }
}

async function begin(platform: Platform, batch: Batch): Promise<void> {
  if (findFile(platform, batch.input_file_id) === undefined) return fail(platform, batch.id, [lostInput])
  const { total, model, errors } = await validate(platform.blobs.path(batch.input_file_id), batch.endpoint, platform.closing)
  if (platform.closing.aborted) return
  if (errors.length > 0) return fail(platform, batch.id, errors)
  move(platform, batch.id, 'validating', {
    status: 'in_progress',
    in_progress_at: platform.clock.seconds(),
    request_counts: { total, completed: 0, failed: 0 },
    ...(model === null ? {} : { model: snapshotOf(model) }),
  })
}

async function work(platform: Platform, batch: Batch): Promise<void> {
  if (findFile(platform, batch.input_file_id) === undefined) return fail(platform, batch.id, [lostInput])
  if (await runLines(platform, batch))
    move(platform, batch.id, 'in_progress', { status: 'finalizing', finalizing_at: platform.clock.seconds() })
}

async function expire(platform: Platform, batch: Batch): Promise<void> {
  if (await abandonLines(platform, batch, 'batch_expired', 'This request could not be executed before the completion window expired.'))
    finish(platform, batch.id, 'expired', 'expired_at')
}

/** Moves on unless somebody else did: a batch may be cancelled at any moment of a step. */
function move(platform: Platform, id: string, from: BatchStatus, to: Partial<Batch>): void {
  const batch = batches(platform).get(id)
  if (batch?.status === from) batches(platform).put({ ...batch, ...to })
}

const lostInput = { code: 'invalid_file', message: 'The batch input file no longer exists.', param: 'input_file_id', line: null }

function fail(platform: Platform, id: string, errors: NonNullable<Batch['errors']>['data']): void {
  const batch = batches(platform).get(id)
  // Cancelled while it was being read: then it ends as that.
  if (batch === undefined || batch.status === 'cancelling') return
  batches(platform).put({
    ...batch,
    status: 'failed',
    failed_at: platform.clock.seconds(),
    errors: { object: 'list', data: errors },
  })
  forget(platform, id)
  platform.events.announce('batch.failed', id)
}

/** Turns the results into files and ends the batch, both or neither. */
function finish(platform: Platform, id: string, status: BatchStatus, field: 'completed_at' | 'expired_at' | 'cancelled_at'): void {
  platform.objects.together(() => {
    const batch = batches(platform).get(id)
    if (batch === undefined) return
    batches(platform).put({
      ...batch,
      output_file_id: fileOf(platform, id, outputBlob(id)),
      error_file_id: fileOf(platform, id, errorBlob(id)),
      status,
      [field]: platform.clock.seconds(),
    })
    works(platform).delete(id)
  })
  platform.events.announce(`batch.${status}`, id)
}

/** Quirk: there is no file without a line in it. */
function fileOf(platform: Platform, id: string, blob: string): string | null {
  const path = platform.blobs.path(blob)
  const sizeBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (sizeBytes === 0) {
    platform.blobs.delete(blob)
    return null
  }
  const expiresAfterSeconds = works(platform).get(id)?.outputSeconds ?? undefined
  const draft = { path, sizeBytes, md5: null }
  return createFile(platform, { draft, filename: `${blob}.jsonl`, purpose: 'batch_output', expiresAfterSeconds }).id
}

function forget(platform: Platform, id: string): void {
  works(platform).delete(id)
  for (const blob of [outputBlob(id), errorBlob(id)]) platform.blobs.delete(blob)
}
