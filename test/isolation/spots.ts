// Every place of the catalog where a request can name an id, and every way to write one there that some reader would take for it.
import { gzipSync } from 'node:zlib'
import { publicParams, type Endpoint, type Resource } from '../../src/catalog/endpoint.ts'
import { catalog } from '../../src/catalog/index.ts'
import { kinds, type ResourceKind } from '../../src/catalog/kinds.ts'
import { referenceKeys } from '../../src/catalog/references.ts'
import type { Sent } from '../harness/guarded-account.ts'

export type SpotPlace = 'path' | 'query' | 'body' | 'form'

/** One place of one row. */
export type Spot = { readonly row: Endpoint; readonly resource: Resource; readonly place: SpotPlace; readonly at: string }

/** An id of the sender's own for every other place of the request. */
export type Own = (kind: ResourceKind) => string

/** A way to write an id at a place. `own` stands wherever the request needs another id. */
export type Spelling = {
  readonly name: string
  readonly write: (spot: Spot, id: string, own: Own) => Sent
  /** Where it cannot be written so. */
  readonly isFor?: (spot: Spot) => boolean
}

export const rows: readonly Endpoint[] = catalog.filter(({ transport }) => transport === 'http')

export const spots: readonly Spot[] = rows.flatMap((row) =>
  row.resources.flatMap((resource) => {
    if (resource.act !== 'use' && resource.act !== 'delete') return []
    const [place = '', ...rest] = resource.at.split('.')
    return [{ row, resource, place: place as SpotPlace, at: rest.join('.') }]
  }),
)

/** An id as the upstream would make one, of the same length for the same kind. */
export function newId(kind: ResourceKind): string {
  const tail = Array.from({ length: 32 }, () => Math.floor(Math.random() * 16).toString(16)).join('')
  if (kind === 'model') return `ft:gpt-4o-mini-2024-07-18:acme::${tail.slice(0, 8)}`
  return `${kinds[kind].prefixes[0] ?? ''}${tail}`
}

/** The path of the row with ids of the sender's own, but for what `id` says. */
export function pathOf({ path, resources }: Endpoint, own: Own, id: Readonly<Record<string, string>> = {}): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const kind = resources.find(({ at }) => at === `path.${name}`)?.kind
    return id[name] ?? (publicParams.has(name) || kind === undefined ? '1' : own(kind))
  })
}

const betaOf = ({ beta }: Endpoint): Record<string, string> => (beta === null ? {} : { 'openai-beta': beta })
const bare = ({ row }: Spot, path: string): Sent => ({ method: row.method, path, headers: betaOf(row) })

const everyByte = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
const firstByte = (text: string): string => everyByte(text.slice(0, 1)) + encodeURIComponent(text.slice(1))

const inPath =
  (spell: (id: string) => string) =>
  (spot: Spot, id: string, own: Own): Sent =>
    bare(spot, pathOf(spot.row, own, { [spot.at]: spell(id) }))

export const pathSpellings: readonly Spelling[] = [
  { name: 'plain', write: inPath((id) => id) },
  { name: 'a byte percent-encoded', write: inPath(firstByte) },
  { name: 'encoded twice', write: inPath((id) => encodeURIComponent(firstByte(id))) },
  { name: 'encoded three times', write: inPath((id) => encodeURIComponent(encodeURIComponent(firstByte(id)))) },
  { name: 'in capitals', write: inPath((id) => id.toUpperCase()) },
  { name: 'with a space behind it', write: inPath((id) => `${id}%20`) },
  { name: 'with a null behind it', write: inPath((id) => `${id}%00`) },
  { name: 'with a slash behind it', write: inPath((id) => `${id}/`) },
  { name: 'with a parameter behind it', write: inPath((id) => `${id};a=1`) },
  {
    name: 'without the version',
    write: (spot, id, own) => bare(spot, pathOf(spot.row, own, { [spot.at]: id }).replace(/^\/v1/, '')),
  },
  { name: 'below dots', write: (spot, id, own) => bare(spot, pathOf(spot.row, own, { [spot.at]: `x/../${id}` })) },
]

const inQuery =
  (query: (name: string, id: string, own: string) => string) =>
  (spot: Spot, id: string, own: Own): Sent =>
    bare(spot, `${pathOf(spot.row, own)}?${query(spot.at, id, own(spot.resource.kind))}`)

export const querySpellings: readonly Spelling[] = [
  { name: 'plain', write: inQuery((name, id) => `${name}=${id}`) },
  { name: 'every byte encoded', write: inQuery((name, id) => `${name}=${everyByte(id)}`) },
  { name: 'the name encoded', write: inQuery((name, id) => `${everyByte(name)}=${id}`) },
  { name: 'in brackets', write: inQuery((name, id) => `${name}[]=${id}`) },
  { name: 'in brackets with a number', write: inQuery((name, id) => `${name}%5B0%5D=${id}`) },
  { name: 'behind an own one', write: inQuery((name, id, own) => `${name}=${own}&${name}=${id}`) },
  { name: 'in front of an own one', write: inQuery((name, id, own) => `${name}=${id}&${name}=${own}`) },
  { name: 'in capitals', write: inQuery((name, id) => `${name}=${id.toUpperCase()}`) },
  { name: 'with a space in front', write: inQuery((name, id) => `${name}=+${id}`) },
  { name: 'among others', write: inQuery((name, id) => `limit=3&order=asc&${name}=${id}&x=1`) },
]

