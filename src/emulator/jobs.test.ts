import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createClock } from './clock.ts'
import { createJobs } from './jobs.ts'
import type { Jobs } from './jobs.ts'
import { openDatabase } from './state/database.ts'

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20))

/** Jobs with a pace of an hour, so that nothing happens unless the clock is moved. */
function withJobs(
  work: (
    start: (run: (kind: string, subject: string) => void | Promise<void>) => Jobs,
    advance: (hours: number) => Promise<void>,
  ) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const directory = mkdtempSync(join(tmpdir(), 'relay-jobs-'))
    const database = openDatabase(directory)
    const clock = createClock()
    const paceMs = 3_600_000
    try {
      await work(
        (run) => createJobs({ database, clock, paceMs, run, warn: () => undefined }),
        async (hours) => {
          clock.advance(hours * paceMs)
          await settle()
        },
      )
    } finally {
      clock.stop()
      database.close()
      rmSync(directory, { recursive: true })
    }
  }
}

test(
  'a job runs once when it falls due, not before, and not when it was called off',
  withJobs(async (start, advance) => {
    const ran: string[] = []
    const jobs = start((kind, subject) => void ran.push(`${kind} ${subject}`))
    jobs.schedule('a', '1')
    jobs.schedule('b', '1', 2)
    jobs.schedule('c', '1')
    jobs.cancel('c', '1')
    await settle()
    assert.deepEqual(ran, [])
    await advance(1)
    assert.deepEqual(ran, ['a 1'])
    await advance(5)
    assert.deepEqual(ran, ['a 1', 'b 1'])
    await jobs.stop()
  }),
)

test(
  'a step that schedules itself runs again, and one that fails ends',
  withJobs(async (start, advance) => {
    let runs = 0
    const jobs = start((kind, subject) => {
      runs++
      if (runs === 3) throw new Error('broken')
      jobs.schedule(kind, subject)
    })
    jobs.schedule('a', '1')
    for (let hour = 0; hour < 5; hour++) await advance(1)
    assert.equal(runs, 3)
    await jobs.stop()
  }),
)

test(
  'what was left by a process that ended is taken up by the next, what was done is not',
  withJobs(async (start, advance) => {
    const first = start(() => undefined)
    first.schedule('done', '1')
    first.schedule('left', '1', 2)
    await advance(1)
    await first.stop()
    const ran: string[] = []
    const second = start((kind) => void ran.push(kind))
    second.resume()
    await advance(3)
    assert.deepEqual(ran, ['left'])
    await second.stop()
  }),
)

test(
  'a job that is due at a time of day does not care about the pace',
  withJobs(async (start, advance) => {
    const ran: string[] = []
    const jobs = start((kind) => void ran.push(kind))
    jobs.scheduleAt('soon', '1', Date.now() + 1_800_000)
    await advance(0.4)
    assert.deepEqual(ran, [])
    await advance(0.2)
    assert.deepEqual(ran, ['soon'])
    await jobs.stop()
  }),
)
