// A finished response as the stream of events that leads to it. The same response gives the same events with the same numbers,
// which is how a stream can be taken up again after any of them, even after a restart.
import type { SseEvent } from '../../answer.ts'
import type { JsonObject } from '../../shape.ts'
import { isObject, textOr } from '../../shape.ts'
import type { Tokenizer } from '../../text/tokens.ts'
import type { Item } from '../items.ts'
import type { ResponseObject } from './stored.ts'

export type StreamEvent = { readonly type: string; readonly sequence_number: number } & JsonObject
type Unnumbered = { readonly type: string } & JsonObject

type EventOptions = { readonly tokens: Tokenizer; readonly hasObfuscation: boolean }

export const asSse = (event: StreamEvent): SseEvent => ({ event: event.type, data: event })

/** All events from `response.created` to the last. */
export function* eventsOf(final: ResponseObject, options: EventOptions): Generator<StreamEvent> {
  let next = 0
  const numbered = ({ type, ...rest }: Unnumbered): StreamEvent => ({ type, sequence_number: next++, ...rest })
  const begun: ResponseObject = {
    ...final,
    status: final.background ? 'queued' : 'in_progress',
    completed_at: null,
    incomplete_details: null,
    error: null,
    output: [],
    usage: null,
  }
  yield numbered({ type: 'response.created', response: begun })
  if (final.background) yield numbered({ type: 'response.queued', response: begun })
  yield numbered({ type: 'response.in_progress', response: { ...begun, status: 'in_progress' } })
  for (const [index, item] of final.output.entries()) {
    const events = itemEvents[item.type] ?? plainEvents
    for (const event of events(item, options)) yield numbered({ output_index: index, ...event, ...padded(event, options) })
  }
  yield numbered({ type: `response.${final.status}`, response: final })
}

const padding = 'Zk3vQ8aXw1b6TgLr'

/** Pads deltas so that their size tells an eavesdropper less about the token. */
const padded = ({ type, delta }: Unnumbered, { hasObfuscation }: EventOptions): JsonObject =>
  hasObfuscation && type.endsWith('.delta') && typeof delta === 'string'
    ? { obfuscation: padding.slice(0, Math.max(1, 16 - delta.length)) }
    : {}

type ItemEvents = (item: Item, options: EventOptions) => Iterable<Unnumbered>

/** How each type of item comes about. A hosted tool's item adds an entry here. */
const itemEvents: Readonly<Record<string, ItemEvents>> = {
  message: messageEvents,
  reasoning: reasoningEvents,
  function_call: (item, options) => textFieldEvents(item, options, { field: 'arguments', prefix: 'response.function_call_arguments' }),
  custom_tool_call: (item, options) => textFieldEvents(item, options, { field: 'input', prefix: 'response.custom_tool_call_input' }),
  code_interpreter_call: codeEvents,
  file_search_call: (item) =>
    stepEvents(item, 'response.file_search_call', ['in_progress', 'searching', 'completed'], { queries: [], results: null }),
  web_search_call: (item) => stepEvents(item, 'response.web_search_call', ['in_progress', 'searching', 'completed']),
}

const added = (item: JsonObject): Unnumbered => ({ type: 'response.output_item.added', item })
const done = (item: JsonObject): Unnumbered => ({ type: 'response.output_item.done', item })

function* plainEvents(item: Item): Generator<Unnumbered> {
  yield added(item)
  yield done(item)
}

/** Items that pass through states: `response.web_search_call.searching` and so on. */
function* stepEvents(item: Item, prefix: string, steps: readonly string[], begun: JsonObject = {}): Generator<Unnumbered> {
  yield added({ ...item, ...begun, status: 'in_progress' })
  for (const step of steps) yield { type: `${prefix}.${step}`, item_id: item.id }
  yield done(item)
}

