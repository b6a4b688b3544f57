// What a behaviour answers with: plain data. How it becomes bytes is decided in send.ts, in one place for all endpoints.

export type SseEvent = {
  /** The `event:` line; absent for endpoints that only send `data:`. */
  readonly event?: string
  /** Sent as JSON, a string as it is (`[DONE]`). */
  readonly data: unknown
}

export type Answer = { readonly status: number; readonly headers: readonly string[] } & Body

type Body =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'sse'; readonly events: Iterable<SseEvent> | AsyncIterable<SseEvent> }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly contentType: string }
  | { readonly kind: 'file'; readonly path: string; readonly sizeBytes: number; readonly contentType: string }
  | { readonly kind: 'empty' }
  | { readonly kind: 'stream'; readonly chunks: AsyncIterable<Uint8Array> }

type Extra = { readonly status?: number; readonly headers?: readonly string[] }

const head = (extra: Extra | undefined): { status: number; headers: readonly string[] } => ({
  status: extra?.status ?? 200,
  headers: extra?.headers ?? [],
})

/** A JSON answer. `headers` are flat name-value pairs. */
export const json = (value: unknown, extra?: Extra): Answer => ({ kind: 'json', value, ...head(extra) })

/** A stream of events; a generator that is not finished when the client leaves is closed (its `finally` runs). */
export const sse = (events: Iterable<SseEvent> | AsyncIterable<SseEvent>, extra?: Extra): Answer => ({
  kind: 'sse',
  events,
  ...head(extra),
})

/** Bytes that are in memory already; for anything that can be large, use `file`. */
export const bytes = (content: Uint8Array, contentType: string, extra?: Extra): Answer => ({
  kind: 'bytes',
  bytes: content,
  contentType,
  ...head(extra),
})

/** A file on disk, streamed. */
export const file = (path: string, sizeBytes: number, contentType: string, extra?: Extra): Answer => ({
  kind: 'file',
  path,
  sizeBytes,
  contentType,
  ...head(extra),
})

/** Status and headers only (deleting a container, a realtime call's controls). */
export const empty = (extra?: Extra): Answer => ({ kind: 'empty', ...head(extra) })

/**
 * Bytes as they come, under headers that are complete: what a recording or a fault makes of an answer. A generator that is not
 * finished when the client leaves is closed; one that throws breaks the answer off.
 */
export const stream = (chunks: AsyncIterable<Uint8Array>, extra?: Extra): Answer => ({ kind: 'stream', chunks, ...head(extra) })
