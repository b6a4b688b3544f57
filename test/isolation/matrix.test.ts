// The matrix of isolation: generated from the catalog, on both databases. Whoever asks for an id of somebody else gets what they would
// get for an id that nobody has, in every place where an id can stand and however it is written there.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { ResourceKind } from '../../src/catalog/kinds.ts'
import type { Named } from '../../src/ownership/ownership.ts'
import { openDatabase, type DatabaseKind } from '../harness/database.ts'
import { lackingAllBut, startGuardedAccount, type GuardedAccount } from '../harness/guarded-account.ts'
import { attack, createStage, inParallel, leaked, plainOf, type Stage, type Verdict } from './matrix.ts'
import { makeEverything } from './making.ts'
import { newId, pathOf, rows, spellingsOf, spots, strayQueries, type SpotPlace } from './spots.ts'

/** For `scripts/isolation-mutants.ts`: ids that were only written down do as well. */
const isShort = process.env['ISOLATION_SHORT'] === '1'
const databases: readonly DatabaseKind[] = ['sqlite', 'postgres']
const places: readonly SpotPlace[] = ['path', 'query', 'body', 'form']

for (const database of databases) {
  describe(`on ${database}, an id of another tenant`, { concurrency: false }, () => {
    let stage: Stage | null = null
    const verdict: Verdict = { attempts: 0, problems: [] }
    const undo = new AsyncDisposableStack()
    before(async () => {
      const opened = await openDatabase(database)
      if (opened === null) return
      undo.use(opened)
      const world: GuardedAccount = undo.use(await startGuardedAccount({ databaseUrl: opened.url }))
      stage = await createStage(world, isShort ? new Map() : await makeEverything(world))
    })
    after(() => undo.disposeAsync())

    const check = (guarantee: string, run: (stage: Stage) => Promise<void>): void =>
      void test(guarantee, async (context) => (stage === null ? context.skip('no database') : await run(stage)))

    for (const place of places)
      check(`is as missing in a ${place} as one that nobody has, however it is written`, async (on) => {
        on.world.wire.clear()
        const problemsBefore = verdict.problems.length
        const there = spots.filter((spot) => spot.place === place)
        await attack(on, there, { askers: ['blue'], spellings: spellingsOf }, verdict)
        await attack(on, there, { askers: ['ops', 'home', 'revoked', 'expired'], spellings: plainOf }, verdict)
        const refused = there.filter(({ row }) => row.permission !== lackingAllBut)
        await attack(on, refused, { askers: ['lacking'], spellings: plainOf }, verdict)
        report(verdict.problems.slice(problemsBefore))
        assert.deepEqual(leaked(on), [], 'the upstream saw it')
      })

    check('goes no further in a query that no row knows', async (on) => {
      on.world.wire.clear()
      await inParallel(strayQueries, async ({ row, key, kind }) => {
        const own = on.ownOf('blue')
        const path = `${pathOf(row, own)}?x=1&${key}%5B%5D=${on.victim(kind)}`
        const { status } = await on.world.send('blue', { method: row.method, path })
        assert.ok(status >= 400 && status < 500, `${row.id} ${key}: ${status}`)
      })
      assert.deepEqual(leaked(on), [])
    })

    check('is in no list of anybody else', async (on) => {
      const lists = rows.filter(({ tenants, path, resources }) => tenants === 'owned' && !path.includes('{') && isAnsweredHere(resources))
      assert.ok(lists.length > 10)
      for (const path of ['/v1/vector_stores', '/v1/containers']) {
        const headers = { 'content-type': 'application/json' }
        const { status, text } = await on.world.send('red', { method: 'POST', path, headers, body: '{"name":"of red"}' })
        assert.equal(status, 200, text)
      }
      const { tenant, project } = on.world.owners.red
      const found = await on.world.store.all('SELECT id FROM objects WHERE tenant = ? AND project = ?', tenant, project)
      // A model that everybody may use is in the list of models; what looks like a word is none of the ids.
      const ids = found.map((row) => String(row['id'])).filter((id) => id.length > 16)
      for (const { path, beta } of lists)
        for (const who of ['blue', 'ops', 'home'] as const) {
          const { status, text } = await on.world.send(who, {
            method: 'GET',
            path: `${path}?limit=100`,
            headers: beta === null ? {} : { 'openai-beta': beta },
          })
          assert.equal(status, 200, `${path}: ${text}`)
          assert.deepEqual(
            ids.filter((id) => text.includes(id)),
            [],
            `${who} ${path}`,
          )
        }
    })

    check('was asked for often enough to mean something', async () => assert.ok(verdict.attempts >= 2500, String(verdict.attempts)))

    check('reaches the upstream when its owner names it', async (on) => {
      // Ids of its own for each request: what one of them deletes is no other's.
      const all: Named[] = []
      const made = (kind: ResourceKind): string => {
        const id = newId(kind)
        all.push({ kind, id })
        return id
      }
      const requests = spots.flatMap((spot) => {
        const id = made(spot.resource.kind)
        return plainOf(spot).map((plain) => ({ spot, id, request: plain.write(spot, id, made) }))
      })
      await on.world.own('red', all)
      on.world.wire.clear()
      const problems: string[] = []
      await inParallel(requests, async ({ spot, request }) => {
        const { status, text } = await on.world.send('red', request)
        const isClosed = spot.row.tenants === 'account'
        if (status >= 500 || isClosed !== (status === 403)) problems.push(`${spot.row.id} ${spot.resource.at}: ${status} ${text}`)
      })
      report(problems)
      const sent = on.world.wire.sent().toString('latin1')
      const kept = requests.filter(
        ({ spot, id }) => spot.row.tenants === 'owned' && !isAnsweredHere(spot.row.resources) && !sent.includes(id),
      )
      assert.deepEqual(
        kept.map(({ spot }) => `${spot.row.id} ${spot.resource.at}`),
        [],
      )
    })
  })
}

const isAnsweredHere = (resources: readonly { readonly act: string; readonly kind: ResourceKind }[]): boolean =>
  resources.some(({ act }) => act === 'list')

function report(problems: readonly string[]): void {
  if (problems.length > 0) assert.fail(`${problems.length} answers tell more than they should:\n\n${problems.slice(0, 12).join('\n\n')}`)
}
