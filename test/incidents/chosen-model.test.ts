// A token for some models reached others wherever a request leaves the model to the upstream: calls and secrets of realtime, a
// body that is left out, a key elsewhere in the body that looked like an assistant who had chosen one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startGuardedAccount } from '../harness/guarded-account.ts'

const json = { 'content-type': 'application/json' }
const sdp = { 'content-type': 'application/sdp' }
const form = { 'content-type': 'multipart/form-data; boundary=b' }
const session = (text: string): string =>
  `--b\r\nContent-Disposition: form-data; name="sdp"\r\n\r\nv=0\r\n--b\r\nContent-Disposition: form-data; name="session"\r\n\r\n${text}\r\n--b--\r\n`

test('a token for some models names its model wherever one is chosen', async () => {
  await using account = await startGuardedAccount()
  const { token } = await account.admin('tokens.create', {
    name: 'one',
    tenant: 'red',
    project: 'web',
    models: ['gpt-4o*', 'gpt-realtime'],
  })
  const codeOf = async (path: string, headers: Readonly<Record<string, string>>, body: string): Promise<unknown> => {
    const answer = await fetch(`${account.url}${path}`, {
      method: 'POST',
      headers: { ...headers, authorization: `Bearer ${String(token)}` },
      body,
    })
    const text = await answer.text()
    return answer.ok ? answer.status : (JSON.parse(text) as { readonly error: { readonly code: unknown } }).error.code
  }

  for (const [path, headers, body] of [
    ['/v1/realtime/client_secrets', json, '{}'],
    ['/v1/realtime/client_secrets', json, ''],
    ['/v1/realtime/client_secrets', json, '{"model":"gpt-4o"}'],
    ['/v1/realtime/client_secrets', json, '{"session":{"audio":{"input":{"transcription":{"model":"gpt-4o-transcribe"}}}}}'],
    ['/v1/realtime/sessions', json, ''],
    ['/v1/realtime/calls', sdp, 'v=0'],
    ['/v1/realtime/calls?model=other', sdp, 'v=0'],
    ['/v1/realtime/calls', form, session('{"audio":{"input":{"transcription":{"model":"gpt-4o-transcribe"}}}}')],
    ['/v1/moderations', json, '{"input":"x"}'],
    ['/v1/moderations', json, '{"input":"x","y":{"assistant_id":"z","agent_id":"z"}}'],
    ['/v1/images/generations', json, '{"prompt":"x","agent_id":"z"}'],
  ] as const)
    assert.equal(await codeOf(path, headers, body), 'model_not_allowed', `${path} ${body}`)

  assert.equal(await codeOf('/v1/realtime/client_secrets', json, '{"session":{"type":"realtime","model":"gpt-realtime"}}'), 200)
  assert.equal(await codeOf('/v1/realtime/calls?model=gpt-realtime', sdp, 'v=0'), 201)
  assert.equal(await codeOf('/v1/realtime/calls', form, session('{"type":"realtime","model":"gpt-realtime"}')), 201)
  assert.equal(await codeOf('/v1/chat/completions', json, '{"model":"gpt-4o-mini","messages":[{"role":"user","content":"x"}]}'), 200)
})
