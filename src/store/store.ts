// What a database is to the rest of the house: SQL text that both dialects understand, and transactions. sqlite.ts and
// postgres.ts implement it; test/contract holds both to the same suite.

/** What a column holds. Integers are safe ones (times in ms, sizes, sequence numbers); neither dialect hands out a bigint. */
export type Value = string | number | null | Uint8Array
export type Row = Readonly<Record<string, Value>>

export type Sql = {
  /**
   * Rows of a query, or of a write with RETURNING. `?` stands for a parameter. Truth values come back as 1 and 0.
   * Each text is prepared once: keep the number of different texts small (lists of parameters in a few lengths).
   * @example await sql.all('SELECT id FROM tenants WHERE name = ?', 'red')
   */
  readonly all: (text: string, ...values: readonly Value[]) => Promise<readonly Row[]>
  /** @returns how many rows a write changed */
  readonly run: (text: string, ...values: readonly Value[]) => Promise<number>
}

export type Store = Sql & {
  readonly dialect: 'sqlite' | 'postgres'
  /** Where files that belong to this relay lie, with either database. */
  readonly dataDir: string
  /**
   * Runs `work` in one write transaction: all of it happens or nothing, and no other transaction of any process runs
   * meanwhile, so that what it read is still true when it writes. Everything in it goes through the `sql` it is given;
   * `work` awaits nothing else, because on SQLite every other statement waits until it is over. A statement that fails
   * fails the transaction, caught or not.
   */
  readonly transaction: <T>(work: (sql: Sql) => Promise<T>) => Promise<T>
  readonly close: () => Promise<void>
}

/** What keeps the store from opening, in words for the operator. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
}

/** The database could not be reached or did not answer in time: whether a write happened is unknown. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
}

/** A row with this key is there already. */
export class StoreConflict extends Error {
  override readonly name = 'StoreConflict'
}

/**
 * The sentence for a schema this version does not know; null when it knows it.
 * @param place what the operator calls the database
 */
export function newerSchema(place: string, present: number, known: number): StoreError | null {
  if (present <= known) return null
  return new StoreError(
    `The database ${place} was written by a newer Relay (schema ${present}, this one knows ${known}): start that version, or restore the backup made before the upgrade.`,
  )
}
