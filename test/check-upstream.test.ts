// scripts/check-upstream.ts: each kind of finding is found, what is meant is told apart, and the exit code says it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { compare, isBehind, type Comparison } from '../scripts/check-upstream/compare.ts'
import { parseOperations } from '../scripts/check-upstream/operations.ts'
import { compareReferences } from '../scripts/check-upstream/references.ts'
import type { Endpoint } from '../src/catalog/endpoint.ts'
import { catalog } from '../src/catalog/index.ts'
import { notCarried } from '../src/catalog/not-carried.ts'

type Entry = Readonly<Record<string, unknown>>

const root = join(import.meta.dirname, '..')
const fixture = join(root, 'test/fixtures/operations.json')
const json = { response_content_types: ['application/json'] }

describe('comparing the catalog with a list of places where ids stand', () => {
  const missing = (list: Readonly<Record<string, readonly string[]>>): readonly string[] =>
    compareReferences(JSON.stringify({ thing: list }), catalog).missing

  test('finds nothing wrong where the row checks the place, in a body, a form or a query', () => {
    assert.deepEqual(
      missing({
        'tools[].container.file_ids': ['POST /responses', 'POST /v1/responses?beta=true'],
        'images[].file_id': ['POST /images/edits (JSON body)'],
        consent: ['POST /audio/voices'],
        run_id: ['GET /threads/{any_name}/messages'],
        'prompt.variables.*.file_id': ['POST /responses'],
      }),
      [],
    )
  })

  test('names a place that no row checks, and an operation that is no row', () => {
    assert.deepEqual(missing({ 'tools[].song_ids': ['POST /responses'], song_id: ['POST /songs'] }), [
      'POST /v1/responses tools[].song_ids',
      'POST /v1/songs song_id',
    ])
  })

  test('does not take a place where an id is born for one that is checked', () => {
    assert.deepEqual(missing({ id: ['POST /files'] }), ['POST /v1/files id'])
  })

  test('tells what is no id apart, with the reason', () => {
    const list = '{"call":{"input[].call_id":["POST /responses"],"call_id":["POST /x"]}}'
    const { missing: none, meant, places } = compareReferences(list, catalog)
    assert.deepEqual([none, [...meant.values()], places], [[], [2], 2])
  })

  test('refuses what is no such list', () => {
    for (const text of ['[]', '{"file":[]}', '{"file":{"file_id":"POST /x"}}'])
      assert.throws(() => compareReferences(text, catalog), TypeError)
  })
})

