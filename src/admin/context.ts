// What an operation is given, and what it has at hand.
import type { Directory } from '../identity/directory.ts'
import type { Actor } from '../identity/records.ts'
import type { Adopt } from '../ownership/adoption.ts'

/** Inputs that were held against the row: what is required is there, and everything has its type. */
export type Given = Readonly<Record<string, unknown>>

export type Context = {
  readonly directory: Directory
  readonly actor: Actor
  readonly now: number
  /** Null where there is no way to the upstream. */
  readonly adopt: Adopt<Actor> | null
}

/** Rows behind which there are more. */
export type Page = { readonly rows: readonly unknown[]; readonly hasMore: boolean }
