// What arrived lately, for tests and for people who wonder what their client sends: `GET /_emulator/journal`.

export type JournalEntry = {
  readonly requestId: string
  /** When it was over, in milliseconds since the epoch. */
  readonly at: number
  readonly method: string
  readonly url: string
  /** Row of the catalog, or null where the path is none. */
  readonly endpoint: string | null
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** The JSON body, where there was one that is not large. */
  readonly body: unknown
  readonly status: number
  readonly durationMs: number
  /** Whether the client left before the last byte. */
  readonly hasLeft: boolean
}

export type JournalFilter = {
  readonly endpoint?: string | undefined
  readonly method?: string | undefined
  readonly path?: string | undefined
  readonly limit: number
}

export type Journal = {
  readonly add: (entry: JournalEntry) => void
  /** The newest last. */
  readonly read: (filter: JournalFilter) => readonly JournalEntry[]
  readonly clear: () => void
}

/** A key is nobody's business, not even in a test's output. */
export const shownHeaders = (headers: JournalEntry['headers']): JournalEntry['headers'] =>
  'authorization' in headers ? { ...headers, authorization: 'Bearer [redacted]' } : headers

export function createJournal(entriesMax: number): Journal {
  // A ring: the oldest entry makes place for the newest.
  let entries: JournalEntry[] = []
  return {
    add: (entry) => {
      entries.push(entry)
      if (entries.length > entriesMax * 2) entries = entries.slice(-entriesMax)
    },
    read: ({ endpoint, method, path, limit }) =>
      entries
        .slice(-entriesMax)
        .filter(
          (entry) =>
            (endpoint === undefined || entry.endpoint === endpoint) &&
            (method === undefined || entry.method === method) &&
            (path === undefined || entry.url.split('?')[0] === path),
        )
        .slice(-limit)
        .map((entry) => ({ ...entry, headers: shownHeaders(entry.headers) })),
    clear: () => {
      entries = []
    },
  }
}
