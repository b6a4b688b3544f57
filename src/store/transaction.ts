// What the work of a transaction is given: statements that end with it, and a failure that nobody can overlook.
import type { Sql } from './store.ts'

/** Postgres refuses everything after a failed statement and SQLite goes on: with this both refuse, and neither commits. */
export async function guarded<T>({ all, run }: Sql, work: (sql: Sql) => Promise<T>): Promise<T> {
  let failure: { readonly error: unknown } | null = null
  let isOver = false

  async function statement<R>(execute: () => Promise<R>): Promise<R> {
    if (isOver) throw new Error('The transaction of this statement is over.')
    if (failure !== null) throw failure.error
    try {
      return await execute()
    } catch (error) {
      failure ??= { error }
      throw error
    }
  }

  /** Read in a function, because the compiler does not see that `statement` changes it. */
  const failed = (): { readonly error: unknown } | null => failure

  try {
    const result = await work({
      all: (text, ...values) => statement(() => all(text, ...values)),
      run: (text, ...values) => statement(() => run(text, ...values)),
    })
    const overlooked = failed()
    if (overlooked !== null) throw overlooked.error
    return result
  } finally {
    isOver = true
  }
}
