// What arrived lately, for tests and for people who wonder what their client sends: `GET /_emulator/journal`.
import { invalid } from './errors.ts'
import type { FormFile } from './form.ts'
import { shownValue } from './secret-headers.ts'
import { isObject, textOr } from './shape.ts'
import type { JsonObject } from './shape.ts'

export type JournalEntry = {
  readonly requestId: string
  /** When it was over, in milliseconds since the epoch. */
  readonly at: number
  readonly method: string
  readonly url: string
  /** Row of the catalog, or null where the path is none. */
  readonly endpoint: string | null
  /** As the body names it. */
  readonly model: string | null
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** The JSON body, where there was one that is not large. */
  readonly body: unknown
  /** What a form held. */
  readonly form: FormFacts | null
  /** Size of the body; null where nobody read it, or where it is a form. */
  readonly bodyBytes: number | null
  readonly status: number
  readonly durationMs: number
  /** Whether the client left before the last byte. */
  readonly hasLeft: boolean
  /** Rule of the script that decided. */
  readonly rule: string | null
  /** What was broken on purpose, in the words that asked for it. */
  readonly fault: string | null
  /** The recording that was made, or that answered. */
  readonly recording: string | null
}

export type FormFacts = {
  readonly fields: JsonObject
  readonly files: readonly { readonly name: string; readonly filename: string; readonly contentType: string; readonly bytes: number }[]
}

export type JournalFilter = {
  readonly endpoint?: string | undefined
  readonly method?: string | undefined
  /** Without the query. */
  readonly path?: string | undefined
  /** `429`, or `4xx` for all of them. */
  readonly status?: string | undefined
  readonly model?: string | undefined
  /** A text in the URL, the body or the form. */
  readonly contains?: string | undefined
  /** Milliseconds since the epoch: what was over then or later. */
  readonly since?: number | undefined
  readonly limit: number
}

export type Journal = {
  readonly add: (entry: JournalEntry) => void
  /** The newest last; keys are taken out. */
  readonly read: (filter: JournalFilter) => readonly JournalEntry[]
  readonly clear: () => void
}

/** What becomes known of a body when it is read; large ones are not kept. */
export function bodyFacts(body: JsonObject, sizeBytes: number): Pick<JournalEntry, 'body' | 'bodyBytes' | 'model'> {
  return { body: sizeBytes <= keptBytesMax ? body : undefined, bodyBytes: sizeBytes, model: textOr(body['model']) || null }
}

const keptBytesMax = 64 << 10

export const formFacts = (fields: JsonObject, files: readonly FormFile[]): Pick<JournalEntry, 'form' | 'model'> => ({
  form: {
    fields,
    files: files.map(({ name, filename, contentType, draft }) => ({ name, filename, contentType, bytes: draft.sizeBytes })),
  },
  model: textOr(fields['model']) || null,
})

/** The filter of a query string. Throws the refusal of one that says nothing. */
export function readFilter(query: URLSearchParams): JournalFilter {
  const given = (name: string): string | undefined => query.get(name) ?? undefined
  for (const name of query.keys())
    if (!filterNames.includes(name)) throw invalid(`'${name}' is no filter of the journal. Use ${filterNames.join(', ')}.`, name)
  const limit = Number(given('limit') ?? 100)
  if (!Number.isSafeInteger(limit) || limit < 1) throw invalid("'limit' has to be a whole number from 1.", 'limit')
  const status = given('status')
  if (status !== undefined && !/^[1-5](?:\d\d|xx)$/.test(status))
    throw invalid("'status' has to be a status such as 429, or 4xx for all of them.", 'status')
  return {
    endpoint: given('endpoint'),
    method: given('method')?.toUpperCase(),
    path: given('path'),
    status,
    model: given('model'),
    contains: given('contains'),
    since: readTime(given('since')),
    limit,
  }
}

export const filterNames = ['endpoint', 'method', 'path', 'status', 'model', 'contains', 'since', 'limit']

function readTime(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const time = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Date.parse(text)
  if (Number.isNaN(time)) throw invalid("'since' has to be milliseconds since the epoch, or a time such as 2026-01-31T12:00:00Z.", 'since')
  return time
}

export function createJournal(entriesMax: number): Journal {
  // A ring: the oldest entry makes place for the newest.
  let entries: JournalEntry[] = []
  return {
    add: (entry) => {
      entries.push(entry)
      if (entries.length > entriesMax * 2) entries = entries.slice(-entriesMax)
    },
    read: (filter) =>
      entries
        .slice(-entriesMax)
        .filter((entry) => passes(entry, filter))
        .slice(-filter.limit)
        .map((entry) => ({ ...entry, headers: shownHeaders(entry.headers) })),
    clear: () => {
      entries = []
    },
  }
}

function passes(entry: JournalEntry, { endpoint, method, path, status, model, contains, since }: JournalFilter): boolean {
  return (
    (endpoint === undefined || entry.endpoint === endpoint) &&
    (method === undefined || entry.method === method) &&
    (path === undefined || entry.url.split('?')[0] === path) &&
    (status === undefined || String(entry.status).startsWith(status.replace('xx', ''))) &&
    (model === undefined || entry.model === model) &&
    (since === undefined || entry.at >= since) &&
    (contains === undefined || entry.url.includes(contains) || holds(entry.body, contains) || holds(entry.form, contains))
  )
}

/** Among the texts and names of a value, as they are and not as JSON escapes them. */
function holds(value: unknown, wanted: string): boolean {
  if (typeof value === 'string') return value.includes(wanted)
  if (Array.isArray(value)) return value.some((each) => holds(each, wanted))
  if (isObject(value)) return Object.entries(value).some(([name, each]) => name.includes(wanted) || holds(each, wanted))
  return typeof value === 'number' && String(value) === wanted
}

function shownHeaders(headers: JournalEntry['headers']): JournalEntry['headers'] {
  const shown: Record<string, string | readonly string[]> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue
    const texts = (typeof value === 'string' ? [value] : value).flatMap((each) => shownValue(name, each) ?? [])
    if (texts[0] !== undefined) shown[name] = typeof value === 'string' ? texts[0] : texts
  }
  return shown
}
