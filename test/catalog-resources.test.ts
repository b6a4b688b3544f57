// The laws of the column `resources`: every id of a path is somebody's, whatever is made is written down, lists are scoped.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { publicParams, type Endpoint, type Resource } from '../src/catalog/endpoint.ts'
import { catalog } from '../src/catalog/index.ts'
import { isMeant, isOwned, kinds, looksLike, type Kind, type ResourceKind } from '../src/catalog/kinds.ts'
import { everyRow, opaqueKeys, referenceKeys } from '../src/catalog/references.ts'

const rows: readonly Endpoint[] = catalog
const allKinds = Object.entries(kinds) as readonly (readonly [ResourceKind, Kind])[]
const listed = new Set(allKinds.flatMap(([kind, { list }]) => (list === undefined ? [] : [kind])))

/** Deletes a tie and not the object that the path names last. */
const detaching: ReadonlySet<string> = new Set(['vector_stores.files.delete', 'skills.versions.delete'])

/** Where a parent names what is kept elsewhere: nothing is made there, and what is shown is not the parent's. */
const ties: ReadonlySet<string> = new Set([
  'vector_stores.files.create',
  'vector_stores.files.list',
  'vector_stores.file_batches.files.list',
])

const idsOf = (row: Endpoint, place: string): readonly Resource[] => row.resources.filter(({ at }) => at.startsWith(`${place}.`))

describe('ids in paths', () => {
  law('are each claimed by one resource, or public for a reason', (row) => {
    return paramsOf(row).every((param) => {
      const claims = row.resources.filter(({ at }) => at === `path.${param}`)
      return claims.length === (publicParams.has(param) ? 0 : 1) && claims.every(({ act }) => act === 'use' || act === 'delete')
    })
  })
  law('come before all others, in the order of the path', (row) => {
    const places = row.resources.map(({ at }) => at)
    const inPath = places.filter((at) => at.startsWith('path.'))
    assert.deepEqual(
      inPath,
      paramsOf(row).flatMap((param) => (publicParams.has(param) ? [] : [`path.${param}`])),
    )
    return places.slice(0, inPath.length).every((at) => at.startsWith('path.'))
  })
  law('are deleted by DELETE, the last one of the path and nothing else', (row) => {
    const deletes = row.resources.filter(({ act }) => act === 'delete').map(({ at }) => at)
    const wanted = row.method === 'DELETE' && !detaching.has(row.id) ? [`path.${paramsOf(row).at(-1)}`] : []
    return deletes.join() === wanted.join()
  })
})

describe('places', () => {
  law('are named by words', (row) =>
    row.resources.every(({ at }) => /^(?:location|(?:path|query|header|body|form|answer|event)(?:\.(?:[a-z_-]+|\*))+)$/.test(at)),
  )
  law('in a path name a parameter of it', (row) => idsOf(row, 'path').every(({ at }) => row.path.includes(`{${at.slice('path.'.length)}}`)))
  law('in a body, a form, an answer or an event are where the row has one', (row) => {
    return (
      (row.request.includes('json') || idsOf(row, 'body').length === 0) &&
      (row.request.includes('multipart') || idsOf(row, 'form').length === 0) &&
      (row.response.includes('json') || idsOf(row, 'answer').length === 0) &&
      (row.response.includes('sse') || idsOf(row, 'event').length === 0) &&
      (row.response.includes('sdp') || row.resources.every(({ at }) => at !== 'location'))
    )
  })
  law('are in answers for what is born, and in requests for what is named', (row) => {
    return row.resources.every(
      ({ act, at }) => (act === 'create' || act === 'list' || act === 'hide') === /^(?:answer|event|location)\b/.test(at),
    )
  })
  law('have one entry each, and several kinds only where the prefix tells which', (row) => {
    const groups = Map.groupBy(row.resources, ({ act, at }) => `${act} ${at}`)
    return [...groups.values()].every((group) => {
      const prefixes = group.flatMap(({ kind }) => kinds[kind].prefixes)
      return group.length === 1 || (group.every(({ only }) => only === 'prefixed') && new Set<string>(prefixes).size === prefixes.length)
    })
  })
  law('with values are those that are refused', (row) =>
    row.resources.every(({ act, values }) => (act === 'refuse') === (values !== undefined)),
  )
  law('of labels are those of values that are no ids', (row) => {
    return row.resources.every(({ act, kind }) => (kind === 'label') === (act === 'namespace' || act === 'refuse' || act === 'hide'))
  })
})

describe('what is made', () => {
  law('by a POST whose object another row names in its path is recorded', (row) => {
    const kind = row.method === 'POST' && !ties.has(row.id) ? childOf(row) : null
    return kind === null || row.resources.some((each) => each.act === 'create' && each.kind === kind)
  })
})

