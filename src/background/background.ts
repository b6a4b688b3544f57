// Work that nobody waits for, done every so often by one process of all that share the database.
import type { Clock } from '../kernel/clock.ts'
import type { ProcessId } from '../kernel/ids.ts'
import type { Store } from '../store/store.ts'

export type Job = (signal: AbortSignal) => Promise<void>

export type BackgroundOptions = {
  readonly store: Store
  readonly jobs: readonly Job[]
  readonly clock: Clock
  /** From the end of one turn to the next; the first one is at once. */
  readonly everyMs: number
  readonly processId: ProcessId
  readonly onError: (error: unknown) => void
}

export type Background = {
  /** Breaks off what runs and waits for it. */
  readonly close: () => Promise<void>
}

export function startBackground({ store, jobs, clock, everyMs, processId, onError }: BackgroundOptions): Background {
  const closing = new AbortController()
  const leaseMs = Math.max(3 * everyMs, 10_000)
  let timer: NodeJS.Timeout | null = null

  /** The turn of one process ends by itself when it dies. @returns whether it is ours */
  async function takeTurn(): Promise<boolean> {
    const now = clock.now()
    const rows = await store.all(
      `INSERT INTO leases (name, holder, until_at) VALUES ('background', ?, ?)
        ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_at = excluded.until_at
        WHERE leases.until_at < ? OR leases.holder = excluded.holder RETURNING holder`,
      ...[processId, now + leaseMs, now],
    )
    return rows.length > 0
  }

  async function work(): Promise<void> {
    if (!(await takeTurn())) return
    const renewal = setInterval(() => void takeTurn().catch(onError), leaseMs / 3).unref()
    try {
      for (const job of jobs) if (!closing.signal.aborted) await job(closing.signal)
    } finally {
      clearInterval(renewal)
    }
  }

  function turn(): Promise<void> {
    return work()
      .catch(onError)
      .then(() => {
        if (!closing.signal.aborted) timer = setTimeout(() => void (running = turn()), everyMs).unref()
      })
  }
  let running = turn()

  return {
    async close() {
      closing.abort()
      if (timer !== null) clearTimeout(timer)
      await running
      await store.run("DELETE FROM leases WHERE name = 'background' AND holder = ?", processId).catch(onError)
    },
  }
}
