// A delete is denied at once: from the moment it is asked for nobody reaches the object any more, whatever the upstream says, whoever
// dies. An object that the upstream refuses to delete is its owner's again.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openDatabase, type DatabaseKind } from '../harness/database.ts'
import { startGuardedAccount, type GuardedAccount } from '../harness/guarded-account.ts'
import { rawUpstream, type RawUpstream } from '../harness/raw-upstream.ts'
import { newId } from './spots.ts'

const databases: readonly DatabaseKind[] = ['sqlite', 'postgres']

for (const database of databases)
  describe(`on ${database}, an object that is being deleted`, { concurrency: false }, () => {
    const undo = new AsyncDisposableStack()
    let world: GuardedAccount | null = null
    let upstream: RawUpstream
    let answer: (method: string) => Promise<string>
    before(async () => {
      const opened = await openDatabase(database)
      if (opened === null) return
      undo.use(opened)
      upstream = undo.use(
        await rawUpstream(async (exchange) => {
          if (!(await exchange.whole)) return
          const text = await answer(exchange.request.method)
          if (text === '') exchange.reset()
          else await exchange.send(text)
        }),
      )
      world = undo.use(await startGuardedAccount({ databaseUrl: opened.url, upstream: upstream.url }))
    })
    after(() => undo.disposeAsync())

    const answerOf = (status: string): string =>
      `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{"ok":true}`
    const making = async (on: GuardedAccount): Promise<{ readonly path: string; readonly status: (method: string) => Promise<number> }> => {
      const id = newId('vector_store')
      await on.own('red', [{ kind: 'vector_store', id }])
      const path = `/v1/vector_stores/${id}`
      return { path, status: async (method) => (await on.send('red', { method, path })).status }
    }

    test('is missing while the upstream thinks about it, and nobody asks the upstream for it', async (context) => {
      if (world === null) return context.skip('no database')
      const { status } = await making(world)
      const thinking = Promise.withResolvers<void>()
      const asked = Promise.withResolvers<void>()
      answer = async () => {
        asked.resolve()
        await thinking.promise
        return answerOf('200 OK')
      }
      const deleted = status('DELETE')
      await asked.promise
      upstream.clear()
      assert.equal(await status('GET'), 404)
      assert.equal(await status('POST'), 404)
      assert.equal(upstream.requests.length, 0)
      thinking.resolve()
      assert.equal(await deleted, 200)
      assert.equal(await status('GET'), 404)
    })

    test('stays missing when nobody knows whether it was deleted', async (context) => {
      if (world === null) return context.skip('no database')
      for (const lost of ['', answerOf('500 Oops'), answerOf('503 Busy')]) {
        const { status } = await making(world)
        answer = async () => lost
        assert.ok((await status('DELETE')) >= 500)
        answer = async () => answerOf('200 OK')
        assert.equal(await status('GET'), 404, lost)
      }
    })

    test('stays missing when the relay starts again, and is deleted in the end', async (context) => {
      if (world === null) return context.skip('no database')
      const { status } = await making(world)
      answer = async () => ''
      assert.equal(await status('DELETE'), 502)
      await world.restart()
      answer = async () => answerOf('200 OK')
      assert.equal(await status('GET'), 404)
      // Unless the relay has finished it by itself meanwhile.
      assert.ok([200, 404].includes(await status('DELETE')))
      // This upstream takes any number of deletes: that the last one is written down ends them.
      for (let tries = 0; (await status('DELETE')) !== 404; tries++) assert.ok(tries < 200, 'it never ended')
      assert.equal(await status('GET'), 404)
    })

    test('is its owner’s again when the upstream refuses to delete it', async (context) => {
      if (world === null) return context.skip('no database')
      const { status } = await making(world)
      answer = async (method) => answerOf(method === 'DELETE' ? '409 Conflict' : '200 OK')
      assert.equal(await status('DELETE'), 409)
      for (let tries = 0; (await status('GET')) !== 200; tries++) assert.ok(tries < 200, 'it never came back')
    })
  })
