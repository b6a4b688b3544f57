// Where the rows of a run come from: given with the request, in a file, or among what was stored before.
import { invalidValue, missingParameter } from '../../errors.ts'
import { readLines } from '../../jsonl.ts'
import { requireModel } from '../../model-list.ts'
import type { Platform } from '../../platform.ts'
import { anyObject, array, choice, integer, isObject, metadata, object, optional, readShape, string, textOr } from '../../shape.ts'
import type { Field, JsonObject } from '../../shape.ts'
import { requireFile } from '../../stored-files.ts'
import type { DataSource, Row } from './stored.ts'
import { storedCompletionRows, storedResponseRows } from './stored-rows.ts'

/** Rows that cannot be read fail the run. */
export class BrokenRow extends Error {
  override readonly name = 'BrokenRow'
}

const bounds = {
  created_after: optional(integer()),
  created_before: optional(integer()),
  limit: optional(integer({ min: 1 })),
  metadata: optional(metadata()),
  model: optional(string()),
}

const sources = {
  file_content: object({
    type: choice('file_content'),
    content: array(object({ item: anyObject(), sample: optional(anyObject()) }), { min: 1 }),
  }),
  file_id: object({ type: choice('file_id'), id: string() }),
  stored_completions: object({ type: choice('stored_completions'), ...bounds }),
  responses: object({ type: choice('responses'), ...bounds }, { unknown: 'ignore' }),
}

const sourcesOf: Readonly<Record<DataSource['type'], readonly (keyof typeof sources)[]>> = {
  jsonl: ['file_content', 'file_id'],
  completions: ['file_content', 'file_id', 'stored_completions'],
  responses: ['file_content', 'file_id', 'responses'],
}

const at = 'data_source'
const types = ['jsonl', 'completions', 'responses'] as const

export function readDataSource(platform: Platform, value: JsonObject): DataSource {
  const type = types.find((each) => each === value['type'])
  if (value['type'] === undefined) throw missingParameter(`${at}.type`)
  if (type === undefined) throw invalidValue(`${at}.type`, value['type'], types)
  const samples = type !== 'jsonl'
  const shape = {
    type: choice(type),
    source: anyObject(),
    ...(samples ? { input_messages: optional(anyObject()), model: optional(string()), sampling_params: optional(anyObject()) } : {}),
  } satisfies Record<string, Field<unknown>>
  const read = readShape(shape, value, { at: `${at}.` }) as DataSource
  readSource(platform, type, read.source)
  if (read.input_messages !== undefined) {
    readTemplate(read.input_messages)
    if (read.model === undefined) throw missingParameter(`${at}.model`)
    requireModel(platform, read.model, 'chat')
  } else if (samples && textOr(read.source['type']).startsWith('file_')) throw missingParameter(`${at}.input_messages`)
  return read
}

function readSource(platform: Platform, type: DataSource['type'], source: JsonObject): void {
  const kind = source['type']
  if (kind === undefined) throw missingParameter(`${at}.source.type`)
  const known = sourcesOf[type].find((each) => each === kind)
  if (known === undefined) throw invalidValue(`${at}.source.type`, kind, sourcesOf[type])
  sources[known].read(source, `${at}.source`, false)
  if (known === 'file_id') requireFile(platform, textOr(source['id']), `${at}.source.id`)
}

const messages = array(object({ role: choice('user', 'assistant', 'system', 'developer') }, { unknown: 'ignore' }), { min: 1 })

function readTemplate(given: JsonObject): void {
  const path = `${at}.input_messages`
  const type = given['type']
  if (type === undefined) throw missingParameter(`${path}.type`)
  if (type === 'template') readShape({ type: choice('template'), template: messages }, given, { at: `${path}.` })
  else if (type === 'item_reference')
    readShape({ type: choice('item_reference'), item_reference: string({ min: 1 }) }, given, { at: `${path}.` })
  else throw invalidValue(`${path}.type`, type, ['template', 'item_reference'])
}

/** The rows, from behind the first `skipped`. */
export async function* rowsOf(platform: Platform, { source }: DataSource, skipped = 0): AsyncGenerator<Row> {
  let index = 0
  for await (const row of allRows(platform, source)) if (index++ >= skipped) yield row
}

async function* allRows(platform: Platform, source: JsonObject): AsyncGenerator<Row> {
  switch (source['type']) {
    case 'file_content':
      for (const row of source['content'] as readonly JsonObject[]) yield rowOf(row)
      return
    case 'file_id': {
      const id = textOr(source['id'])
      if (platform.blobs.sizeBytes(id) === undefined) throw new BrokenRow(`No such File object: ${id}`)
      for await (const { text, number } of readLines(platform.blobs.path(id))) {
        const row = parse(text)
        if (row === null) throw new BrokenRow(`Line ${number} of file ${id} is not a JSON object with an 'item' field.`)
        yield row
      }
      return
    }
    case 'stored_completions':
      yield* storedCompletionRows(platform, source)
      return
    case 'responses':
      yield* storedResponseRows(platform, source)
  }
}

const rowOf = ({ item, sample }: JsonObject): Row => ({ item: isObject(item) ? item : {}, sample: isObject(sample) ? sample : null })

function parse(line: string): Row | null {
  try {
    const value = JSON.parse(line) as unknown
    return isObject(value) && isObject(value['item']) ? rowOf(value) : null
  } catch {
    return null
  }
}
