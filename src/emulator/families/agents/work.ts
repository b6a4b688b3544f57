// What an agent does in a turn, made of what it was asked: think, call the application's functions, search, delegate, write files,
// answer. All of it follows from the text, so that the same session does the same again.
import { ApiError, serverError } from '../../errors.ts'
import { newId } from '../../ids.ts'
import type { Platform } from '../../platform.ts'
import type { Prompt, Reply, ToolCall } from '../../text/reply.ts'
import { reasoningTokens } from '../generation.ts'
import { writeFile } from './environment-files.ts'
import { addedEvent, outputEvents } from './item-events.ts'
import { argumentsOf, promptOfSession, textOf, tokensOfPrompt } from './prompt.ts'
import { publish } from './session-events.ts'
import { addUsage, items, sessions, turns } from './session-store.ts'
import type { FunctionCall, Item, OutputItem, Session, TokenUsage, Turn } from './session-store.ts'
import { delegate, wantsSubagent } from './subagents.ts'
import { completeTurn, environmentOf, failTurn, holdTurn, isOutput } from './turns.ts'

/** One round of work: to the answer, or to calls that the application has to make. */
export function workTurn(platform: Platform, turn: Turn): void {
  const session = sessions(platform).get(turn.session_id)
  if (session === undefined || turn.status !== 'in_progress') return
  const history = [...items(platform).list({ parent: session.id })]
  const prompt = promptOfSession(session, history)
  try {
    const first = platform.reply(prompt)
    platform.objects.together(() => {
      const round = createRound(platform, session, turn, prompt, first, history)
      if (first.toolCalls.length > 0) round.call(first.toolCalls)
      else round.answer()
    })
  } catch (error) {
    failTurn(platform, turn, error instanceof ApiError ? error : serverError())
    if (!(error instanceof ApiError)) throw error
  }
}

type Round = { readonly call: (calls: readonly ToolCall[]) => void; readonly answer: () => void }

function createRound(platform: Platform, session: Session, turn: Turn, prompt: Prompt, first: Reply, history: readonly Item[]): Round {
  const paceMs = first.tokenPaceMs ?? platform.settings.tokenPaceMs
  const thought = reasoningTokens(session.agent.model, session.agent.reasoning.effort ?? undefined)
  let index = history.filter((item) => item.turn_id === turn.id && isOutput(item)).length
  let written = 0

  /** Keeps an item of the agent, and tells how it came about. */
  const bring = (item: OutputItem): void => {
    items(platform).put(item, session.id)
    publish(platform, session.id, outputEvents(item, { turn, tokens: platform.tokens, index: index++ }), paceMs)
  }

  const think = (): void => {
    if (thought === 0 && first.reasoning === null) return
    const hasSummary = first.reasoning !== null || session.agent.reasoning.summary !== null
    const text = first.reasoning ?? 'Reading what was asked and answering it.'
    bring({
      id: newId('reasoning'),
      type: 'reasoning',
      turn_id: turn.id,
      status: 'completed',
      summary: hasSummary ? [{ type: 'summary_text', text }] : [],
    })
  }

  const account = (asked: Prompt): Turn => {
    const input = first.usage?.inputTokens ?? tokensOfPrompt(platform.tokens, asked)
    const output = first.usage?.outputTokens ?? written + thought
    const usage: TokenUsage = {
      input_tokens: input,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: Math.min(thought, output) },
      total_tokens: input + output,
    }
    const counted: Turn = { ...turn, usage: addUsage(turn.usage, usage) }
    turns(platform).put(counted, session.id)
    // Subagents may have added theirs meanwhile.
    const current = sessions(platform).get(session.id) ?? session
    sessions(platform).put({ ...current, usage: addUsage(current.usage, usage) })
    return counted
  }

  return {
    call: (calls) => {
      think()
      const asked = calls.map(({ tool, input }): FunctionCall => {
        written += 8 + platform.tokens.count(tool.name) + platform.tokens.count(input)
        return {
          id: newId('functionCall'),
          type: 'function_call',
          turn_id: turn.id,
          status: 'in_progress',
          call_id: newId('toolCall'),
          name: tool.name,
          arguments: argumentsOf(input),
        }
      })
      for (const item of asked) {
        items(platform).put(item, session.id)
        publish(platform, session.id, [addedEvent(item, { turn, tokens: platform.tokens, index: index++ })])
      }
      holdTurn(
        platform,
        account(prompt),
        asked.map(({ call_id: callId, name, arguments: given }) => ({
          type: 'function_call',
          turn_id: turn.id,
          call_id: callId,
          name,
          arguments: given,
        })),
      )
    },
    answer: () => {
      think()
      const asked = lastQuestion(history)
      const findings = [...search(session, turn, asked, bring), ...delegation(platform, session, turn, asked, bring)]
      const informed: Prompt = { ...prompt, toolChoice: 'none', messages: [...prompt.messages, ...findings] }
      const reply = findings.length === 0 ? first : platform.reply(informed)
      const text = reply.refusal ?? reply.text
      for (const item of writeFiles(platform, session, turn, asked, text)) bring(item)
      written += platform.tokens.count(text)
      bring({
        id: newId('message'),
        type: 'message',
        turn_id: turn.id,
        role: 'assistant',
        status: 'completed',
        phase: 'final_answer',
        content: [{ type: 'output_text', text }],
      })
      completeTurn(platform, account(informed))
    },
  }
}

type Bring = (item: OutputItem) => void
type Finding = { readonly role: 'tool'; readonly text: string; readonly toolName: string; readonly isHosted: true }

const lastQuestion = (history: readonly Item[]): string => {
  const message = history.findLast((item) => item.type === 'message' && item.role === 'user')
  return message?.type === 'message' ? textOf(message.content) : ''
}

function search(session: Session, turn: Turn, asked: string, bring: Bring): readonly Finding[] {
  const isOffered = session.agent.tools.some((tool) => tool.type === 'web_search' && tool.mode !== 'disabled')
  if (!isOffered || !/\b(?:web|internet|online|google|news|latest|search for|look up)\b/i.test(asked)) return []
  bring({
    id: newId('webSearchCall'),
    type: 'web_search_call',
    turn_id: turn.id,
    status: 'completed',
    action: { type: 'search', query: asked, queries: null },
  })
  return [{ role: 'tool', toolName: 'web_search', isHosted: true, text: `A page on example.com about: ${asked}` }]
}

function delegation(platform: Platform, session: Session, turn: Turn, asked: string, bring: Bring): readonly Finding[] {
  if (!wantsSubagent(session, asked)) return []
  return [{ role: 'tool', toolName: 'subagent', isHosted: true, text: delegate(platform, { session, turn, task: asked, bring }) }]
}

/** A file that is asked for by its path is written, with the answer as its content. */
function writeFiles(platform: Platform, session: Session, turn: Turn, asked: string, text: string): readonly OutputItem[] {
  const environment = environmentOf(platform, session)
  if (environment?.type !== 'openai_hosted') return []
  const paths = new Set(asked.match(/\/workspace\/(?:[\w-]+\/)*[\w-]+(?:\.[\w-]+)+/g))
  return [...paths].map((path) => {
    const { size_bytes: sizeBytes } = writeFile(platform, environment.id, path, Buffer.from(`${text}\n`))
    return {
      id: newId('commandExecution'),
      type: 'command_execution',
      turn_id: turn.id,
      status: 'completed',
      command: `cat > ${path}`,
      cwd: '/workspace',
      duration_ms: 1,
      exit_code: 0,
      output: `${sizeBytes} bytes written to ${path}\n`,
    }
  })
}
