// Ids that are born: for every row that makes something, the upstream tells of new ids in odd pieces while nobody can write owners
// down. Until they can, not one byte of a new id reaches the client; afterwards the answer is what the upstream sent, byte for byte.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Endpoint, Resource } from '../../src/catalog/endpoint.ts'
import type { ResourceKind } from '../../src/catalog/kinds.ts'
import { openDatabase, type DatabaseKind } from '../harness/database.ts'
import { startGuardedAccount, type GuardedAccount } from '../harness/guarded-account.ts'
import { chunked } from '../harness/http-bytes.ts'
import { rawClient, requestBytes } from '../harness/raw-client.ts'
import { rawUpstream, type RawUpstream } from '../harness/raw-upstream.ts'
import { createHold, type Hold } from './hold-writes.ts'
import { documentAt, filePart, formHeaders, formOf, newId, pathOf, rows } from './spots.ts'

type Born = { readonly kind: ResourceKind; readonly id: string }
type Told = { readonly head: string; readonly body: Buffer; readonly born: readonly Born[] }

const bornAt = (row: Endpoint, place: string): readonly Resource[] =>
  row.resources.filter(({ act, at }) => act === 'create' && (at === place || at.startsWith(`${place}.`)))

/** The first letter as some encoders write it. */
const escapedId = (id: string): string => `"\\u00${id.charCodeAt(0).toString(16)}${id.slice(1)}"`

/** One document with an id at each of the places, each beside the others. */
function documentOf(places: readonly Resource[], born: Born[]): string {
  const members = places.map(({ kind, at }, index) => {
    const id = newId(kind)
    born.push({ kind, id })
    const text = index % 2 === 0 ? JSON.stringify(id) : escapedId(id)
    return documentAt(at.slice(at.indexOf('.') + 1), text).slice(1, -1)
  })
  return `{"object":"a thing",${members.join(',')}}`
}

const answers: Readonly<Record<'answer' | 'event' | 'location', (row: Endpoint) => Told>> = {
  answer: (row) => {
    const born: Born[] = []
    return { head: 'content-type: application/json\r\n', body: Buffer.from(documentOf(bornAt(row, 'answer'), born)), born }
  },
  event: (row) => {
    const born: Born[] = []
    const events = bornAt(row, 'event').map(
      (place, index) => `event: a\r\ndata: ${documentOf([place], born)}${['\n\n', '\r\n\r\n', '\r\r'][index % 3]}`,
    )
    return { head: 'content-type: text/event-stream\r\n', body: Buffer.from(`: hello\n\n${events.join('')}data: [DONE]\n\n`), born }
  },
  location: (row) => {
    const born = bornAt(row, 'location').map(({ kind }) => ({ kind, id: newId(kind) }))
    return { head: `location: /v1/realtime/calls/${born[0]?.id}\r\ncontent-type: application/sdp\r\n`, body: Buffer.from('v=0\r\n'), born }
  },
}

/** Ways an answer can come in pieces. */
const pieces: Readonly<Record<string, (bytes: Buffer) => readonly Buffer[]>> = {
  'in one piece': (bytes) => [bytes],
  'byte by byte': (bytes) => [...bytes].map((byte) => Buffer.of(byte)),
  'in pieces of seven bytes': (bytes) => Array.from({ length: Math.ceil(bytes.length / 7) }, (_, at) => bytes.subarray(at * 7, at * 7 + 7)),
}

const cases = rows
  .filter(({ tenants, resources }) => tenants === 'owned' && !resources.some(({ act }) => act === 'list'))
  .flatMap((row) =>
    (['answer', 'event', 'location'] as const).filter((place) => bornAt(row, place).length > 0).map((place) => ({ row, place })),
  )

const databases: readonly DatabaseKind[] = ['sqlite', 'postgres']

