// The laws every row of the catalog obeys, and the proof that the matcher finds each row and nothing else.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { modelParams, type Endpoint } from '../src/catalog/endpoint.ts'
import { catalog } from '../src/catalog/index.ts'
import { createMatcher } from '../src/catalog/match.ts'
import { notCarried } from '../src/catalog/not-carried.ts'

const rows: readonly Endpoint[] = catalog
const http = rows.filter((row) => row.transport === 'http')
const sockets = rows.filter((row) => row.transport === 'socket')

/** Families whose tokens are asked for another family's permission: an operator thinks of these as one thing. */
const sharedPermissions: Readonly<Record<string, string>> = {
  completions: 'chat',
  webhook_event_types: 'webhook_endpoints',
  content_provenance_checks: 'safety',
}

/**
 * Rows that can match one concrete path with one method, the winner first. The API itself is built so; the literal that
 * comes first in the path wins. A new pair belongs here only after a look at what the upstream does with such a path.
 */
const overlaps: readonly string[] = [
  'GET /v1/agents/automations > /v1/agents/{agent_id}',
  'GET /v1/agents/environments > /v1/agents/{agent_id}',
  'GET /v1/agents/environments/templates > /v1/agents/environments/{environment_id}',
  'GET /v1/agents/environments/templates/{environment_template_id} > /v1/agents/environments/{environment_id}/files',
  'GET /v1/agents/sessions > /v1/agents/{agent_id}',
  'GET /v1/videos/characters/{character_id} > /v1/videos/{video_id}/content',
  'POST /v1/agents/automations > /v1/agents/{agent_id}',
  'POST /v1/agents/environments > /v1/agents/{agent_id}',
  'POST /v1/agents/environments/templates/{environment_template_id} > /v1/agents/environments/{environment_id}/files',
  'POST /v1/agents/sessions > /v1/agents/{agent_id}',
  'POST /v1/threads/runs > /v1/threads/{thread_id}',
]

const sample: Endpoint = {
  id: 'sample.retrieve',
  method: 'GET',
  path: '/v1/sample',
  transport: 'http',
  permission: 'sample:read',
  request: [],
  response: ['json'],
  pace: 'control',
  replay: 'safe',
  beta: null,
  status: 'stable',
  actions: 'proxied',
  tenants: 'owned',
  resources: [],
  summary: 'Retrieve a sample.',
}
const literals = new Set(rows.flatMap((row) => segmentsOf(row).filter((segment) => !isParam(segment))))

describe('the table', () => {
  // 246 HTTP operations and 7 sockets: eight of them are listed a second time with `?beta=true` and share a row.
  test('has 239 HTTP rows and 6 socket rows', () => {
    assert.deepEqual([http.length, sockets.length], [239, 6])
  })

  test('names each row once', () => {
    assert.deepEqual(repeated(rows.map((row) => row.id)), [])
  })

  test('has each method and path once for a transport', () => {
    assert.deepEqual(repeated(rows.map((row) => `${row.transport} ${row.method} ${row.path}`)), [])
  })

  test('calls one parameter position by one name', () => {
    const names = new Map<string, Set<string>>()
    for (const row of rows) {
      const segments = segmentsOf(row)
      segments.forEach((segment, index) => {
        if (!isParam(segment)) return
        const prefix = segments.slice(0, index).join('/')
        names.set(prefix, (names.get(prefix) ?? new Set()).add(segment))
      })
    }
    assert.deepEqual(
      [...names].filter(([, set]) => set.size > 1).map(([prefix, set]) => `${prefix}: ${[...set].join(' ')}`),
      [],
    )
  })

  test('carries nothing that is on the not-carried list', () => {
    const reached = rows.filter((row) => notCarried.some(({ prefix }) => row.path === prefix || row.path.startsWith(`${prefix}/`)))
    assert.deepEqual(reached, [])
  })

  test('knows every pair of rows that can match one path, and no other', () => {
    assert.deepEqual(findOverlaps().toSorted(), overlaps.toSorted())
  })
})

describe('every row', () => {
  law('has an id of lowercase words, the first of which is its family', (row) => {
    return /^[a-z_]+(\.[a-z_]+)+$/.test(row.id) && row.id.split('.')[0] === familyOf(row)
  })
  law('has a canonical path of plain segments and at most three parameters', (row) => {
    const params = segmentsOf(row).filter(isParam)
    const isPlain = segmentsOf(row).every((segment) => /^([a-z0-9_-]+|\{[a-z_]+\})$/.test(segment))
    return (
      isPlain && row.path.startsWith('/v1/') && !isParam(segmentsOf(row)[1] ?? '{') && params.length <= 3 && repeated(params).length === 0
    )
  })
  law('asks for the permission of its family: reading for GET, writing for everything that acts', (row) => {
    const family = familyOf(row)
    return (
      row.permission === `${sharedPermissions[family] ?? family}:${row.method === 'GET' && row.transport === 'http' ? 'read' : 'write'}`
    )
  })
  law('may be replayed if and only if it is a plain GET', (row) => {
    return (row.replay === 'safe') === (row.method === 'GET' && row.transport === 'http')
  })
  law('has a summary of one short sentence', (row) => /^[A-Z][^.]*\.$/.test(row.summary) && row.summary.length <= 80)
  law('names each kind of body once', (row) => repeated(row.request).length === 0 && repeated(row.response).length === 0)
})

