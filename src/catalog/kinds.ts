// The kinds of resources an upstream keeps, how their ids look, and in which words it says that one is missing.

/** What the upstream answers when an id of a kind names nothing. `{id}` stands for the id as the caller wrote it. */
export type Missing = {
  readonly status: 400 | 404
  readonly message: string
  readonly param: string | null
  readonly code: string | null
}

export type Kind = {
  /** What its ids begin with; empty where ids have no shape of their own. */
  readonly prefixes: readonly string[]
  /** In the path of a request. */
  readonly missing: Missing
  /** Anywhere else in a request, where that is said in other words. */
  readonly missingInBody?: Missing
  /** How its top-level list is answered from our own record; absent where the upstream has no such list. */
  readonly list?: Listing
}

export type Listing = {
  readonly defaultLimit: number
  readonly maxLimit: number
  readonly defaultOrder: 'asc' | 'desc'
  /** Query parameters that keep only objects whose field (a dotted path) says the same. */
  readonly filters: Readonly<Record<string, string>>
  /** Whether a page asks the upstream again: never, always, or until the field says one of the words. */
  readonly refresh: 'never' | 'always' | { readonly field: string; readonly until: readonly string[] }
}

const notFound = (message: string, param: string | null = null): Missing => ({ status: 404, message, param, code: null })

export const kinds = {
  file: { prefixes: ['file-', 'file_'], missing: notFound('No such File object: {id}', 'id') },
  label: { prefixes: [], missing: notFound('') },
} as const satisfies Readonly<Record<string, Kind>>

export type ResourceKind = keyof typeof kinds
