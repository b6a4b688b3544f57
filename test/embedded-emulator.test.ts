// What the emulator can be told to do, told through the relay in front of it.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import OpenAI from 'openai'
import { startWorld } from './harness/world.ts'

test('a fault asked for by header reaches the embedded emulator through the relay, and its answer the client', async () => {
  await using world = await startWorld({ upstream: 'emulator' })
  const client = new OpenAI({ baseURL: `${world.url}/v1`, apiKey: world.token, maxRetries: 0 })
  const asking = (fault: string): Promise<unknown> => client.models.list({ headers: { 'x-emulator-fault': fault } })
  await assert.rejects(asking('status=429; retry-after=7'), (error) => {
    assert.ok(error instanceof OpenAI.RateLimitError)
    assert.deepEqual([error.code, error.headers.get('retry-after')], ['rate_limit_exceeded', '7'])
    return true
  })
  await assert.rejects(asking('cut=100'))
  assert.ok((await client.models.list()).data.length > 0)
})

test('the setting emulatorScript gives the embedded emulator a script', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'relay-script-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  const emulatorScript = join(folder, 'script.yaml')
  await writeFile(emulatorScript, 'rules: [{ when: { user: ping }, reply: { text: scripted pong } }]')
  await using world = await startWorld({ upstream: 'emulator', settings: { emulatorScript } })
  const client = new OpenAI({ baseURL: `${world.url}/v1`, apiKey: world.token, maxRetries: 0 })
  assert.equal((await client.responses.create({ model: 'gpt-4o-mini', input: 'ping' })).output_text, 'scripted pong')
  await writeFile(emulatorScript, 'rules: [{ replies: 5 }]')
  await assert.rejects(startWorld({ upstream: 'emulator', settings: { emulatorScript } }), /script\.yaml line 1, rules\[0\], replies: is 5/)
})
