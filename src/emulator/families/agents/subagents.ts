// Subagents: one is started where the prompt asks for it, does its task, reports, and is closed.
import type { Family } from '../../behaviour.ts'
import { newId } from '../../ids.ts'
import type { Platform } from '../../platform.ts'
import { promptOf } from '../../text/reply.ts'
import { createNoun } from '../noun.ts'
import { inputEvent, outputEvents } from './item-events.ts'
import { tokensOfPrompt } from './prompt.ts'
import { publish } from './session-events.ts'
import { addUsage, items, requireSession, sessions, subagents, turns } from './session-store.ts'
import type { AgentMessage, OutputItem, Session, Subagent, TokenUsage, Turn } from './session-store.ts'

export const subagent = createNoun<Subagent>({
  kind: 'agent.session.subagent',
  label: 'Subagent',
  param: 'subagent_id',
  parent: (call) => requireSession(call.platform, call.param('session_id')).id,
})

export const subagentReads = {
  'agents.sessions.subagents.list': subagent.list,
  'agents.sessions.subagents.retrieve': subagent.retrieve,
} satisfies Family

export const wantsSubagent = ({ agent }: Session, asked: string): boolean =>
  agent.multi_agent.enabled && /\bsub-?agents?\b|\bdelegate\b/i.test(asked)

type Delegation = {
  readonly session: Session
  readonly turn: Turn
  readonly task: string
  /** Adds an item of the root agent. */
  readonly bring: (item: OutputItem) => void
}

/** Returns what the subagent reported. */
export function delegate(platform: Platform, { session, turn, task, bring }: Delegation): string {
  const now = platform.clock.seconds()
  const root = session.agent
  const content = [{ type: 'output_text', text: task }] as const
  const opened: Subagent = {
    id: newId('agent'),
    object: 'agent.session.subagent',
    session_id: session.id,
    parent_agent_id: root.id,
    name: 'Scout',
    instructions: content,
    status: 'active',
    opened_at: now,
    closed_at: null,
  }
  const call = (): { readonly id: string; readonly turn_id: string; readonly status: 'completed' } => ({
    id: newId('item'),
    turn_id: turn.id,
    status: 'completed',
  })
  bring({
    type: 'create_subagent_call',
    ...call(),
    agent_id: root.id,
    content,
    model: root.model,
    reasoning_effort: root.reasoning.effort,
  })
  subagents(platform).put(opened, session.id)
  publish(platform, session.id, [{ type: 'agent.session.subagent.created', subagent: opened }])
  const report = runSubagent(platform, session, opened, task)
  bring({ type: 'wait_for_subagents_call', ...call(), sender_agent_id: root.id, recipient_agent_ids: [opened.id] })
  const told = messageBetween(opened.id, root.id, turn, report)
  items(platform).put(told, session.id)
  publish(platform, session.id, [inputEvent(told, turn)])
  bring({ type: 'close_subagent_call', ...call(), sender_agent_id: root.id, recipient_agent_id: opened.id })
  const closed: Subagent = { ...opened, status: 'closed', closed_at: platform.clock.seconds() }
  subagents(platform).put(closed, session.id)
  publish(platform, session.id, [{ type: 'agent.session.subagent.closed', subagent: closed }])
  return report
}

const messageBetween = (sender: string, recipient: string, turn: Turn, text: string): AgentMessage => ({
  id: newId('message'),
  type: 'agent_message',
  turn_id: turn.id,
  sender_agent_id: sender,
  recipient_agent_id: recipient,
  content: [{ type: 'output_text', text }],
})

/** The one turn of a subagent, from its task to its report. */
function runSubagent(platform: Platform, session: Session, { id, parent_agent_id: parentId }: Subagent, task: string): string {
  const now = platform.clock.seconds()
  const prompt = promptOf(session.agent.model, task)
  const { text } = platform.reply(prompt)
  const input = tokensOfPrompt(platform.tokens, prompt)
  const output = platform.tokens.count(text)
  const usage: TokenUsage = {
    input_tokens: input,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + output,
  }
  const begun: Turn = {
    id: newId('agentTurn'),
    object: 'agent.session.turn',
    session_id: session.id,
    agent_id: id,
    subagent_id: id,
    status: 'in_progress',
    created_at: now,
    started_at: now,
    completed_at: null,
    error: null,
    usage: null,
    prompt_cache_options: null,
  }
  const ended: Turn = { ...begun, status: 'completed', completed_at: now, usage }
  const received = messageBetween(parentId, id, begun, task)
  const said = {
    id: newId('message'),
    type: 'message',
    turn_id: begun.id,
    role: 'assistant',
    status: 'completed',
    phase: 'final_answer',
    content: [{ type: 'output_text', text }],
  } as const
  const at = { session_id: session.id, turn_id: begun.id }
  turns(platform).put(ended, id)
  for (const item of [received, said]) items(platform).put(item, id)
  const current = sessions(platform).get(session.id) ?? session
  sessions(platform).put({ ...current, usage: addUsage(current.usage, usage) })
  publish(platform, session.id, [
    { type: 'agent.session.turn.created', ...at, turn: { ...begun, status: 'queued', started_at: null } },
    { type: 'agent.session.turn.in_progress', ...at, turn: begun },
    inputEvent(received, begun),
    ...outputEvents(said, { turn: begun, tokens: platform.tokens, index: 0 }),
    { type: 'agent.session.turn.completed', ...at, turn: ended, usage },
  ])
  return text
}
