// Who may not, and what may not: every operation is refused to everybody without an admin token, whatever is not of the shape of
// its row is refused by name, and no other way leads to the admin API.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { OperationId } from '../../src/admin/operations.ts'
import { adminToken, askHttp, rows, type Inputs } from '../harness/admin.ts'
import { eventually, openAiError } from '../harness/expect.ts'
import type { HeaderPair } from '../harness/http-bytes.ts'
import { ask, type Answer } from '../harness/raw-client.ts'
import { startWorld, type World } from '../harness/world.ts'

type ErrorAnswer = { readonly error: { readonly message: string; readonly code: string | null; readonly param: string | null } }

/** Inputs as the document shows them. */
const examplesOf = (id: OperationId): Inputs =>
  Object.fromEntries(Object.entries(rows.find((row) => row.id === id)?.input ?? {}).map(([name, { example }]) => [name, example]))

const json: HeaderPair = ['Content-Type', 'application/json']

type Sent = { readonly method?: string; readonly body?: string; readonly headers?: readonly HeaderPair[] }

/** Raw, so that a path is sent as it is written. */
const send = ({ port }: World, token: string, path: string, { method = 'POST', body = '', headers = [json] }: Sent = {}): Promise<Answer> =>
  ask(port, { method, path, token, headers, ...(method === 'GET' ? {} : { body }) })

test('every operation is refused without a token, to every client token and to a revoked admin token, and open to an admin token', async () => {
  await using world = await startWorld({ upstream: 'emulator' })
  const token = await adminToken(world.dataDir)
  const revoked = await adminToken(world.dataDir, 'gone')
  assert.equal((await askHttp(world.url, token, 'admin_tokens.revoke', { token: 'gone' })).status, 200)
  const made = await askHttp(world.url, token, 'tokens.create', { name: 'client' })
  const { token: client } = (await made.json()) as { readonly token: string }
  const strangers: readonly (readonly [string | null, string])[] = [
    [null, 'missing_admin_token'],
    ['', 'missing_admin_token'],
    [world.token, 'invalid_admin_token'],
    [client, 'invalid_admin_token'],
    [revoked, 'invalid_admin_token'],
    ['rka_unknown', 'invalid_admin_token'],
  ]
  const before = await audit(world, token)
  let attempts = 0
  for (const { id } of rows)
    for (const [stranger, code] of strangers) {
      const answer = await askHttp(world.url, stranger, id, examplesOf(id))
      const { error } = (await answer.json()) as ErrorAnswer
      assert.deepEqual(
        [answer.status, error.code, answer.headers.get('www-authenticate')],
        [401, code, 'Bearer'],
        `${id} ${String(stranger)}`,
      )
      attempts++
    }
  assert.equal(attempts, rows.length * strangers.length)
  assert.equal(await audit(world, token), before)
  for (const { id } of rows) {
    if (id === 'admin_tokens.revoke') continue
    const answer = await askHttp(world.url, token, id, examplesOf(id))
    assert.ok([200, 400, 404, 409].includes(answer.status), `${id} ${answer.status} ${await answer.text()}`)
  }
})

/** The newest row: nothing was changed where it is the same. */
const audit = async (world: World, token: string): Promise<string> => (await askHttp(world.url, token, 'audit.list', { limit: 1 })).text()

test('an admin token is no token of a client', async () => {
  await using world = await startWorld({ upstream: 'emulator' })
  const token = await adminToken(world.dataDir)
  for (const path of ['/v1/models', '/v1/actions/files/upload', '/v1/proxy', '/v1/responses:stream']) {
    const error = openAiError(await send(world, token, path, { method: path === '/v1/models' ? 'GET' : 'POST', body: '{}' }), 401)
    assert.equal(error.code, 'invalid_api_key', path)
  }
})

