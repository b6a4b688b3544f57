// The steps that lead from an empty database to the current schema. Only ever add at the end: a released step has run somewhere.
import { tokens } from './0001-tokens.ts'

/** The schema version of a database is the number of steps it has taken (`PRAGMA user_version`). */
export const migrations: readonly string[] = [tokens]