for (const database of databases)
  describe(`on ${database}, new ids`, { concurrency: false }, () => {
    const undo = new AsyncDisposableStack()
    let world: GuardedAccount | null = null
    let upstream: RawUpstream
    let hold: Hold
    before(async () => {
      const opened = await openDatabase(database)
      if (opened === null) return
      undo.use(opened)
      upstream = undo.use(await rawUpstream())
      world = undo.use(await startGuardedAccount({ databaseUrl: opened.url, upstream: upstream.url }))
      hold = undo.use(createHold(world.dataDir, opened.url))
    })
    after(() => undo.disposeAsync())

    for (const { row, place } of cases)
      test(`of ${row.id} in ${place === 'location' ? 'a header' : `its ${place}`} wait for their owner`, async (context) => {
        if (world === null) return context.skip('no database')
        for (const [way, split] of Object.entries(pieces).slice(database === 'sqlite' ? 0 : -1)) {
          const told = answers[place](row)
          const path = await ownPath(world, row)
          await using client = await rawClient(Number(new URL(world.url).port))
          upstream.script(async (exchange) => {
            if (!(await exchange.whole)) return
            await hold.begin()
            await exchange.send(`HTTP/1.1 200 OK\r\n${told.head}transfer-encoding: chunked\r\n\r\n`)
            for (const piece of split(told.body)) {
              await exchange.send(chunked([piece], false))
              await new Promise((resolve) => setImmediate(resolve))
            }
            await exchange.send('0\r\n\r\n')
            await sleep(25)
            const early = told.born.filter(({ id }) => client.received().includes(id.slice(5, 14)))
            await hold.end()
            assert.deepEqual(early, [], `${way}: the client saw them before anybody had written them down`)
          })
          await client.send(requestOf(row, path, world.tokens.red, place))
          const answer = await client.answer({ method: row.method, timeoutMs: 20_000 })
          assert.equal(answer.status, 200, answer.body.toString())
          assert.deepEqual(answer.body.toString(), told.body.toString(), way)
          await checkRecorded(world, told.born, `${row.id} ${way}`)
        }
      })

    test('that are another’s already stay theirs', async (context) => {
      if (world === null) return context.skip('no database')
      const id = newId('vector_store')
      await world.own('blue', [{ kind: 'vector_store', id }])
      const body = JSON.stringify({ id, object: 'vector_store', created_at: 1 })
      upstream.script(async (exchange) => {
        if (await exchange.whole)
          await exchange.send(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
      })
      await world.send('red', { method: 'POST', path: '/v1/vector_stores', headers: { 'content-type': 'application/json' }, body: '{}' })
      assert.deepEqual(await ownersOf(world, [id]), [[id, world.owners.blue.tenant, world.owners.blue.project]])
      assert.equal((await world.send('red', { method: 'GET', path: `/v1/vector_stores/${id}` })).status, 404)
    })

    test('that an answer only repeats from the request are nobody’s', async (context) => {
      if (world === null) return context.skip('no database')
      const [own, said] = [newId('vector_store'), newId('vector_store')]
      const body = JSON.stringify({ id: own, object: 'vector_store', name: said, metadata: { id: said, vector_store_id: said } })
      upstream.script(async (exchange) => {
        if (await exchange.whole)
          await exchange.send(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
      })
      const sent = JSON.stringify({ name: said, metadata: { id: said } })
      await world.send('red', { method: 'POST', path: '/v1/vector_stores', headers: { 'content-type': 'application/json' }, body: sent })
      assert.deepEqual(
        (await ownersOf(world, [own, said])).map(([id]) => id),
        [own],
      )
    })
  })

/** The path of the row with fresh ids of red's. */
async function ownPath(world: GuardedAccount, row: Endpoint): Promise<string> {
  const named: Born[] = []
  const path = pathOf(row, (kind) => {
    const id = newId(kind)
    named.push({ kind, id })
    return id
  })
  await world.own('red', named)
  return path
}

function requestOf(row: Endpoint, path: string, token: string, place: 'answer' | 'event' | 'location'): Buffer {
  const beta: [string, string][] = row.beta === null ? [] : [['openai-beta', row.beta]]
  const parts = { method: row.method, path, token }
  if (row.method !== 'POST' || row.request.length === 0) return requestBytes({ ...parts, headers: beta })
  if (row.request.includes('json')) {
    const body = JSON.stringify({ model: 'gpt-4o', store: true, modalities: ['audio'], stream: place === 'event' })
    return requestBytes({ ...parts, headers: [...beta, ['content-type', 'application/json']], body })
  }
  if (row.request.includes('multipart'))
    return requestBytes({ ...parts, headers: [...beta, ['content-type', formHeaders['content-type']]], body: formOf(filePart) })
  return requestBytes({ ...parts, headers: [...beta, ['content-type', 'application/sdp']], body: 'v=0\r\n' })
}

async function ownersOf({ store }: GuardedAccount, ids: readonly string[]): Promise<readonly unknown[][]> {
  const rowsOf = await store.all(
    `SELECT id, tenant, project FROM objects WHERE id IN (${ids.map(() => '?').join(', ')}) ORDER BY seq`,
    ...ids,
  )
  return rowsOf.map((row) => [row['id'], row['tenant'], row['project']])
}

async function checkRecorded(world: GuardedAccount, born: readonly Born[], what: string): Promise<void> {
  const { tenant, project } = world.owners.red
  const owners = new Map(
    (
      await ownersOf(
        world,
        born.map(({ id }) => id),
      )
    ).map(([id, ...owner]) => [id, owner]),
  )
  for (const { kind, id } of born) assert.deepEqual(owners.get(id), [tenant, project], `${what}: ${kind} ${id}`)
}
