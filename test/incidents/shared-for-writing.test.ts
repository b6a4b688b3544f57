// An object that a project shares for reading was written to by a request that names it in its body.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startGuardedAccount } from '../harness/guarded-account.ts'

test('a share for reading is none for writing, wherever the object is named', async () => {
  await using account = await startGuardedAccount()
  const post = async (
    who: 'red' | 'ops',
    path: string,
    body: unknown,
  ): Promise<{ readonly status: number; readonly json: Record<string, unknown> }> => {
    const { status, text } = await account.send(who, {
      ...{ method: 'POST', path, body: JSON.stringify(body) },
      headers: { 'content-type': 'application/json' },
    })
    return { status, json: JSON.parse(text) as Record<string, unknown> }
  }
  const idOf = async (path: string, body: unknown): Promise<string> => String((await post('red', path, body)).json['id'])
  const conversation = await idOf('/v1/conversations', { items: [{ type: 'message', role: 'user', content: 'of web' }] })
  const container = await idOf('/v1/containers', { name: 'of web' })
  const vectorStore = await idOf('/v1/vector_stores', { name: 'of web' })
  for (const [kind, id] of [
    ['conversation', conversation],
    ['container', container],
    ['vector_store', vectorStore],
  ] as const)
    await account.admin('shares.grant', { kind, id, tenant: 'red', project: 'ops' })

  const respond = async (more: unknown): Promise<number> =>
    (await post('ops', '/v1/responses', { model: 'gpt-5-mini', input: 'x', ...(more as object) })).status
  for (let round = 0; (await respond({ tools: [{ type: 'file_search', vector_store_ids: [vectorStore] }] })) !== 200; round++) {
    assert.ok(round < 100, 'a share counts, and reading is allowed')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.equal((await account.send('ops', { method: 'GET', path: `/v1/conversations/${conversation}` })).status, 200)
  assert.equal(await respond({ conversation }), 403)
  assert.equal(await respond({ conversation: { id: conversation } }), 403)
  assert.equal(await respond({ tools: [{ type: 'code_interpreter', container }] }), 403)
  const { text } = await account.send('red', { method: 'GET', path: `/v1/conversations/${conversation}/items` })
  assert.equal((JSON.parse(text) as { readonly data: readonly unknown[] }).data.length, 1)
})
