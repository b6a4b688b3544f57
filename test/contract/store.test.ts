// What every database of a relay promises: one suite, run on SQLite and on a real Postgres.
import assert from 'node:assert/strict'
import { StoreConflict, StoreUnavailable, type Store } from '../../src/store/store.ts'
import { onEachStore, type StoreStage } from '../harness/stores.ts'

/** A store with one table more, in words that both dialects know. */
async function withProbe(stage: StoreStage): Promise<Store> {
  const store = await stage.open()
  const [integer, blob] = store.dialect === 'sqlite' ? ['INTEGER', 'BLOB'] : ['BIGINT', 'BYTEA']
  await store.run(`CREATE TABLE probe (id TEXT NOT NULL PRIMARY KEY, number ${integer}, words TEXT UNIQUE, bytes ${blob}, body TEXT)`)
  return store
}

const idsOf = async (store: Store): Promise<readonly unknown[]> => (await store.all('SELECT id FROM probe ORDER BY id')).map(({ id }) => id)

onEachStore('what was written is read back, of every type', async (_, stage) => {
  const store = await withProbe(stage)
  const everyByte = Uint8Array.from({ length: 256 }, (__, value) => value)
  const words = 'Grüße, 名前, 👩‍👩‍👧 ‮ "quoted" \'single\' \\x \\u0000 $1 ? -- /* */ \n\t'
  const rows = [
    ['all', 1_795_000_000_123, words, everyByte],
    ['ends', Number.MAX_SAFE_INTEGER, '', new Uint8Array()],
    ['less', Number.MIN_SAFE_INTEGER, 'x'.repeat(2_000), Buffer.from('a buffer')],
    ['nothing', null, null, null],
  ] as const
  for (const row of rows) {
    assert.equal(await store.run('INSERT INTO probe (id, number, words, bytes) VALUES (?, ?, ?, ?)', ...row), 1)
  }
  const found = await store.all('SELECT id, number, words, bytes FROM probe ORDER BY id')
  assert.deepEqual(
    found.map(({ id, number, words: text, bytes }) => [id, number, text, bytes instanceof Uint8Array ? [...bytes] : bytes]),
    rows.map(([id, number, text, bytes]) => [id, number, text, bytes === null ? null : [...bytes]]),
  )
  for (const [id, number] of rows.slice(0, 3))
    assert.deepEqual((await store.all('SELECT id FROM probe WHERE number = ?', number))[0]?.['id'], id)
})

onEachStore('the text of a large object is kept', async (_, stage) => {
  const store = await withProbe(stage)
  const body = `{"text":"${'名前'.repeat(500_000)}"}`
  await store.run("INSERT INTO probe (id, body) VALUES ('a', ?)", body)
  assert.ok((await store.all('SELECT body FROM probe'))[0]?.['body'] === body)
})

onEachStore('counts, sums and truth values are numbers', async (_, stage) => {
  const store = await withProbe(stage)
  await store.run("INSERT INTO probe (id, number) VALUES ('a', 4000000000), ('b', 4000000000)")
  const text =
    "SELECT count(*) AS count, sum(number) AS sum, max(number) AS most, count(*) = 2 AS yes, EXISTS (SELECT 1 FROM probe WHERE id = 'c') AS no FROM probe"
  assert.deepEqual({ ...(await store.all(text))[0] }, { count: 2, sum: 8_000_000_000, most: 4_000_000_000, yes: 1, no: 0 })
})

onEachStore('writes tell how many rows they changed, and RETURNING which', async (_, stage) => {
  const store = await withProbe(stage)
  assert.equal(await store.run("INSERT INTO probe (id, number) VALUES ('a', 1), ('b', 2), ('c', 3)"), 3)
  assert.equal(await store.run('UPDATE probe SET number = number + ? WHERE number >= ?', 10, 2), 2)
  assert.deepEqual(
    (await store.all('DELETE FROM probe WHERE number > ? RETURNING id, number', 12)).map((row) => ({ ...row })),
    [{ id: 'c', number: 13 }],
  )
  assert.equal(await store.run('DELETE FROM probe WHERE id = ?', 'c'), 0)
  assert.deepEqual(await store.all('SELECT id FROM probe WHERE id = ?', 'c'), [])
})

onEachStore('whoever comes second to a key is left as it is, or told of the conflict', async (_, stage) => {
  const store = await withProbe(stage)
  await store.run("INSERT INTO probe (id, number, words) VALUES ('a', 1, 'one')")
  assert.equal(await store.run("INSERT INTO probe (id, number) VALUES ('a', 2) ON CONFLICT DO NOTHING"), 0)
  const upsert = 'INSERT INTO probe (id, number) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET number = excluded.number RETURNING number'
  assert.equal((await store.all(upsert, 'a', 5))[0]?.['number'], 5)
  await assert.rejects(store.run("INSERT INTO probe (id) VALUES ('a')"), StoreConflict)
  await assert.rejects(store.run("INSERT INTO probe (id, words) VALUES ('b', 'one')"), StoreConflict)
})

onEachStore('a wrong statement is an error of its own, and the store goes on', async (_, stage) => {
  const store = await withProbe(stage)
  for (const text of ['SELECT nothing FROM nowhere', 'INSERT INTO probe (id) VALUES (NULL)', 'SELEC']) {
    await assert.rejects(
      store.run(text),
      (error) => error instanceof Error && error.name !== 'StoreUnavailable' && error.name !== 'StoreConflict',
    )
  }
  await assert.rejects(store.run("INSERT INTO projects (id, tenant, name, created_at) VALUES ('p', 'nobody', 'p', 0)"), /foreign key/i)
  assert.deepEqual(await idsOf(store), [])
})

