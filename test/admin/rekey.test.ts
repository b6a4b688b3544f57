// The key of an upstream account is exchanged while the relay runs: what is on the account is reached with the new one.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { adminToken, askHttp, type Inputs } from '../harness/admin.ts'
import { startWorld } from '../harness/world.ts'

test('an account that gets another key keeps what is on it, and sends the new key from then on', async () => {
  const keys: (string | undefined)[] = []
  const upstream = createServer((incoming, outgoing) => {
    keys.push(incoming.headers.authorization)
    incoming.resume()
    outgoing.setHeader('content-type', 'application/json')
    outgoing.end(JSON.stringify({ id: 'vs_1', object: 'vector_store', created_at: 1_700_000_000, name: 'one' }))
  }).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  try {
    await using world = await startWorld({ upstream: 'emulator' })
    const admin = await adminToken(world.dataDir)
    const ask = async (id: Parameters<typeof askHttp>[2], inputs: Inputs): Promise<Inputs> => {
      const answer = await askHttp(world.url, admin, id, inputs)
      assert.equal(answer.status, 200, id)
      return (await answer.json()) as Inputs
    }
    await ask('tenants.create', { name: 'red' })
    await ask('accounts.create', { name: 'eu', key: 'sk-old', url: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1` })
    await ask('accounts.assign', { account: 'eu', tenant: 'red' })
    const { token } = await ask('tokens.create', { tenant: 'red' })
    const headers = { authorization: `Bearer ${String(token)}`, 'content-type': 'application/json' }
    const made = await fetch(`${world.url}/v1/vector_stores`, { method: 'POST', headers, body: '{"name":"one"}' })
    assert.equal(made.status, 200)
    await ask('accounts.rekey', { account: 'eu', key: 'sk-new' })
    assert.equal((await fetch(`${world.url}/v1/vector_stores/vs_1`, { headers })).status, 200)
    assert.deepEqual(keys, ['Bearer sk-old', 'Bearer sk-new'])
  } finally {
    upstream.close()
    upstream.closeAllConnections()
  }
})
