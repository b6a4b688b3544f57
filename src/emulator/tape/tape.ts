// The seam between the edge and what records or replays exchanges.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Answer } from '../answer.ts'
import type { RequestBody } from '../body.ts'
import type { JournalEntry } from '../journal.ts'

export type TapedRequest = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly method: string
  readonly path: string
  readonly rawQuery: string
}

/** An answer, or the body, which was read meanwhile, for the emulator to answer itself. */
export type Taped = {
  /** The recording that was made or found, for the journal. */
  readonly recording: string | null
  /** What the journal keeps of the body; may fill while the answer goes out. */
  readonly facts: Partial<JournalEntry>
} & ({ readonly answer: Answer } | { readonly answer: null; readonly body: RequestBody })

export type Tape = {
  readonly take: (request: TapedRequest) => Promise<Taped>
  /** Repeated requests get the first of their answers again. */
  readonly restart: () => void
}
