// Five-field cron expressions in a timezone: when is the next occurrence?
import { invalid } from '../../errors.ts'

type Field = { readonly name: string; readonly min: number; readonly max: number; readonly names?: readonly string[] }

const months = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')
const days = 'sun mon tue wed thu fri sat'.split(' ')

const fields = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, names: months },
  // Both 0 and 7 are Sunday.
  { name: 'day of week', min: 0, max: 7, names: days },
] as const satisfies readonly Field[]

export type Schedule = {
  /** The first time after `afterMs`, both in milliseconds since the epoch; null when there is none in the next years. */
  readonly next: (afterMs: number) => number | null
}

const minuteMs = 60_000
/** 29 February comes every four years, and once in eight. */
const daysAhead = 9 * 366

/** Throws the refusal of an expression or a timezone that cannot be read. */
export function readSchedule(expression: string, timezone: string): Schedule {
  const parts = expression.trim().split(/\s+/)
  if (parts.length !== fields.length) throw refused(`expected 5 fields, but got ${expression.trim() === '' ? 0 : parts.length}`)
  const [minutes, hours, daysOfMonth, monthSet, weekdays] = fields.map((field, index) => readField(field, parts[index] ?? ''))
  const wall = wallClock(timezone)
  const isDay = (day: Date): boolean => {
    const byDate = daysOfMonth?.has(day.getUTCDate()) === true
    const byWeekday = weekdays?.has(day.getUTCDay()) === true || (day.getUTCDay() === 0 && weekdays?.has(7) === true)
    // Quirk of cron: with both fields restricted, either is enough.
    const isEither = parts[2] !== '*' && parts[4] !== '*'
    return monthSet?.has(day.getUTCMonth() + 1) === true && (isEither ? byDate || byWeekday : byDate && byWeekday)
  }
  return {
    next: (afterMs) => {
      // Days and times are those of the wall clock, written as if they were UTC.
      const from = wall(afterMs)
      const midnight = from - (from % 86_400_000)
      for (let ahead = 0; ahead <= daysAhead; ahead++) {
        const day = midnight + ahead * 86_400_000
        if (!isDay(new Date(day))) continue
        for (const hour of hours ?? [])
          for (const minute of minutes ?? []) {
            const at = instantOf(wall, day + (hour * 60 + minute) * minuteMs)
            if (at !== null && at > afterMs) return at
          }
      }
      return null
    },
  }
}

const refused = (why: string): Error => invalid(`Invalid 'expression': ${why}.`, 'expression', 'invalid_value')

function readField({ name, min, max, names = [] }: Field, text: string): ReadonlySet<number> {
  const values = new Set<number>()
  const valueOf = (part: string): number => {
    const named = names.indexOf(part.toLowerCase())
    const value = named === -1 ? Number(/^\d+$/.test(part) ? part : Number.NaN) : named + min
    if (!(value >= min && value <= max)) throw refused(`'${part}' is no ${name}`)
    return value
  }
  for (const part of text.split(',')) {
    const [, range = '', step] = /^([^/]+)(?:\/(\d+))?$/.exec(part) ?? []
    const [first = '', last] = range.split('-')
    const from = range === '*' ? min : valueOf(first)
    const until = range === '*' || (last === undefined && step !== undefined) ? max : valueOf(last ?? first)
    const by = step === undefined ? 1 : Number(step)
    if (by < 1 || until < from) throw refused(`'${part}' is no ${name}`)
    for (let value = from; value <= until; value += by) values.add(value)
  }
  return new Set([...values].toSorted((one, other) => one - other))
}

type Wall = (instantMs: number) => number

/** What the clocks of a timezone show, as if it were UTC. */
function wallClock(timezone: string): Wall {
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    })
  } catch {
    throw invalid(`Invalid 'timezone': '${timezone}' is no IANA timezone.`, 'timezone', 'invalid_value')
  }
  return (instantMs) => {
    const shown = Object.fromEntries(format.formatToParts(instantMs).map(({ type, value }) => [type, Number(value)]))
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = shown
    return Date.UTC(year, month - 1, day, hour, minute)
  }
}

/** When the clocks show a time; null where they skip it. Of the two times when they go back, the first. */
function instantOf(wall: Wall, shown: number): number | null {
  for (const guess of [shown - offsetAt(wall, shown - 86_400_000), shown - offsetAt(wall, shown + 86_400_000)])
    if (wall(guess) === shown) return guess
  return null
}

const offsetAt = (wall: Wall, instantMs: number): number => wall(instantMs) - Math.floor(instantMs / minuteMs) * minuteMs
