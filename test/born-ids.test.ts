// Ids that are born: every row is driven against the emulator, and no answer names an id that no row has told the recorder of.
// An id that is shown before it is recorded would be nobody's, and the next request that names it refused.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalog } from '../src/catalog/index.ts'
import type { Endpoint, Resource } from '../src/catalog/endpoint.ts'
import { isMeant, isOwned, kinds, looksLike, type ResourceKind } from '../src/catalog/kinds.ts'
import { drivers } from './emulator/drivers.ts'
import { readEvents } from './emulator/server-sent-events.ts'
import { createStage } from './emulator/stage.ts'
import { startTestEmulator } from './harness/emulator.ts'
import { recordingSdk, type Exchanged } from './harness/exchanges.ts'
import { everyText, textsAt } from './harness/places.ts'

const rows = catalog.filter((row) => row.transport === 'http')
const closed: ReadonlySet<string> = new Set(catalog.flatMap(({ id, tenants }) => (tenants === 'account' ? [id] : [])))
const shapes = (Object.keys(kinds) as ResourceKind[]).flatMap((kind) => kinds[kind].prefixes.map((prefix) => ({ kind, prefix })))

/** Ids that no request of any row takes, by the row and the place that tell them. */
const nameless: readonly { readonly place: RegExp; readonly reason: string }[] = [
  { place: /^chat\.completions\.create .*\.id$/, reason: 'a completion that was not stored' },
  { place: /^realtime\.\S+ .*\bid$/, reason: 'a session of realtime has an id, and nothing is asked by it' },
  { place: /\bagent(?:\.id|_id)$|stringValue$/, reason: 'an agent that a session was started with, and that is none of the saved ones' },
]

/** Born where no answer tells of it first: such objects are nobody's until they are adopted. */
const elsewhere: readonly { readonly place: RegExp; readonly reason: string }[] = [
  { place: /^chatkit\.threads\./, reason: 'a thread of ChatKit is made by a browser that holds the secret of a session' },
  { place: /^agents\.sessions\.list /, reason: 'a session that an automation starts by the clock is in no answer but the list' },
]

test('every id that an answer tells of is one that a row has recorded', async () => {
  await using emulator = await startTestEmulator()
  const sdk = recordingSdk({ url: emulator.url, token: 'sk-test' })
  const stage = createStage(sdk.client)
  /** `kind id`, and the ids alone. */
  const owned = new Set<string>()
  const recorded = new Set<string>()
  const missing = new Map<string, string>()
  const strange: string[] = []
  for (const row of rows) {
    await drivers[row.id](stage)
    for (const exchanged of sdk.take()) {
      if (exchanged.status >= 300 || closed.has(exchanged.row.id)) continue
      for (const { at, kind, id } of namedBy(exchanged))
        if (isOwned(kind, id) && !owned.has(`${kind} ${id}`) && !elsewhere.some((each) => each.place.test(exchanged.row.id)))
          strange.push(`${exchanged.row.id} ${at}: ${kind} ${id}`)
      const location = exchanged.headers.get('location')
      if (location !== null) owned.add(`realtime_call ${location.slice(location.lastIndexOf('/') + 1)}`)
      for (const { place, document } of await documentsOf(exchanged)) {
        for (const { kind, id } of bornIn(exchanged.row, place, document)) {
          owned.add(`${kind} ${id}`)
          recorded.add(id)
        }
        for (const { path, text } of everyText(document)) {
          if (!isId(text) || recorded.has(text)) continue
          const at = `${exchanged.row.id} ${place}.${path}`
          if ([...nameless, ...elsewhere].some((each) => each.place.test(at))) continue
          if (!missing.has(at)) missing.set(at, text)
        }
      }
    }
  }
  assert.deepEqual(
    [...missing].map(([at, id]) => `${at}: ${id}`),
    [],
  )
  // Workflows and prompts are made in the dashboard of the account: only adoption gives them to anybody.
  const unadopted = strange.filter((each) => !each.includes(': workflow '))
  assert.deepEqual([...new Set(unadopted)], [], 'named in requests, and not recorded as what they are named as')
  assert.ok(recorded.size > 100, `${recorded.size} ids are too few for all rows`)
})

type Named = { readonly kind: ResourceKind; readonly id: string }

/** What a request names, at the places of its row. */
function namedBy({ row, params, query, sent }: Exchanged): readonly (Named & { readonly at: string })[] {
  const body: unknown = sent === null ? null : JSON.parse(sent)
  const resources: readonly Resource[] = row.resources
  return resources.flatMap(({ act, kind, at, only }) => {
    if (act !== 'use' && act !== 'delete') return []
    const [place = '', ...rest] = at.split('.')
    const name = rest.join('.')
    const ids =
      place === 'path' ? [params[name] ?? ''] : place === 'query' ? query.getAll(name) : place === 'body' ? textsAt(body, name) : []
    return ids.filter((id) => only === undefined || looksLike(kind, id)).map((id) => ({ kind, id, at }))
  })
}

function bornIn(row: Endpoint, place: 'answer' | 'event', document: unknown): readonly Named[] {
  const isBorn = ({ act, at }: Resource): boolean => act === 'create' && at.startsWith(`${place}.`)
  return row.resources.filter(isBorn).flatMap((resource) =>
    textsAt(document, resource.at.slice(place.length + 1))
      .filter((id) => isMeant(resource, id))
      .map((id) => ({ kind: resource.kind, id })),
  )
}

async function documentsOf({
  headers,
  body,
}: Exchanged): Promise<readonly { readonly place: 'answer' | 'event'; readonly document: unknown }[]> {
  const type = headers.get('content-type') ?? ''
  const bytes = await body
  if (type.startsWith('application/json')) return [{ place: 'answer', document: JSON.parse(bytes.toString('utf8')) as unknown }]
  if (!type.startsWith('text/event-stream')) return []
  return readEvents(bytes)
    .filter(({ data }) => data !== '[DONE]')
    .map(({ data }) => ({ place: 'event', document: JSON.parse(data) as unknown }))
}

/** A known prefix and enough behind it to be random. */
const isId = (text: string): boolean =>
  shapes.some(({ kind, prefix }) => text.startsWith(prefix) && isOwned(kind, text) && /^[\w:.-]{16,}$/.test(text.slice(prefix.length)))
