// The lines of a batch, run one by one through the endpoint that it names. Results are appended to files; how far that has come is
// stored with them, so that a restart goes on behind the last line that counted.
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { newId } from '../../ids.ts'
import { readLines } from '../../jsonl.ts'
import type { JsonLine } from '../../jsonl.ts'
import type { Platform } from '../../platform.ts'
import { isObject } from '../../shape.ts'
import type { JsonObject } from '../../shape.ts'
import { batches, errorBlob, outputBlob, works } from './stored.ts'
import type { Batch, BatchUsage, BatchWork } from './stored.ts'

/** Small batches take two steps, so that progress can be seen; large ones take as many as they need. */
const linesPerStep = ({ request_counts: { total } }: Batch): number => Math.min(500, Math.max(1, Math.ceil(total / 2)))

/** Runs some lines; true when there are no more. */
export function runLines(platform: Platform, batch: Batch): Promise<boolean> {
  return throughLines(platform, batch, {
    linesMax: linesPerStep(batch),
    // Stops in the middle when the batch is cancelled or the emulator ends.
    isWanted: () => !platform.closing.aborted && batches(platform).get(batch.id)?.status === 'in_progress',
    resultOf: async ({ url, body }) => {
      const reply = await platform.perform({ method: 'POST', path: String(url), body })
      return {
        isGood: reply.status === 200,
        usage: isObject(reply.body) ? reply.body['usage'] : undefined,
        rest: { response: { status_code: reply.status, request_id: reply.requestId, body: reply.body }, error: null },
      }
    },
  })
}

/** Writes off the lines that were not run; true when that is done. */
export async function abandonLines(platform: Platform, batch: Batch, code: string, message: string): Promise<boolean> {
  // Where nothing was read yet, nobody knows whether these are requests at all.
  if (batch.in_progress_at === null || platform.blobs.sizeBytes(batch.input_file_id) === undefined) return true
  return throughLines(platform, batch, {
    linesMax: Infinity,
    isWanted: () => !platform.closing.aborted,
    resultOf: () => ({ isGood: false, usage: undefined, rest: { response: null, error: { code, message } } }),
  })
}

type Result = { readonly isGood: boolean; readonly usage: unknown; readonly rest: JsonObject }

type Way = {
  readonly linesMax: number
  readonly isWanted: () => boolean
  readonly resultOf: (request: JsonObject) => Result | Promise<Result>
}

async function throughLines(platform: Platform, batch: Batch, { linesMax, isWanted, resultOf }: Way): Promise<boolean> {
  const work = works(platform).get(batch.id)
  if (work === undefined) return true
  let { inputAt, line } = work
  let { completed, failed } = batch.request_counts
  let { usage } = batch
  let count = 0
  let isDone = true
  const results = await openResults(platform, work)
  try {
    for await (const read of readLines(platform.blobs.path(batch.input_file_id), { at: inputAt, number: line })) {
      if (count === linesMax || !isWanted()) {
        isDone = false
        break
      }
      const request = requestOf(read)
      const result = await resultOf(request)
      await results.add(result.isGood, { id: newId('batchRequest'), custom_id: request['custom_id'], ...result.rest })
      if (result.isGood) completed++
      else failed++
      usage = sum(usage, result.usage)
      inputAt = read.nextAt
      line = read.number
      // Other requests are served in between.
      if (++count % 20 === 0) await setImmediate()
    }
  } finally {
    await results.close()
  }
  // At the very end: nobody sees these counts before the step is over.
  platform.objects.together(() => {
    works(platform).put({ ...work, inputAt, line, ...results.sizes() })
    const now = batches(platform).get(batch.id)
    if (now !== undefined) batches(platform).put({ ...now, request_counts: { ...now.request_counts, completed, failed }, usage })
  })
  return isDone
}

/** Validated before, so it parses. */
function requestOf({ text }: JsonLine): JsonObject {
  const value: unknown = JSON.parse(text)
  return isObject(value) ? value : {}
}

type Results = {
  readonly add: (isGood: boolean, line: JsonObject) => Promise<void>
  readonly sizes: () => Pick<BatchWork, 'outputBytes' | 'errorBytes'>
  readonly close: () => Promise<void>
}

async function openResults(platform: Platform, { id, ...work }: BatchWork): Promise<Results> {
  let { outputBytes, errorBytes } = work
  const output = await openAt(platform.blobs.path(outputBlob(id)), outputBytes)
  const error = await openAt(platform.blobs.path(errorBlob(id)), errorBytes)
  return {
    add: async (isGood, line) => {
      const bytes = Buffer.from(`${JSON.stringify(line)}\n`)
      await (isGood ? output : error).appendFile(bytes)
      if (isGood) outputBytes += bytes.length
      else errorBytes += bytes.length
    },
    sizes: () => ({ outputBytes, errorBytes }),
    close: async () => {
      await output.close()
      await error.close()
    },
  }
}

/** Drops what an interrupted step had written: those lines are run again. */
async function openAt(path: string, sizeBytes: number): Promise<FileHandle> {
  const handle = await open(path, 'a')
  await handle.truncate(sizeBytes)
  return handle
}

const numberOf = (from: unknown, ...names: readonly string[]): number => {
  for (const name of names) {
    const value = isObject(from) ? from[name] : undefined
    if (typeof value === 'number') return value
  }
  return 0
}

/** Adds what one request used, in whichever words its endpoint says it. */
function sum(total: BatchUsage, used: unknown): BatchUsage {
  if (!isObject(used)) return total
  const input = numberOf(used, 'input_tokens', 'prompt_tokens')
  const output = numberOf(used, 'output_tokens', 'completion_tokens')
  const inputDetails = used['input_tokens_details'] ?? used['prompt_tokens_details']
  const outputDetails = used['output_tokens_details'] ?? used['completion_tokens_details']
  return {
    input_tokens: total.input_tokens + input,
    input_tokens_details: { cached_tokens: total.input_tokens_details.cached_tokens + numberOf(inputDetails, 'cached_tokens') },
    output_tokens: total.output_tokens + output,
    output_tokens_details: {
      reasoning_tokens: total.output_tokens_details.reasoning_tokens + numberOf(outputDetails, 'reasoning_tokens'),
    },
    total_tokens: total.total_tokens + input + output,
  }
}
