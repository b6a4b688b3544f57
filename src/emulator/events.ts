// What happened to stored objects, as the platform tells its webhooks: the event objects, kept in order.
import type { Clock } from './clock.ts'
import { newId } from './ids.ts'
import type { Objects } from './state/objects.ts'

export type PlatformEvent = {
  readonly id: string
  readonly object: 'event'
  readonly type: string
  readonly created_at: number
  readonly data: { readonly id: string }
}

export type Events = {
  /**
   * Says that something has come to an end, once per object and type.
   * @example platform.events.announce('batch.completed', batch.id)
   */
  readonly announce: (type: string, id: string) => void
  /** The newest last. */
  readonly list: () => Iterable<PlatformEvent>
}

export function createEvents({ objects, clock }: { readonly objects: Objects; readonly clock: Clock }): Events {
  const events = objects.collection<PlatformEvent>('event')
  return {
    announce: (type, id) => events.put({ id: newId('event'), object: 'event', type, created_at: clock.seconds(), data: { id } }),
    list: () => events.list(),
  }
}
