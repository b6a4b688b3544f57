// What is wrong with an answer of the emulator, in words: its status and kind against the row, its content against
// OpenAI's document, its events against the habits of its family.
import { STATUS_CODES } from 'node:http'
import type { ResponseKind } from '../../src/catalog/endpoint.ts'
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
  if (kind === 'sse') problems.push(...streamProblems(readEvents(body), schema, row.id))
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

function streamProblems(events: readonly ServerSentEvent[], schema: Schema | null, id: string): readonly string[] {
  const problems: string[] = []
  if (events.length === 0) return ['a stream without events']
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
