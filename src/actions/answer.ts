// Writes the answer of an action: a value of our own that fits, or the answer of a call as it came.
import type { IncomingMessage } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { Refusal } from '../kernel/errors.ts'
import type { Opened, Outcome } from '../relay/exchange.ts'
import { clientHeaders, headerValue, ownHeaders } from '../relay/headers.ts'
import { maxAnswerCharacters } from './wrappers.ts'

/** @throws Refusal answer_too_large */
export async function answerValue({ outgoing, requestId, tally, departure }: Opened, value: unknown, hasFiles: boolean): Promise<Outcome> {
  const json = JSON.stringify(value)
  // Files handed over are no text of the conversation and have a limit of their own.
  if (!hasFiles && json.length > maxAnswerCharacters)
    throw new Refusal('answer_too_large', { why: `it has ${json.length} characters, and an action may answer ${maxAnswerCharacters}` })
  const body = Buffer.from(json)
  tally.status = 200
  tally.answerBytes = body.length
  outgoing.writeHead(200, ownHeaders(body.length, requestId, tally.upstreamRequestId))
  outgoing.end(body)
  return (await departure.over) ? 'completed' : 'client-left'
}

/** Status, headers and bytes of the inner answer: they passed the rooms already, so only the id of the exchange is ours. */
export async function answerPassed(
  { outgoing, requestId, tally, departure, startedTick }: Opened,
  answer: IncomingMessage,
  tick: () => number,
): Promise<Outcome> {
  const status = answer.statusCode ?? 502
  const headers = clientHeaders(answer.rawHeaders, status === 204 || status === 304, false)
  headers.push('x-relay-request-id', requestId)
  tally.status = status
  tally.firstByteTick = Math.max(startedTick, tick())
  answer.on('data', (bytes: Buffer) => (tally.answerBytes += bytes.length)).pause()
  outgoing.sendDate = headerValue(headers, 'date') === null
  outgoing.writeHead(status, headers)
  outgoing.flushHeaders()
  const wasPassed = await pipeline(answer, outgoing).then(
    () => true,
    () => false,
  )
  if (!wasPassed && !departure.hasLeft()) {
    outgoing.destroy()
    await departure.over
    return 'upstream-failed'
  }
  return (await departure.over) ? 'completed' : 'client-left'
}
