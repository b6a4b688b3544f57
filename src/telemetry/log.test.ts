import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLog, type ExchangeFields, type Log } from './log.ts'

const exchange: ExchangeFields = {
  requestId: 'req_1',
  upstreamRequestId: 'req_upstream',
  tokenId: 'tok_1',
  endpoint: 'chat.completions.create',
  method: 'POST',
  status: 200,
  outcome: 'completed',
  code: null,
  model: 'gpt-4o-mini',
  failure: null,
  attempts: 1,
  requestBytes: 10,
  answerBytes: 20,
  durationMs: 1.25,
  firstByteMs: null,
}

test('an exchange is one line of JSON with the named fields and no other', () => {
  const [line, ...rest] = linesOf((log) => log.exchange(exchange))
  assert.deepEqual(rest, [])
  assert.deepEqual(Object.keys(line ?? {}), [
    'time',
    'level',
    'event',
    'request_id',
    'upstream_request_id',
    'token_id',
    'endpoint',
    'method',
    'status',
    'outcome',
    'code',
    'model',
    'failure',
    'attempts',
    'request_bytes',
    'answer_bytes',
    'duration_ms',
    'first_byte_ms',
  ])
  assert.deepEqual(
    [line?.['time'], line?.['upstream_request_id'], line?.['first_byte_ms']],
    ['1970-01-01T00:00:00.000Z', 'req_upstream', null],
  )
})

test('texts that clients and upstreams choose stay inside their field, and short', () => {
  const hostile = `"}\n{"level":"warn","event":"forged${'x'.repeat(500)}`
  const lines = linesOf((log) => log.exchange({ ...exchange, model: hostile, method: '"\n', upstreamRequestId: hostile }))
  assert.equal(lines.length, 1)
  assert.equal(lines[0]?.['model'], hostile.slice(0, 120))
  assert.equal(lines[0]?.['upstream_request_id'], hostile.slice(0, 120))
  assert.equal(lines[0]?.['method'], '"\n')
})

test('a warning says what happened and what to do', () => {
  assert.deepEqual(
    linesOf((log) => log.warn('upstream-credentials-refused', { fix: 'check the key' })),
    [{ time: '1970-01-01T00:00:00.000Z', level: 'warn', event: 'upstream-credentials-refused', fix: 'check the key' }],
  )
})

test('a log that is off writes nothing', () => {
  assert.deepEqual(
    linesOf((log) => log.exchange(exchange), false),
    [],
  )
})

test('a log whose reader is gone does not stop the relay', () => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-log-'))
  const descriptor = openSync(join(folder, 'log'), 'w')
  closeSync(descriptor)
  rmSync(folder, { recursive: true })
  const log = createLog({ isOn: true, now: () => 0, descriptor })
  log.exchange(exchange)
  assert.doesNotThrow(() => log.close())
})

function linesOf(write: (log: Log) => void, isOn = true): readonly Readonly<Record<string, unknown>>[] {
  const folder = mkdtempSync(join(tmpdir(), 'relay-log-'))
  const file = join(folder, 'log')
  const descriptor = openSync(file, 'w')
  try {
    const log = createLog({ isOn, now: () => 0, descriptor })
    write(log)
    log.close()
    const text = readFileSync(file, 'utf8')
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  } finally {
    closeSync(descriptor)
    rmSync(folder, { recursive: true })
  }
}
