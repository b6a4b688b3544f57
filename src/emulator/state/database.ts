// The emulator's database: one SQLite file. WAL, so that a killed process loses nothing that was answered.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const schema = `
  -- Whatever OpenAI keeps for its callers. seq is the order of creation, which lists follow; parent is '' at the top.
  create table if not exists objects (
    seq integer primary key autoincrement,
    kind text not null,
    parent text not null,
    id text not null,
    json text not null,
    unique (kind, id, parent)
  );
  create index if not exists objects_by_parent on objects (kind, parent, seq);
  -- What will happen to them: steps that fall due, at most one of a kind for a subject.
  create table if not exists jobs (
    seq integer primary key autoincrement,
    kind text not null,
    subject text not null,
    due_at integer not null,
    unique (kind, subject)
  );
`

export function openDatabase(directory: string): DatabaseSync {
  mkdirSync(directory, { recursive: true })
  const database = new DatabaseSync(join(directory, 'state.sqlite'))
  database.exec('pragma journal_mode = wal; pragma synchronous = normal;')
  database.exec(schema)
  return database
}
