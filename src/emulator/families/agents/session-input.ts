// What an application sends into a session: messages, results of its functions, approvals, or the wish to stop.
import { empty } from '../../answer.ts'
import type { Family } from '../../behaviour.ts'
import type { Platform } from '../../platform.ts'
import { array, boolean, choice, either, object, optional, readShape, string } from '../../shape.ts'
import type { Field, Shape } from '../../shape.ts'
import { variant } from '../../variant.ts'
import type { Variant } from '../../variant.ts'
import { newId } from '../../ids.ts'
import { agentError } from './agent-error.ts'
import { once } from './idempotency.ts'
import { doneEvent, inputEvent } from './item-events.ts'
import { publish } from './session-events.ts'
import { activeTurn, items, requireSession } from './session-store.ts'
import type { FunctionCall, FunctionCallOutput, InputContent, Session, Turn } from './session-store.ts'
import { addInput, cancelTurn, continueTurn, isOutput, moveSession } from './turns.ts'

export const content: Field<readonly InputContent[]> = array(
  variant({ input_text: { text: string() }, input_image: { image_url: string({ min: 1 }) } }),
  { min: 1 },
)

/** One message of the user; its type may be left out. */
export const message = object({ type: optional(choice('message')), role: choice('user'), content })

const approval = { decision: choice('approve', 'deny', 'cancel') }
const login: Shape = {
  action: choice('submit', 'cancel'),
  fields: optional(array(object({ field_id: string(), value: string() }))),
  selected_option: optional(string()),
}

const events = {
  'agent.session.input.message': { input: array(message, { min: 1 }) },
  'agent.session.input.cancel': {},
  'agent.session.input.tool_result': {
    turn_id: string(),
    call_id: string(),
    success: boolean(),
    output: optional(either(string(), content)),
    error: optional(string()),
  },
  'agent.session.input.mcp_approval_request_result': { request_id: string(), response: variant({ mcp_tool_call: approval }) },
  'agent.session.input.computer_use_approval_request_result': {
    request_id: string(),
    response: variant({ browser_authentication: login, browser_origin_access: approval }),
  },
}

export type SessionInput = Variant<typeof events>

export const sessionInput = {
  'agents.sessions.events.create': async (call) => {
    const { platform } = call
    const body = await call.json()
    const request = readShape({ events: array(variant(events), { min: 1 }) }, body)
    const { id } = requireSession(platform, call.param('session_id'))
    await once(call, `agents.sessions.events ${id}`, body, () => {
      // All of them or none: a batch that is refused in the middle has not happened.
      platform.objects.together(() => {
        for (const event of request.events) receive(platform, requireSession(platform, id), event)
      })
      return id
    })
    return empty()
  },
} satisfies Family

function receive(platform: Platform, session: Session, event: SessionInput): void {
  switch (event.type) {
    case 'agent.session.input.message':
      return addInput(
        platform,
        session,
        event.input.map((each) => each.content),
      )
    case 'agent.session.input.cancel': {
      const turn = activeTurn(platform, session.id)
      if (turn !== undefined) cancelTurn(platform, turn)
      return
    }
    case 'agent.session.input.tool_result':
      return takeResult(platform, session, event)
    case 'agent.session.input.mcp_approval_request_result':
    case 'agent.session.input.computer_use_approval_request_result':
      // Nothing that would need an approval is run here.
      throw agentError(`Unknown pending approval request: ${event.request_id}`, 'events')
  }
}

type Result = Extract<SessionInput, { type: 'agent.session.input.tool_result' }>

function takeResult(platform: Platform, session: Session, result: Result): void {
  const turn = activeTurn(platform, session.id)
  const pending = session.required_actions.filter((action) => action.type === 'function_call')
  const isPending = pending.some(({ call_id: callId, turn_id: turnId }) => callId === result.call_id && turnId === result.turn_id)
  // Clients that are quicker than the state wait for these very words, and try again.
  if (turn === undefined || !isPending) throw agentError(`Unknown pending tool call: ${result.call_id}`)
  finishCall(platform, turn, result)
  const left = session.required_actions.filter((action) => action.type !== 'function_call' || action.call_id !== result.call_id)
  if (left.length === 0) continueTurn(platform, turn, session)
  else moveSession(platform, session, { required_actions: left })
}

function finishCall(platform: Platform, turn: Turn, { call_id: callId, success, output, error }: Result): void {
  const all = [...items(platform).list({ parent: turn.session_id })].filter((item) => item.turn_id === turn.id)
  const written = all.filter(isOutput)
  const index = written.findIndex((item) => item.type === 'function_call' && item.call_id === callId)
  const status = success ? 'completed' : 'failed'
  const done: FunctionCall = { ...(written[index] as FunctionCall), status }
  const answered: FunctionCallOutput = {
    id: newId('functionCallOutput'),
    type: 'function_call_output',
    turn_id: turn.id,
    status,
    call_id: callId,
    output: success ? (output ?? null) : null,
    error: success ? null : (error ?? 'The function failed.'),
  }
  for (const item of [done, answered]) items(platform).put(item, turn.session_id)
  publish(platform, turn.session_id, [doneEvent(done, { turn, tokens: platform.tokens, index }), inputEvent(answered, turn)])
}
