// What happened to stored objects, as the platform tells its webhooks: the event objects, kept in order.
import type { Clock } from './clock.ts'
import { newId } from './ids.ts'
import type { JsonObject } from './shape.ts'
import type { Objects } from './state/objects.ts'

export type PlatformEvent = {
  readonly id: string
  readonly object: 'event'
  readonly type: string
  readonly created_at: number
  readonly data: { readonly id: string } & JsonObject
}

export type Events = {
  /**
   * Says that something has come to an end, once per object and type. Most events carry the id only; some say more.
   * @example platform.events.announce('batch.completed', batch.id)
   */
  readonly announce: (type: string, id: string, more?: JsonObject) => void
  /** The newest last. */
  readonly list: () => Iterable<PlatformEvent>
}

type EventsOptions = {
  readonly objects: Objects
  readonly clock: Clock
  /** Told of every event once it is kept: webhooks deliver it. */
  readonly onEvent: (event: PlatformEvent) => void
}

export function createEvents({ objects, clock, onEvent }: EventsOptions): Events {
  const events = objects.collection<PlatformEvent>('event')
  return {
    announce: (type, id, more) => {
      const event: PlatformEvent = { id: newId('event'), object: 'event', type, created_at: clock.seconds(), data: { id, ...more } }
      events.put(event)
      onEvent(event)
    },
    list: () => events.list(),
  }
}
