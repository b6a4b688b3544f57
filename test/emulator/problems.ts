// What is wrong with an answer of the emulator, in words: its status and kind against the row, its content against
// OpenAI's document, its events against the habits of its family.
import { STATUS_CODES } from 'node:http'
import type { ResponseKind } from '../../src/catalog/endpoint.ts'
import type { HttpEndpointId } from '../../src/emulator/behaviour.ts'
import type { Schema } from '../../scripts/openai-schemas/reduce.ts'
import type { Exchanged } from '../harness/exchanges.ts'
import { documentedAnswers, problemsWith } from './document.ts'
import { readEvents, type ServerSentEvent } from './server-sent-events.ts'

export async function problemsOf(exchanged: Exchanged): Promise<readonly string[]> {
  const { row, status, headers } = exchanged
  const body = await exchanged.body
  const type = (headers.get('content-type') ?? '').split(';')[0] ?? ''
  if (status >= 400) return [`${status} ${STATUS_CODES[status]}: ${body.toString('utf8').slice(0, 400)}`]
  const kind = kindOf(type, body)
  const problems: string[] = []
  if (!row.response.includes(kind)) problems.push(`answers ${kind} (${type}), its row says ${row.response.join(' or ')}`)
  const documented = documentedAnswers(row)
  if (documented !== null && documented[status] === undefined)
    problems.push(`answers ${status}, the document says ${Object.keys(documented).join(' or ')}`)
  const schema = documented?.[status]?.[type] ?? null
  if (kind === 'json') problems.push(...jsonProblems(body, schema))
  if (kind === 'sse') problems.push(...streamProblems(readEvents(body), schema, row.id as HttpEndpointId))
  return problems
}

function kindOf(type: string, body: Buffer): ResponseKind {
  if (body.length === 0) return 'empty'
  if (type === 'application/json') return 'json'
  if (type === 'text/event-stream') return 'sse'
  return type === 'application/sdp' ? 'sdp' : 'binary'
}

function jsonProblems(body: Buffer, schema: Schema | null): readonly string[] {
  const value: unknown = JSON.parse(body.toString('utf8'))
  return schema === null ? [] : problemsWith(value, schema)
}

/** What a stream begins and ends with, by the type of its events. */
const order: Readonly<Partial<Record<HttpEndpointId, { readonly first: RegExp; readonly last: RegExp }>>> = {
  'responses.create': { first: /^response\.created$/, last: /^response\.(?:completed|incomplete|failed)$/ },
  'images.generate': { first: /^image_generation\.partial_image$/, last: /^image_generation\.completed$/ },
  'images.edit': { first: /^image_edit\.partial_image$/, last: /^image_edit\.completed$/ },
  'audio.speech.create': { first: /^speech\.audio\.delta$/, last: /^speech\.audio\.done$/ },
  'audio.transcriptions.create': { first: /^transcript\.text\.delta$/, last: /^transcript\.text\.done$/ },
  'threads.create_and_run': { first: /^thread\.created$/, last: /^done$/ },
  'threads.runs.create': { first: /^thread\.run\.created$/, last: /^done$/ },
  'threads.runs.submit_tool_outputs': { first: /^thread\.run\./, last: /^done$/ },
  'agents.sessions.create': { first: /^agent\.session\.created$/, last: /^agent\.session\.(?:idle|requires_action|failed)$/ },
}

function orderProblems(events: readonly ServerSentEvent[], id: HttpEndpointId): readonly string[] {
  if (events.length === 0) return ['a stream without events']
  const wanted = order[id]
  if (wanted === undefined) return []
  const types = events.map(({ event, data }) => event ?? (JSON.parse(data) as { readonly type?: string }).type ?? '')
  const [first = '', last = ''] = [types[0], types.at(-1)]
  return [
    ...(wanted.first.test(first) ? [] : [`begins with ${first}`]),
    ...(wanted.last.test(last) ? [] : [`ends with ${last}`]),
    ...(types.slice(0, -1).some((type) => wanted.last.test(type)) ? [`has ${last} before its end`] : []),
  ]
}

function streamProblems(events: readonly ServerSentEvent[], schema: Schema | null, id: HttpEndpointId): readonly string[] {
  const problems: string[] = [...orderProblems(events, id)]
  let expected: number | null = null
  for (const [index, { event, data }] of events.entries()) {
    if (data === '[DONE]') {
      if (index !== events.length - 1) problems.push('[DONE] is not the end')
      continue
    }
    const value = JSON.parse(data) as { readonly type?: string; readonly sequence_number?: number }
    // Assistants name their events outside the data; the document describes the two together.
    const whole = id.startsWith('threads.') ? { event, data: value } : value
    if (schema !== null) problems.push(...problemsWith(whole, schema).map((problem) => `${event ?? value.type ?? 'chunk'} ${problem}`))
    if (event !== null && value.type?.includes('.') === true && event !== value.type)
      problems.push(`event: ${event}, but type ${value.type}`)
    if (value.sequence_number !== undefined) {
      if (expected !== null && value.sequence_number !== expected)
        problems.push(`sequence_number ${value.sequence_number} after ${expected - 1}`)
      expected = value.sequence_number + 1
    }
  }
  const last = events.at(-1)
  const saysDone = id === 'chat.completions.create' || id === 'completions.create' || id.startsWith('threads.')
  if (saysDone !== (last?.data === '[DONE]')) problems.push(`ends with ${last?.data.slice(0, 80)}`)
  return [...new Set(problems)]
}