describe('HTTP rows', () => {
  law('answer something', (row) => row.transport === 'socket' || row.response.length > 0)
  law('take a body only with POST', (row) => row.request.length === 0 || row.method === 'POST')
  law('are given time for an upload when they take multipart', (row) => {
    return !row.request.includes('multipart') || row.pace === 'upload' || row.pace === 'generation'
  })
  law('have the pace of a generation when they can stream events', (row) => !row.response.includes('sse') || row.pace === 'generation')
  law('have the pace of a download if and only if bytes are all they answer', (row) => {
    return (row.pace === 'download') === (row.response.join() === 'binary')
  })
  law('say nothing beside an empty answer', (row) => !row.response.includes('empty') || row.response.length === 1)
})

describe('socket rows', () => {
  law('are opened by GET and have no body of their own', (row) => {
    return row.transport === 'http' || (row.method === 'GET' && row.request.length === 0 && row.response.length === 0)
  })
  law('have the pace of a generation', (row) => row.transport === 'http' || row.pace === 'generation')
})

test('a parameter that may hold an encoded slash is a parameter of some row', () => {
  const params = new Set(rows.flatMap((row) => segmentsOf(row).filter(isParam)))
  assert.deepEqual(
    [...modelParams].filter((name) => !params.has(`{${name}}`)),
    [],
  )
})

describe('the matcher', () => {
  const match = createMatcher(rows)
  const id = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !text.includes('/') && !literals.has(text))
  const anyRow = fc.constantFrom(...rows)
  const filled = anyRow.chain((row) =>
    fc.tuple(fc.constant(row), ...segmentsOf(row).map((segment) => (isParam(segment) ? id : fc.constant(segment)))),
  )

  test('finds every row by a sample of its path, with the values of its parameters', () => {
    fc.assert(
      fc.property(filled, ([row, ...segments]) => {
        const found = match(row.method, segments, row.transport === 'socket')
        assert.equal(found.kind, 'found')
        assert.equal(found.row.id, row.id)
        assert.deepEqual({ ...found.params }, paramsOf(row, segments))
      }),
      { numRuns: 2000 },
    )
  })

  test('finds every row at least once', () => {
    for (const row of rows) {
      const found = match(row.method, sampleOf(row), row.transport === 'socket')
      assert.equal(found.kind === 'found' ? found.row.id : found.kind, row.id)
    }
  })

  test('agrees with a plain reading of the table on any path, also where rows overlap, segments are empty, missing or too many', () => {
    const word = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...literals) }, { weight: 3, arbitrary: id }, fc.constant(''))
    const bent = filled.chain(([, ...segments]) =>
      fc.oneof(
        fc.tuple(fc.nat(segments.length), word).map(([at, extra]) => segments.toSpliced(at, 0, extra)),
        fc.nat(segments.length - 1).map((at) => segments.toSpliced(at, 1)),
        fc.tuple(fc.nat(segments.length - 1), word).map(([at, other]) => segments.with(at, other)),
      ),
    )
    const anyPath = fc.oneof(
      bent,
      fc.array(word, { maxLength: 8 }).map((rest) => ['v1', ...rest]),
      fc.array(word, { maxLength: 8 }),
    )
    fc.assert(
      fc.property(anyPath, fc.constantFrom('GET', 'POST', 'DELETE', 'PUT', 'get'), fc.boolean(), (segments, method, isUpgrade) => {
        const found = match(method, segments, isUpgrade)
        assert.deepEqual(found.kind === 'found' ? found.row.id : found.kind, expected(rows, method, segments, isUpgrade))
      }),
      { numRuns: 5000 },
    )
  })

  test('agrees with a plain reading of any table, so that it also holds for rows to come', () => {
    const part = fc.constantFrom('a', 'b', '{x}', '{y}')
    const paths = fc.uniqueArray(fc.array(part, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8, selector: shapeOf })
    const asked = fc.array(fc.constantFrom('a', 'b', 'c', ''), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(paths, asked, (patterns, segments) => {
        const table = patterns.map((pattern): Endpoint => ({ ...sample, id: pattern.join('/'), path: `/v1/${pattern.join('/')}` }))
        const found = createMatcher(table)('GET', ['v1', ...segments], false)
        assert.equal(found.kind === 'found' ? found.row.id : found.kind, expected(table, 'GET', ['v1', ...segments], false))
        if (found.kind === 'found') assert.deepEqual({ ...found.params }, paramsOf(found.row, ['v1', ...segments]))
      }),
      { numRuns: 3000 },
    )
  })

  test('never takes an empty segment for a parameter', () => {
    for (const row of rows.filter((each) => each.path.includes('{'))) {
      const emptied = segmentsOf(row).map((segment) => (isParam(segment) ? '' : segment))
      assert.equal(match(row.method, emptied, false).kind, 'unknown', row.id)
    }
  })

  test('keeps parameters out of reach of the prototype', () => {
    const found = match('GET', ['v1', 'files', '__proto__'], false)
    assert.equal(found.kind, 'found')
    assert.equal(Object.getPrototypeOf(found.params), null)
    assert.equal(found.params['file_id'], '__proto__')
  })

  test('names the methods of a path that exists with others', () => {
    const found = match('PUT', ['v1', 'files'], false)
    assert.equal(found.kind, 'wrong-method')
    assert.deepEqual(found.methods.toSorted(), ['GET', 'POST'])
  })

  test('tells a socket from the HTTP operation on the same path', () => {
    const opened = match('GET', ['v1', 'responses'], true)
    const created = match('POST', ['v1', 'responses'], false)
    assert.deepEqual(
      [opened.kind === 'found' && opened.row.id, created.kind === 'found' && created.row.id],
      ['responses.connect', 'responses.create'],
    )
  })
})