describe('what is not of the shape of its row', () => {
  const cases: readonly (readonly [string, string, Sent, number, string, string | null])[] = [
    ['an unknown field', '/admin/v1/tenants', { body: '{"name":"a","colour":"red"}' }, 400, 'unknown_parameter', 'colour'],
    [
      'an unknown field that is every object',
      '/admin/v1/tenants',
      { body: '{"name":"a","__proto__":{}}' },
      400,
      'unknown_parameter',
      '__proto__',
    ],
    ['a missing field', '/admin/v1/tenants', { body: '{}' }, 400, 'missing_required_parameter', 'name'],
    ['a missing body', '/admin/v1/tenants', {}, 400, 'missing_required_parameter', 'name'],
    ['null for what is needed', '/admin/v1/tenants', { body: '{"name":null}' }, 400, 'missing_required_parameter', 'name'],
    ['a wrong type', '/admin/v1/tenants', { body: '{"name":7}' }, 400, 'invalid_value', 'name'],
    ['an empty text', '/admin/v1/tenants', { body: '{"name":""}' }, 400, 'invalid_value', 'name'],
    ['a name nobody can have', '/admin/v1/tenants', { body: '{"name":"a\\nb"}' }, 400, 'admin_invalid', 'name'],
    ['a name that is taken', '/admin/v1/tenants', { body: '{"name":"default"}' }, 409, 'admin_conflict', 'name'],
    ['a wrong item of a list', '/admin/v1/tokens', { body: '{"permissions":["files:read",1]}' }, 400, 'invalid_value', 'permissions[1]'],
    ['a permission there is not', '/admin/v1/tokens', { body: '{"permissions":["fles:read"]}' }, 400, 'admin_invalid', 'permissions'],
    ['a time nobody can read', '/admin/v1/tokens', { body: '{"expires":"soon"}' }, 400, 'invalid_value', 'expires'],
    ['a word that is not one of two', '/admin/v1/members', { body: '{"email":"a@b.c","role":"boss"}' }, 400, 'invalid_value', 'role'],
    ['a tenant there is not', '/admin/v1/tokens', { body: '{"tenant":"nobody"}' }, 404, 'admin_not_found', 'tenant'],
    ['a token there is not', '/admin/v1/tokens/nobody/revoke', { body: '{}' }, 404, 'admin_not_found', 'token'],
    ['a path parameter in the body too', '/admin/v1/tokens/a/revoke', { body: '{"token":"b"}' }, 400, 'unknown_parameter', 'token'],
    ['an unknown query', '/admin/v1/audit?colour=red', { method: 'GET', headers: [] }, 400, 'unknown_parameter', 'colour'],
    ['a query that is no number', '/admin/v1/audit?limit=x', { method: 'GET', headers: [] }, 400, 'invalid_value', 'limit'],
    ['a query twice', '/admin/v1/audit?limit=1&limit=2', { method: 'GET', headers: [] }, 400, 'invalid_value', 'limit'],
    ['no JSON', '/admin/v1/tenants', { body: '{"name"' }, 400, 'invalid_json', null],
    ['no object', '/admin/v1/tenants', { body: '["name"]' }, 400, 'invalid_json', null],
    [
      'another type',
      '/admin/v1/tenants',
      { body: 'name=a', headers: [['Content-Type', 'application/x-www-form-urlencoded']] },
      415,
      'unsupported_media_type',
      null,
    ],
    [
      'another coding',
      '/admin/v1/tenants',
      { body: '{}', headers: [json, ['Content-Encoding', 'gzip']] },
      415,
      'unsupported_content_encoding',
      null,
    ],
    ['a body over 64 KiB', '/admin/v1/tenants', { body: JSON.stringify({ name: 'a'.repeat(65_536) }) }, 413, 'request_too_large', null],
    ['a body nobody reads', '/admin/v1/tenants', { method: 'DELETE', body: '{}' }, 405, 'method_not_allowed', null],
    ['a noun there is not', '/admin/v1/budgets', { body: '{}' }, 404, 'unknown_url', null],
    ['the root', '/admin', { method: 'GET', headers: [] }, 404, 'unknown_url', null],
    ['a version there is not', '/admin/v2/tenants', { body: '{}' }, 404, 'unknown_url', null],
    ['a path that ends in a slash', '/admin/v1/tenants/', { method: 'GET', headers: [] }, 404, 'unknown_url', null],
    ['a dot segment', '/admin/v1/x/../tenants', { method: 'GET', headers: [] }, 400, 'malformed_path', null],
    ['an encoding that is no UTF-8', '/admin/v1/tokens/%ff/revoke', { body: '{}' }, 400, 'malformed_path', null],
    [
      'what a browser asks before another site calls',
      '/admin/v1/tenants',
      { method: 'OPTIONS', headers: [['Origin', 'https://evil.example']] },
      405,
      'method_not_allowed',
      null,
    ],
  ]
  test('is refused by name, and changes nothing', async () => {
    await using world = await startWorld({ upstream: 'emulator' })
    const token = await adminToken(world.dataDir)
    const before = await audit(world, token)
    for (const [what, path, sent, status, code, param] of cases) {
      const answer = await send(world, token, path, sent)
      const error = openAiError(answer, status)
      assert.deepEqual([error.code, error.param], [code, param], what)
      const names = answer.headers.map(([name]) => name.toLowerCase())
      assert.equal(names.includes('allow'), status === 405, what)
      assert.deepEqual(
        names.filter((name) => name.startsWith('access-control-')),
        [],
        what,
      )
    }
    assert.equal(await audit(world, token), before)
  })
})

