// Tenants and what is theirs. `objects` is the heart: which tenant owns which upstream object, on which account.
import type { Words } from './words.ts'

/**
 * The tenant, project and account named `default` are there from the start: a relay that knows only RELAY_TOKEN is one
 * tenant. Lists (`permissions`, `models`, `endpoints`) are JSON arrays; null allows all.
 */
export const tenants = ({ integer, blob, serial, strict }: Words): string => `
  CREATE TABLE accounts (
    id           TEXT NOT NULL PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    url          TEXT,
    sealed_key   ${blob},
    organization TEXT,
    project      TEXT,
    created_at   ${integer} NOT NULL
  )${strict};
  CREATE TABLE tenants (
    id          TEXT NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    account     TEXT REFERENCES accounts (id),
    created_at  ${integer} NOT NULL,
    disabled_at ${integer}
  )${strict};
  CREATE TABLE projects (
    id         TEXT NOT NULL PRIMARY KEY,
    tenant     TEXT NOT NULL REFERENCES tenants (id),
    name       TEXT NOT NULL,
    account    TEXT REFERENCES accounts (id),
    created_at ${integer} NOT NULL,
    UNIQUE (tenant, name)
  )${strict};
  CREATE TABLE members (
    id         TEXT NOT NULL PRIMARY KEY,
    tenant     TEXT NOT NULL REFERENCES tenants (id),
    email      TEXT NOT NULL,
    role       TEXT NOT NULL,
    created_at ${integer} NOT NULL,
    UNIQUE (tenant, email)
  )${strict};
  CREATE TABLE admin_tokens (
    id         TEXT NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL,
    hash       ${blob} NOT NULL UNIQUE,
    last4      TEXT NOT NULL,
    created_at ${integer} NOT NULL,
    revoked_at ${integer}
  )${strict};
  INSERT INTO accounts (id, name, created_at) VALUES ('ups_default', 'default', 0);
  INSERT INTO tenants (id, name, created_at) VALUES ('ten_default', 'default', 0);
  INSERT INTO projects (id, tenant, name, created_at) VALUES ('prj_default', 'ten_default', 'default', 0);

  ALTER TABLE tokens ADD COLUMN tenant TEXT NOT NULL DEFAULT 'ten_default';
  ALTER TABLE tokens ADD COLUMN project TEXT NOT NULL DEFAULT 'prj_default';
  ALTER TABLE tokens ADD COLUMN permissions TEXT;
  ALTER TABLE tokens ADD COLUMN models TEXT;
  ALTER TABLE tokens ADD COLUMN endpoints TEXT;
  ALTER TABLE tokens ADD COLUMN expires_at ${integer};
  ALTER TABLE tokens ADD COLUMN created_by TEXT;
  ALTER TABLE tokens ADD COLUMN last_used_at ${integer};
  -- The n of table revision at the last change of this row: whoever knows an older one reads only what is newer.
  ALTER TABLE tokens ADD COLUMN revision ${integer} NOT NULL DEFAULT 0;
  CREATE INDEX tokens_revision ON tokens (revision);
  DROP INDEX tokens_valid_name;
  -- While a token is rotated, the old one and the new one have the same name.
  CREATE INDEX tokens_name ON tokens (tenant, name);

  -- One row. n grows with every change of tokens, tenants, projects, accounts or shares: other processes look at it to know when to
  -- read them again. It is the seq of the newest audit row. audit_hash is signed over all rows of the audit and cannot be made of
  -- them; pepper is the fingerprint of the pepper.
  CREATE TABLE revision (n ${integer} NOT NULL, audit_hash TEXT NOT NULL, pepper TEXT)${strict};
  INSERT INTO revision (n, audit_hash) VALUES (0, '');

  -- Each row's hash is signed together with the audit_hash of before it: one that was removed or changed shows.
  CREATE TABLE audit (
    seq      ${integer} NOT NULL PRIMARY KEY,
    at       ${integer} NOT NULL,
    actor    TEXT NOT NULL,
    action   TEXT NOT NULL,
    target   TEXT NOT NULL,
    detail   TEXT NOT NULL,
    hash     TEXT NOT NULL
  )${strict};

  -- state: live; deleting (denied, the upstream may still have it); gone, since ended_at; orphan (nobody's: a crash left it and
  -- it cannot be said whose it is). An owner is written once and never changes.
  -- body: the object as the upstream last told it, for kinds with a list; '' while it has not been told, null for other kinds.
  -- facet: the field most lists of the kind filter by.
  CREATE TABLE objects (
    seq        ${serial},
    account    TEXT NOT NULL,
    kind       TEXT NOT NULL,
    id         TEXT NOT NULL,
    tenant     TEXT NOT NULL,
    project    TEXT NOT NULL,
    parent     TEXT,
    state      TEXT NOT NULL,
    created_at ${integer} NOT NULL,
    ended_at   ${integer},
    facet      TEXT,
    body       TEXT,
    UNIQUE (id, kind, account)
  )${strict};
  -- Whether an id is a tenant's is answered by this index alone: an id of another's takes no look at its row, nor a missing one.
  CREATE INDEX objects_owned ON objects (id, tenant);
  CREATE INDEX objects_listed ON objects (project, kind, created_at, seq) WHERE state = 'live' AND body <> '';
  CREATE INDEX objects_faceted ON objects (project, kind, facet, created_at, seq) WHERE state = 'live' AND facet IS NOT NULL;
  CREATE INDEX objects_untold ON objects (project, kind) WHERE state = 'live' AND body = '';
  CREATE INDEX objects_unfinished ON objects (seq) WHERE state = 'deleting';
  CREATE INDEX objects_gone ON objects (ended_at) WHERE state = 'gone';

  -- A create that was sent and not yet recorded; what is left of it after its process died says whose an orphan may be.
  CREATE TABLE intents (
    id       TEXT NOT NULL PRIMARY KEY,
    account  TEXT NOT NULL,
    kind     TEXT NOT NULL,
    tenant   TEXT NOT NULL,
    project  TEXT NOT NULL,
    process  TEXT NOT NULL,
    sent_at  ${integer} NOT NULL
  )${strict};
  CREATE INDEX intents_sent ON intents (sent_at);

  -- Read granted to another project of the same tenant.
  CREATE TABLE shares (
    account TEXT NOT NULL,
    kind    TEXT NOT NULL,
    id      TEXT NOT NULL,
    project TEXT NOT NULL,
    PRIMARY KEY (id, kind, account, project)
  )${strict};
  CREATE INDEX shares_project ON shares (project, kind);

  -- Lists of the upstream that were read to their end, so that what was there before the tenants is recorded for one of them.
  CREATE TABLE walked (
    account TEXT NOT NULL,
    kind    TEXT NOT NULL,
    tenant  TEXT NOT NULL,
    PRIMARY KEY (account, kind, tenant)
  )${strict};

  -- Which processes live, and whose turn it is to do what one at a time does; until when.
  CREATE TABLE leases (
    name     TEXT NOT NULL PRIMARY KEY,
    holder   TEXT NOT NULL,
    until_at ${integer} NOT NULL
  )${strict};
`
