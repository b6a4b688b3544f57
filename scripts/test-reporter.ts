// How `npm test` reads: one line a file, every failure in full, every skip with its reason, then Node's closing counts
// (`# pass 12`). Exits red when no test ran at all, because a wrong pattern must not look like success.
import { relative } from 'node:path'
import type { TestEvent } from 'node:test/reporters'
import { inspect } from 'node:util'

type Tally = { passed: number; failed: number; skipped: number }

// Node asks a reporter module for its default export.
// oxlint-disable-next-line import/no-default-export
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const tallies = new Map<string | undefined, Tally>()
  const failures: string[] = []
  const skips: string[] = []
  const counts: string[] = []
  for await (const { type, data } of events) {
    if (type === 'test:stdout' || type === 'test:stderr') yield data.message
    else if (type === 'test:diagnostic') counts.push(`# ${data.message}\n`)
    else if (type === 'test:pass' && data.details.type !== 'suite') {
      tallyOf(tallies, data.file)[data.skip === undefined ? 'passed' : 'skipped']++
      if (data.skip !== undefined) skips.push(`SKIPPED ${data.name} (${place(data.file, data.line)}) ${String(data.skip)}\n`)
    } else if (type === 'test:fail' && !isFailedParent(data.details.error)) {
      tallyOf(tallies, data.file).failed++
      const error = inspect(data.details.error.cause ?? data.details.error, { depth: 6 })
      failures.push(`\nFAILED ${data.name}\n  at ${place(data.file, data.line)}\n${error.replaceAll(/^/gm, '  ')}\n`)
    } else if (type === 'test:summary' && data.file !== undefined) {
      const { passed, failed, skipped } = tallyOf(tallies, data.file)
      const notes = (failed > 0 ? `, ${failed} failed` : '') + (skipped > 0 ? `, ${skipped} skipped` : '')
      yield `${data.success ? 'ok    ' : 'FAILED'} ${relative('.', data.file)}: ${passed} passed${notes} (${Math.round(data.duration_ms)} ms)\n`
    }
  }
  yield [...failures, ...skips, ...counts].join('')
  if (tallies.size === 0) {
    process.exitCode = 1
    yield 'No test ran: the patterns of the test script matched nothing.\n'
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
