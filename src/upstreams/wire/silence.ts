// One timer for all deadlines of silence: each exchange only writes a number when something moves, so that thousands of
// open streams cost no timer each. Resolution is the sweep interval.

const sweepMs = 100

export class Silence {
  readonly #watches = new Set<Watch>()
  #timer: NodeJS.Timeout | null = null

  /** Calls `onSilent` once when nothing moved for `ms`. */
  watch(ms: number, onSilent: () => void): Watch {
    const watch = new Watch(this.#watches, ms, onSilent)
    this.#watches.add(watch)
    this.#timer ??= setInterval(() => this.#sweep(), sweepMs).unref()
    return watch
  }

  close(): void {
    this.#watches.clear()
    this.#sweep()
  }

  #sweep(): void {
    const now = performance.now()
    for (const watch of this.#watches) if (watch.isDue(now)) watch.expire()
    if (this.#watches.size > 0 || this.#timer === null) return
    clearInterval(this.#timer)
    this.#timer = null
  }
}

export class Watch {
  readonly #watches: Set<Watch>
  readonly #onSilent: () => void
  #ms: number
  #dueAt: number

  constructor(watches: Set<Watch>, ms: number, onSilent: () => void) {
    this.#watches = watches
    this.#onSilent = onSilent
    this.#ms = ms
    this.#dueAt = performance.now() + ms
  }

  /** Something moved: the silence starts anew. */
  touch(): void {
    this.#dueAt = performance.now() + this.#ms
  }

  /** Nobody is to blame for silence now: we ourselves hold the flow back. */
  pause(): void {
    this.#dueAt = Number.POSITIVE_INFINITY
  }

  stop(): void {
    this.#watches.delete(this)
  }

  isDue(now: number): boolean {
    return now >= this.#dueAt
  }

  expire(): void {
    this.stop()
    this.#onSilent()
  }
}
