// When tokens were last used, to the minute: noted while exchanges pass, and written down together in the background.
import type { Clock } from '../kernel/clock.ts'
import type { TokenId } from '../kernel/ids.ts'
import type { Store } from '../store/store.ts'

export type Usage = {
  readonly note: (token: TokenId, at: number) => void
  /** Writes what was noted, unless it did so a moment ago. What cannot be written is kept for the next time. */
  readonly flush: (options?: { readonly isLast: boolean }) => Promise<void>
}

/** A commit is a write to the disk: all tokens of this time share one. */
const betweenWritesMs = 5_000

export function createUsage({ store, clock }: { readonly store: Store; readonly clock: Clock }): Usage {
  const noted = new Map<TokenId, number>()
  let writtenTick = -Infinity

  return {
    note: (token, at) => void noted.set(token, at),
    flush: async ({ isLast } = { isLast: false }) => {
      const tick = clock.tick()
      if (noted.size === 0 || (!isLast && tick - writtenTick < betweenWritesMs)) return
      writtenTick = tick
      // In one order everywhere, so that two processes never wait for each other.
      const batch = [...noted].toSorted(([a], [b]) => (a < b ? -1 : 1))
      await store.transaction(async (sql) => {
        for (const [token, at] of batch)
          await sql.run('UPDATE tokens SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at < ?)', at, token, at)
      })
      for (const [token, at] of batch) if (noted.get(token) === at) noted.delete(token)
    },
  }
}
