// One pass through the admin table, in which each operation is asked for once and what it says is so.
import assert from 'node:assert/strict'
import type { OperationId } from '../../src/admin/operations.ts'
import { askHttp, type Inputs, type Told } from '../harness/admin.ts'
import type { TestEmulator } from '../harness/emulator.ts'
import type { World } from '../harness/world.ts'

export const accountKey = 'sk-account-of-its-own-4f7Qw2'

export type Texts = Readonly<Record<string, string>>
/** What earlier answers said, by operation. */
export type Before = (id: OperationId) => Texts
export type Step = {
  readonly inputs: (before: Before, stage: Stage) => Inputs | Promise<Inputs>
  /** What must be true of the answer. */
  readonly then?: (answer: Inputs, before: Before, stage: Stage) => void | Promise<void>
}
export type Stage = {
  readonly world: World
  readonly upstream: TestEmulator
  readonly tenant: string
  readonly ask: (id: OperationId, inputs: Inputs) => Promise<Told>
}

const data = (answer: Inputs): readonly Texts[] => answer['data'] as readonly Texts[]
const named = (answer: Inputs, name: string): Texts | undefined => data(answer).find((each) => each['name'] === name)

const callWith = (stage: Stage, token: string, path = '/v1/models'): Promise<Response> =>
  fetch(`${stage.world.url}${path}`, { headers: { authorization: `Bearer ${token}` } })

async function upload(base: string, token: string): Promise<string> {
  const form = new FormData()
  form.set('purpose', 'user_data')
  form.set('file', new Blob(['hello']), 'hello.txt')
  const answer = await fetch(`${base}/v1/files`, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body: form })
  assert.equal(answer.status, 200)
  return ((await answer.json()) as { id: string }).id
}

