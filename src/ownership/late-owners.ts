// Owners that could not be written down because the database was away. What was made is made: they are kept, and written once it
// is back, so that nothing is lost but the answer.
import { StoreUnavailable } from '../store/store.ts'
import type { ObjectRow } from './writes.ts'

export type LateOwners = {
  readonly keep: (rows: readonly ObjectRow[]) => void
  /** Gives up what is left. */
  readonly close: () => void
}

const againMs = 1_000
/** What comes while the database is away is refused before it is sent, so that these are those of a moment. */
const maxRows = 10_000

export function createLateOwners({
  insert,
  onError,
}: {
  readonly insert: (rows: readonly ObjectRow[]) => Promise<unknown>
  readonly onError: (error: unknown) => void
}): LateOwners {
  let late: ObjectRow[] = []
  let timer: NodeJS.Timeout | null = null
  let isClosed = false

  function againLater(): void {
    if (isClosed || late.length === 0) return
    timer ??= setTimeout(() => {
      timer = null
      void again()
    }, againMs).unref()
  }

  async function again(): Promise<void> {
    const rows = late
    late = []
    try {
      await insert(rows)
    } catch (error) {
      if (error instanceof StoreUnavailable) late = [...rows, ...late].slice(0, maxRows)
      else onError(error)
    }
    againLater()
  }

  return {
    keep(rows) {
      late = [...late, ...rows].slice(0, maxRows)
      againLater()
    },
    close() {
      isClosed = true
      if (timer !== null) clearTimeout(timer)
    },
  }
}
