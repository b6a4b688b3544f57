// `relay backup` and `relay restore`: a copy of a store in use is whole, and nothing is ever overwritten.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { hash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { backUp } from '../../src/store/backup.ts'
import { migrations } from '../../src/store/migrations/list.ts'
import { restore } from '../../src/store/restore.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { StoreError, type Store } from '../../src/store/store.ts'
import { bareEnvironment, startRelayProcess } from '../harness/relay-process.ts'

const at = new Date('2026-11-22T10:15:30.500Z')
const suffix = 'before-restore-20261122T101530Z'

function folder(context: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'relay-backup-'))
  context.after(() => rmSync(made, { recursive: true }))
  return made
}

function open(context: TestContext, dataDir: string): Store {
  const store = openSqlite({ dataDir, tell: () => {} })
  context.after(() => store.close())
  return store
}

const insert = "INSERT INTO intents (id, account, kind, tenant, project, process, sent_at) VALUES (?, 'a', 'file', 't', 'p', 'x', ?)"
const add = (store: Store, id: string): Promise<number> => store.run(insert, id, 0)
const idsOf = async (store: Store): Promise<readonly unknown[]> =>
  (await store.all('SELECT id FROM intents ORDER BY id')).map(({ id }) => id)

/** Everything in a folder, to compare before with after. A look at a database may leave its empty log files. */
const contents = (dataDir: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(dataDir)
      .filter((name) => !/-(wal|shm)$/.test(name))
      .toSorted()
      .map((name) => [name, hash('sha256', readFileSync(join(dataDir, name)))]),
  )

/** A closed store with one row and a pepper. */
async function stored(context: TestContext, id: string): Promise<string> {
  const dataDir = folder(context)
  const store = open(context, dataDir)
  await add(store, id)
  await store.close()
  writeFileSync(join(dataDir, 'token-pepper'), `the pepper of ${id}`.padEnd(32, '.'), { mode: 0o600 })
  return dataDir
}

test('a backup of a store in use holds whole transactions, and the pepper, for its owner only', async (context) => {
  const dataDir = await stored(context, 'first')
  const store = open(context, dataDir)
  const file = join(folder(context), 'backup.db')
  let isOver = false
  const writing = (async () => {
    for (let turn = 0; !isOver; turn++) {
      await store.transaction(async (sql) => {
        await sql.run(insert, `left-${turn}`, 1)
        await sql.run(insert, `right-${turn}`, 2)
      })
      await new Promise((resolve) => void setImmediate(resolve))
    }
  })()
  const backupInAnother = `import { backUp } from ${JSON.stringify(import.meta.resolve('../../src/store/backup.ts'))}
    for (let turn = 0; turn < 5; turn++) backUp(${JSON.stringify({ dataDir, file })})`
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', backupInAnother])
  isOver = true
  await writing
  assert.equal(statSync(file).mode & 0o777, 0o600)

  const target = folder(context)
  assert.deepEqual(restore({ dataDir: target, file, at }), { file: join(target, 'relay.db'), schema: migrations.length, kept: [] })
  const restored = open(context, target)
  const [counts] = await restored.all('SELECT count(*) AS all_of_them, sum(CASE sent_at WHEN 1 THEN 1 ELSE 0 END) AS lefts FROM intents')
  assert.ok(Number(counts?.['lefts']) > 0)
  assert.equal(counts?.['all_of_them'], 1 + 2 * Number(counts?.['lefts']))
  assert.deepEqual(await restored.all("SELECT name FROM sqlite_schema WHERE name = 'backup'"), [])
  assert.equal(readFileSync(join(target, 'token-pepper'), 'utf8'), 'the pepper of first'.padEnd(32, '.'))
  for (const name of ['relay.db', 'token-pepper']) assert.equal(statSync(join(target, name)).mode & 0o777, 0o600)
})