/** The document with a value at a dotted place; `wrap` says what stands around each step. */
export function documentAt(at: string, value: string, wrap: (inner: string) => string = (inner) => inner, key = quoted): string {
  return at
    .split('.')
    .toReversed()
    .reduce((inner, name) => wrap(`{${key(name === '*' ? 'anything' : name)}:${inner}}`), wrap(value))
}

const quoted = (text: string): string => JSON.stringify(text)
const escapedText = (text: string): string =>
  `"${text.replaceAll(/./g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`

const json = (spot: Spot, own: Own, body: string | Buffer, more: Readonly<Record<string, string>> = {}): Sent => ({
  method: spot.row.method,
  path: pathOf(spot.row, own),
  headers: { ...betaOf(spot.row), 'content-type': 'application/json', ...more },
  body,
})

const inBody =
  (document: (at: string, id: string, own: string) => string) =>
  (spot: Spot, id: string, own: Own): Sent =>
    json(spot, own, document(spot.at, id, own(spot.resource.kind)))

const keyOf = ({ at }: Spot): string => at.slice(at.lastIndexOf('.') + 1)
const topOf = (at: string): string => at.split('.')[0] ?? ''
const two = (at: string, one: string, other: string): string =>
  `{${quoted(topOf(at))}:${restOf(at, one)},${quoted(topOf(at))}:${restOf(at, other)}}`
const restOf = (at: string, id: string): string => (at.includes('.') ? documentAt(at.slice(at.indexOf('.') + 1), quoted(id)) : quoted(id))

export const bodySpellings: readonly Spelling[] = [
  { name: 'plain', write: inBody((at, id) => documentAt(at, quoted(id))) },
  { name: 'in lists', write: inBody((at, id) => documentAt(at, quoted(id), (inner) => `[${inner}]`).slice(1, -1)) },
  { name: 'in lists of lists', write: inBody((at, id) => documentAt(at, `[[${quoted(id)}]]`)) },
  { name: 'behind an own one in a list', write: inBody((at, id, own) => documentAt(at, `[${quoted(own)},${quoted(id)}]`)) },
  { name: 'under a key that comes again', write: inBody((at, id, own) => two(at, id, own)) },
  { name: 'under a key that came before', write: inBody((at, id, own) => two(at, own, id)) },
  { name: 'with escapes', write: inBody((at, id) => documentAt(at, escapedText(id))) },
  { name: 'with a slash escaped', write: inBody((at, id) => documentAt(at, quoted(id).replace('-', '\\u002D').replace('_', '\\u005f'))) },
  { name: 'under an escaped key', write: inBody((at, id) => documentAt(at, quoted(id), undefined, escapedText)) },
  { name: 'with spaces all over', write: inBody((at, id) => ` \r\n\t${documentAt(at, quoted(id)).replaceAll(':', ' \n: \t')} \n`) },
  { name: 'in capitals', write: inBody((at, id) => documentAt(at, quoted(id.toUpperCase()))) },
  { name: 'with a space in front', write: inBody((at, id) => documentAt(at, quoted(` ${id}`))) },
  { name: 'with a space behind it', write: inBody((at, id) => documentAt(at, quoted(`${id} `))) },
  {
    name: 'compressed',
    write: (spot, id, own) => json(spot, own, gzipSync(documentAt(spot.at, quoted(id))), { 'content-encoding': 'gzip' }),
  },
  {
    name: 'deep under the same key',
    isFor: (spot) => referenceKeys.has(keyOf(spot)),
    write: (spot, id, own) => json(spot, own, `{"new_field":[{"of":{${quoted(keyOf(spot))}:[${quoted(id)}]}}]}`),
  },
]

/** Keys that name an object wherever they stand, as parameters of a query that no row has. */
export const strayQueries: readonly { readonly row: Endpoint; readonly key: string; readonly kind: ResourceKind }[] = rows
  .filter(({ tenants, resources }) => tenants === 'owned' && resources.every(({ act }) => act !== 'list'))
  .flatMap((row, index) => {
    const [key, kind] = [...referenceKeys][index % referenceKeys.size] ?? ['file_id', 'file']
    return row.resources.some(({ at }) => at === `query.${key}`) ? [] : [{ row, key, kind }]
  })

export const boundary = 'relay-isolation-5e1f'
export const formHeaders = { 'content-type': `multipart/form-data; boundary=${boundary}` }

