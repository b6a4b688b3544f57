// Every row of the catalog is in exactly one bucket for ChatGPT, and in none that its other columns, the wrappers, the proxy or
// the Actions document contradict.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { readEnvelope } from '../src/actions/envelope.ts'
import { jsonObstacle } from '../src/catalog/actions.ts'
import type { ActionsBucket } from '../src/catalog/endpoint.ts'
import { catalog, type CatalogEndpoint } from '../src/catalog/index.ts'
import { Refusal } from '../src/kernel/errors.ts'
import { actionsDocument } from '../src/openapi/actions-document.ts'
import { coverage, wrappersOf } from '../src/openapi/coverage.ts'

const rows: readonly CatalogEndpoint[] = catalog
const buckets: readonly ActionsBucket[] = ['direct', 'wrapped', 'proxied', 'never']
const documented = actionsDocument('https://relay.test')['paths'] as Readonly<Record<string, Readonly<Record<string, unknown>>>>

const isDocumented = ({ method, path }: CatalogEndpoint): boolean => documented[path]?.[method.toLowerCase()] !== undefined

function isProxied({ method, path }: CatalogEndpoint): boolean {
  try {
    readEnvelope({ method, path: path.replace(/\{\w+\}/g, 'sample') })
    return true
  } catch (error) {
    if (error instanceof Refusal && error.status === 403) return false
    throw error
  }
}

/** What speaks against a row standing in a bucket; nothing, where it may. */
function contradictions(row: CatalogEndpoint, bucket: ActionsBucket): readonly string[] {
  const isWrapped = wrappersOf(row.id).length > 0
  const laws: readonly (readonly [boolean, string])[] = [
    [(bucket === 'direct') === isDocumented(row), 'direct rows, and only they, stand in the Actions document as they are'],
    [bucket !== 'wrapped' || isWrapped, 'a wrapped row is called by a wrapper'],
    [bucket !== 'never' || !isWrapped, 'a wrapper calls it'],
    [(jsonObstacle(row) === null) === (row.transport === 'http' && isProxied(row)), 'the proxy and the column know the same obstacles'],
    [
      bucket === 'wrapped' || (bucket === 'never') === (jsonObstacle(row) !== null),
      'JSON both ways, and never reached; or an obstacle, and reached',
    ],
  ]
  return laws.filter(([holds]) => !holds).map(([, law]) => law)
}

describe('the bucket of a row', () => {
  test('is one of the four, and nothing contradicts it', () => {
    assert.deepEqual(
      rows.filter(({ actions }) => !buckets.includes(actions)),
      [],
    )
    assert.deepEqual(
      rows.flatMap((row) => contradictions(row, row.actions).map((law) => `${row.id} is ${row.actions}: ${law}`)),
      [],
    )
  })

  test('cannot be another without a contradiction, but where a wrapper only helps itself to a row of plain JSON', () => {
    const free = rows.flatMap((row) =>
      buckets
        .filter((bucket) => bucket !== row.actions && contradictions(row, bucket).length === 0)
        .map((bucket) => `${row.id}: ${row.actions} or ${bucket}`),
    )
    const isShared = ({ id, actions }: CatalogEndpoint): boolean =>
      (actions === 'proxied' || actions === 'wrapped') && wrappersOf(id).length > 0
    const expected = rows
      .filter((row) => isShared(row) && jsonObstacle(row) === null)
      .map(({ id, actions }) => `${id}: ${actions} or ${actions === 'proxied' ? 'wrapped' : 'proxied'}`)
    assert.deepEqual(free, expected)
  })

  test('says how, or why not', () => {
    assert.deepEqual(
      coverage().filter(({ how }) => how === ''),
      [],
    )
    assert.equal(coverage().length, rows.length)
  })

  test('needs no path with a colon, which neither ChatGPT nor the proxy finds', () => {
    assert.deepEqual(
      rows.filter(({ path }) => path.includes(':')),
      [],
    )
  })
})

test('relay coverage prints every row once, for people and for programs', () => {
  const relay = (...args: string[]): string =>
    execFileSync(process.execPath, [join(import.meta.dirname, '../src/main.ts'), 'coverage', ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  assert.deepEqual(JSON.parse(relay('--json')), coverage())
  const lines = relay().trimEnd().split('\n').slice(1)
  assert.equal(lines.length, rows.length)
  assert.match(
    lines.find((line) => line.includes('/v1/videos/{video_id}/remix')) ?? '',
    /^wrapped {2}POST .*\/v1\/actions\/videos\/\{video_id\}\/remix/,
  )
})