test('a backup replaces an older backup and nothing else', async (context) => {
  const dataDir = await stored(context, 'first')
  const there = folder(context)
  const file = join(there, 'backup.db')
  const before = backUp({ dataDir, file })
  const store = open(context, dataDir)
  await add(store, 'second')
  assert.equal(backUp({ dataDir, file }).schema, before.schema)
  restore({ dataDir: join(there, 'data'), file, at })
  assert.deepEqual(await idsOf(open(context, join(there, 'data'))), ['first', 'second'])
  writeFileSync(join(there, 'letter.txt'), 'dear reader')
  for (const other of [
    join(there, 'letter.txt'),
    join(dataDir, 'relay.db'),
    join(dataDir, 'token-pepper'),
    join(dataDir, 'relay.db-wal'),
  ]) {
    assert.throws(() => backUp({ dataDir, file: other }), /is there already and is no backup of a relay/)
  }
  assert.throws(() => backUp({ dataDir, file: join(there, 'no', 'folder', 'b.db') }), /cannot be copied to .*ENOENT/)
  assert.throws(() => backUp({ dataDir: there, file: join(there, 'b.db') }), /There is no database in/)
  assert.deepEqual(readdirSync(there).toSorted(), ['backup.db', 'data', 'letter.txt'])
})

test('a restore moves aside what was there', async (context) => {
  const [source, target] = [await stored(context, 'theirs'), await stored(context, 'mine')]
  const before = contents(target)
  const file = join(folder(context), 'backup.db')
  backUp({ dataDir: source, file })
  const { kept } = restore({ dataDir: target, file, at })
  assert.deepEqual(kept, [join(target, `relay.db.${suffix}`), join(target, `token-pepper.${suffix}`)])
  const after = contents(target)
  assert.equal(after[`token-pepper.${suffix}`], before['token-pepper'])
  assert.equal(after['token-pepper'], contents(source)['token-pepper'])
  assert.deepEqual(await idsOf(open(context, target)), ['theirs'])
  const kept2 = new DatabaseSync(join(target, `relay.db.${suffix}`))
  assert.equal(kept2.prepare('SELECT id FROM intents').get()?.['id'], 'mine')
  kept2.close()
})

/** Damage that reading alone does not show: a row that is in a table and not in its index. */
function forgetInIndex(file: string): void {
  const onSchema = <T>(work: (database: DatabaseSync) => T): T => {
    const database = new DatabaseSync(file, { defensive: false })
    try {
      database.exec('PRAGMA writable_schema = ON')
      return work(database)
    } finally {
      database.close()
    }
  }
  const text = "DELETE FROM sqlite_schema WHERE name = 'intents_sent' RETURNING type, name, tbl_name, rootpage, sql"
  const index = onSchema((database) => Object.values(database.prepare(text).get() ?? {}))
  onSchema((database) => database.prepare(insert).run('lost', 9))
  onSchema((database) => database.prepare('INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)').run(...index))
}