test('names are taken out of a path decoded, whatever stands in them', async () => {
  await using world = await startWorld({ upstream: 'emulator' })
  const token = await adminToken(world.dataDir)
  for (const name of ['Büro 3/4', 'a%2Fb', '..', '?&=#']) {
    const made = await askHttp(world.url, token, 'tenants.create', { name })
    assert.equal(made.status, 200, name)
    // A dot segment is refused in any spelling of a path; such a tenant is named by its id.
    const { id } = (await made.json()) as { readonly id: string }
    const disabled = await askHttp(world.url, token, 'tenants.disable', { tenant: name === '..' ? id : name })
    assert.equal(((await disabled.json()) as { readonly name: string }).name, name)
  }
})

test('a client that asks before it sends its body is let on, and a slow one is not waited for', async () => {
  await using world = await startWorld({ upstream: 'emulator', settings: { clientSilenceMs: 200 } })
  const token = await adminToken(world.dataDir)
  const asked = await send(world, token, '/admin/v1/tenants', { body: '{"name":"polite"}', headers: [json, ['Expect', '100-continue']] })
  assert.deepEqual([asked.status, asked.informational.map(({ status }) => status)], [200, [100]])
  const slow = await ask(world.port, {
    method: 'POST',
    path: '/admin/v1/tenants',
    token,
    headers: [json, ['Content-Length', '20']],
    body: '{"name":',
  })
  assert.equal(openAiError(slow, 408).code, 'request_timeout')
})

test('no other way leads to the admin API', async () => {
  await using world = await startWorld({ upstream: 'emulator', settings: { unlisted: 'passthrough' } })
  const token = await adminToken(world.dataDir)
  const before = await audit(world, token)
  const body = '{"name":"sneaked"}'
  for (const path of ['/v1/admin/v1/tenants', '//admin/v1/tenants', '/%61dmin/v1/tenants', '/Admin/v1/tenants', '/v1//admin/v1/tenants'])
    for (const each of [token, world.token]) {
      const answer = await send(world, each, path, { body })
      assert.ok(answer.status >= 400, `${path} ${answer.status}`)
    }
  for (const path of [
    '/admin/v1/tenants',
    '/v1/admin/v1/tenants',
    'admin/v1/tenants',
    '/../admin/v1/tenants',
    '/%2e%2e/admin/v1/tenants',
    'http://relay/admin/v1/tenants',
  ]) {
    const envelope = JSON.stringify({ method: 'POST', path, body: { name: 'sneaked' } })
    for (const each of [token, world.token]) assert.ok((await send(world, each, '/v1/proxy', { body: envelope })).status >= 400, path)
  }
  assert.equal(await audit(world, token), before)
})

test('where it is off there is nothing to find, and commands still work', async () => {
  await using world = await startWorld({ upstream: 'emulator', settings: { admin: 'off' } })
  const token = await adminToken(world.dataDir)
  for (const path of ['/admin/v1/tenants', '/admin/openapi.json', '/admin']) {
    const answer = await send(world, token, path, { method: 'GET', headers: [] })
    // Like every path nobody knows: the relay asks for a token of a client first, or says that there is none.
    assert.ok([401, 404].includes(answer.status), `${path} ${answer.status}`)
  }
  await eventually(
    'the relay still answers',
    async () => (await send(world, world.token, '/v1/models', { method: 'GET', headers: [] })).status === 200,
  )
})
