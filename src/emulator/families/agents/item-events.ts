// An item as the events by which it comes about.
import type { Tokenizer } from '../../text/tokens.ts'
import type { Item, OutputItem, Turn, Unsent } from './session-store.ts'

type Place = { readonly turn: Turn; readonly tokens: Tokenizer; readonly index: number }

type Where = { readonly session_id: string; readonly turn_id: string }
const whereOf = ({ turn }: Place): Where => ({ session_id: turn.session_id, turn_id: turn.id })

/** What the user, a tool or another agent brings in is there at once. */
export const inputEvent = (item: Item, turn: Turn): Unsent => ({
  type: 'agent.session.turn.item.added',
  session_id: turn.session_id,
  turn_id: turn.id,
  output_index: null,
  item,
})

export const addedEvent = (item: OutputItem, place: Place): Unsent => ({
  type: 'agent.session.turn.item.added',
  ...whereOf(place),
  output_index: place.index,
  item,
})

export const doneEvent = (item: OutputItem, place: Place): Unsent => ({
  type: 'agent.session.turn.item.done',
  ...whereOf(place),
  output_index: place.index,
  item,
})

/** Everything from the beginning of a finished item to its end. */
export function* outputEvents(item: OutputItem, place: Place): Generator<Unsent> {
  switch (item.type) {
    case 'message':
      yield addedEvent({ ...item, status: 'in_progress', content: [] }, place)
      yield* textEvents(item, place)
      break
    case 'reasoning':
      yield addedEvent({ ...item, status: 'in_progress', summary: [] }, place)
      yield* summaryEvents(item, place)
      break
    case 'command_execution':
      yield addedEvent({ ...item, status: 'in_progress', output: null, exit_code: null, duration_ms: null }, place)
      yield {
        type: 'agent.output.command_execution_output.delta',
        ...whereOf(place),
        item_id: item.id,
        output_index: place.index,
        delta: item.output ?? '',
      }
      break
    case 'web_search_call':
      yield addedEvent({ ...item, status: 'in_progress' }, place)
      break
    case 'function_call':
    case 'create_subagent_call':
    case 'wait_for_subagents_call':
    case 'close_subagent_call':
      yield addedEvent({ ...item, status: 'in_progress' }, place)
  }
  yield doneEvent(item, place)
}

function* textEvents(item: Extract<OutputItem, { type: 'message' }>, place: Place): Generator<Unsent> {
  for (const [index, part] of item.content.entries()) {
    const at = { ...whereOf(place), item_id: item.id, output_index: place.index, content_index: index }
    yield { type: 'agent.session.turn.content_part.added', ...at, part: { ...part, text: '' } }
    for (const delta of place.tokens.split(part.text)) yield { type: 'agent.session.turn.output_text.delta', ...at, delta }
    yield { type: 'agent.session.turn.output_text.done', ...at, text: part.text }
    yield { type: 'agent.session.turn.content_part.done', ...at, part }
  }
}

function* summaryEvents(item: Extract<OutputItem, { type: 'reasoning' }>, place: Place): Generator<Unsent> {
  for (const [index, part] of item.summary.entries()) {
    const at = { ...whereOf(place), item_id: item.id, output_index: place.index, summary_index: index }
    const prefix = 'agent.session.turn.reasoning_summary'
    yield { type: `${prefix}_part.added`, ...at, part: { ...part, text: '' } }
    for (const delta of place.tokens.split(part.text)) yield { type: `${prefix}_text.delta`, ...at, delta }
    yield { type: `${prefix}_text.done`, ...at, text: part.text }
    yield { type: `${prefix}_part.done`, ...at, part, status: null }
  }
}