test('a folder in use, and a file that is no whole backup of this version, change nothing', async (context) => {
  const [source, target] = [await stored(context, 'theirs'), await stored(context, 'mine')]
  const there = folder(context)
  const good = join(there, 'backup.db')
  backUp({ dataDir: source, file: good })
  const bytes = readFileSync(good)

  writeFileSync(join(there, 'damaged.db'), Buffer.concat([bytes.subarray(0, 8_192), Buffer.alloc(bytes.length - 8_192, 7)]))
  writeFileSync(join(there, 'short.db'), bytes.subarray(0, bytes.length >> 1))
  writeFileSync(join(there, 'letter.txt'), 'dear reader')
  new DatabaseSync(join(there, 'other.db')).exec('CREATE TABLE t (x); PRAGMA user_version = 1')
  writeFileSync(join(there, 'newer.db'), bytes)
  const newer = new DatabaseSync(join(there, 'newer.db'))
  newer.exec('PRAGMA user_version = 999')
  newer.close()
  writeFileSync(join(there, 'incomplete.db'), bytes)
  forgetInIndex(join(there, 'incomplete.db'))
  const before = contents(target)
  for (const [name, message] of [
    ['damaged.db', /damaged|malformed/],
    ['incomplete.db', /The backup .* is damaged \(.*index.*\): use another one/],
    ['short.db', /damaged|malformed/],
    ['letter.txt', /is no backup of a relay/],
    ['other.db', /is no backup of a relay/],
    ['newer.db', /written by a newer Relay \(schema 999/],
    ['nowhere.db', /There is no .*nowhere\.db/],
  ] as const) {
    assert.throws(
      () => restore({ dataDir: target, file: join(there, name), at }),
      (error) => error instanceof StoreError && message.test(error.message),
      name,
    )
    assert.deepEqual(contents(target), before, name)
  }

  const store = open(context, target)
  await store.all('SELECT n FROM revision')
  assert.throws(() => restore({ dataDir: target, file: good, at }), /^StoreError: A relay uses .*: stop it first/)
  assert.deepEqual(contents(target), before)
  await store.close()
  restore({ dataDir: target, file: good, at })
  assert.deepEqual(await idsOf(open(context, target)), ['theirs'])
})

test('a database that is damaged is replaced by a restore, and kept', async (context) => {
  const dataDir = await stored(context, 'mine')
  const file = join(folder(context), 'backup.db')
  backUp({ dataDir, file })
  writeFileSync(join(dataDir, 'relay.db'), 'nothing of it is left')
  restore({ dataDir, file, at })
  assert.deepEqual(await idsOf(open(context, dataDir)), ['mine'])
  assert.equal(readFileSync(join(dataDir, `relay.db.${suffix}`), 'utf8'), 'nothing of it is left')
})

test('the copy a migration left is restored with the pepper that lies there', async (context) => {
  const dataDir = await stored(context, 'mine')
  const copy = join(dataDir, 'relay.db.before-0002')
  const database = new DatabaseSync(join(dataDir, 'relay.db'))
  database.prepare('VACUUM INTO ?').run(copy)
  database.close()
  const pepper = contents(dataDir)['token-pepper']
  assert.deepEqual(restore({ dataDir, file: copy, at }).kept, [join(dataDir, `relay.db.${suffix}`)])
  assert.equal(contents(dataDir)['token-pepper'], pepper)
  assert.deepEqual(await idsOf(open(context, dataDir)), ['mine'])
})

test('an operator backs a running relay up, loses the folder and goes on with the same tokens', async (context) => {
  const there = folder(context)
  const dataDir = join(there, 'data')
  const main = new URL('../../src/main.ts', import.meta.url).pathname
  const command = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    promisify(execFile)(process.execPath, [main, ...args], { cwd: there, env: { ...bareEnvironment(), RELAY_DATA_DIR: dataDir, ...env } })
  const models = async (url: string, token: string): Promise<number> =>
    (await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${token}` } })).status

  let token: string
  {
    await using relay = await startRelayProcess({ env: { RELAY_DATA_DIR: dataDir } })
    const url = await relay.url
    token = (await command(['token', 'create', 'ci'])).stdout.trim()
    assert.equal(await models(url, token), 200)
    assert.match((await command(['backup', 'b.db'])).stderr, /Wrote .*b\.db .*as safe as the data folder/)
    await assert.rejects(command(['restore', 'b.db']), /A relay uses .*: stop it first/)
    assert.equal(await models(url, token), 200)
  }
  rmSync(dataDir, { recursive: true })
  const restored = JSON.parse((await command(['restore', 'b.db', '--json'])).stdout) as { readonly kept: readonly string[] }
  assert.deepEqual(restored.kept, [])
  await using relay = await startRelayProcess({ env: { RELAY_DATA_DIR: dataDir } })
  assert.equal(await models(await relay.url, token), 200)

  for (const [verb, tool] of [
    ['backup', 'pg_dump'],
    ['restore', 'pg_restore'],
  ] as const) {
    await assert.rejects(command([verb, 'c.db'], { DATABASE_URL: 'postgres://relay:hunter2@db.example/relay' }), (error) => {
      const said = String((error as { readonly stderr?: string }).stderr)
      assert.match(said, new RegExp(`postgres://relay@db.example/relay, a Postgres: ${tool}`))
      return !said.includes('hunter2')
    })
  }
})
