// The lines of a batch did what its token may not: with one tenant nobody looked at them unless the token named models, and a
// line that left the model out had the one the upstream chooses.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { vocabulary } from '../../src/admin/vocabulary.ts'
import { createDirectory } from '../../src/identity/directory.ts'
import { loadPepper } from '../../src/identity/pepper.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { openStore } from '../../src/store/open.ts'
import { startWorld } from '../harness/world.ts'

const line = (url: string, body: unknown): string => JSON.stringify({ custom_id: 'a', method: 'POST', url, body })
const chat = { messages: [{ role: 'user', content: 'x' }] }

test('a line of a batch may do what its token may do, also with one tenant', async () => {
  await using world = await startWorld({ upstream: 'emulator' })
  await using undo = new AsyncDisposableStack()
  const store = await openStore({ dataDir: world.dataDir, databaseUrl: null })
  undo.defer(() => store.close())
  const { tokens } = createDirectory({
    ...{ store, vocabulary, clock: systemClock, hasSettingsToken: true, onChanged: async () => {} },
    pepper: await loadPepper({ store, secret: null }),
  })
  const filesAndBatches = await tokens.create('cli:tester', { name: 'narrow', permissions: ['files:*', 'batches:*'] })
  const oneModel = await tokens.create('cli:tester', { name: 'model', models: ['gpt-4o-mini'] })

  async function batch(token: string, endpoint: string, text: string): Promise<unknown> {
    const form = new FormData()
    form.set('purpose', 'batch')
    form.set('file', new File([text], 'lines.jsonl'))
    const headers = { authorization: `Bearer ${token}` }
    const uploaded = await fetch(`${world.url}/v1/files`, { method: 'POST', headers, body: form })
    const { id } = (await uploaded.json()) as { readonly id: string }
    const answer = await fetch(`${world.url}/v1/batches`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ input_file_id: id, endpoint, completion_window: '24h' }),
    })
    const { error } = (await answer.json()) as { readonly error?: { readonly code: unknown } }
    return error?.code ?? answer.status
  }

  const chatLine = line('/v1/chat/completions', { ...chat, model: 'gpt-4o-mini' })
  assert.equal(await batch(world.token, '/v1/chat/completions', chatLine), 200)
  assert.equal(await batch(oneModel.secret, '/v1/chat/completions', chatLine), 200)
  assert.equal(await batch(filesAndBatches.secret, '/v1/chat/completions', chatLine), 'batch_line_refused')
  for (const [url, body] of [
    ['/v1/chat/completions', { ...chat, model: 'gpt-4o' }],
    ['/v1/chat/completions', chat],
    ['/v1/moderations', { input: 'x' }],
    ['/v1/images/generations', { prompt: 'x' }],
    ['/v1/responses', { input: 'x' }],
  ] as const)
    assert.equal(await batch(oneModel.secret, url, line(url, body)), 'batch_line_refused', `${url} ${JSON.stringify(body)}`)
})
