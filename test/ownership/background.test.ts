// Background work on both databases: one process at a time, and nothing of it outlives the relay.
import assert from 'node:assert/strict'
import { startBackground, type Background, type Job } from '../../src/background/background.ts'
import type { ProcessId } from '../../src/kernel/ids.ts'
import type { Store } from '../../src/store/store.ts'
import { onEachStore } from '../harness/stores.ts'

const start = (store: Store, holder: string, job: Job, now: () => number = Date.now): Background =>
  startBackground({
    ...{ store, processId: holder as ProcessId, everyMs: 20, jobs: [job], clock: { now, tick: () => performance.now() } },
    onError: (error) => {
      throw error instanceof Error ? error : new Error(String(error))
    },
  })

async function until(isTrue: () => boolean): Promise<void> {
  for (let time = 0; time < 1000 && !isTrue(); time++) await new Promise((resolve) => setTimeout(resolve, 10))
  assert.ok(isTrue(), 'it never came true')
}

onEachStore('of several processes one works, and another one takes over when it goes', async (_, { open }) => {
  const counts = { one: 0, two: 0 }
  const one = start(await open(), 'one', async () => void counts.one++)
  await until(() => counts.one >= 1)
  const two = start(await open(), 'two', async () => void counts.two++)
  await until(() => counts.one >= 10)
  assert.equal(counts.two, 0)
  await one.close()
  assert.deepEqual(await (await open()).all("SELECT holder FROM leases WHERE holder = 'one'"), [], 'the next one need not wait')
  const last = counts.one
  await until(() => counts.two >= 3)
  assert.equal(counts.one, last)
  await two.close()
})

onEachStore('a process that died is waited for no longer than its turn', async (_, { open }) => {
  const store = await open()
  await store.run("INSERT INTO leases (name, holder, until_at) VALUES ('background', 'dead', ?)", Date.now() + 10_000)
  let aheadMs = 0
  let turns = 0
  const background = start(
    store,
    'next',
    async () => void turns++,
    () => Date.now() + aheadMs,
  )
  await new Promise((resolve) => setTimeout(resolve, 200))
  assert.equal(turns, 0)
  aheadMs = 10_001
  await until(() => turns > 0)
  await background.close()
})

onEachStore('a turn never overlaps the one before, and closing breaks off what runs', async (_, { open }) => {
  let running = 0
  let most = 0
  let turns = 0
  const background = start(await open(), 'one', async (signal) => {
    most = Math.max(most, ++running)
    if (++turns === 3) await new Promise((resolve) => signal.addEventListener('abort', () => setTimeout(resolve, 50)))
    else await new Promise((resolve) => setTimeout(resolve, 40))
    running--
  })
  await until(() => turns === 3)
  await background.close()
  assert.deepEqual([most, running, turns], [1, 0, 3])
})
