// The steps that lead from an empty database to the current schema. Only ever add at the end: a released step has run somewhere.
import { tokens } from './0001-tokens.ts'
import { tenants } from './0002-tenants.ts'
import type { Words } from './words.ts'

/** The schema version of a database is the number of steps it has taken (SQLite: `user_version`; Postgres: `schema_version`). */
export const migrations: readonly ((words: Words) => string)[] = [tokens, tenants]
