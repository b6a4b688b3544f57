import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { migrations } from './migrations/list.ts'
import { openStore, StoreError, type Store } from './sqlite.ts'

function folder(context: TestContext): string {
  const dataDir = join(mkdtempSync(join(tmpdir(), 'relay-store-')), 'data')
  context.after(() => rmSync(join(dataDir, '..'), { recursive: true }))
  return dataDir
}

function open(context: TestContext, dataDir: string): Store {
  const store = openStore({ dataDir })
  context.after(() => store.close())
  return store
}

const pragma = (store: Store, name: string): unknown => Object.values(store.database.prepare(`PRAGMA ${name}`).get() ?? {})[0]

test('a new store is readable for its owner only, durable, and at the newest schema', (context) => {
  const dataDir = folder(context)
  const store = open(context, dataDir)
  assert.equal(statSync(dataDir).mode & 0o777, 0o700)
  for (const name of ['relay.db', 'relay.db-wal', 'relay.db-shm']) assert.equal(statSync(join(dataDir, name)).mode & 0o777, 0o600, name)
  assert.equal(pragma(store, 'journal_mode'), 'wal')
  assert.equal(pragma(store, 'synchronous'), 2)
  assert.equal(pragma(store, 'user_version'), migrations.length)
  assert.ok(Number(pragma(store, 'busy_timeout')) > 0)
})

test('every table is strict', (context) => {
  const tables = open(context, folder(context)).database.prepare("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'").all()
  const loose = tables.filter((table) => table['strict'] !== 1 && !String(table['name']).startsWith('sqlite_'))
  assert.ok(tables.length > 1)
  assert.deepEqual(loose, [])
})

test('a store of a newer version is refused and left as it is', (context) => {
  const dataDir = folder(context)
  openStore({ dataDir }).close()
  const raw = new DatabaseSync(join(dataDir, 'relay.db'))
  raw.exec('PRAGMA user_version = 999')
  raw.close()
  assert.throws(() => openStore({ dataDir }), /written by a newer Relay \(schema 999, this one knows \d+\): start that version/)
})

test('a failed transaction leaves nothing behind', (context) => {
  const store = open(context, folder(context))
  store.database.exec('CREATE TABLE probe (value INTEGER) STRICT')
  assert.throws(() =>
    store.transaction(() => {
      store.database.exec('INSERT INTO probe VALUES (1)')
      throw new Error('stop')
    }),
  )
  assert.equal(store.database.prepare('SELECT count(*) AS count FROM probe').get()?.['count'], 0)
  store.transaction(() => store.database.exec('INSERT INTO probe VALUES (2)'))
  assert.equal(store.database.prepare('SELECT count(*) AS count FROM probe').get()?.['count'], 1)
})

test('a transaction holds the write lock before it reads, so that what it read is still true when it writes', (context) => {
  const dataDir = folder(context)
  const [here, there] = [open(context, dataDir), open(context, dataDir)]
  there.database.exec('PRAGMA busy_timeout = 0')
  here.transaction(() => {
    assert.throws(() => there.transaction(() => assert.fail('two transactions at once')), /locked/)
  })
})

test('the version changes when another connection writes, and only then', (context) => {
  const dataDir = folder(context)
  const [here, there] = [open(context, dataDir), open(context, dataDir)]
  const before = here.version()
  assert.equal(here.version(), before)
  there.database.exec('CREATE TABLE probe (value INTEGER) STRICT')
  assert.notEqual(here.version(), before)
})

test('processes that start at the same moment on a new folder all get a store', async (context) => {
  const dataDir = folder(context)
  const script = `import { openStore } from ${JSON.stringify(import.meta.resolve('./sqlite.ts'))}
    const store = openStore({ dataDir: ${JSON.stringify(dataDir)} })
    console.log(store.database.prepare('SELECT count(*) AS count FROM tokens').get().count)
    store.close()`
  const runs = Array.from({ length: 6 }, () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]))
  for (const run of await Promise.all(runs)) assert.equal(run.stdout.trim(), '0')
})

test('a folder that cannot be made is told', { skip: !existsSync('/proc/self') }, () => {
  assert.throws(
    () => openStore({ dataDir: '/proc/relay/data' }),
    /data folder \/proc\/relay\/data cannot be written \(ENOENT\): set RELAY_DATA_DIR/,
  )
})

test('what keeps a store from opening is told with the file and what to do', (context) => {
  const dataDir = folder(context)
  openStore({ dataDir }).close()
  writeFileSync(join(dataDir, 'relay.db'), 'not a database, whatever the name says'.repeat(100))
  assert.throws(
    () => openStore({ dataDir }),
    (error) => error instanceof StoreError && /relay\.db cannot be used: it is damaged .*backup/.test(error.message),
  )
  const blocked = join(dataDir, 'relay.db', 'below-a-file')
  assert.throws(
    () => openStore({ dataDir: blocked }),
    (error) => error instanceof StoreError && /cannot be written \(\w+\): set RELAY_DATA_DIR/.test(error.message),
  )
})

test('a folder of somebody else is told', { skip: process.getuid?.() === 0 ? 'root may write everywhere' : false }, (context) => {
  const dataDir = folder(context)
  openStore({ dataDir }).close()
  chmodSync(join(dataDir, 'relay.db'), 0o400)
  assert.throws(() => openStore({ dataDir }), /cannot be written \(EACCES\)/)
})
