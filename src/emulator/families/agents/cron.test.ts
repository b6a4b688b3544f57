import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSchedule } from './cron.ts'

const next = (expression: string, after: string, timezone = 'UTC'): string | null => {
  const at = readSchedule(expression, timezone).next(Date.parse(after))
  return at === null ? null : new Date(at).toISOString().slice(0, 16)
}

test('the next occurrence comes after the given time, never at it', () => {
  assert.equal(next('* * * * *', '2026-03-01T10:00:00Z'), '2026-03-01T10:01')
  assert.equal(next('*/15 * * * *', '2026-03-01T10:50:00Z'), '2026-03-01T11:00')
  assert.equal(next('0 9 * * *', '2026-03-01T09:00:00Z'), '2026-03-02T09:00')
  assert.equal(next('0 9 * * mon-fri', '2026-03-06T10:00:00Z'), '2026-03-09T09:00')
  assert.equal(next('0 0 1 jan *', '2026-01-01T00:00:00Z'), '2027-01-01T00:00')
  assert.equal(next('5,35 8-10/2 * * *', '2026-03-01T08:35:00Z'), '2026-03-01T10:05')
  assert.equal(next('0 12 * * 7', '2026-03-02T00:00:00Z'), '2026-03-08T12:00')
  assert.equal(next('0 0 29 2 *', '2026-01-01T00:00:00Z'), '2028-02-29T00:00')
  assert.equal(next('0 0 31 2 *', '2026-01-01T00:00:00Z'), null)
})

test('a day matches by either of its fields when both are restricted', () => {
  assert.equal(next('0 0 13 * fri', '2026-03-01T00:00:00Z'), '2026-03-06T00:00')
  assert.equal(next('0 0 13 * fri', '2026-03-06T00:00:00Z'), '2026-03-13T00:00')
})

test('times are those of the timezone, through the changes of its clocks', () => {
  assert.equal(next('0 9 * * *', '2026-01-15T00:00:00Z', 'Europe/Berlin'), '2026-01-15T08:00')
  assert.equal(next('0 9 * * *', '2026-07-15T00:00:00Z', 'Europe/Berlin'), '2026-07-15T07:00')
  assert.equal(next('30 0 * * *', '2026-07-15T00:00:00Z', 'America/Los_Angeles'), '2026-07-15T07:30')
  // 2:30 does not exist on the night of the change.
  assert.equal(next('30 2 * * *', '2026-03-29T00:00:00Z', 'Europe/Berlin'), '2026-03-30T00:30')
  // And comes twice in autumn: once is enough.
  assert.equal(next('30 2 25 10 *', '2026-10-24T23:00:00Z', 'Europe/Berlin'), '2026-10-25T00:30')
  assert.equal(next('30 2 25 10 *', '2026-10-25T00:30:00Z', 'Europe/Berlin')?.slice(0, 4), '2027')
})

test('an expression or a timezone that cannot be read is refused', () => {
  for (const expression of [
    '',
    '* * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * * 13 *',
    '* * * * 8',
    '5-1 * * * *',
    '*/0 * * * *',
    'a * * * *',
  ])
    assert.throws(() => readSchedule(expression, 'UTC'), { status: 400, param: 'expression' }, expression)
  assert.throws(() => readSchedule('* * * * *', 'Mars/Olympus'), { status: 400, param: 'timezone' })
})