onEachStore('a question mark in a string, a name or a comment is no parameter', async (_, stage) => {
  const store = await stage.open()
  const text = `SELECT 'it''s ?' AS "a?", /* ? */ CAST(? AS TEXT) AS b -- what?
    , CAST(? AS TEXT) AS c`
  assert.deepEqual({ ...(await store.all(text, 'x', 'y'))[0] }, { 'a?': "it's ?", b: 'x', c: 'y' })
})

onEachStore('text with a NUL character is found nowhere, which is no error', async (_, stage) => {
  const store = await withProbe(stage)
  await store.run("INSERT INTO probe (id) VALUES ('file-1')")
  assert.deepEqual(await store.all('SELECT id FROM probe WHERE id = ?', 'file-1\0'), [])
  assert.equal(await store.run('INSERT INTO probe (id, words) VALUES (?, ?)', 'b', 'a\0b'), 1)
})

onEachStore('more different statements than are kept prepared still run', async (_, stage) => {
  const store = await stage.open()
  for (let number = 0; number < 600; number++) {
    assert.equal((await store.all(`SELECT CAST(? AS TEXT) AS a, ${number} AS number`, 'a'))[0]?.['number'], number)
  }
  assert.equal((await store.all('SELECT CAST(? AS TEXT) AS a, 0 AS number', 'again'))[0]?.['a'], 'again')
})

onEachStore('many statements at once are all answered, each with its own answer', async (_, stage) => {
  const store = await stage.open()
  const answers = await Promise.all(Array.from({ length: 200 }, (__, number) => store.all('SELECT CAST(? AS TEXT) AS a', String(number))))
  assert.deepEqual(
    answers.map(([row]) => Number(row?.['a'])),
    Array.from({ length: 200 }, (__, number) => number),
  )
})

onEachStore('a transaction happens as a whole, or not at all', async (_, stage) => {
  const store = await withProbe(stage)
  const result = await store.transaction(async (sql) => {
    await sql.run("INSERT INTO probe (id) VALUES ('a')")
    return (await sql.all("INSERT INTO probe (id) VALUES ('b') RETURNING id"))[0]?.['id']
  })
  assert.equal(result, 'b')
  const stop = new Error('stop')
  const failed = store.transaction(async (sql) => {
    await sql.run("DELETE FROM probe WHERE id = 'a'")
    await sql.run("INSERT INTO probe (id) VALUES ('c')")
    throw stop
  })
  await assert.rejects(failed, (error) => error === stop)
  assert.deepEqual(await idsOf(store), ['a', 'b'])
})

onEachStore('a statement that failed fails its transaction, also when nobody looked', async (_, stage) => {
  const store = await withProbe(stage)
  await store.run("INSERT INTO probe (id) VALUES ('a')")
  const overlooked = store.transaction(async (sql) => {
    await sql.run("INSERT INTO probe (id) VALUES ('b')")
    await sql.run("INSERT INTO probe (id) VALUES ('a')").catch(() => {})
    await sql.run("INSERT INTO probe (id) VALUES ('c')").catch(() => {})
  })
  await assert.rejects(overlooked, StoreConflict)
  const renamed = store.transaction(async (sql) => {
    await sql.run("INSERT INTO probe (id) VALUES ('a')").catch(() => {
      throw new Error('taken')
    })
  })
  await assert.rejects(renamed, /^Error: taken$/)
  assert.deepEqual(await idsOf(store), ['a'])
})

onEachStore('a statement that comes after the end of its transaction is refused', async (_, stage) => {
  const store = await withProbe(stage)
  const late = await store.transaction(async (sql) => () => sql.run("INSERT INTO probe (id) VALUES ('late')"))
  await assert.rejects(late(), /over/)
  assert.deepEqual(await idsOf(store), [])
})

onEachStore('nobody sees what a transaction has not committed', async (_, stage) => {
  const [here, there] = [await withProbe(stage), await stage.open()]
  const seen: Promise<readonly unknown[]>[] = []
  const failed = here.transaction(async (sql) => {
    await sql.run("INSERT INTO probe (id) VALUES ('a')")
    seen.push(idsOf(here), idsOf(there))
    // Gives them time to look while the row is there.
    for (let turns = 0; turns < 20; turns++) assert.deepEqual((await sql.all('SELECT id FROM probe')).length, 1)
    throw new Error('stop')
  })
  await assert.rejects(failed, /stop/)
  assert.deepEqual(await Promise.all(seen), [[], []])
})

onEachStore('what a transaction read is still true when it writes, whoever else writes', async (_, stage) => {
  const first = await withProbe(stage)
  const stores = [first, await stage.open(), await stage.open()]
  await first.run("INSERT INTO probe (id, number) VALUES ('counter', 0)")
  const increment = (store: Store): Promise<number> =>
    store.transaction(async (sql) => {
      const [row] = await sql.all("SELECT number FROM probe WHERE id = 'counter'")
      return sql.run("UPDATE probe SET number = ? WHERE id = 'counter'", Number(row?.['number']) + 1)
    })
  await Promise.all(Array.from({ length: 10 }, () => stores.map(increment)).flat())
  assert.equal((await first.all('SELECT number FROM probe'))[0]?.['number'], 30)
})

onEachStore('what was committed is there after everything was closed', async (_, stage) => {
  const store = await withProbe(stage)
  await store.transaction((sql) => sql.run("INSERT INTO probe (id) VALUES ('a')"))
  await store.close()
  await store.close()
  await assert.rejects(store.all('SELECT id FROM probe'), StoreUnavailable)
  await assert.rejects(
    store.transaction((sql) => sql.all('SELECT id FROM probe')),
    StoreUnavailable,
  )
  assert.deepEqual(await idsOf(await stage.open()), ['a'])
})
