// Times as operators write them: `30d`, `12h`, `90m`, `45s`, or a moment in ISO 8601.
import { Refusal } from '../kernel/errors.ts'

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
/** Beyond it a time is a mistake, and later sums would leave the safe integers. */
const maxMs = 100 * 365 * 86_400_000

/** @throws Refusal invalid_value, for the input called `param` */
export function readDuration(param: string, text: string): number {
  const ms = durationOf(text)
  if (ms === null) throw new Refusal('invalid_value', { param, why: 'use a number and s, m, h, d or w, such as 30d' })
  return ms
}

/** @throws Refusal invalid_value, for the input called `param` */
export function readExpiry(param: string, text: string): { readonly at: number } | { readonly afterMs: number } {
  const afterMs = durationOf(text)
  if (afterMs !== null) return { afterMs }
  // Without a zone a moment would depend on where the relay stands.
  const at = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at)) throw new Refusal('invalid_value', { param, why: 'use a time such as 30d, 12h or 2031-01-31T00:00:00Z' })
  return { at }
}

function durationOf(text: string): number | null {
  const [, digits = '', unit = ''] = /^(\d{1,9})([smhdw])$/.exec(text) ?? []
  const ms = digits === '' ? Number.NaN : Number(digits) * (unitMs[unit] ?? Number.NaN)
  return ms <= maxMs ? ms : null
}