/** A part of a form, and a form of parts. */
export const part = (disposition: string, value: string | Buffer, more = ''): Buffer =>
  Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n${more}\r\n`),
    Buffer.from(value as string),
    Buffer.from('\r\n'),
  ])
export const formOf = (...parts: readonly Buffer[]): Buffer => Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)])
export const filePart = part('name="file"; filename="a.txt"', 'a'.repeat(2000), 'Content-Type: text/plain\r\n')

/** More than is held back before the upstream hears of a form. */
const largeFile = part('name="file"; filename="a.txt"', 'a'.repeat(300_000), 'Content-Type: text/plain\r\n')

const form = (spot: Spot, own: Own, body: Buffer): Sent => ({
  method: spot.row.method,
  path: pathOf(spot.row, own),
  headers: { ...betaOf(spot.row), ...formHeaders },
  body,
})
const inForm =
  (parts: (name: string, id: string, own: string) => readonly Buffer[]) =>
  (spot: Spot, id: string, own: Own): Sent =>
    form(spot, own, formOf(...parts(bracketed(spot.at), id, own(spot.resource.kind))))
/** `video.id` as `video[id]`. */
const bracketed = (at: string): string => at.replaceAll(/\.([\w*-]+)/g, '[$1]')
const isNested = ({ at }: Spot): boolean => at.includes('.')
const inside = (at: string, value: string): string => documentAt(at.slice(at.indexOf('.') + 1), value)

export const formSpellings: readonly Spelling[] = [
  { name: 'plain', write: inForm((name, id) => [part(`name="${name}"`, id), filePart]) },
  { name: 'behind a file', write: inForm((name, id) => [filePart, part(`name="${name}"`, id)]) },
  { name: 'behind a large file', write: inForm((name, id) => [largeFile, part(`name="${name}"`, id)]) },
  { name: 'between large files', write: inForm((name, id) => [largeFile, part(`name="${name}"`, id), largeFile]) },
  { name: 'in brackets', write: inForm((name, id) => [part(`name="${name}[]"`, id)]) },
  { name: 'in brackets with a number', write: inForm((name, id) => [part(`name="${name}[0]"`, id)]) },
  { name: 'without quotes', write: inForm((name, id) => [part(`name=${name}`, id)]) },
  { name: 'behind an own one', write: inForm((name, id, own) => [part(`name="${name}"`, own), part(`name="${name}"`, id)]) },
  { name: 'in front of an own one', write: inForm((name, id, own) => [part(`name="${name}"`, id), part(`name="${name}"`, own)]) },
  { name: 'as a file', write: inForm((name, id) => [part(`name="${name}"; filename="a"`, id, 'Content-Type: text/plain\r\n')]) },
  { name: 'as text of a type', write: inForm((name, id) => [part(`name="${name}"`, id, 'Content-Type: text/plain; charset=utf-8\r\n')]) },
  {
    name: 'as base64',
    write: inForm((name, id) => [part(`name="${name}"`, Buffer.from(id).toString('base64'), 'Content-Transfer-Encoding: base64\r\n')]),
  },
  { name: 'under an extended name', write: inForm((name, id) => [part(`name*=utf-8''${name}`, id)]) },
  { name: 'with a space in front', write: inForm((name, id) => [part(`name="${name}"`, ` ${id}`)]) },
  { name: 'in capitals', write: inForm((name, id) => [part(`name="${name}"`, id.toUpperCase())]) },
  {
    name: 'in JSON',
    isFor: isNested,
    write: (spot, id, own) => form(spot, own, formOf(part(`name="${topOf(spot.at)}"`, inside(spot.at, quoted(id))))),
  },
  {
    name: 'in JSON with escapes',
    isFor: isNested,
    write: (spot, id, own) => form(spot, own, formOf(part(`name="${topOf(spot.at)}"`, inside(spot.at, escapedText(id))))),
  },
  {
    name: 'in JSON that goes wrong behind it',
    isFor: isNested,
    write: (spot, id, own) => form(spot, own, formOf(part(`name="${topOf(spot.at)}"`, `${inside(spot.at, quoted(id))},`))),
  },
  {
    name: 'in JSON that goes wrong before it',
    isFor: isNested,
    write: (spot, id, own) => form(spot, own, formOf(part(`name="${topOf(spot.at)}"`, inside(spot.at, quoted(id)).replace('{', '{x:1,')))),
  },
  {
    name: 'with dots',
    isFor: isNested,
    write: (spot, id, own) => form(spot, own, formOf(part(`name="${spot.at}"`, id))),
  },
]

export const spellingsOf = ({ place, row }: Spot): readonly Spelling[] => {
  const all = { path: pathSpellings, query: querySpellings, body: bodySpellings, form: formSpellings }[place]
  // Of an object in the path the upstream may say that it is missing while a long form is still on its way.
  return row.path.includes('{') ? all.filter(({ name }) => !name.includes('large')) : all
}

/** The request with the id at its place as most clients would write it. */
export function plainWriting(spot: Spot, id: string, own: Own): Sent {
  const [plain] = spellingsOf(spot)
  if (plain === undefined) throw new Error(`nothing writes ${spot.place}`)
  return plain.write(spot, id, own)
}
