// What every row of the catalog refuses, through relay and emulator, and that it does so in OpenAI's words: an object nobody
// made, a body that is no JSON, a beta nobody asked for.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { catalog, type CatalogEndpoint } from '../../src/catalog/index.ts'
import { startWorld, type World } from '../harness/world.ts'

const rows: readonly CatalogEndpoint[] = catalog.filter((row) => row.transport === 'http')
/** Ids that have to begin as they should before anybody looks for them. */
const prefixes: Readonly<Record<string, string>> = { vector_store_id: 'vs_' }

const hasId = (row: CatalogEndpoint): boolean => row.path.includes('{')

type Problem = { readonly message: string; readonly type: string; readonly param: string | null; readonly code: string | null }

describe('through relay and emulator', () => {
  let world: World
  before(async () => {
    world = await startWorld({ upstream: 'emulator' })
  })
  after(() => world[Symbol.asyncDispose]())

  type Sent = { readonly body?: string | FormData; readonly headers?: Record<string, string>; readonly hasBeta?: boolean }

  const refused = async (
    row: CatalogEndpoint,
    { body, headers = {}, hasBeta = true }: Sent,
  ): Promise<{ readonly status: number; readonly error: Problem }> => {
    const answer = await fetch(
      `${world.url}${row.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => `${prefixes[name] ?? `${name}-`}nobody-made`)}`,
      {
        method: row.method,
        headers: {
          authorization: `Bearer ${world.token}`,
          ...(row.beta !== null && hasBeta ? { 'openai-beta': row.beta } : {}),
          ...headers,
        },
        ...(body === undefined ? {} : { body }),
      },
    )
    const text = await answer.text()
    const seen = `${row.id}: ${answer.status} ${text.slice(0, 300)}`
    assert.ok(answer.status >= 400 && answer.status < 500, seen)
    assert.match(answer.headers.get('content-type') ?? '', /^application\/json/, seen)
    assert.match(answer.headers.get('x-request-id') ?? '', /^req_/, seen)
    const { error } = JSON.parse(text) as { readonly error: Problem }
    assert.deepEqual(Object.keys(error).toSorted(), ['code', 'message', 'param', 'type'], seen)
    assert.ok(error.message.length > 0, seen)
    return { status: answer.status, error }
  }

  for (const row of rows.filter((each) => hasId(each) && each.method !== 'POST')) {
    test(`${row.id} of an id nobody made is not found`, async () => {
      const { status, error } = await refused(row, {})
      assert.equal(status, 404, JSON.stringify(error))
    })
  }

  for (const row of rows.filter((each) => hasId(each) && each.method === 'POST')) {
    test(`${row.id} of an id nobody made does nothing`, async () => {
      const body = row.request.includes('json') ? '{}' : new FormData()
      const { status, error } = await refused(row, {
        body,
        headers: typeof body === 'string' ? { 'content-type': 'application/json' } : {},
      })
      // What is missing in the body may be told first.
      assert.ok(status === 404 || error.param !== null, JSON.stringify(error))
    })
  }

  for (const row of rows.filter((each) => !hasId(each) && each.request.includes('json'))) {
    test(`${row.id} of a body that is no JSON is refused`, async () => {
      const { status, error } = await refused(row, { body: '{"model": ', headers: { 'content-type': 'application/json' } })
      assert.equal(status, 400)
      assert.match(error.message, /JSON/)
    })
  }

  for (const row of rows.filter((each) => each.beta !== null)) {
    test(`${row.id} asks for its beta header`, async () => {
      const { status, error } = await refused(row, { hasBeta: false })
      assert.equal(status, 400)
      assert.match(error.message, /OpenAI-Beta/)
    })
  }
})
