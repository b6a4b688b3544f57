// What tenants of one account could tell each other, or learn of each other, without naming an id: values the upstream compares
// across the account, headers and errors that speak of the whole of it, its models, its stored completions.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Endpoint, Resource } from '../../src/catalog/endpoint.ts'
import { everyRow } from '../../src/catalog/references.ts'
import { startGuardedAccount, type GuardedAccount, type Sent } from '../harness/guarded-account.ts'
import { answering, okScript, rawUpstream, type RawUpstream } from '../harness/raw-upstream.ts'
import { ask } from '../harness/raw-client.ts'
import { startWorld } from '../harness/world.ts'
import { formHeaders, formOf, newId, part, pathOf, rows } from './spots.ts'

type Json = { [name: string]: unknown }

const value = 'a value of their own'
const json = { 'content-type': 'application/json' }
const okAnswer = (headers: string, body: string, status = '200 OK'): string =>
  `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

/** A label of a row, as a request with a value there, and how to read what the upstream got. */
type Channel = { readonly name: string; readonly sent: (who: string) => Sent; readonly read: (upstream: RawUpstream) => string }

function channelOf(row: Endpoint, { at }: Resource): Channel | null {
  const [place = '', ...rest] = at.split('.')
  const name = rest.join('.')
  const path = (who: string): string => pathOf(row, () => `live_${who}`)
  const last = (upstream: RawUpstream): RawUpstream['requests'][number] => {
    const request = upstream.requests.at(-1)
    assert.ok(request, 'nothing reached the upstream')
    return request
  }
  const label = `${row.id} ${at}`
  if (place === 'body') {
    const document = rest.toReversed().reduce<unknown>((inner, key) => ({ [key]: inner }), value)
    const read = (upstream: RawUpstream): string =>
      rest.reduce<unknown>((inner, key) => (inner as Json)[key], JSON.parse(last(upstream).body.toString('utf8')) as unknown) as string
    return { name: label, sent: (who) => ({ method: row.method, path: path(who), headers: json, body: JSON.stringify(document) }), read }
  }
  if (place === 'form') {
    const body = formOf(part(`name="${name}"`, value), part('name="image"; filename="a.png"', 'a'))
    const read = (upstream: RawUpstream): string => /name="user"\r\n\r\n([^\r]*)/.exec(last(upstream).body.toString('latin1'))?.[1] ?? ''
    return { name: label, sent: (who) => ({ method: row.method, path: path(who), headers: formHeaders, body }), read }
  }
  // A list with a label in its query is answered from our own record.
  return null
}

const channels = rows.flatMap((row) =>
  row.resources.flatMap((resource) => (resource.act === 'namespace' ? [channelOf(row, resource)] : [])).filter((each) => each !== null),
)
/** It goes upstream with what any client sends, and is not answered here. */
const isCarried = ({ tenants, path, resources }: Endpoint): boolean =>
  tenants === 'owned' && !path.includes('{') && resources.every(({ act }) => act !== 'list')
const headerNames = everyRow.map(({ at }) => at.slice('header.'.length))

describe('of a relay of several tenants', { concurrency: false }, () => {
  const undo = new AsyncDisposableStack()
  let upstream: RawUpstream
  let world: GuardedAccount
  before(async () => {
    upstream = undo.use(await rawUpstream())
    world = undo.use(await startGuardedAccount({ upstream: upstream.url }))
    for (const who of ['red', 'ops', 'blue'] as const) await world.own(who, [{ kind: 'live_session', id: `live_${who}` }])
  })
  after(() => undo.disposeAsync())

  for (const { name, sent, read } of channels)
    test(`what a tenant says at ${name} meets no other tenant’s, and stays the same`, async () => {
      upstream.script(okScript)
      const heard: string[] = []
      for (const who of ['red', 'red', 'ops', 'blue'] as const) {
        const got = await world.send(who, sent(who))
        assert.equal(got.status, 200, got.text)
        heard.push(read(upstream))
      }
      const [first = '', again, sibling, other] = heard
      assert.ok(first.length > 16 && first.length <= 64 && !first.includes(value), first)
      assert.equal(again, first)
      assert.equal(sibling, first, 'projects of one tenant are one customer')
      assert.notEqual(other, first)
    })

  for (const name of headerNames)
    test(`what a tenant says in ${name} meets no other tenant’s on any row`, async () => {
      upstream.script(okScript)
      for (const row of rows.filter(isCarried))
        for (const spelled of [name, name.toUpperCase()]) {
          const heard: string[] = []
          for (const who of ['red', 'red', 'blue'] as const) {
            upstream.clear()
            const sent: Sent = { method: row.method, path: row.path, headers: { [spelled]: value } }
            await world.send(who, row.method === 'POST' ? { ...sent, headers: { ...sent.headers, ...json }, body: '{}' } : sent)
            const pair = upstream.requests[0]?.headers.find(([each]) => each.toLowerCase() === name)
            heard.push(pair?.[1] ?? '')
          }
          if (upstream.requests.length === 0) continue
          const [first, again, other] = heard
          assert.ok(first !== '' && first !== value && first === again && first !== other, `${row.id}: ${heard.join(' ')}`)
        }
    })

  test('no header makes another method of the one that was asked for', async () => {
    const id = newId('file')
    await world.own('red', [{ kind: 'file', id }])
    upstream.script(okScript)
    for (const name of ['X-HTTP-Method-Override', 'x-http-method', 'X-Method-Override'])
      await world.send('red', { method: 'GET', path: `/v1/files/${id}`, headers: { [name]: 'DELETE' } })
    assert.deepEqual(
      upstream.requests.filter(({ headText }) => headText.includes('DELETE')),
      [],
    )
  })

  test('limits and names of the account are in no answer', async () => {
    const names = ['x-ratelimit-remaining-requests', 'X-RateLimit-Limit-Tokens', 'openai-organization', 'OpenAI-Project', 'set-cookie']
    upstream.script(answering(okAnswer(names.map((name) => `${name}: org-acme\r\n`).join(''), '{}')))
    const { status, headers } = await world.send('red', { method: 'POST', path: '/v1/embeddings', headers: json, body: '{}' })
    assert.equal(status, 200)
    assert.deepEqual(
      headers.filter((each) => /ratelimit|organization|project|cookie|org-acme/i.test(each)),
      [],
    )
  })

  for (const status of ['400 Bad Request', '404 Not Found', '409 Conflict', '429 Too Many Requests', '500 Oops', '503 Busy'])
    test(`an error ${status.slice(0, 3)} names nothing that is not the caller’s`, async () => {
      const foreign = newId('file')
      const own = newId('file')
      const told = newId('file')
      await world.own('blue', [{ kind: 'file', id: foreign }])
      await world.own('red', [{ kind: 'file', id: own }])
      const message = `org-aBc123def of proj_x1y2z3w4: ${foreign} and ${own} and ${told} and ft:gpt-4o:acme::9Zz and sk-proj-abcdefgh user-Qq12ww34`
      const text = JSON.stringify({ error: { message, type: 'invalid_request_error', param: null, code: null } })
      upstream.script(answering(okAnswer('', text, status)))
      const { text: answered } = await world.send('red', {
        method: 'POST',
        path: '/v1/embeddings',
        headers: json,
        body: JSON.stringify({ input: told }),
      })
      for (const secret of ['aBc123def', 'x1y2z3w4', foreign, 'acme::9Zz', 'abcdefgh', 'Qq12ww34'])
        assert.ok(!answered.includes(secret), `${secret} in ${answered}`)
      for (const known of [own, told]) assert.ok(answered.includes(known), `${known} is not in ${answered}`)
    })

  test('the models of others are not in the list', async () => {
    const [theirs, ours, nobodys] = [newId('model'), newId('model'), newId('model')]
    await world.own('blue', [{ kind: 'model', id: theirs }])
    await world.own('red', [{ kind: 'model', id: ours }])
    const data = [theirs, 'gpt-4o', ours, nobodys].map((id) => ({ id, object: 'model', owned_by: 'org-acme1234' }))
    upstream.script(answering(okAnswer('', JSON.stringify({ object: 'list', data }))))
    const { text } = await world.send('red', { method: 'GET', path: '/v1/models' })
    const list = JSON.parse(text) as { readonly data: readonly { readonly id: string; readonly owned_by: string }[] }
    assert.deepEqual(
      list.data.map(({ id }) => id),
      ['gpt-4o', ours],
    )
    assert.ok(!text.includes('acme1234'), text)
  })

  test('what belongs to the whole account is reached by nobody', async () => {
    const closed = rows.filter(({ tenants }) => tenants === 'account')
    assert.ok(closed.length > 5)
    upstream.clear()
    for (const row of closed)
      for (const who of ['red', 'home'] as const) {
        const sent: Sent = { method: row.method, path: pathOf(row, () => 'x_1'), headers: row.method === 'POST' ? json : {} }
        const { status } = await world.send(who, row.method === 'POST' ? { ...sent, body: '{}' } : sent)
        assert.equal(status, 403, `${who} ${row.id}`)
      }
    assert.equal(upstream.requests.length, 0)
  })

  for (const row of rows)
    for (const { at, values = [] } of row.resources.filter(({ act }) => act === 'refuse'))
      test(`${row.id} takes no source that is the whole account’s at ${at}`, async () => {
        upstream.clear()
        const [, ...keys] = at.split('.')
        for (const source of values) {
          const document = keys.toReversed().reduce((inner, key) => `{"${key}":${inner}}`, JSON.stringify(source))
          const last = keys.at(-1) ?? ''
          const doubled = keys
            .toReversed()
            .reduce((inner, key) => (key === last ? `{"${key}":"custom","${key}":${JSON.stringify(source)}}` : `{"${key}":${inner}}`), '')
          const escaped = document.replace(JSON.stringify(source), `"\\u00${source.charCodeAt(0).toString(16)}${source.slice(1)}"`)
          for (const body of [document, doubled, escaped]) {
            const path = pathOf(row, () => 'eval_mine')
            await world.own('red', [{ kind: 'eval', id: 'eval_mine' }])
            const { status, text } = await world.send('red', { method: 'POST', path, headers: json, body })
            assert.equal(status, 403, `${body}: ${text}`)
          }
        }
        assert.equal(upstream.requests.length, 0)
      })
})

test('of a relay of one tenant, everything a client says of itself goes upstream as it is', async () => {
  await using upstream = await rawUpstream()
  await using world = await startWorld({ upstream })
  for (const { name, sent: sentBy, read } of channels) {
    const sent = sentBy('red')
    const got = await ask(world.port, {
      method: sent.method,
      path: sent.path,
      token: world.token,
      headers: [...Object.entries(sent.headers ?? {}), ...headerNames.map((header): [string, string] => [header, value])],
      ...(sent.body === undefined ? {} : { body: sent.body }),
    })
    assert.equal(got.status, 200, name)
    assert.equal(read(upstream), value, name)
    const heads = upstream.requests.at(-1)?.headers.filter(([header]) => headerNames.includes(header.toLowerCase()))
    assert.deepEqual(
      heads?.map(([, each]) => each),
      headerNames.map(() => value),
    )
  }
})
