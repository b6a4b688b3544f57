// The schema of a relay: the same on both databases, brought forward once, and never backwards.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { promisify } from 'node:util'
import postgres from 'postgres'
import { Secret } from '../../src/kernel/secret.ts'
import { migrations } from '../../src/store/migrations/list.ts'
import { postgresWords, sqliteWords } from '../../src/store/migrations/words.ts'
import { openStore } from '../../src/store/open.ts'
import { databaseFile, type Place } from '../../src/store/place.ts'
import { StoreError, type Store } from '../../src/store/store.ts'
import { freshDatabase } from '../harness/postgres.ts'
import { onEachStore, stageOf, type StoreStage } from '../harness/stores.ts'

const newest = migrations.length

/** Runs statements beside the store, as an older relay or an operator would. */
async function beside({ dataDir, databaseUrl }: Place, script: string): Promise<void> {
  if (databaseUrl === null) {
    const database = new DatabaseSync(databaseFile(dataDir))
    database.exec(script)
    return database.close()
  }
  const sql = postgres(databaseUrl.reveal(), { max: 1, onnotice: () => {} })
  await sql.unsafe(script)
  await sql.end()
}

/** The database as version 1 of the schema left it, with two tokens in it. */
async function versionOne({ place }: StoreStage): Promise<void> {
  const isSqlite = place.databaseUrl === null
  const version = isSqlite
    ? 'PRAGMA user_version = 1'
    : 'CREATE TABLE schema_version (n BIGINT NOT NULL); INSERT INTO schema_version VALUES (1)'
  const bytes = (hex: string): string => (isSqlite ? `x'${hex}'` : `'\\x${hex}'`)
  const rows = `INSERT INTO tokens (id, name, hash, last4, created_at, revoked_at) VALUES
    ('tok_1', 'ci', ${bytes('01')}, 'aaaa', 5, NULL), ('tok_2', 'old', ${bytes('02')}, 'bbbb', 6, 7)`
  await beside(place, `${migrations[0]?.(isSqlite ? sqliteWords : postgresWords) ?? ''}; ${rows}; ${version}`)
}

async function schemaOf(store: Store): Promise<readonly string[]> {
  const text =
    store.dialect === 'sqlite'
      ? `SELECT t.name || '.' || c.name || CASE WHEN c."notnull" = 1 OR c.pk > 0 THEN '' ELSE ' or null' END AS line
         FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'`
      : `SELECT table_name || '.' || column_name || CASE is_nullable WHEN 'NO' THEN '' ELSE ' or null' END AS line
         FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'schema_version'`
  return (await store.all(text)).map(({ line }) => String(line)).toSorted()
}

async function indexesOf(store: Store): Promise<readonly string[]> {
  const text =
    store.dialect === 'sqlite'
      ? "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"
      : "SELECT indexname AS name FROM pg_indexes WHERE schemaname = 'public' AND indexname !~ '_(key|pkey)$'"
  return (await store.all(text)).map(({ name }) => String(name)).toSorted()
}

test('both databases have the same tables, columns and indexes', async (context) => {
  const url = await freshDatabase(context)
  if (url === null) return
  const [sqlite, shared] = [stageOf(context, null), stageOf(context, new Secret(url))]
  const columns = await schemaOf(await sqlite.open())
  assert.ok(columns.includes('tenants.disabled_at or null') && columns.includes('objects.id'))
  assert.deepEqual(await schemaOf(await shared.open()), columns)
  assert.deepEqual(await indexesOf(await shared.open()), await indexesOf(await sqlite.open()))
})

onEachStore('a database of the first version keeps its rows and gets what came since', async (_, stage) => {
  await versionOne(stage)
  const told: string[] = []
  const store = await openStore({ ...stage.place, tell: (line) => void told.push(line) })
  try {
    const tokens = await store.all('SELECT id, name, last4, created_at, revoked_at, tenant, project, expires_at FROM tokens ORDER BY id')
    assert.deepEqual(
      tokens.map((row) => Object.values(row)),
      [
        ['tok_1', 'ci', 'aaaa', 5, null, 'ten_default', 'prj_default', null],
        ['tok_2', 'old', 'bbbb', 6, 7, 'ten_default', 'prj_default', null],
      ],
    )
    assert.deepEqual(
      (await store.all('SELECT id FROM tenants')).map(({ id }) => id),
      ['ten_default'],
    )
  } finally {
    await store.close()
  }
  assert.equal(told.length, 1)
  assert.match(told[0] ?? '', new RegExp(`^The database .* moves from schema 1 to ${newest}`))
  assert.ok(!told.join().includes('postgres:postgres'), 'the password is told')
  const quiet = await openStore({ ...stage.place, tell: (line) => assert.fail(line) })
  await quiet.close()
})

