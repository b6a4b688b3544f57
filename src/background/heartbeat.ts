// Tells the other processes on the same database that this one lives: until it stops, what it has begun is its own business.
import type { Clock } from '../kernel/clock.ts'
import type { ProcessId } from '../kernel/ids.ts'
import type { Store } from '../store/store.ts'

export type HeartbeatOptions = {
  readonly store: Store
  readonly clock: Clock
  readonly processId: ProcessId
  readonly onError: (error: unknown) => void
}

const everyMs = 30_000
/** Two beats may be lost. */
const leaseMs = 90_000

/** @returns once the first beat is written */
export async function startHeartbeat({ store, clock, processId, onError }: HeartbeatOptions): Promise<AsyncDisposable> {
  const beat = (): Promise<unknown> =>
    store.run(
      `INSERT INTO leases (name, holder, until_at) VALUES (?, ?, ?)
        ON CONFLICT (name) DO UPDATE SET until_at = excluded.until_at`,
      ...[processId, processId, clock.now() + leaseMs],
    )
  await beat()
  let running: Promise<unknown> = Promise.resolve()
  const timer = setInterval(() => void (running = beat().catch(onError)), everyMs).unref()
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer)
      await running
      await store.run('DELETE FROM leases WHERE name = ?', processId).catch(onError)
    },
  }
}
