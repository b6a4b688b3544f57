// Chat completions: create, whole or streamed, and what was stored.
import { json, sse } from '../../answer.ts'
import type { Family } from '../../behaviour.ts'
import { paced } from '../generation.ts'
import { chunksOf, makeCompletion } from './answer.ts'
import { readRequest } from './request.ts'
import { storeCompletion, storedChat } from './stored.ts'

export const chat = {
  ...storedChat,
  'chat.completions.create': async (call) => {
    const { platform } = call
    const asked = readRequest(platform, await call.json())
    const made = makeCompletion(platform, asked)
    const keep = (): void => {
      if (asked.request.store === true) storeCompletion(platform, made.completion, asked.request, call.requestId)
    }
    if (asked.request.stream === true) return sse(paced(platform, chunksOf(made, asked.request, keep), made.tokenPaceMs, call.signal))
    keep()
    return json(made.completion)
  },
} satisfies Family
