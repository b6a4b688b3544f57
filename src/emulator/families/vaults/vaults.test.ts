import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { VaultListParams } from 'openai/resources/beta/agents/vaults/vaults'
import { refusal, startTestEmulator } from '../../../../test/harness/emulator.ts'

const secrets = ['token-1', 'token-2', 'refresh-1', 'client-1', 'bearer-1', 'bearer-2', 'variable-1']

test('vaults and credentials are made, read back after a restart, changed, listed and deleted', async () => {
  await using emulator = await startTestEmulator()
  const vault = await emulator.client.beta.agents.vaults.create({ name: ' Team ', metadata: { team: 'a' } })
  assert.match(vault.id, /^vault_/)
  assert.deepEqual([vault.object, vault.name, vault.metadata], ['vault', 'Team', { team: 'a' }])
  await emulator.restart()
  const { vaults } = emulator.client.beta.agents
  assert.deepEqual(await vaults.retrieve(vault.id), vault)
  const unnamed = await vaults.create()
  assert.equal(unnamed.name, null)
  const ids = async (query: VaultListParams): Promise<string[]> => (await Array.fromAsync(vaults.list(query))).map(({ id }) => id)
  assert.deepEqual(await ids({ limit: 1 }), [unnamed.id, vault.id])
  assert.deepEqual(await ids({ order: 'asc', metadata: { team: 'a' } }), [vault.id])
  assert.deepEqual(await ids({ status: 'archived' }), [])
  assert.deepEqual(await ids({ status: ['active', 'archived'] }), [unnamed.id, vault.id])
  assert.deepEqual(
    [await vaults.update(vault.id, { name: null }), await vaults.update(vault.id, { metadata: {} })].map(({ name, metadata }) => [
      name,
      metadata,
    ]),
    [
      [null, { team: 'a' }],
      [null, {}],
    ],
  )
  const credential = await vaults.credentials.create(vault.id, {
    name: 'search',
    auth: { type: 'static_bearer', mcp_server_url: 'https://mcp.example.com', token: 'bearer-1' },
  })
  assert.equal(credential.vault_id, vault.id)
  assert.equal((await refusal(vaults.credentials.retrieve(credential.id, { vault_id: unnamed.id }))).status, 404)
  assert.deepEqual(await vaults.delete(vault.id), { id: vault.id, object: 'vault.deleted', deleted: true })
  assert.deepEqual(await refusal(vaults.credentials.retrieve(credential.id, { vault_id: vault.id })), {
    status: 404,
    message: `Vault with id '${vault.id}' not found.`,
    code: null,
    param: null,
  })
})

test('no answer and no file on disk holds a secret of a credential', async () => {
  await using emulator = await startTestEmulator()
  const { vaults } = emulator.client.beta.agents
  const { id: vaultId } = await vaults.create({ name: 'v' })
  const answers: unknown[] = []
  const oauth = await vaults.credentials.create(vaultId, {
    name: 'oauth',
    auth: {
      type: 'mcp_oauth',
      mcp_server_url: 'https://mcp.example.com',
      access_token: 'token-1',
      expires_at: '2030-01-01T00:00:00Z',
      refresh: {
        client_id: 'client',
        refresh_token: 'refresh-1',
        token_endpoint: 'https://id.example.com/token',
        token_endpoint_auth: { type: 'client_secret_basic', client_secret: 'client-1' },
        scope: 'read',
      },
    },
  })
  answers.push(oauth)
  answers.push(
    await vaults.credentials.create(vaultId, {
      name: 'variable',
      auth: {
        type: 'environment_variable',
        secret_name: 'SERVICE_API_KEY',
        secret_value: 'variable-1',
        networking: { type: 'limited', allowed_hosts: ['API.example.com', 'api.example.com'] },
      },
    }),
    await vaults.credentials.create(vaultId, {
      name: 'bearer',
      auth: { type: 'static_bearer', mcp_server_url: 'https://mcp.example.com', token: 'bearer-1' },
    }),
  )
  const rotated = await vaults.credentials.update(oauth.id, {
    vault_id: vaultId,
    auth: { type: 'mcp_oauth', access_token: 'token-2', refresh: { scope: null } },
  })
  assert.ok(rotated.auth.type === 'mcp_oauth')
  assert.deepEqual([rotated.auth.expires_at, rotated.auth.refresh?.scope, rotated.auth.refresh?.client_id], [null, null, 'client'])
  answers.push(rotated, await Array.fromAsync(vaults.credentials.list(vaultId)))
  const text = JSON.stringify(answers)
  assert.match(text, /"allowed_hosts":\["api\.example\.com"\]/)
  const state = join(emulator.dataDir, 'emulator')
  const disk = readdirSync(state)
    .filter((name) => name.startsWith('state.sqlite'))
    .map((name) => readFileSync(join(state, name), 'latin1'))
    .join('')
  assert.ok(disk.includes('SERVICE_API_KEY'))
  for (const secret of secrets) assert.ok(!text.includes(secret) && !disk.includes(secret), secret)
})

test('a credential that could not be used is refused, and so is a rotation of another kind', async () => {
  await using emulator = await startTestEmulator()
  const { vaults } = emulator.client.beta.agents
  const { id } = await vaults.create({})
  const refused = async (auth: unknown): Promise<unknown> => {
    const body = { name: 'x', auth }
    const response = await emulator.send('POST', `/v1/vaults/${id}/credentials`, body, { 'openai-beta': 'agents=v1' })
    return ((await response.json()) as { error: { param: unknown } }).error.param
  }
  const bearer = { type: 'static_bearer', mcp_server_url: 'https://mcp.example.com', token: 'x' }
  const variable = { type: 'environment_variable', secret_name: 'A', secret_value: 'x', networking: { type: 'unrestricted' } }
  assert.deepEqual(
    await Promise.all(
      [
        undefined,
        {},
        { type: 'password' },
        { ...bearer, token: undefined },
        { ...bearer, mcp_server_url: 'http://mcp.example.com' },
        { ...bearer, refresh: {} },
        { ...variable, secret_name: 'CODEX_HOME' },
        { ...variable, secret_value: 'a\nb' },
        { ...variable, networking: { type: 'limited', allowed_hosts: ['https://example.com'] } },
      ].map(refused),
    ),
    [
      'auth',
      'auth.type',
      'auth.type',
      'auth.token',
      'auth.mcp_server_url',
      'auth.refresh',
      'auth.secret_name',
      'auth.secret_value',
      'auth.networking.allowed_hosts[0]',
    ],
  )
  assert.equal((await refusal(vaults.create({ name: '  ' }))).param, 'name')
  const { id: credentialId } = await vaults.credentials.create(id, { name: 'x', auth: { ...bearer, type: 'static_bearer' } })
  const rotation = await refusal(
    vaults.credentials.update(credentialId, { vault_id: id, auth: { type: 'environment_variable', secret_value: 'x' } }),
  )
  assert.deepEqual([rotation.status, rotation.param, rotation.code], [400, 'auth.type', 'invalid_value'])
})

test('a request without the beta header is refused with the header to send', async () => {
  await using emulator = await startTestEmulator()
  const response = await emulator.send('GET', '/v1/vaults')
  const { error } = (await response.json()) as { error: { message: string; code: string } }
  assert.deepEqual([response.status, error.code], [400, 'invalid_beta'])
  assert.match(error.message, /'OpenAI-Beta: agents=v1'\.$/)
})
