// The words for an id that names nothing: what the catalog says of every row and place is what the emulator answers there, byte for
// byte. A relay that refuses another tenant's id in other words would tell that the id is somebody's.
import assert from 'node:assert/strict'
import { describe, test, before, after } from 'node:test'
import OpenAI from 'openai'
import type { Endpoint, Resource } from '../src/catalog/endpoint.ts'
import { catalog } from '../src/catalog/index.ts'
import { kinds, type ResourceKind } from '../src/catalog/kinds.ts'
import { createMatcher } from '../src/catalog/match.ts'
import { missingWords, sayMissing } from '../src/catalog/missing.ts'
import { drivers } from './emulator/drivers.ts'
import { createStage, type Stage } from './emulator/stage.ts'
import { startTestEmulator, type TestEmulator } from './harness/emulator.ts'
import { fragmentAt, isUnread, plainBody } from './harness/fragments.ts'

const rows = catalog.filter((row) => row.transport === 'http')
const match = createMatcher(catalog)

/** A request that was answered, as it can be sent again. */
type Sent = {
  readonly row: Endpoint
  readonly method: string
  readonly url: URL
  readonly params: Readonly<Record<string, string>>
  readonly headers: Headers
  readonly body: Buffer
}
type Json = { [name: string]: unknown }

describe('a missing id', () => {
  let emulator: TestEmulator
  let stage: Stage
  let sent: Sent[] = []
  before(async () => {
    emulator = await startTestEmulator()
    const client = new OpenAI({
      apiKey: 'sk-test',
      adminAPIKey: 'sk-test',
      baseURL: `${emulator.url}/v1`,
      maxRetries: 0,
      fetch: async (target, init) => {
        const request = new Request(target, init)
        const copy = request.clone()
        const answer = await fetch(request)
        const url = new URL(copy.url)
        const found = match(copy.method, url.pathname.slice(1).split('/'), false)
        if (found.kind === 'found' && answer.status < 300)
          sent.push({
            row: found.row,
            method: copy.method,
            url,
            params: { ...found.params },
            headers: copy.headers,
            body: Buffer.from(await copy.arrayBuffer()),
          })
        return answer
      },
    })
    stage = createStage(client)
  })
  after(() => emulator[Symbol.asyncDispose]())

  const example = new Map<string, Sent>()

  for (const row of rows) {
    const named = (row.resources as readonly Resource[]).filter(({ act }) => act === 'use' || act === 'delete')
    test(`is refused as the catalog says by ${row.id}`, async () => {
      await drivers[row.id](stage)
      for (const each of sent) example.set(each.row.id, each)
      sent = []
      const request = example.get(row.id)
      assert.ok(request !== undefined, 'was never called with success')
      const problems: string[] = []
      for (const resource of named) {
        if (isUnread(row.id, resource.at)) continue
        const attempt = await attemptOf(request, resource)
        if (attempt === null) continue
        const { id, at, params, answer } = attempt
        const { status, message, param, code } = sayMissing(missingWords(resource), { id, at, params })
        const expected = `${status} ${JSON.stringify({ message, type: 'invalid_request_error', param, code })}`
        const text = await answer.text()
        const error: unknown = answer.status < 400 ? text.slice(0, 80) : (JSON.parse(text) as Json)['error']
        const got = `${answer.status} ${JSON.stringify(error)}`
        if (got !== expected) problems.push(`${resource.at}\n   said: ${expected}\n    got: ${got}`)
      }
      if (problems.length > 0) assert.fail(problems.join('\n'))
    })
  }
})

/** An id nobody made, which looks like one. */
const missingId = (kind: ResourceKind): string => `${kinds[kind].prefixes[0] ?? ''}00000000000000000000000000000000`

type Attempt = {
  readonly id: string
  readonly at: string
  readonly params: Readonly<Record<string, string>>
  readonly answer: Response
}

/** The request again, with a missing id at the place; null where a request like this one has no such place. */
async function attemptOf(request: Sent, resource: Resource): Promise<Attempt | null> {
  const { row, method, url, params, headers, body } = request
  const id = missingId(resource.kind)
  const [place = '', ...rest] = resource.at.split('.')
  const name = rest.join('.')
  if (place === 'path') {
    const changed = { ...params, [name]: id }
    const path = row.path.replaceAll(/\{(\w+)\}/g, (_, param: string) => changed[param] ?? '')
    return { id, at: name, params: changed, answer: await send(new URL(`${path}${url.search}`, url), method, headers, body) }
  }
  if (place === 'query') {
    const changed = new URL(url)
    changed.searchParams.set(name, id)
    return { id, at: name, params, answer: await send(changed, method, headers, body) }
  }
  const isForm = headers.get('content-type')?.startsWith('multipart/') === true
  if (place === 'form') {
    if (!isForm) return null
    const form = await new Response(new Uint8Array(body), { headers }).formData()
    const [field = '', ...below] = rest
    const text = form.get(field)
    // A field that holds JSON, or one whose name says the way down.
    if (typeof text === 'string' && text.startsWith('{'))
      form.set(field, JSON.stringify(fragmentAt(JSON.parse(text) as Json, row.id, below.join('.'), id).document))
    else form.set(name.replace(/\.(\w+)/g, '[$1]'), id)
    const bare = new Headers(headers)
    bare.delete('content-type')
    return { id, at: name, params, answer: await fetch(url, { method, headers: bare, body: form }) }
  }
  const document = plainBody(row.id, name) ?? (isForm || body.length === 0 ? {} : (JSON.parse(body.toString('utf8')) as Json))
  const { at, document: changed } = fragmentAt(document, row.id, name, id)
  const typed = new Headers(headers)
  typed.set('content-type', 'application/json')
  return { id, at, params, answer: await send(url, method, typed, Buffer.from(JSON.stringify(changed))) }
}

const send = (url: URL, method: string, headers: Headers, body: Buffer): Promise<Response> => {
  const bare = new Headers(headers)
  bare.delete('content-length')
  return fetch(url, { method, headers: bare, ...(body.length === 0 ? {} : { body: new Uint8Array(body) }) })
}
