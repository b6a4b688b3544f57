// Knows when a client is gone. `close` also fires after a finished answer, so only an answer that was not written whole
// counts as leaving: mistaking one for the other would abort finished exchanges or keep dead ones.
import type { ServerResponse } from 'node:http'

/** Leaves the line of rooms when there is nobody left to answer. */
export class ClientLeft extends Error {
  override readonly name = 'ClientLeft'
}

export type Departure = {
  readonly hasLeft: () => boolean
  /** Called once, at once when the client is already gone. One listener at a time: the room that holds the exchange. */
  readonly onLeave: (listener: (() => void) | null) => void
  /** The answer is written whole though not ended yet: whoever goes now has not left. */
  readonly answered: () => void
  /** Resolves when the answer is over either way: true when it was written whole. */
  readonly over: Promise<boolean>
}

export function watchDeparture(outgoing: ServerResponse): Departure {
  let listener: (() => void) | null = null
  let hasLeft = false
  let isAnswered = false
  const over = new Promise<boolean>((resolve) => {
    outgoing.once('close', () => {
      hasLeft = !outgoing.writableFinished && !isAnswered
      if (hasLeft) listener?.()
      listener = null
      resolve(!hasLeft)
    })
  })
  return {
    hasLeft: () => hasLeft,
    over,
    answered: () => {
      isAnswered = true
    },
    onLeave(next) {
      listener = next
      if (hasLeft) next?.()
    },
  }
}
