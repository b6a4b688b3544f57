// The few words of a schema that the two dialects spell differently.

export type Words = {
  /** Whole numbers up to 2^53. */
  readonly integer: string
  readonly blob: string
  /** A number of its own for each row, growing. */
  readonly serial: string
  /** Behind the last parenthesis of a table. */
  readonly strict: string
}

export const sqliteWords: Words = {
  integer: 'INTEGER',
  blob: 'BLOB',
  serial: 'INTEGER PRIMARY KEY AUTOINCREMENT',
  strict: ' STRICT',
}

export const postgresWords: Words = {
  integer: 'BIGINT',
  blob: 'BYTEA',
  serial: 'BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
  strict: '',
}
