// The input of a batch before anything is run: every line is checked, and one bad line fails the whole batch.
import { setImmediate } from 'node:timers/promises'
import { invalidType, invalidValue, missingParameter } from '../../errors.ts'
import type { ApiError } from '../../errors.ts'
import { readLines } from '../../jsonl.ts'
import { isObject } from '../../shape.ts'
import type { JsonObject } from '../../shape.ts'
import type { BatchEndpoint, BatchError } from './stored.ts'

export type Validation = { readonly total: number; readonly model: string | null; readonly errors: readonly BatchError[] }

const linesMax = 50_000
/** Of a file that is wrong from top to bottom, this much is enough to see it. */
const errorsMax = 1000

/** How each endpoint is called in messages, and what a body cannot do without. */
const endpoints: Readonly<Record<BatchEndpoint, { readonly name: string; readonly required: readonly string[] }>> = {
  '/v1/responses': { name: 'Responses', required: ['model'] },
  '/v1/chat/completions': { name: 'Chat Completions', required: ['model', 'messages'] },
  '/v1/embeddings': { name: 'Embeddings', required: ['model', 'input'] },
  '/v1/completions': { name: 'Completions', required: ['model', 'prompt'] },
  '/v1/moderations': { name: 'Moderations', required: ['input'] },
  '/v1/images/generations': { name: 'Images', required: ['prompt'] },
  '/v1/images/edits': { name: 'Images', required: ['prompt'] },
  '/v1/videos': { name: 'Videos', required: ['prompt'] },
}

export async function validate(path: string, endpoint: BatchEndpoint, signal: AbortSignal): Promise<Validation> {
  const errors: BatchError[] = []
  const seen = new Set<string>()
  let model: string | null = null
  let total = 0
  for await (const { text, number } of readLines(path)) {
    if (signal.aborted) break
    // Other requests are served in between.
    if (++total % 1000 === 0) await setImmediate()
    if (total > linesMax) {
      errors.push(problem('request_limit_exceeded', `A batch holds at most ${linesMax} requests.`, null, number))
      break
    }
    const line = parse(text)
    const found = [...problemsOf(line, endpoint, seen)]
    const used = modelOf(line)
    if (found.length === 0 && used !== null) {
      model ??= used
      if (used !== model)
        found.push([
          'mismatched_model',
          `The model '${used}' for this request does not match the rest of the batch. Each batch must contain requests for a single model.`,
          'body.model',
        ])
    }
    for (const [code, message, param] of found) if (errors.length < errorsMax) errors.push(problem(code, message, param, number))
  }
  if (total === 0) errors.push(problem('empty_file', 'The batch input file is empty.', null, null))
  return { total, model, errors }
}

type Problem = readonly [code: string, message: string, param: string | null]

const problem = (code: string, message: string, param: string | null, line: number | null): BatchError => ({ code, message, param, line })

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const modelOf = (line: unknown): string | null => {
  const body = isObject(line) ? line['body'] : undefined
  return isObject(body) && typeof body['model'] === 'string' ? body['model'] : null
}

function* problemsOf(line: unknown, endpoint: BatchEndpoint, seen: Set<string>): Generator<Problem> {
  if (!isObject(line)) {
    yield ['invalid_json_line', 'This line is not parseable as valid JSON.', null]
    return
  }
  for (const check of [checkCustomId, checkMethod, checkUrl, checkBody]) {
    const found = check(line, endpoint, seen)
    if (found !== null) yield found
  }
}

type Check = (line: JsonObject, endpoint: BatchEndpoint, seen: Set<string>) => Problem | null

const checkCustomId: Check = ({ custom_id: id }, _endpoint, seen) => {
  const wrong = wrongText('custom_id', id)
  if (wrong !== null) return wrong
  if (seen.has(String(id)))
    return [
      'duplicate_custom_id',
      `The custom_id '${String(id)}' for this request is a duplicate of another request. The custom_id parameter must be unique for each request in a batch.`,
      'custom_id',
    ]
  seen.add(String(id))
  return null
}

const checkMethod: Check = ({ method }) =>
  wrongText('method', method) ?? (method === 'POST' ? null : asProblem(invalidValue('method', method, ['POST'])))

const checkUrl: Check = ({ url }, endpoint) =>
  wrongText('url', url) ??
  (url === endpoint ? null : ['invalid_url', 'The URL provided for this request does not match the batch endpoint.', 'url'])

const checkBody: Check = ({ body }, endpoint) => {
  if (body === undefined || body === null) return asProblem(missingParameter('body'))
  if (!isObject(body)) return asProblem(invalidType('body', 'an object', body))
  const { name, required } = endpoints[endpoint]
  for (const field of required)
    if (body[field] === undefined || body[field] === null)
      return ['invalid_request', `${field.charAt(0).toUpperCase()}${field.slice(1)} parameter is required.`, `body.${field}`]
  return body['stream'] === true ? ['streaming_unsupported', `${name}: Streaming is not supported in the Batch API.`, 'body.stream'] : null
}

function wrongText(name: string, value: unknown): Problem | null {
  if (value === undefined || value === null || value === '') return asProblem(missingParameter(name))
  return typeof value === 'string' ? null : asProblem(invalidType(name, 'a string', value))
}

const asProblem = ({ code, message, param }: ApiError): Problem => [code ?? 'invalid_request', message, param]
