// Objects that were on the account before the relay: whose they are with one tenant, with several, with a home, after adoption.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminToken, askHttp } from '../harness/admin.ts'
import { startTenants, type TenantsWorld } from '../harness/tenants.ts'

async function upload({ emulator }: TenantsWorld, name: string): Promise<string> {
  const form = new FormData()
  form.set('purpose', 'user_data')
  form.set('file', new File(['text'], name))
  const response = await fetch(`${emulator.url}/v1/files`, { method: 'POST', headers: { authorization: 'Bearer sk-test' }, body: form })
  return ((await response.json()) as { readonly id: string }).id
}

const listed = async ({ send }: TenantsWorld, token: string): Promise<readonly string[]> => {
  const { status, text } = await send(token, 'GET', '/v1/files')
  assert.equal(status, 200, text)
  return (JSON.parse(text) as { readonly data: readonly { readonly id: string }[] }).data.map(({ id }) => id)
}
const statusOf = async ({ send }: TenantsWorld, token: string, id: string): Promise<number> =>
  (await send(token, 'GET', `/v1/files/${id}`)).status

/** Times of the upstream are whole seconds: what is made next is not of the second in which the tenants came. */
const nextSecond = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1100))

test('with one tenant they stay reachable; several find none of them', async () => {
  await using stage = await startTenants()
  const old = await upload(stage, 'old')
  assert.deepEqual([await listed(stage, stage.world.token), await statusOf(stage, stage.world.token, old)], [[old], 200])
  const red = await stage.tenant('red')
  for (const token of [red, stage.world.token]) assert.deepEqual([await listed(stage, token), await statusOf(stage, token, old)], [[], 404])
})

test('the tenant that is named as their home lists them, and what came after the tenants is nobody’s', async () => {
  await using stage = await startTenants({ unowned: 'red' })
  const old = await upload(stage, 'old')
  await nextSecond()
  const red = await stage.tenant('red')
  const blue = await stage.tenant('blue')
  await nextSecond()
  const young = await upload(stage, 'young')
  assert.deepEqual([await listed(stage, red), await statusOf(stage, red, old)], [[old], 200])
  assert.deepEqual([await listed(stage, blue), await statusOf(stage, blue, old)], [[], 404])
  assert.ok(!(await listed(stage, red)).includes(young))
})

test('adoption through the admin API gives them an owner, once', async () => {
  await using stage = await startTenants()
  const [one, two] = [await upload(stage, 'one'), await upload(stage, 'two')]
  const red = await stage.tenant('red')
  const blue = await stage.tenant('blue')
  const token = await adminToken(stage.world.dataDir)
  const adopt = async (inputs: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>> => {
    const response = await askHttp(stage.world.url, token, 'objects.adopt', { kind: 'file', ...inputs })
    const text = await response.text()
    assert.equal(response.status, 200, text)
    return JSON.parse(text) as Readonly<Record<string, unknown>>
  }
  const would = await adopt({ tenant: 'red', all: true, dryRun: true })
  assert.deepEqual((would['claimed'] as readonly string[]).toSorted(), [one, two].toSorted())
  assert.deepEqual(await listed(stage, red), [])
  await adopt({ tenant: 'red', ids: [one] })
  assert.deepEqual([await listed(stage, red), await statusOf(stage, red, one), await statusOf(stage, blue, one)], [[one], 200, 404])
  const rest = await adopt({ tenant: 'blue', all: true })
  assert.deepEqual([rest['claimed'], rest['others']], [[two], 1])
  assert.deepEqual([await listed(stage, red), await listed(stage, blue)], [[one], [two]])
  const actions = (await stage.directory.audit.list({ limit: 10 })).map(({ action }) => action)
  assert.equal(actions.filter((action) => action === 'object.adopt').length, 2)
})