/** The code comes piece by piece, then it is said to run. */
function* codeEvents(item: Item, { tokens }: EventOptions): Generator<Unnumbered> {
  const code = textOr(item['code'])
  const at = { item_id: item.id }
  yield added({ ...item, code: '', outputs: null, status: 'in_progress' })
  yield { type: 'response.code_interpreter_call.in_progress', ...at }
  for (const delta of tokens.split(code)) yield { type: 'response.code_interpreter_call_code.delta', ...at, delta }
  yield { type: 'response.code_interpreter_call_code.done', ...at, code }
  yield { type: 'response.code_interpreter_call.interpreting', ...at }
  yield { type: 'response.code_interpreter_call.completed', ...at }
  yield done(item)
}

/** Items whose one long text is streamed: a call's arguments or input. */
function* textFieldEvents(
  item: Item,
  _options: EventOptions,
  { field, prefix }: { readonly field: string; readonly prefix: string },
): Generator<Unnumbered> {
  const text = textOr(item[field])
  yield added({ ...item, [field]: '', status: 'in_progress' })
  for (const delta of text.match(/[\s\S]{1,5}/gu) ?? []) yield { type: `${prefix}.delta`, item_id: item.id, delta }
  yield { type: `${prefix}.done`, item_id: item.id, [field]: text, ...(field === 'arguments' ? { name: item['name'] } : {}) }
  yield done(item)
}

function* messageEvents(item: Item, { tokens }: EventOptions): Generator<Unnumbered> {
  yield added({ ...item, status: 'in_progress', content: [] })
  const parts: readonly unknown[] = Array.isArray(item['content']) ? item['content'] : []
  for (const [index, part] of parts.entries()) {
    if (!isObject(part)) continue
    const at = { item_id: item.id, content_index: index }
    const isText = part['type'] === 'output_text'
    const field = isText ? 'text' : 'refusal'
    const prefix = isText ? 'response.output_text' : 'response.refusal'
    const text = textOr(part[field])
    const logprobs: readonly unknown[] = Array.isArray(part['logprobs']) ? part['logprobs'].map(withoutBytes) : []
    yield {
      type: 'response.content_part.added',
      ...at,
      part: isText ? { ...part, annotations: [], logprobs: [], text: '' } : { ...part, refusal: '' },
    }
    for (const [position, delta] of tokens.split(text).entries())
      yield {
        type: `${prefix}.delta`,
        ...at,
        delta,
        ...(isText ? { logprobs: logprobs.length > position ? [logprobs[position]] : [] } : {}),
      }
    const annotations: readonly unknown[] = Array.isArray(part['annotations']) ? part['annotations'] : []
    for (const [annotationIndex, annotation] of annotations.entries())
      yield { type: 'response.output_text.annotation.added', ...at, annotation_index: annotationIndex, annotation }
    yield { type: `${prefix}.done`, ...at, [field]: text, ...(isText ? { logprobs } : {}) }
    yield { type: 'response.content_part.done', ...at, part }
  }
  yield done(item)
}

/** Events tell how likely a token was and leave its bytes to the finished part. */
function withoutBytes(logprob: unknown): unknown {
  if (!isObject(logprob)) return logprob
  const { bytes: _bytes, top_logprobs: top, ...rest } = logprob
  return Array.isArray(top) ? { ...rest, top_logprobs: top.map(withoutBytes) } : rest
}

function* reasoningEvents(item: Item, { tokens }: EventOptions): Generator<Unnumbered> {
  yield added({ ...item, summary: [] })
  const summary: readonly unknown[] = Array.isArray(item['summary']) ? item['summary'] : []
  for (const [index, part] of summary.entries()) {
    const text = isObject(part) ? textOr(part['text']) : ''
    const at = { item_id: item.id, summary_index: index }
    yield { type: 'response.reasoning_summary_part.added', ...at, part: { type: 'summary_text', text: '' } }
    for (const delta of tokens.split(text)) yield { type: 'response.reasoning_summary_text.delta', ...at, delta }
    yield { type: 'response.reasoning_summary_text.done', ...at, text }
    yield { type: 'response.reasoning_summary_part.done', ...at, part }
  }
  yield done(item)
}