/** In the order they run; total, so that a new row does not go without. */
export const steps: Readonly<Record<OperationId, Step>> = {
  'tenants.create': {
    inputs: (_, { tenant }) => ({ name: tenant }),
    then: (answer, _, { tenant }) => assert.equal(answer['name'], tenant),
  },
  'tenants.list': { inputs: () => ({}), then: (answer, _, { tenant }) => assert.ok(named(answer, tenant) && named(answer, 'default')) },
  'projects.create': { inputs: (_, { tenant }) => ({ name: 'web', tenant }) },
  'projects.list': {
    inputs: (_, { tenant }) => ({ tenant }),
    then: (answer) => assert.deepEqual(new Set(data(answer).map(({ name }) => name)), new Set(['default', 'web'])),
  },
  'tokens.create': {
    inputs: (_, { tenant }) => ({
      name: 'ci',
      tenant,
      permissions: ['files:*', 'models:read'],
      models: ['gpt-*'],
      endpoints: ['files.*', 'models.*'],
      expires: '30d',
    }),
    then: async (answer, _, stage) => {
      assert.deepEqual(
        [answer['permissions'], answer['models'], answer['endpoints']],
        [['files:*', 'models:read'], ['gpt-*'], ['files.*', 'models.*']],
      )
      assert.ok(Math.abs(Date.parse(String(answer['expiresAt'])) - Date.now() - 30 * 86_400_000) < 3_600_000)
      assert.equal((await callWith(stage, String(answer['token']))).status, 200)
      assert.equal((await callWith(stage, String(answer['token']), '/v1/batches')).status, 403)
    },
  },
  'tokens.list': {
    inputs: (_, { tenant }) => ({ tenant }),
    then: (answer, before) => {
      assert.deepEqual(
        data(answer).map(({ name, state }) => [name, state]),
        [['ci', 'valid']],
      )
      assert.equal(named(answer, 'ci')?.['last4'], before('tokens.create')['token']?.slice(-4))
    },
  },
  'tokens.rotate': {
    inputs: (_, { tenant }) => ({ token: 'ci', tenant, overlap: '1h' }),
    then: async (answer, before, stage) => {
      for (const token of [String(answer['token']), before('tokens.create')['token'] ?? ''])
        assert.equal((await callWith(stage, token)).status, 200)
    },
  },
  'tokens.revoke': {
    inputs: (before) => ({ token: before('tokens.create')['id'] }),
    then: async (answer, before, stage) => {
      assert.equal(answer['state'], 'revoked')
      await refused(stage, before('tokens.create')['token'] ?? '')
      assert.equal((await callWith(stage, before('tokens.rotate')['token'] ?? '')).status, 200)
    },
  },
  'members.add': { inputs: (_, { tenant }) => ({ email: 'ada@example.com', role: 'admin', tenant }) },
  'members.list': {
    inputs: (_, { tenant }) => ({ tenant }),
    then: (answer) =>
      assert.deepEqual(
        data(answer).map(({ email, role }) => [email, role]),
        [['ada@example.com', 'admin']],
      ),
  },
  'members.remove': {
    inputs: (_, { tenant }) => ({ member: 'ada@example.com', tenant }),
    then: async (_, __, { ask, tenant }) => assert.deepEqual((await ask('members.list', { tenant })).body['data'], []),
  },
  'accounts.create': {
    inputs: (_, { tenant, upstream }) => ({
      name: `account of ${tenant}`,
      key: accountKey,
      url: `${upstream.url}/v1`,
      organization: 'org-1',
      project: 'proj_1',
    }),
    then: (answer) => assert.equal(answer['hasKey'], true),
  },
  'accounts.list': {
    inputs: () => ({}),
    then: (answer, _, { tenant }) => assert.ok(named(answer, `account of ${tenant}`) && named(answer, 'default')),
  },
  'accounts.assign': {
    inputs: (_, { tenant }) => ({ account: `account of ${tenant}`, tenant, project: 'web' }),
    then: async (answer, before, { ask, tenant }) => {
      assert.equal(answer['account'], before('accounts.create')['id'])
      assert.equal((await ask('accounts.remove', { account: `account of ${tenant}` })).status, 409)
      assert.equal((await ask('accounts.assign', { tenant, project: 'web' })).body['account'], null)
    },
  },
  'accounts.rekey': {
    inputs: (_, { tenant }) => ({ account: `account of ${tenant}`, key: `${accountKey}-new` }),
    then: async (answer, before, { ask }) => {
      assert.deepEqual([answer['id'], answer['hasKey']], [before('accounts.create')['id'], true])
      assert.equal((await ask('accounts.rekey', { account: 'default', key: accountKey })).status, 409)
    },
  },
  'accounts.remove': {
    inputs: (_, { tenant }) => ({ account: `account of ${tenant}` }),
    then: async (_, __, { ask, tenant }) => assert.equal(named((await ask('accounts.list', {})).body, `account of ${tenant}`), undefined),
  },
  'shares.grant': {
    inputs: async (before, { world, tenant }) => ({
      kind: 'file',
      id: await upload(world.url, before('tokens.rotate')['token'] ?? ''),
      project: 'web',
      tenant,
    }),
    then: (answer) => assert.equal(answer['projectName'], 'web'),
  },
  'shares.list': {
    inputs: (_, { tenant }) => ({ tenant }),
    then: (answer, before) =>
      assert.deepEqual(
        data(answer).map(({ id }) => id),
        [before('shares.grant')['id']],
      ),
  },
  'shares.revoke': {
    inputs: (before, { tenant }) => ({ kind: 'file', id: before('shares.grant')['id'], project: 'web', tenant }),
    then: async (_, __, { ask, tenant }) => assert.deepEqual((await ask('shares.list', { tenant })).body['data'], []),
  },
  'objects.adopt': {
    inputs: async (_, { upstream, tenant }) => ({ kind: 'file', ids: [await upload(upstream.url, 'sk-test'), 'file-none'], tenant }),
    then: async (answer, before, stage) => {
      const [id = ''] = answer['claimed'] as readonly string[]
      assert.deepEqual([answer['missing'], answer['others'], answer['isDryRun']], [['file-none'], 0, false])
      assert.equal((await callWith(stage, before('tokens.rotate')['token'] ?? '', `/v1/files/${id}`)).status, 200)
    },
  },
  'audit.list': {
    inputs: () => ({ limit: 5 }),
    then: async (answer, _, { ask }) => {
      const seqs = data(answer).map(({ seq }) => Number(seq))
      assert.deepEqual(
        seqs,
        seqs.toSorted((one, other) => other - one),
      )
      assert.equal(seqs.length, 5)
      const next = await ask('audit.list', { limit: 1, before: seqs.at(-1) })
      assert.equal(Number(data(next.body)[0]?.['seq']), (seqs.at(-1) ?? 0) - 1)
    },
  },
  'audit.verify': { inputs: () => ({}), then: (answer) => assert.deepEqual([answer['ok'], answer['brokenAt']], [true, null]) },
  'admin_tokens.create': {
    inputs: (_, { tenant }) => ({ name: `ops of ${tenant}` }),
    then: async (answer, _, { world }) => assert.equal((await askHttp(world.url, String(answer['token']), 'tenants.list', {})).status, 200),
  },
  'admin_tokens.list': {
    inputs: () => ({}),
    then: (answer, _, { tenant }) => assert.equal(named(answer, `ops of ${tenant}`)?.['state'], 'valid'),
  },
  'admin_tokens.revoke': {
    inputs: (_, { tenant }) => ({ token: `ops of ${tenant}` }),
    then: async (_, before, { world }) => {
      const token = before('admin_tokens.create')['token'] ?? ''
      await eventuallyIs(401, async () => (await askHttp(world.url, token, 'tenants.list', {})).status)
    },
  },
  'tenants.disable': {
    inputs: (_, { tenant }) => ({ tenant }),
    then: (_, before, stage) => refused(stage, before('tokens.rotate')['token'] ?? ''),
  },
  'tenants.enable': {
    inputs: (_, { tenant }) => ({ tenant }),
    then: (_, before, stage) => eventuallyIs(200, async () => (await callWith(stage, before('tokens.rotate')['token'] ?? '')).status),
  },
}

const refused = (stage: Stage, token: string): Promise<void> => eventuallyIs(401, async () => (await callWith(stage, token)).status)

/** A command in another process is followed within a moment. */
async function eventuallyIs(status: number, look: () => Promise<number>): Promise<void> {
  const deadline = performance.now() + 20_000
  let seen = await look()
  while (seen !== status && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    seen = await look()
  }
  assert.equal(seen, status)
}
