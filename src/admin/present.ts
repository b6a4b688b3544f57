// A record becomes an answer: exactly the fields of its shape, times as ISO 8601. What a shape does not name cannot leak.
import type { Field, Shape } from '../kernel/field.ts'

export type Answer = Readonly<Record<string, unknown>>

export function present(shape: Shape, record: unknown): Answer {
  const fields = record as Readonly<Record<string, unknown>>
  return Object.fromEntries(Object.entries(shape.properties).map(([name, field]) => [name, valueOf(field, fields[name])]))
}

function valueOf(field: Field, value: unknown): unknown {
  if (field.format !== 'date-time' || typeof value !== 'number') return value ?? null
  // What every database begins with was made at no time.
  return value === 0 ? null : new Date(value).toISOString()
}
