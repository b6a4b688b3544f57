// The emulator's time: the system's, plus an offset that tests move forward. Everything that waits, waits on this clock.

export type Clock = {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Whole seconds since the epoch: how OpenAI writes times. */
  readonly seconds: () => number
  /** Moves time forward; whatever falls due in between happens at once. */
  readonly advance: (byMs: number) => void
  /** Calls back when `dueAt` (milliseconds since the epoch) has come. Returns how to call it off. */
  readonly at: (dueAt: number, callback: () => void) => () => void
  /** Resolves after `ms`, or at once when the signal aborts. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  readonly stop: () => void
}

/** `setTimeout` fires at once for anything longer. */
const longestTimeoutMs = 2 ** 31 - 1

export function createClock(): Clock {
  let offsetMs = 0
  const waiting = new Set<{ readonly dueAt: number; readonly callback: () => void; timer: NodeJS.Timeout | undefined }>()
  const now = (): number => Date.now() + offsetMs

  const arm = (entry: typeof waiting extends Set<infer Entry> ? Entry : never): void => {
    clearTimeout(entry.timer)
    const remainingMs = Math.min(Math.max(0, entry.dueAt - now()), longestTimeoutMs)
    entry.timer = setTimeout(() => {
      if (entry.dueAt > now()) return arm(entry)
      waiting.delete(entry)
      entry.callback()
    }, remainingMs)
    entry.timer.unref()
  }

  const at: Clock['at'] = (dueAt, callback) => {
    const entry = { dueAt, callback, timer: undefined }
    waiting.add(entry)
    arm(entry)
    return () => {
      clearTimeout(entry.timer)
      waiting.delete(entry)
    }
  }

  return {
    now,
    seconds: () => Math.floor(now() / 1000),
    advance: (byMs) => {
      offsetMs += byMs
      for (const entry of waiting) arm(entry)
    },
    at,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve()
        const callOff = at(now() + ms, done)
        function done(): void {
          callOff()
          signal?.removeEventListener('abort', done)
          resolve()
        }
        signal?.addEventListener('abort', done, { once: true })
      }),
    stop: () => {
      for (const entry of waiting) clearTimeout(entry.timer)
      waiting.clear()
    },
  }
}
