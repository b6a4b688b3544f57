// Relay tokens. The secret itself is nowhere: `hash` is its HMAC under the pepper, which lies beside the database.

export const tokens = `
  CREATE TABLE tokens (
    id         TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    hash       BLOB    NOT NULL UNIQUE,
    last4      TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
  ) STRICT;
  -- A name tells valid tokens apart; that of a revoked one may be used again.
  CREATE UNIQUE INDEX tokens_valid_name ON tokens (name) WHERE revoked_at IS NULL;
`
