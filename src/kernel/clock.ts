// The only place that reads the time. `now` is wall time for people; `tick` is monotonic for durations (RFC: clocks jump).

export type Clock = {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Milliseconds of a monotonic clock with an arbitrary origin. */
  readonly tick: () => number
}

export const systemClock: Clock = { now: () => Date.now(), tick: () => performance.now() }