function law(text: string, holds: (row: Endpoint) => boolean): void {
  test(text, () => {
    assert.deepEqual(
      rows.filter((row) => !holds(row)).map((row) => row.id),
      [],
    )
  })
}

/** The table read without any cleverness: the rows whose path fits, the earliest literal first, then the method. */
function expected(table: readonly Endpoint[], method: string, segments: readonly string[], isUpgrade: boolean): string {
  const fitting = table.filter((row) => fits(segmentsOf(row), segments)).toSorted(byEarliestLiteral)
  const [best] = fitting
  if (best === undefined) return 'unknown'
  const same = fitting.filter((row) => row.path === best.path)
  const socket = same.find((row) => row.transport === 'socket')
  if (isUpgrade && socket !== undefined) return socket.id
  const hit = same.find((row) => row.transport === 'http' && row.method === method)
  return hit?.id ?? (method === 'GET' ? socket?.id : undefined) ?? 'wrong-method'
}

/** Two patterns of one shape take the same paths, whatever they call their parameters. */
function shapeOf(pattern: readonly string[]): string {
  return pattern.map((part) => (isParam(part) ? '{}' : part)).join('/')
}

function paramsOf(row: Endpoint, segments: readonly string[]): Readonly<Record<string, string>> {
  const named = segmentsOf(row).flatMap((part, at) => (isParam(part) ? [[part.slice(1, -1), segments[at] ?? ''] as const] : []))
  return Object.fromEntries(named)
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, index) => (isParam(part) ? segments[index] !== '' : part === segments[index]))
  )
}

function byEarliestLiteral(one: Endpoint, other: Endpoint): number {
  const others = segmentsOf(other)
  const at = segmentsOf(one).findIndex((segment, index) => isParam(segment) !== isParam(others[index] ?? ''))
  return at === -1 ? 0 : isParam(segmentsOf(one)[at] ?? '') ? 1 : -1
}

function findOverlaps(): readonly string[] {
  return rows.flatMap((one, index) =>
    rows.slice(index + 1).flatMap((other) => {
      const others = segmentsOf(other)
      const isSame = one.method === other.method && one.transport === other.transport && segmentsOf(one).length === others.length
      if (!isSame || !segmentsOf(one).every((segment, at) => isParam(segment) || isParam(others[at] ?? '') || segment === others[at]))
        return []
      const [first, second] = [one, other].toSorted(byEarliestLiteral)
      return [`${one.method} ${first?.path} > ${second?.path}`]
    }),
  )
}

function sampleOf(row: Endpoint): readonly string[] {
  return segmentsOf(row).map((segment) => (isParam(segment) ? `sample-${segment.slice(1, -1)}` : segment))
}

function segmentsOf(row: Endpoint): readonly string[] {
  return row.path.slice(1).split('/')
}

function isParam(segment: string): boolean {
  return segment.startsWith('{')
}

function familyOf(row: Endpoint): string {
  return segmentsOf(row)[1] ?? ''
}

function repeated(values: readonly string[]): readonly string[] {
  return values.filter((value, index) => values.indexOf(value) !== index)
}
