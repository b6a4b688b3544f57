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
      await pipeline(createReadStream(answer.path, { highWaterMark: 1 << 18 }), response).catch(() => undefined)
      return
    case 'sse':
      response.writeHead(answer.status, [...all, 'content-type', 'text/event-stream; charset=utf-8', 'cache-control', 'no-cache'])
      await sendEvents(answer.events, response)
  }
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

const write = async (response: ServerResponse, text: string): Promise<boolean> =>
  !response.destroyed && (response.write(text) || (await drained(response)))

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
