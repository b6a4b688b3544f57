// When to look at the database again: at an interval, and soon for whoever cannot wait for the next one. Looks never overlap.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../kernel/clock.ts'

export type Looks = {
  /** Resolves after a look that began after this call. */
  readonly now: () => Promise<void>
  /** The same, at most every `betweenMs`: everybody who asks meanwhile waits for the same look. */
  readonly soon: () => Promise<void>
  readonly close: () => Promise<void>
}

const betweenMs = 50

/** @param look never rejects */
export function createLooks({
  look,
  everyMs,
  clock,
}: {
  readonly look: () => Promise<void>
  readonly everyMs: number
  readonly clock: Clock
}): Looks {
  let running: Promise<void> | null = null
  let following: Promise<void> | null = null
  let soon: Promise<void> | null = null
  let startedTick = -Infinity

  function now(): Promise<void> {
    if (running === null) {
      startedTick = clock.tick()
      running = look().finally(() => (running = null))
      return running
    }
    following ??= running.then(() => {
      following = null
      return now()
    })
    return following
  }

  const timer = setInterval(() => {
    if (running === null) void now()
  }, everyMs).unref()

  return {
    now,
    soon: () => {
      soon ??= sleep(Math.max(0, startedTick + betweenMs - clock.tick())).then(() => {
        soon = null
        return now()
      })
      return soon
    },
    close: async () => {
      clearInterval(timer)
      await (following ?? running)
    },
  }
}
