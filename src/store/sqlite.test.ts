import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { migrations } from './migrations/list.ts'
import { openSqlite } from './sqlite.ts'
import { StoreError, type Store } from './store.ts'

function folder(context: TestContext): string {
  const dataDir = join(mkdtempSync(join(tmpdir(), 'relay-store-')), 'data')
  context.after(() => rmSync(join(dataDir, '..'), { recursive: true }))
  return dataDir
}

function open(context: TestContext, dataDir: string): Store {
  const store = openSqlite({ dataDir, tell: () => {} })
  context.after(() => store.close())
  return store
}

const pragma = async (store: Store, name: string): Promise<unknown> => Object.values((await store.all(`PRAGMA ${name}`))[0] ?? {})[0]

test('a new store is readable for its owner only, durable, and at the newest schema', async (context) => {
  const dataDir = folder(context)
  const store = open(context, dataDir)
  assert.equal(statSync(dataDir).mode & 0o777, 0o700)
  for (const name of ['relay.db', 'relay.db-wal', 'relay.db-shm']) assert.equal(statSync(join(dataDir, name)).mode & 0o777, 0o600, name)
  assert.equal(await pragma(store, 'journal_mode'), 'wal')
  assert.equal(await pragma(store, 'synchronous'), 2)
  assert.equal(await pragma(store, 'foreign_keys'), 1)
  assert.equal(await pragma(store, 'user_version'), migrations.length)
})

test('every table is strict', async (context) => {
  const tables = await open(context, folder(context)).all("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'")
  const loose = tables.filter((table) => table['strict'] !== 1 && !String(table['name']).startsWith('sqlite_'))
  assert.ok(tables.length > 1)
  assert.deepEqual(loose, [])
})

test('a lock of another process is waited for, and the thread is free meanwhile', async (context) => {
  const dataDir = folder(context)
  const store = open(context, dataDir)
  const other = new DatabaseSync(join(dataDir, 'relay.db'))
  context.after(() => other.close())
  other.exec('BEGIN IMMEDIATE')
  const finished: string[] = []
  const writes = [
    store.run('UPDATE revision SET n = n + 1').then(() => finished.push('write')),
    store.transaction((sql) => sql.run('UPDATE revision SET n = n + 1')).then(() => finished.push('transaction')),
  ]
  assert.equal((await store.all('SELECT n FROM revision'))[0]?.['n'], 0)
  for (let beats = 0; beats < 10; beats++) await sleep(10)
  assert.deepEqual(finished, [])
  other.exec('COMMIT')
  await Promise.all(writes)
  assert.equal((await store.all('SELECT n FROM revision'))[0]?.['n'], 2)
})

test('a folder that cannot be made is told', { skip: !existsSync('/proc/self') }, () => {
  assert.throws(
    () => openSqlite({ dataDir: '/proc/relay/data', tell: () => {} }),
    /data folder \/proc\/relay\/data cannot be written \(ENOENT\): set RELAY_DATA_DIR/,
  )
})

test('what keeps a store from opening is told with the file and what to do', async (context) => {
  const dataDir = folder(context)
  await open(context, dataDir).close()
  writeFileSync(join(dataDir, 'relay.db'), 'not a database, whatever the name says'.repeat(100))
  assert.throws(
    () => open(context, dataDir),
    (error) => error instanceof StoreError && /relay\.db cannot be used: it is damaged .*backup/.test(error.message),
  )
  const blocked = join(dataDir, 'relay.db', 'below-a-file')
  assert.throws(
    () => open(context, blocked),
    (error) => error instanceof StoreError && /cannot be written \(\w+\): set RELAY_DATA_DIR/.test(error.message),
  )
})

test('a folder of somebody else is told', { skip: process.getuid?.() === 0 ? 'root may write everywhere' : false }, async (context) => {
  const dataDir = folder(context)
  await open(context, dataDir).close()
  chmodSync(join(dataDir, 'relay.db'), 0o400)
  assert.throws(() => open(context, dataDir), /cannot be written \(EACCES\)/)
})
