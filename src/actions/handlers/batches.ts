// Batches: a JSON array becomes the JSONL file the upstream wants, and its result files become pages.
import { createInterface } from 'node:readline'
import { Refusal } from '../../kernel/errors.ts'
import { PassOn, type Action, type Handler } from '../action.ts'
import { writeForm } from '../form.ts'
import { invalid } from '../../kernel/shape.ts'
import { maxAnswerCharacters } from '../wrappers.ts'

type Request = { readonly custom_id?: string | null; readonly body: Record<string, unknown> }

/** What an input file may have (OpenAI, "Batch"). */
const maxInputBytes = 209_715_200

export const createBatch: Handler = async (action) => {
  const {
    endpoint,
    requests,
    completion_window: window,
    metadata,
  } = action.body as { endpoint: string; requests: readonly Request[]; completion_window?: string | null; metadata?: unknown }
  const names = new Set<string>()
  const lines = requests.map(({ custom_id: given, body }, at) => {
    const name = given ?? `request-${at + 1}`
    if (names.has(name)) throw invalid(`requests[${at}].custom_id`, 'another request has the same')
    names.add(name)
    if (body['stream'] === true) throw invalid(`requests[${at}].body.stream`, 'a batch cannot stream')
    return `${JSON.stringify({ custom_id: name, method: 'POST', url: endpoint, body })}\n`
  })
  const content = Buffer.from(lines.join(''))
  if (content.length > maxInputBytes) throw new Refusal('file_too_large', { why: `Batch input too large (>${maxInputBytes} bytes)` })
  const file = await action.callJson('files.create', {
    form: writeForm([['purpose', 'batch']], [{ field: 'file', name: 'batch.jsonl', mimeType: 'application/jsonl', content }]),
  })
  return {
    value: await action.callJson('batches.create', {
      json: {
        input_file_id: file['id'],
        endpoint,
        completion_window: window ?? '24h',
        ...(metadata === undefined || metadata === null ? {} : { metadata }),
      },
    }),
  }
}

/** Left for everything around the results. */
const roomForResults = maxAnswerCharacters - 2_000

export const readBatchResults: Handler = async (action) => {
  const { after = 0, limit = 1000, source: asked } = action.query as { after?: number; limit?: number; source?: 'output' | 'error' }
  const batch = await action.callJson('batches.retrieve', { params: action.params })
  const source = asked ?? (typeof batch['output_file_id'] !== 'string' && typeof batch['error_file_id'] === 'string' ? 'error' : 'output')
  const fileId = batch[`${source}_file_id`]
  const page = typeof fileId === 'string' ? await readPage(action, fileId, after, limit) : { data: [], hasMore: false }
  return {
    value: {
      object: 'list',
      batch_id: batch['id'],
      status: batch['status'],
      request_counts: batch['request_counts'] ?? null,
      source,
      data: page.data,
      has_more: page.hasMore,
      next_after: page.hasMore ? after + page.data.length : null,
    },
  }
}

/** Reads only as far as the page goes. */
async function readPage(action: Action, fileId: string, after: number, limit: number): Promise<{ data: unknown[]; hasMore: boolean }> {
  const answer = await action.call('files.content', { params: { file_id: fileId } })
  if ((answer.statusCode ?? 0) >= 300) throw new PassOn(answer)
  const data: unknown[] = []
  let at = 0
  let room = roomForResults
  let hasMore = false
  try {
    for await (const line of createInterface({ input: answer, crlfDelay: Infinity })) {
      if (line.trim() === '' || at++ < after) continue
      const result = fitting(line)
      const { length } = JSON.stringify(result)
      hasMore = data.length >= limit || length > room
      if (hasMore) break
      room -= length + 1
      data.push(result)
    }
  } finally {
    answer.destroy()
  }
  return { data, hasMore }
}

/** A line that fits no page at all is shown by its beginning. */
function fitting(line: string): unknown {
  if (line.length < roomForResults) {
    try {
      const value: unknown = JSON.parse(line)
      if (JSON.stringify(value).length < roomForResults) return value
    } catch {
      // Not what the upstream promises; the text says more than an error of ours would.
    }
  }
  return { truncated: true, text: line.slice(0, 10_000) }
}
