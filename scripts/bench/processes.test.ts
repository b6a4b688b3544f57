// Tests of the reading of /proc: a wrong field would make every figure of the bench wrong.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import {
  cpuMicroseconds,
  parseOpenFilesLimit,
  parseResidentBytes,
  parseSchedstat,
  parseStatTicks,
  processTree,
  residentBytes,
} from './processes.ts'

const isLinux = process.platform === 'linux'

test('schedstat tells the nanoseconds on the CPU first, and those of waiting for it second', () => {
  assert.deepEqual(parseSchedstat('72530123 54333 2\n'), { ran: 72530123, waited: 54333 })
})

test('ticks are found behind a command name with blanks and parentheses', () => {
  assert.equal(parseStatTicks('4242 (a (b) c) S 1 4242 4242 0 -1 4194560 1500 0 0 0 37 5 0 0 20 0 1 0 100'), 42)
})

test('resident memory is told in bytes, and is 0 where the kernel tells none', () => {
  assert.equal(parseResidentBytes('Name:\tnode\nVmHWM:\t  999 kB\nVmRSS:\t   2048 kB\nRssAnon:\t 1 kB\n'), 2048 * 1024)
  assert.equal(parseResidentBytes('Name:\tkthreadd\n'), 0)
})

test('the hard limit of open files counts, not the soft one', () => {
  assert.equal(
    parseOpenFilesLimit(
      'Limit  Soft Limit  Hard Limit  Units\nMax open files            1024                 20000                files\n',
    ),
    20000,
  )
  assert.equal(parseOpenFilesLimit('Max open files  1024  unlimited  files\n'), Number.POSITIVE_INFINITY)
})

test('a child is part of the tree and its CPU time is counted', { skip: !isLinux }, async () => {
  const burn = 'const end = Date.now() + 150; while (Date.now() < end); console.log("burnt"); setInterval(() => {}, 1000)'
  const child = spawn(process.execPath, ['-e', burn], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    await once(child.stdout, 'data')
    assert.ok(child.pid !== undefined)
    assert.ok(processTree(process.pid).includes(child.pid))
    assert.ok(cpuMicroseconds(child.pid) > 20_000)
    assert.ok(cpuMicroseconds(process.pid) > cpuMicroseconds(child.pid))
    assert.ok(residentBytes(child.pid) > 10_000_000)
  } finally {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
})
