// Which recording a request that fits none is nearest to, and where they differ: mostly a word somebody changed since.
import { isObject } from '../shape.ts'
import { normalized } from './recording.ts'
import type { Pairs } from './recording.ts'
import type { BodyContent, FormPart } from './request-body.ts'

export type Asked = { readonly method: string; readonly path: string; readonly query: Pairs; readonly body: BodyContent }

/** A request as it was recorded. */
export type Known = Omit<Asked, 'body'> & {
  readonly name: string
  readonly key: string
  /** Only the digest of a body that lies on disk. */
  readonly body: BodyContent | string
}

type Difference = { readonly at: string; readonly recorded: unknown; readonly asked: unknown }

/** A sentence or two for the error. */
export function nearest(known: readonly Known[], asked: Asked): string {
  const here = known.filter(({ method, path }) => method === asked.method && path === asked.path)
  const compared = here
    .map((each) => ({ each, differences: differencesOf(each, asked) }))
    .toSorted((one, other) => one.differences.length - other.differences.length)[0]
  if (compared !== undefined) {
    const { each, differences } = compared
    const [first] = differences
    const where = first === undefined ? 'its body' : `${first.at} is ${shown(first.recorded)} there and ${shown(first.asked)} here`
    const more = differences.length > 1 ? ` (and ${differences.length - 1} more)` : ''
    return `The nearest is ${each.name}: ${where}${more}.`
  }
  const [closest] = known.toSorted((one, other) => likeness(other, asked) - likeness(one, asked))
  return closest === undefined ? 'There are no recordings.' : `The nearest is ${closest.name}, which is ${closest.method} ${closest.path}.`
}

function likeness({ method, path }: Known, asked: Asked): number {
  const segments = asked.path.split('/')
  const shared = path.split('/').findIndex((segment, index) => segment !== segments[index])
  return (shared === -1 ? segments.length : shared) * 2 + (method === asked.method ? 1 : 0)
}

function differencesOf(known: Known, asked: Asked): readonly Difference[] {
  const found: Difference[] = []
  compare('query', Object.fromEntries(grouped(known.query)), Object.fromEntries(grouped(asked.query)), found)
  const { body } = known
  if (typeof body === 'string') found.push({ at: 'the body', recorded: 'another large one', asked: kinds[asked.body.kind] })
  else if (body.kind === 'json' && asked.body.kind === 'json') compare('body', body.value, asked.body.value, found)
  else if (body.kind === 'form' && asked.body.kind === 'form') compareParts(body.parts, asked.body.parts, found)
  else if (body.kind !== asked.body.kind) found.push({ at: 'the body', recorded: kinds[body.kind], asked: kinds[asked.body.kind] })
  else if (body.kind === 'bytes') found.push({ at: 'the body', recorded: 'other bytes', asked: kinds.bytes })
  return found
}

const kinds = { none: 'none', json: 'JSON', form: 'a form', bytes: 'bytes' } as const

const grouped = (query: Pairs): (readonly [name: string, values: unknown])[] =>
  [...Map.groupBy(normalized(query), ([name]) => name)].map(([name, pairs]) => [name, pairs.map(([, value]) => value).join()])

/** One difference for every place where the values part. */
function compare(at: string, recorded: unknown, asked: unknown, found: Difference[]): void {
  if (Array.isArray(recorded) && Array.isArray(asked)) {
    for (let index = 0; index < Math.max(recorded.length, asked.length); index++)
      compare(`${at}[${index}]`, recorded[index], asked[index], found)
  } else if (isObject(recorded) && isObject(asked)) {
    for (const name of new Set([...Object.keys(recorded), ...Object.keys(asked)]))
      compare(`${at}.${name}`, recorded[name], asked[name], found)
  } else if (recorded !== asked) found.push({ at, recorded, asked })
}

function compareParts(recorded: readonly FormPart[], asked: readonly FormPart[], found: Difference[]): void {
  const named = (parts: readonly FormPart[]): Record<string, unknown> =>
    Object.fromEntries(
      parts.map((part) => [
        part.name,
        'value' in part
          ? part.value
          : { filename: part.filename, 'content type': part.contentType, size: part.sizeBytes, content: `${part.sha256.slice(0, 8)}…` },
      ]),
    )
  compare('form', named(recorded), named(asked), found)
}

function shown(value: unknown): string {
  if (value === undefined) return 'missing'
  const json = JSON.stringify(value)
  return json.length > 120 ? `${json.slice(0, 117)}…` : json
}
