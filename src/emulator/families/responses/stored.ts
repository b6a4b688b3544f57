// Responses as they are kept, and what is kept beside them: their items, and how a background response is getting on.
import type { Platform } from '../../platform.ts'
import type { JsonObject } from '../../shape.ts'
import type { Collection } from '../../state/objects.ts'
import { conversationItems, inputItems, outputItems } from '../items.ts'
import type { Item } from '../items.ts'

export type ResponseStatus = 'completed' | 'failed' | 'in_progress' | 'cancelled' | 'queued' | 'incomplete'

export type ResponseObject = {
  readonly id: string
  readonly object: 'response'
  readonly created_at: number
  readonly status: ResponseStatus
  readonly background: boolean
  readonly completed_at: number | null
  readonly error: { readonly code: string; readonly message: string } | null
  readonly incomplete_details: { readonly reason: string } | null
  readonly model: string
  readonly output: readonly Item[]
  readonly previous_response_id: string | null
  readonly usage: JsonObject | null
} & JsonObject

/** How a background response comes about: what it will be, and when it began. */
export type Run = {
  readonly id: string
  readonly final: ResponseObject
  readonly isStream: boolean
  readonly hasObfuscation: boolean
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly conversationId: string | null
  readonly input: readonly Item[]
}

export const responses = (platform: Platform): Collection<ResponseObject> => platform.collection('response')
export const runs = (platform: Platform): Collection<Run> => platform.collection('response.run')

export const isOver = (status: ResponseStatus): boolean => status !== 'queued' && status !== 'in_progress'

type Keeping = {
  readonly response: ResponseObject
  readonly input: readonly Item[]
  readonly conversationId: string | null
  readonly isStored: boolean
}

/** Keeps a finished response and what it read and wrote; a conversation grows by both, stored or not. */
export function keepResponse(platform: Platform, { response, input, conversationId, isStored }: Keeping): void {
  if (!isStored && conversationId === null) return
  platform.objects.together(() => {
    if (isStored) {
      responses(platform).put(response)
      for (const item of input) inputItems(platform).put(item, response.id)
      for (const item of response.output) outputItems(platform).put(item, response.id)
    }
    if (conversationId !== null) for (const item of [...input, ...response.output]) conversationItems(platform).put(item, conversationId)
  })
}

export function forgetResponse(platform: Platform, id: string): void {
  platform.objects.together(() => {
    responses(platform).delete(id)
    runs(platform).delete(id)
    inputItems(platform).deleteAll(id)
    outputItems(platform).deleteAll(id)
  })
}
