// An answer of our own making, whole and in JSON.
import { endAnswer, promiseOnlyWhatIsRead } from './body/end-answer.ts'
import { ClientLeft } from './departure.ts'
import type { Outcome, Resolved } from './exchange.ts'
import { ownHeaders } from './headers.ts'

export type OwnAnswer = { readonly status: number; readonly body: Buffer }

/** @throws ClientLeft */
export async function answerOwn(resolved: Resolved, { status, body }: OwnAnswer, tick: () => number): Promise<Outcome> {
  const { outgoing, requestId, tally, departure } = resolved
  if (departure.hasLeft()) throw new ClientLeft()
  tally.status = status
  tally.answerBytes = body.length
  tally.firstByteTick = tick()
  promiseOnlyWhatIsRead(resolved)
  outgoing.writeHead(status, ownHeaders(body.length, requestId))
  // As latin1 text the bytes join the head in one write; latin1 keeps every byte as it is.
  endAnswer(resolved, body.toString('latin1'))
  return (await departure.over) ? 'completed' : 'client-left'
}
