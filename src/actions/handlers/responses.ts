// Responses: streamed as they come, or collected into one answer. What takes longer than an action may goes on in the
// background and is polled by its id; what is longer than an action may answer is read on by its offset.
import { StringDecoder } from 'node:string_decoder'
import type { IncomingMessage } from 'node:http'
import { Refusal } from '../../kernel/errors.ts'
import { PassOn, type Handler } from '../action.ts'
import { pageOf } from '../page.ts'
import { isObject } from '../../kernel/shape.ts'
import { maxAnswerCharacters } from '../wrappers.ts'

/** The body as it came, with `stream: true` put in front where it says nothing about it. */
export const streamResponse: Handler = async (action) => {
  const text = action.bytes.toString('utf8')
  const rest = text.slice(text.indexOf('{') + 1)
  const bytes =
    action.bytes.length === 0
      ? Buffer.from('{"stream":true}')
      : Object.hasOwn(action.body, 'stream')
        ? action.bytes
        : Buffer.from(`{"stream":true${rest.trimStart().startsWith('}') ? '' : ','}${rest}`)
  return { passed: await action.call('responses.create', { bytes }) }
}

export const collectResponse: Handler = async (action) => {
  if (action.wantsEvents) return await streamResponse(action)
  // Without a stored response there is nothing to come back to.
  const background = action.body['background'] !== false && action.body['store'] !== false
  const answer = await action.call('responses.create', {
    json: { ...action.body, stream: true, ...(background ? { background: true } : {}) },
  })
  if ((answer.statusCode ?? 0) >= 300) throw new PassOn(answer)
  const { response, isOver } = await lastResponse(answer, action.signal)
  if (action.left.aborted || response === null) throw action.signal.aborted ? action.signal.reason : new Refusal('upstream_failed')
  if (!isOver && !background) throw action.signal.aborted ? action.signal.reason : new Refusal('upstream_failed')
  return { value: fitResponse(response, 0) }
}

export const pollResponse: Handler = async (action) => {
  const { offset = 0 } = action.query as { offset?: number }
  return { value: fitResponse(await action.callJson('responses.retrieve', { params: action.params }), offset) }
}

type Seen = { readonly response: Record<string, unknown> | null; readonly isOver: boolean }

/** The newest state of the response a stream told of, when it ends or when the time is over. */
async function lastResponse(answer: IncomingMessage, signal: AbortSignal): Promise<Seen> {
  // An upstream that does not stream answers the response itself.
  if (!(answer.headers['content-type'] ?? '').startsWith('text/event-stream')) {
    const chunks = (await answer.toArray()) as Buffer[]
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    return { response: isObject(value) ? value : null, isOver: true }
  }
  let seen: Seen = { response: null, isOver: false }
  const decoder = new StringDecoder('utf8')
  let pending = ''
  try {
    for await (const chunk of answer) {
      const lines = (pending + decoder.write(chunk as Buffer)).split(/\r\n|\n|\r/)
      pending = lines.pop() ?? ''
      for (const line of lines) seen = readEvent(line) ?? seen
      if (seen.isOver) break
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  answer.destroy()
  return seen
}

/** Events that carry the response: created, queued, in_progress and, at the end, completed, incomplete or failed. */
function readEvent(line: string): Seen | null {
  if (!/^data: ?\{/.test(line) || !line.includes('"response"')) return null
  try {
    const event: unknown = JSON.parse(line.slice(line.indexOf('{')))
    if (!isObject(event) || !isObject(event['response'])) return null
    return {
      response: event['response'],
      isOver: !['response.created', 'response.queued', 'response.in_progress'].includes(String(event['type'])),
    }
  } catch {
    return null
  }
}

function fitResponse(response: Record<string, unknown>, offset: number): Record<string, unknown> {
  const isUnderWay = response['status'] === 'queued' || response['status'] === 'in_progress'
  const poll = isUnderWay ? { has_more: true, continue_with: `GET /v1/actions/responses/${String(response['id'])}` } : {}
  if (offset === 0 && JSON.stringify(response).length + 200 < maxAnswerCharacters) return { ...response, ...poll }
  const { id, object, status, model, usage, error } = response
  const { text, hasMore, nextOffset } = pageOf(Buffer.from(outputText(response)), offset)
  return {
    id,
    object,
    status,
    model,
    usage,
    error,
    output_text: text,
    offset,
    has_more: hasMore || isUnderWay,
    next_offset: nextOffset,
    ...(hasMore ? { continue_with: `GET /v1/actions/responses/${String(id)}?offset=${nextOffset}` } : poll),
  }
}

function outputText(response: Record<string, unknown>): string {
  const items = Array.isArray(response['output']) ? response['output'].filter(isObject) : []
  const parts = items.flatMap((item) => (Array.isArray(item['content']) ? item['content'].filter(isObject) : []))
  return parts.map((part) => (typeof part['text'] === 'string' ? part['text'] : '')).join('')
}