for (const [kind, prepare, tokens] of [
  ['an empty database', async () => {}, 0],
  ['one of an older version', versionOne, 2],
] as const) {
  onEachStore(`of processes that start together on ${kind} each gets the store, migrated once`, async (_, stage) => {
    await prepare(stage)
    const said = await Promise.all(Array.from({ length: 5 }, () => openElsewhere(stage)))
    for (const { stdout } of said) assert.match(stdout, new RegExp(`tokens: ${tokens}, tenants: 1`))
    assert.equal(said.filter(({ stderr }) => /moves from schema/.test(stderr)).length, tokens === 0 ? 0 : 1)
  })
}

/** Another process that opens the store and counts what is in it. */
function openElsewhere({ place: { dataDir, databaseUrl } }: StoreStage): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const script = `import { openStore } from ${JSON.stringify(import.meta.resolve('../../src/store/open.ts'))}
    import { Secret } from ${JSON.stringify(import.meta.resolve('../../src/kernel/secret.ts'))}
    const url = process.env.URL_OF_TEST
    const store = await openStore({ dataDir: ${JSON.stringify(dataDir)}, databaseUrl: url ? new Secret(url) : null })
    console.log((await store.all('SELECT (SELECT count(*) FROM tokens) AS tokens, (SELECT count(*) FROM tenants) AS tenants'))[0])
    await store.close()`
  const env = { ...process.env, URL_OF_TEST: databaseUrl?.reveal() ?? '' }
  return promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { env })
}

onEachStore('a database of a newer version is refused and left as it is', async (_, stage) => {
  await (await stage.open()).close()
  await beside(stage.place, stage.place.databaseUrl === null ? 'PRAGMA user_version = 999' : 'UPDATE schema_version SET n = 999')
  const opening = stage.open()
  await assert.rejects(opening, (error) => {
    assert.ok(error instanceof StoreError)
    assert.match(error.message, new RegExp(`written by a newer Relay \\(schema 999, this one knows ${newest}\\): start that version`))
    return !error.message.includes('postgres:postgres')
  })
})

onEachStore('a migration that fails leaves everything as it was', async (_, stage) => {
  await versionOne(stage)
  // In the way of the first table the second step makes.
  await beside(stage.place, 'CREATE TABLE shares (x TEXT)')
  await assert.rejects(stage.open(), StoreError)
  await beside(stage.place, 'DROP TABLE shares')
  const store = await stage.open()
  assert.equal((await store.all('SELECT count(*) AS count FROM tokens'))[0]?.['count'], 2)
})

test('SQLite: what was there before a migration is kept beside it, for its owner only', async (context) => {
  const stage = stageOf(context, null)
  await versionOne(stage)
  await (await stage.open()).close()
  const file = `${databaseFile(stage.place.dataDir)}.before-0002`
  assert.equal(statSync(file).mode & 0o777, 0o600)
  const kept = new DatabaseSync(file, { readOnly: true })
  assert.equal(kept.prepare('PRAGMA user_version').get()?.['user_version'], 1)
  assert.equal(kept.prepare('SELECT count(*) AS count FROM tokens').get()?.['count'], 2)
  kept.close()
})

test('SQLite: a new database, or one without rows, leaves no copy behind', async (context) => {
  const [fresh, empty] = [stageOf(context, null), stageOf(context, null)]
  await (await fresh.open()).close()
  await beside(empty.place, `${migrations[0]?.(sqliteWords) ?? ''}; PRAGMA user_version = 1`)
  await (await empty.open()).close()
  for (const { place } of [fresh, empty]) assert.deepEqual(readdirSync(place.dataDir), ['relay.db'])
})

test('Postgres: what keeps a database from opening is told with what to do, and without the password', async (context) => {
  const url = await freshDatabase(context)
  if (url === null) return
  const { dataDir } = stageOf(context, null).place
  const changed = (change: (url: URL) => void): Secret => {
    const other = new URL(url)
    change(other)
    return new Secret(other.href)
  }
  const cases: readonly [Secret, RegExp][] = [
    [changed((other) => (other.password = 'wrong-password')), /refuses the user or the password .* correct DATABASE_URL/],
    [changed((other) => (other.pathname = '/nowhere')), /does not exist .* CREATE DATABASE/],
    [changed((other) => (other.port = '1')), /cannot be reached \(.*ECONNREFUSED.*\); check that the server runs/],
  ]
  for (const [databaseUrl, expected] of cases) {
    await assert.rejects(openStore({ dataDir, databaseUrl }), (error) => {
      assert.ok(error instanceof StoreError)
      assert.match(error.message, expected)
      return !/wrong-password|postgres:postgres/.test(error.message)
    })
  }
})
