// Relay tokens. The secret itself is nowhere: `hash` is its HMAC under the pepper, which lies beside the database.
import type { Words } from './words.ts'

export const tokens = ({ integer, blob, strict }: Words): string => `
  CREATE TABLE tokens (
    id         TEXT NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL,
    hash       ${blob} NOT NULL UNIQUE,
    last4      TEXT NOT NULL,
    created_at ${integer} NOT NULL,
    revoked_at ${integer}
  )${strict};
  -- A name tells valid tokens apart; that of a revoked one may be used again.
  CREATE UNIQUE INDEX tokens_valid_name ON tokens (name) WHERE revoked_at IS NULL;
`