describe('lists', () => {
  law('page by ids of what they list', (row) => {
    const inList = row.resources.find(
      ({ act, at }) => (act === 'list' || act === 'create') && at === 'answer.data.id' && row.method === 'GET',
    )
    if (inList === undefined || inList.kind === 'model') return true
    return ['query.after', 'query.before'].every((at) =>
      row.resources.some((each) => each.act === 'use' && each.at === at && each.kind === inList.kind),
    )
  })
  law('of objects below a path record what they show, those at the top show the own ones', (row) => {
    const kind = row.method === 'GET' && row.tenants === 'owned' && !ties.has(row.id) ? childOf(row) : null
    if (kind === null) return true
    return row.resources.some(
      (each) => each.at === 'answer.data.id' && each.act === (paramsOf(row).length === 0 ? 'list' : 'create') && each.kind === kind,
    )
  })

  test('are described for every kind that a row lists, and for no other', () => {
    const shown = rows.flatMap(({ tenants, resources }) => (tenants === 'owned' ? resources.filter(({ act }) => act === 'list') : []))
    // Models are everybody's but for the fine-tuned ones: that list is filtered, not kept.
    assert.deepEqual(new Set(shown.map(({ kind }) => kind).filter((kind) => kind !== 'model')), listed)
  })

  test('can be narrowed by a facet only where a filter asks for that field', () => {
    for (const [kind, { facet, list }] of allKinds)
      if (facet !== undefined) assert.ok(Object.values(list?.filters ?? {}).includes(facet), kind)
  })
})

describe('kinds', () => {
  test('are each used by a row', () => {
    const used = new Set(rows.flatMap(({ resources }) => resources.map(({ kind }) => kind)))
    assert.deepEqual(
      allKinds.map(([kind]) => kind).filter((kind) => !used.has(kind)),
      [],
    )
  })

  test('are told by the prefix whether an id is anybody’s', () => {
    assert.deepEqual(
      ['gpt-5', 'ft:gpt-4o:acme::1', 'file-1'].map((id) => isOwned('model', id)),
      [false, true, false],
    )
    assert.deepEqual([isOwned('file', 'anything'), looksLike('file', 'anything')], [true, false])
    const voice = { kind: 'voice', only: 'prefixed' } as const
    assert.deepEqual([isMeant(voice, 'alloy'), isMeant(voice, 'voice_1'), isMeant({ kind: 'voice' }, 'alloy')], [false, true, true])
  })

  test('whose public ids are told by their prefix have one', () => {
    for (const [kind, { owned, prefixes }] of allKinds) assert.ok(owned === 'all' || prefixes.length > 0 || kind === 'label', kind)
  })
})

describe('the net below all rows', () => {
  test('knows kinds by a prefix only', () => {
    for (const [key, kind] of referenceKeys) assert.ok(kinds[kind].prefixes.length > 0, key)
  })

  test('knows every key under which a row expects an id in a body, but for those that mean something else elsewhere', () => {
    const keys = rows.flatMap((row) =>
      idsOf(row, 'body').flatMap(({ act, at }) => (act === 'use' ? [at.slice(at.lastIndexOf('.') + 1)] : [])),
    )
    assert.deepEqual([...new Set(keys)].filter((key) => !referenceKeys.has(key)).toSorted(), ['id', 'project_ids', 'request_id'])
  })

  test('reads nothing below keys that hold the caller’s own words, and no key is both', () => {
    assert.deepEqual(
      [...opaqueKeys].filter((key) => referenceKeys.has(key)),
      [],
    )
  })
})

test('headers that meet across the account are namespaced for every row', () => {
  assert.deepEqual(
    everyRow.map(({ act, at }) => [act, at]),
    [
      ['namespace', 'header.idempotency-key'],
      ['namespace', 'header.openai-safety-identifier'],
    ],
  )
})

test('rows that belong to the whole account are these', () => {
  const closed = rows.filter(({ tenants }) => tenants === 'account').map(({ id }) => id.replace(/\.[a-z_]+$/, ''))
  assert.deepEqual([...new Set(closed)], ['fine_tuning.checkpoints.permissions', 'webhook_endpoints', 'safety.alerts', 'safety.cases'])
})

function law(text: string, holds: (row: Endpoint) => boolean): void {
  test(text, () => {
    assert.deepEqual(
      rows.filter((row) => !holds(row)).map((row) => row.id),
      [],
    )
  })
}

/** The kind of the objects in the collection that the path of a row names: `/v1/files` holds what `/v1/files/{file_id}` is. */
function childOf(row: Endpoint): ResourceKind | null {
  if (row.transport === 'socket') return null
  const below = rows.find(
    ({ path, method }) =>
      method !== 'POST' && path.startsWith(`${row.path}/{`) && path.endsWith('}') && !path.slice(row.path.length + 1).includes('/'),
  )
  const param = below === undefined ? undefined : paramsOf(below).at(-1)
  return below?.resources.find(({ at }) => at === `path.${param}`)?.kind ?? null
}

function paramsOf({ path }: Endpoint): readonly string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
}
