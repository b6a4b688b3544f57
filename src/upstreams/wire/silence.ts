// One timer for all deadlines of silence: each exchange only writes a number when something moves, so that thousands of
// open streams cost no timer each. Resolution is the sweep interval.

export type Watch = {
  /** Something moved: the silence starts anew. */
  readonly touch: () => void
  /** Changes the allowed silence, and starts it anew. 0 pauses the watch. */
  readonly allow: (ms: number) => void
  readonly stop: () => void
}

export type Silence = { readonly watch: (ms: number, onSilent: () => void) => Watch; readonly close: () => void }

const sweepMs = 100

export function createSilence(): Silence {
  type Entry = { dueAt: number; ms: number; onSilent: () => void }
  const entries = new Set<Entry>()
  let timer: NodeJS.Timeout | null = null

  function sweep(): void {
    const now = performance.now()
    for (const entry of entries) {
      if (entry.ms === 0 || now < entry.dueAt) continue
      entries.delete(entry)
      entry.onSilent()
    }
    if (entries.size === 0 && timer !== null) {
      clearInterval(timer)
      timer = null
    }
  }

  return {
    watch(ms, onSilent) {
      const entry: Entry = { dueAt: performance.now() + ms, ms, onSilent }
      entries.add(entry)
      timer ??= setInterval(sweep, sweepMs).unref()
      return {
        touch: () => {
          entry.dueAt = performance.now() + entry.ms
        },
        allow: (next) => {
          entry.ms = next
          entry.dueAt = performance.now() + next
        },
        stop: () => {
          entries.delete(entry)
        },
      }
    },
    close: () => {
      entries.clear()
      if (timer !== null) clearInterval(timer)
      timer = null
    },
  }
}