describe('comparing the catalog with a list of operations', () => {
  test('finds nothing wrong where both agree, and counts operations listed twice once', () => {
    const comparison = withRows(readFileSync(fixture, 'utf8'), catalog)
    assert.deepEqual(
      comparison.findings.filter(({ kind }) => kind !== 'extra'),
      [],
    )
    assert.deepEqual([comparison.operations, comparison.carried, comparison.rows], [8, 7, 6])
    assert.equal(isBehind(comparison), false)
  })

  test('names an operation that no row carries', () => {
    assert.deepEqual(findings([{ method: 'POST', path: '/songs', ...json }], []), [{ kind: 'missing', operation: 'POST /v1/songs' }])
  })

  test('does not take a row of another method or transport for the operation', () => {
    const wrong = findings(
      [
        { method: 'DELETE', path: '/models', ...json },
        { method: 'GET', path: '/models', websocket: true },
      ],
      [rowOf('models.list')],
    )
    assert.deepEqual(
      wrong.map(({ kind, operation }) => `${kind} ${operation}`),
      ['missing DELETE /v1/models', 'missing GET /v1/models (WebSocket)', 'extra GET /v1/models'],
    )
  })

  test('names a row the list does not know, without calling the catalog behind', () => {
    const comparison = withRows('[]', [rowOf('models.list')])
    assert.deepEqual(comparison.findings, [{ kind: 'extra', operation: 'GET /v1/models', id: 'models.list' }])
    assert.equal(isBehind(comparison), false)
  })

  const differences: readonly {
    readonly what: string
    readonly id: string
    readonly entry: Entry
    readonly expected: readonly string[]
  }[] = [
    {
      what: 'a request content type',
      id: 'embeddings.create',
      entry: { request_content_types: ['application/json', 'application/sdp'], ...json },
      expected: ['request', 'json, sdp', 'json'],
    },
    {
      what: 'a content type no column knows',
      id: 'embeddings.create',
      entry: { request_content_types: ['application/cbor'], ...json },
      expected: ['request', 'application/cbor', 'json'],
    },
    {
      what: 'multipart',
      id: 'embeddings.create',
      entry: { request_content_types: ['application/json'], multipart: true, ...json },
      expected: ['request', 'json, multipart', 'json'],
    },
    {
      what: 'streaming',
      id: 'embeddings.create',
      entry: { request_content_types: ['application/json'], ...json, streams_sse: true },
      expected: ['response', 'json, sse', 'json'],
    },
    {
      what: 'binary',
      id: 'embeddings.create',
      entry: { request_content_types: ['application/json'], ...json, binary_response: true },
      expected: ['response', 'binary, json', 'json'],
    },
    {
      what: 'an empty answer',
      id: 'models.list',
      entry: { response_content_types: [] },
      expected: ['response', 'empty', 'json'],
    },
    {
      what: 'a beta header',
      id: 'models.list',
      entry: { ...json, beta_header: 'OpenAI-Beta: models=v7' },
      expected: ['beta', 'models=v7', 'none'],
    },
    { what: 'a deprecation', id: 'models.list', entry: { ...json, deprecated: true }, expected: ['status', 'deprecated', 'current'] },
  ]
  for (const { what, id, entry, expected } of differences) {
    test(`names a difference in ${what}`, () => {
      const row = rowOf(id)
      const [finding, ...rest] = findings([{ method: row.method, path: row.path, ...entry }], [row])
      assert.deepEqual(rest, [])
      assert.equal(finding?.kind, 'different')
      assert.deepEqual([finding.id, finding.column, finding.list, finding.row], [id, ...expected])
    })
  }

  test('accepts what the catalog does differently on purpose, with its reason', () => {
    const { deviations } = withRows(readFileSync(fixture, 'utf8'), catalog)
    assert.deepEqual(deviations.map(({ id, column }) => `${id} ${column}`).toSorted(), [
      'responses.cancel request',
      'responses.delete response',
      'videos.content response',
    ])
    assert.deepEqual(
      deviations.filter(({ reason }) => reason.length < 20),
      [],
    )
  })

  test('does not stretch a meant difference to other rows', () => {
    const [deleted] = findings([{ method: 'DELETE', path: '/files/{id}', response_content_types: [] }], [rowOf('files.delete')])
    assert.equal(deleted?.kind, 'different')
    const [created] = findings([{ method: 'POST', path: '/files', request_content_types: [], ...json }], [rowOf('files.create')])
    assert.equal(created?.kind, 'different')
  })

  test('counts operations below a not-carried prefix with its reason, and only those', () => {
    const list = [
      { method: 'GET', path: '/organization/users', admin: true },
      { method: 'GET', path: '/projects', admin: true },
      { method: 'GET', path: '/organizations', admin: true },
    ]
    const comparison = withRows(JSON.stringify(list), [])
    assert.deepEqual(
      comparison.notCarried.filter((each) => each.operations > 0).map(({ prefix, operations }) => `${prefix} ${operations}`),
      ['/v1/organization 1', '/v1/projects 1'],
    )
    assert.deepEqual(comparison.findings, [{ kind: 'missing', operation: 'GET /v1/organizations' }])
  })

  test('refuses a list that is none', () => {
    assert.throws(() => parseOperations('{}'), /must be a JSON array/)
    assert.throws(() => parseOperations('[{"path":"/models"}]'), /Entry 0 has no method and path/)
    assert.throws(() => parseOperations('[null]'), /Entry 0/)
  })
})

describe('scripts/check-upstream.ts', () => {
  test('ends with 0 where nothing is missing or different', () => {
    const { status, stdout } = run(fixture)
    assert.equal(status, 0, stdout)
    assert.match(stdout, /8 operations: 7 carried by 6 rows, 1 not carried; 0 missing, 0 different, \d+ extra\n$/)
  })

  test('ends with 1 and the operation where one is missing, also as JSON', () => {
    const folder = mkdtempSync(join(tmpdir(), 'relay-operations-'))
    try {
      const file = join(folder, 'operations.json')
      writeFileSync(file, '[{"method":"POST","path":"/songs"}]')
      const { status, stdout } = run(file, '--json')
      assert.equal(status, 1)
      const { findings: found } = JSON.parse(stdout) as Comparison
      assert.deepEqual(
        found.filter(({ kind }) => kind === 'missing'),
        [{ kind: 'missing', operation: 'POST /v1/songs' }],
      )
      assert.match(run(file).stdout, /^missing +POST \/v1\/songs$/m)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('ends with 2 and its usage without a file', () => {
    const { status, stderr } = run()
    assert.equal(status, 2)
    assert.match(stderr, /^Usage: /)
  })
})

function run(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['scripts/check-upstream.ts', ...args], { cwd: root, encoding: 'utf8' })
}

function withRows(list: string, rows: readonly Endpoint[]): Comparison {
  return compare(parseOperations(list), rows, notCarried)
}

function findings(list: readonly Entry[], rows: readonly Endpoint[]): Comparison['findings'] {
  return withRows(JSON.stringify(list), rows).findings
}

function rowOf(id: string): Endpoint {
  const row = catalog.find((each) => each.id === id)
  assert.ok(row, id)
  return row
}
