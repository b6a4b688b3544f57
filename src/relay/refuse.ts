// Any error becomes an answer in OpenAI's shape, or the end of the connection when an answer has already begun.
import { errorBody, Refusal } from '../kernel/errors.ts'
import { ClientLeft } from './departure.ts'
import type { Opened, Outcome } from './exchange.ts'
import { endAnswer, promiseOnlyWhatIsRead } from './body/end-answer.ts'
import { ownHeaders } from './headers.ts'
import type { Settle } from './settle.ts'

/** The end of a line that was left by an error: it is answered, waited for and settled, and a bug of ours is told to the operator. */
export async function settleRefused(
  opened: Opened,
  error: unknown,
  { settle, onUnexpected }: { readonly settle: Settle; readonly onUnexpected: (requestId: string, error: unknown) => void },
): Promise<void> {
  const { outcome, unexpected } = refuse(opened, error)
  if (unexpected !== null) onUnexpected(opened.requestId, unexpected)
  await opened.departure.over
  settle(opened, outcome, error instanceof Refusal ? error.code : null)
}

/** @returns how the exchange ended, and the unexpected error when it was one */
function refuse(opened: Opened, error: unknown): { readonly outcome: Outcome; readonly unexpected: unknown } {
  const { outgoing, incoming, requestId, tally } = opened
  const unexpected = error instanceof Refusal || error instanceof ClientLeft ? null : error
  if (error instanceof ClientLeft) return { outcome: 'client-left', unexpected }
  if (outgoing.headersSent || outgoing.destroyed) {
    outgoing.destroy()
    return { outcome: 'upstream-failed', unexpected }
  }
  const refusal = error instanceof Refusal ? error : new Refusal('internal_error', {}, { cause: error })
  const body = Buffer.from(errorBody(refusal)).toString('latin1')
  tally.status = refusal.status
  tally.answerBytes = body.length
  const headers = [...ownHeaders(body.length, requestId), ...refusal.headers]
  // A client that waits for 100 Continue will not send the body we would have to read over.
  if (refusal.endsConnection || (incoming.httpVersion === '1.1' && incoming.headers.expect !== undefined)) outgoing.shouldKeepAlive = false
  promiseOnlyWhatIsRead(opened)
  outgoing.writeHead(refusal.status, headers)
  endAnswer(opened, body)
  return { outcome: 'refused', unexpected }
}
