// Calls from one endpoint to another inside the emulator, as a batch makes them for its lines: no socket, the same behaviours.
import { buffer } from 'node:stream/consumers'
import { createReadStream } from 'node:fs'
import type { Answer } from './answer.ts'
import type { Call } from './behaviour.ts'
import { answerOf, findTarget, perform } from './dispatch.ts'
import { invalid, unreadableJson } from './errors.ts'
import { newId } from './ids.ts'
import type { InnerReply, InnerRequest, Platform } from './platform.ts'
import { createQuery } from './query.ts'
import { isObject } from './shape.ts'

/** `enter` gives the platform as calls of an operation see it. */
export async function performInside(enter: (endpoint: string) => Platform, platform: Platform, request: InnerRequest): Promise<InnerReply> {
  const requestId = newId('request')
  const answer = await answerInside(enter, platform, request, requestId)
  return { status: answer.status, requestId, body: await valueOf(answer) }
}

async function answerInside(
  enter: (endpoint: string) => Platform,
  platform: Platform,
  { method, path: url, body }: InnerRequest,
  requestId: string,
): Promise<Answer> {
  const [path = '', rawQuery = ''] = url.split('?')
  const never = new AbortController()
  try {
    const target = findTarget(method, path)
    const call: Call = {
      platform: enter(target.row.id),
      row: target.row,
      requestId,
      method,
      path,
      param: (name) => decodeURIComponent(target.params[name] ?? ''),
      query: createQuery(rawQuery),
      header: () => undefined,
      isForm: false,
      json: () => (isObject(body) ? Promise.resolve(body) : Promise.reject(unreadableJson())),
      form: () => Promise.reject(invalid('Only JSON bodies can be sent here.')),
      raw: () => Promise.resolve(Buffer.from(JSON.stringify(body))),
      signal: never.signal,
    }
    return await perform(target, call)
  } catch (error) {
    return answerOf(platform, error)
  }
}

async function valueOf(answer: Answer): Promise<unknown> {
  switch (answer.kind) {
    case 'json':
      return answer.value
    case 'bytes':
      return Buffer.from(answer.bytes).toString('base64')
    case 'file':
      return (await buffer(createReadStream(answer.path))).toString('base64')
    case 'sse': {
      const events: unknown[] = []
      for await (const { data } of answer.events) events.push(data)
      return events
    }
    // Only the edge makes streams of bytes, of answers that are on their way out.
    case 'stream':
    case 'empty':
      return null
  }
}
