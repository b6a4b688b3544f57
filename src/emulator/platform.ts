// What every behaviour works with: the state, the time, the jobs and the text engine of one emulator.
import type { Clock } from './clock.ts'
import type { Events } from './events.ts'
import type { Jobs } from './jobs.ts'
import type { EmulatorSettings } from './options.ts'
import type { Blobs } from './state/blobs.ts'
import type { Objects, Stored, Collection } from './state/objects.ts'
import type { Replier } from './text/reply.ts'
import type { Tokenizer } from './text/tokens.ts'

export type Platform = {
  readonly settings: EmulatorSettings
  readonly clock: Clock
  readonly objects: Objects
  /** Stored objects of one kind: `platform.collection<OpenAIFile>('file')`. */
  readonly collection: <T extends Stored>(kind: string) => Collection<T>
  readonly blobs: Blobs
  readonly jobs: Jobs
  readonly events: Events
  readonly reply: Replier
  readonly tokens: Tokenizer
  /** Says that something went wrong which no caller is told. */
  readonly warn: (what: string, error: unknown) => void
  /** Calls an endpoint from inside, as a batch does with its lines. */
  readonly perform: (request: InnerRequest) => Promise<InnerReply>
  /** Aborts when the emulator stops: what waits on somebody else gives up. */
  readonly closing: AbortSignal
  /** Where this emulator can be reached: `http://127.0.0.1:<port>`. */
  readonly url: () => string
}

export type InnerRequest = { readonly method: string; readonly path: string; readonly body: unknown }
export type InnerReply = { readonly status: number; readonly requestId: string; readonly body: unknown }
