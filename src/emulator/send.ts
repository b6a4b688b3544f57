// An answer as bytes on the wire: the only place that writes to a client.
import { createReadStream } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { Answer, SseEvent } from './answer.ts'

/** Resolves with the last byte handed over, or when the client has left. */
export async function send(answer: Answer, response: ServerResponse, headers: readonly string[]): Promise<void> {
  const all = [...headers, ...answer.headers]
  switch (answer.kind) {
    case 'json': {
      const body = Buffer.from(JSON.stringify(answer.value))
      response.writeHead(answer.status, [...all, 'content-type', 'application/json', 'content-length', String(body.length)])
      response.end(body)
      return
    }
    case 'bytes':
      response.writeHead(answer.status, [...all, 'content-type', answer.contentType, 'content-length', String(answer.bytes.length)])
      response.end(answer.bytes)
      return
    case 'empty':
      // RFC 9110 8.6: no length belongs to a 204.
      response.writeHead(answer.status, answer.status === 204 ? all : [...all, 'content-length', '0'])
      response.end()
      return
    case 'file':
      response.writeHead(answer.status, [...all, 'content-type', answer.contentType, 'content-length', String(answer.sizeBytes)])
      // A client that leaves in the middle is its own affair.
      await pipeline(createReadStream(answer.path, { highWaterMark: fileChunkBytes }), response).catch(() => undefined)
      return
    case 'sse':
      response.writeHead(answer.status, [...all, ...sseHeaders])
      await sendEvents(answer.events, response)
      return
    case 'stream':
      response.writeHead(answer.status, all)
      response.flushHeaders()
      for await (const chunk of answer.chunks) if (!(await write(response, chunk))) return
      response.end()
  }
}

const fileChunkBytes = 1 << 18
const sseHeaders = ['content-type', 'text/event-stream; charset=utf-8', 'cache-control', 'no-cache']

export type Content = {
  readonly contentType: string
  /** Flat, without the length. */
  readonly headers: readonly string[]
  /** Null where only the end tells. */
  readonly sizeBytes: number | null
  readonly chunks: AsyncIterable<Uint8Array>
}

/** The same answer as bytes that somebody else sends, as `send` would have sent it. */
export function contentOf(answer: Answer): Content {
  const typed = (contentType: string, sizeBytes: number | null, chunks: AsyncIterable<Uint8Array>): Content => ({
    contentType,
    headers: [...answer.headers, 'content-type', contentType],
    sizeBytes,
    chunks,
  })
  switch (answer.kind) {
    case 'json': {
      const body = Buffer.from(JSON.stringify(answer.value))
      return typed('application/json', body.length, once(body))
    }
    case 'bytes':
      return typed(answer.contentType, answer.bytes.length, once(answer.bytes))
    case 'empty':
      return { contentType: '', headers: answer.headers, sizeBytes: answer.status === 204 ? null : 0, chunks: once(new Uint8Array()) }
    case 'file':
      return typed(answer.contentType, answer.sizeBytes, createReadStream(answer.path, { highWaterMark: fileChunkBytes }))
    case 'sse':
      return {
        contentType: 'text/event-stream',
        headers: [...answer.headers, ...sseHeaders],
        sizeBytes: null,
        chunks: frames(answer.events),
      }
    case 'stream': {
      const pairs = Array.from({ length: answer.headers.length / 2 }, (_, index) => answer.headers.slice(index * 2, index * 2 + 2))
      const valueOf = (wanted: string): string | undefined => pairs.find(([name]) => name?.toLowerCase() === wanted)?.[1]
      const length = valueOf('content-length')
      return {
        contentType: valueOf('content-type') ?? '',
        headers: pairs.filter(([name]) => name?.toLowerCase() !== 'content-length').flat(),
        sizeBytes: length === undefined ? null : Number(length),
        chunks: answer.chunks,
      }
    }
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function* frames(events: Iterable<SseEvent> | AsyncIterable<SseEvent>): AsyncGenerator<Uint8Array> {
  for await (const event of events) yield Buffer.from(frame(event))
}

async function sendEvents(events: Iterable<SseEvent> | AsyncIterable<SseEvent>, response: ServerResponse): Promise<void> {
  if (Symbol.asyncIterator in events) {
    // Clients wait for the head, not for the first event.
    response.flushHeaders()
    for await (const event of events) {
      if (!(await write(response, frame(event)))) return
    }
  } else {
    for (const event of events) {
      const text = frame(event)
      if (response.destroyed) return
      if (!response.write(text) && !(await drained(response))) return
    }
  }
  response.end()
}

/** False when the client has left. */
export const write = async (response: ServerResponse, chunk: string | Uint8Array): Promise<boolean> =>
  !response.destroyed && (response.write(chunk) || (await drained(response)))

/** Waits until the client has read; false when it left instead. */
function drained(response: ServerResponse): Promise<boolean> {
  return new Promise((resolve) => {
    const onDrain = (): void => settle(true)
    const onClose = (): void => settle(false)
    function settle(isOpen: boolean): void {
      response.off('drain', onDrain).off('close', onClose)
      resolve(isOpen)
    }
    response.once('drain', onDrain).once('close', onClose)
    if (response.destroyed) onClose()
  })
}

function frame({ event, data }: SseEvent): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  return event === undefined ? `data: ${text}\n\n` : `event: ${event}\ndata: ${text}\n\n`
}
