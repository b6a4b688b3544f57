// Looking back at a session: its turns, its items, and traces of what ran.
import { createHash } from 'node:crypto'
import { json } from '../../answer.ts'
import type { Answer } from '../../answer.ts'
import type { Call, Family } from '../../behaviour.ts'
import { notFound } from '../../errors.ts'
import type { ApiError } from '../../errors.ts'
import type { Platform } from '../../platform.ts'
import { newestFirst, page, pageOfArray, readPageQuery } from '../../state/pages.ts'
import { createNoun } from '../noun.ts'
import { isOver, items, requireSession, turns } from './session-store.ts'
import type { Item, Session, Turn } from './session-store.ts'
import { subagent } from './subagents.ts'
import { isOutput } from './turns.ts'

const sessionOf = (call: Call): Session => requireSession(call.platform, call.param('session_id'))

const turnNoun = { kind: 'agent.session.turn', label: 'Turn', param: 'turn_id' }
const rootTurn = createNoun<Turn>({ ...turnNoun, parent: (call) => sessionOf(call).id })
const subagentTurn = createNoun<Turn>({ ...turnNoun, parent: (call) => subagent.find(call).id })

export const sessionReads = {
  'agents.sessions.turns.list': rootTurn.list,
  'agents.sessions.turns.retrieve': rootTurn.retrieve,
  'agents.sessions.turns.items.list': (call) => listItems(call, sessionOf(call).id, rootTurn.find(call)),
  'agents.sessions.items.list': (call) => listItems(call, sessionOf(call).id),
  'agents.sessions.subagents.turns.list': subagentTurn.list,
  'agents.sessions.subagents.turns.retrieve': subagentTurn.retrieve,
  'agents.sessions.subagents.turns.items.list': (call) => listItems(call, subagent.find(call).id, subagentTurn.find(call)),
  'agents.sessions.subagents.items.list': (call) => listItems(call, subagent.find(call).id),
  'agents.sessions.traces.list': (call) => {
    const { id } = sessionOf(call)
    const ended = [...turns(call.platform).list({ parent: id })].filter(isOver)
    const { data, ...ends } = pageOfArray(ended, readPageQuery(call.query, newestFirst), (cursor) =>
      notFound(`Trace with id '${cursor}' not found.`),
    )
    return json({ ...ends, data: data.map((turn) => traceOf(call.platform, turn)) })
  },
} satisfies Family

function listItems(call: Call, owner: string, turn?: Turn): Answer {
  return json(
    page(items(call.platform), readPageQuery(call.query, newestFirst), {
      parent: owner,
      unknown: (id): ApiError => notFound(`Item with id '${id}' not found.`),
      ...(turn === undefined ? {} : { where: ({ turn_id: id }: Item) => id === turn.id }),
    }),
  )
}

export type Trace = {
  readonly id: string
  readonly object: 'agent.session.trace'
  readonly session_id: string
  readonly created_at: number
  readonly otlp: { readonly resourceSpans: readonly object[] }
}

/** A turn as OTLP JSON: a span for the whole, one for each item; no words of anybody's. The same turn has the same ids every time. */
export function traceOf(platform: Platform, turn: Turn): Trace {
  const traceId = digest(turn.id, 32)
  const root = digest(`${turn.id} root`, 16)
  const started = turn.started_at ?? turn.created_at
  const times = { startTimeUnixNano: nanos(started), endTimeUnixNano: nanos(turn.completed_at ?? started) }
  const steps = [...items(platform).list({ parent: turn.session_id })].filter((item) => item.turn_id === turn.id && isOutput(item))
  const spans = [
    {
      traceId,
      spanId: root,
      name: 'agent.turn',
      kind: 1,
      ...times,
      attributes: [attribute('agent.id', turn.agent_id), attribute('turn.id', turn.id), attribute('turn.status', turn.status)],
      status: { code: turn.status === 'failed' ? 2 : 1 },
    },
    ...steps.map((item) => ({
      traceId,
      spanId: digest(item.id, 16),
      parentSpanId: root,
      name: `agent.${item.type}`,
      kind: 1,
      ...times,
      attributes: [attribute('item.id', item.id)],
      status: { code: 1 },
    })),
  ]
  return {
    id: turn.id,
    object: 'agent.session.trace',
    session_id: turn.session_id,
    created_at: turn.created_at,
    otlp: {
      resourceSpans: [
        {
          resource: { attributes: [attribute('service.name', 'openai-agents'), attribute('session.id', turn.session_id)] },
          scopeSpans: [{ scope: { name: 'openai.agents' }, spans }],
        },
      ],
    },
  }
}

const digest = (text: string, length: number): string => createHash('sha256').update(text).digest('hex').slice(0, length)
const nanos = (seconds: number): string => `${seconds}000000000`
const attribute = (key: string, value: string): object => ({ key, value: { stringValue: value } })
