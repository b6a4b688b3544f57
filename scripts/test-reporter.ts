// How `npm test` reads: one line a file, every failure in full, every skip with its reason, then Node's closing counts
// (`# pass 12`). Exits red when no test ran at all, because a wrong pattern must not look like success, and names a file
// that has gone quiet: one that left a socket open never exits, and the run would wait without saying for what.
import { relative } from 'node:path'
import type { TestEvent } from 'node:test/reporters'
import { inspect } from 'node:util'

const quietMs = 60_000

type Tally = { passed: number; failed: number; skipped: number }

// Node asks a reporter module for its default export.
// oxlint-disable-next-line import/no-default-export
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const tallies = new Map<string | undefined, Tally>()
  const failures: string[] = []
  const skips: string[] = []
  const notes: string[] = []
  const counts: string[] = []
  const ended = new Set<string>()
  const quietSince = new Map<string, number>()
  const watch = setInterval(() => tellQuiet(quietSince), quietMs).unref()
  for await (const { type, data } of events) {
    if (data !== undefined && 'file' in data && data.file !== undefined && !ended.has(data.file))
      quietSince.set(data.file, performance.now())
    if (type === 'test:stdout' || type === 'test:stderr') yield data.message
    else if (type === 'test:diagnostic') {
      if (data.file === undefined) counts.push(`# ${data.message}\n`)
      else notes.push(`note   ${place(data.file, data.line)} ${data.message}\n`)
    } else if (type === 'test:pass' && data.details.type !== 'suite') {
      tallyOf(tallies, data.file)[data.skip === undefined ? 'passed' : 'skipped']++
      if (data.skip !== undefined) skips.push(`SKIPPED ${data.name} (${place(data.file, data.line)}) ${String(data.skip)}\n`)
    } else if (type === 'test:fail' && !isFailedParent(data.details.error)) {
      tallyOf(tallies, data.file).failed++
      const error = inspect(data.details.error.cause ?? data.details.error, { depth: 6 })
      failures.push(`\nFAILED ${data.name}\n  at ${place(data.file, data.line)}\n${error.replaceAll(/^/gm, '  ')}\n`)
    } else if (type === 'test:summary' && data.file !== undefined) {
      const { passed, failed, skipped } = tallyOf(tallies, data.file)
      const parts = (failed > 0 ? `, ${failed} failed` : '') + (skipped > 0 ? `, ${skipped} skipped` : '')
      ended.add(data.file)
      quietSince.delete(data.file)
      yield `${data.success ? 'ok    ' : 'FAILED'} ${relative('.', data.file)}: ${passed} passed${parts} (${Math.round(data.duration_ms)} ms)\n`
    }
  }
  clearInterval(watch)
  yield [...notes, ...failures, ...skips, ...counts].join('')
  if (tallies.size === 0) {
    process.exitCode = 1
    yield 'No test ran: the patterns of the test script matched nothing.\n'
  }
}

/** Files report in the order they were queued in, so the first that has not ended is the one the others wait behind. */
function tellQuiet(quietSince: ReadonlyMap<string, number>): void {
  for (const [file, since] of quietSince) {
    const seconds = Math.round((performance.now() - since) / 1000)
    if (seconds * 1000 >= quietMs) process.stderr.write(`still waiting for ${relative('.', file)}: nothing from it for ${seconds} s\n`)
    return
  }
}

function tallyOf(tallies: Map<string | undefined, Tally>, file: string | undefined): Tally {
  let tally = tallies.get(file)
  if (tally === undefined) tallies.set(file, (tally = { passed: 0, failed: 0, skipped: 0 }))
  return tally
}

/** A suite or parent test fails because a child did; the child is reported, so its parents need not be. */
function isFailedParent(error: Error): boolean {
  return 'failureType' in error && error.failureType === 'subtestsFailed'
}

function place(file: string | undefined, line: number | undefined): string {
  return file === undefined ? 'unknown file' : `${relative('.', file)}:${line ?? 0}`
}
