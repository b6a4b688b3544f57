// What a token may not do is refused from the head of a request, in the words of the upstream, and the upstream hears nothing of it.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Endpoint } from '../../src/catalog/endpoint.ts'
import { catalog } from '../../src/catalog/index.ts'
import { vocabulary } from '../../src/admin/vocabulary.ts'
import { createDirectory, type Directory } from '../../src/identity/directory.ts'
import type { TokenOptions } from '../../src/identity/nouns/tokens.ts'
import { loadPepper } from '../../src/identity/pepper.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { rawClient, type RawClient } from '../harness/raw-client.ts'
import { answering, rawUpstream, type RawUpstream } from '../harness/raw-upstream.ts'
import { samplePath } from '../harness/samples.ts'
import { startWorld, type World } from '../harness/world.ts'

const rows = (catalog as readonly Endpoint[]).filter(({ transport }) => transport === 'http')

type OpenAiError = {
  readonly error: { readonly message: string; readonly type: string; readonly param: string | null; readonly code: string | null }
}

describe('what a token may do', { concurrency: false }, () => {
  let upstream: RawUpstream
  let world: World
  let store: Store
  let directory: Directory

  before(async () => {
    upstream = await rawUpstream()
    upstream.script(answering('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'))
    world = await startWorld({ upstream })
    // As another process would: the relay learns of its tokens by the database.
    store = await openStore({ dataDir: world.dataDir, databaseUrl: null })
    directory = createDirectory({
      store,
      pepper: await loadPepper({ store, secret: null }),
      clock: systemClock,
      vocabulary,
      hasSettingsToken: true,
      onChanged: async () => {},
    })
  })
  after(async () => {
    await store.close()
    await world[Symbol.asyncDispose]()
    await upstream[Symbol.asyncDispose]()
  })

  const tokenWith = async (options: TokenOptions): Promise<string> => (await directory.tokens.create('cli:tester', options)).secret

  /** A request whose body never comes: whoever waits for it does not answer. */
  async function headOnly(
    client: RawClient,
    row: Endpoint,
    token: string,
  ): Promise<{ readonly status: number; readonly body: OpenAiError }> {
    await client.send(
      `${row.method} ${samplePath(row)} HTTP/1.1\r\nHost: relay\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\n`,
    )
    const answer = await client.answer()
    return { status: answer.status, body: JSON.parse(answer.body.toString()) as OpenAiError }
  }

  async function assertRefused(row: Endpoint, token: string, missing: string): Promise<void> {
    await using client = await rawClient(world.port)
    const { status, body } = await headOnly(client, row, token)
    assert.equal(status, 403, row.id)
    assert.deepEqual(
      { ...body.error, message: '' },
      { message: '', type: 'invalid_request_error', param: null, code: 'insufficient_permissions' },
    )
    assert.ok(
      body.error.message.startsWith(`You have insufficient permissions for this operation. Missing scopes: ${missing}.`),
      body.error.message,
    )
  }

  test('every row is refused to a token with every permission but its own, before its body', async () => {
    upstream.clear()
    const others = new Map<string, string>()
    for (const permission of new Set(rows.map((row) => row.permission))) {
      const permissions = vocabulary.permissions.filter((each) => each !== permission)
      others.set(permission, await tokenWith({ permissions }))
    }
    for (const row of rows) await assertRefused(row, others.get(row.permission) ?? '', row.permission)
    assert.equal(upstream.requests.length, 0)
  })

  test('every row is refused to a token for every endpoint but this one, before its body', async () => {
    upstream.clear()
    // One token for half the rows and one for the other half: each row is met by the one that does not name it.
    const halves = [rows.filter((_, index) => index % 2 === 0), rows.filter((_, index) => index % 2 === 1)]
    for (const [index, half] of halves.entries()) {
      const token = await tokenWith({ endpoints: (halves[1 - index] ?? []).map(({ id }) => id) })
      for (const row of half) await assertRefused(row, token, row.id)
    }
    assert.equal(upstream.requests.length, 0)
  })

  const ask = (path: string, token: string, body: unknown = null): Promise<Response> =>
    fetch(`${world.url}${path}`, {
      method: body === null ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, ...(body === null ? {} : { 'content-type': 'application/json' }) },
      ...(body === null ? {} : { body: JSON.stringify(body) }),
    })

  test('a token passes with exactly the permission, the endpoint and the model it needs', async () => {
    upstream.clear()
    const token = await tokenWith({ permissions: ['chat:write'], endpoints: ['chat.completions.create'], models: ['gpt-5*'] })
    assert.equal((await ask('/v1/chat/completions', token, { model: 'gpt-5-mini', messages: [] })).status, 200)
    assert.equal(upstream.requests.length, 1)
  })

  test('a model the token was not made for is refused by its name, and nothing goes upstream', async () => {
    upstream.clear()
    const token = await tokenWith({ models: ['gpt-5*', 'o3'] })
    for (const model of ['gpt-4o', 'o3-pro', 'GPT-5', 'ft:gpt-5:acme::1', '']) {
      const answer = await ask('/v1/chat/completions', token, { model, messages: [] })
      assert.equal(answer.status, 403, model)
      const { error } = (await answer.json()) as OpenAiError
      assert.deepEqual([error.type, error.param, error.code], ['invalid_request_error', 'model', 'model_not_allowed'])
    }
    assert.equal(upstream.requests.length, 0)
  })

  test('a token nobody knows is told so before its permissions are', async () => {
    await using client = await rawClient(world.port)
    const [row] = rows
    assert.ok(row)
    const { status, body } = await headOnly(client, row, 'rk_nobody')
    assert.deepEqual([status, body.error.code], [401, 'invalid_api_key'])
  })

  test('an action does what its token may do and nothing more', async () => {
    upstream.clear()
    const token = await tokenWith({ permissions: ['responses:*', 'files:write'] })
    const answer = await ask('/v1/actions/files/contents', token, { file_ids: ['file-abc'] })
    assert.equal(answer.status, 403)
    const { error } = (await answer.json()) as OpenAiError
    assert.equal(error.code, 'insufficient_permissions')
    assert.match(error.message, /Missing scopes: files:read\./)
    const proxied = await ask('/v1/proxy', token, { method: 'GET', path: '/v1/files' })
    assert.equal(proxied.status, 403)
    assert.equal(upstream.requests.length, 0)
  })

  test('a token that another process revokes is refused by the running relay within a second', async () => {
    const { token, secret } = await directory.tokens.create('cli:tester', {})
    assert.equal((await ask('/v1/models', secret)).status, 200)
    await directory.tokens.revoke('cli:tester', { token: token.id })
    // Ten times the poll: a busy machine may be late, an unlimited wait would not show that it never happens.
    const until = performance.now() + 2_500
    let status = 200
    while (status === 200 && performance.now() < until) status = (await ask('/v1/models', secret)).status
    assert.equal(status, 401)
  })
})
