// Every operation of the admin table does what it says, over HTTP and by command, on a running relay; and answers as it documents.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { OperationId } from '../../src/admin/operations.ts'
import { adminDocument } from '../../src/openapi/admin-document.ts'
import { Secret } from '../../src/kernel/secret.ts'
import { adminToken, askHttp, rowOf, rows, runOperation, type Inputs, type Told } from '../harness/admin.ts'
import { startTestEmulator, type TestEmulator } from '../harness/emulator.ts'
import { startWorld, type World } from '../harness/world.ts'

const accountKey = 'sk-account-of-its-own-4f7Qw2'

type Told1 = Readonly<Record<string, string>>
/** What earlier answers said, by operation. */
type Before = (id: OperationId) => Told1
type Step = {
  readonly inputs: (before: Before, stage: Stage) => Inputs | Promise<Inputs>
  /** What must be true of the answer. */
  readonly then?: (answer: Inputs, before: Before, stage: Stage) => void | Promise<void>
}
type Stage = {
  readonly world: World
  readonly upstream: TestEmulator
  readonly tenant: string
  readonly ask: (id: OperationId, inputs: Inputs) => Promise<Told>
}

const data = (answer: Inputs): readonly Told1[] => answer['data'] as readonly Told1[]
const named = (answer: Inputs, name: string): Told1 | undefined => data(answer).find((each) => each['name'] === name)

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
const steps: Readonly<Record<OperationId, Step>> = {
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

const validators = createValidators()

/** By operation, whether an answer is what the document says. */
function createValidators(): (id: OperationId, answer: unknown) => void {
  const document = adminDocument('http://relay.test') as { readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>> }
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
  ajv.addSchema(document, 'document')
  return (id, answer) => {
    const row = rowOf(id)
    const place = `document#/paths/${encodeURIComponent(row.path.replaceAll('~', '~0').replaceAll('/', '~1'))}/${row.method.toLowerCase()}/responses/200/content/application~1json/schema`
    const validate = ajv.getSchema(place)
    assert.ok(validate, place)
    assert.ok(validate(answer), `${id}: ${JSON.stringify(validate.errors)} ${JSON.stringify(answer)}`)
  }
}

type Way = { readonly name: string; readonly ask: (stage: Omit<Stage, 'ask'>, token: string, cwd: string) => Stage['ask'] }

/** A command says a list as an array, and an error in words. */
async function byCommand(
  id: OperationId,
  inputs: Inputs,
  cwd: string,
  env: Readonly<Record<string, string>>,
  extra: readonly string[],
): Promise<Told> {
  const { code, stdout, stderr } = await runOperation(id, inputs, cwd, env, ['--json', ...extra])
  if (code !== 0)
    return {
      status: stderr.startsWith('relay: There is no ') ? 404 : /cannot|already|still|while/.test(stderr) ? 409 : 400,
      body: { stderr },
    }
  const value = JSON.parse(stdout) as Inputs
  return {
    status: 200,
    body: rowOf(id).answers === 'all' ? { object: 'list', data: value, hasMore: stderr.includes('There is more') } : value,
  }
}

const ways: readonly Way[] = [
  {
    name: 'over HTTP',
    ask:
      ({ world }, token) =>
      async (id, inputs) => {
        const answer = await askHttp(world.url, token, id, inputs)
        return { status: answer.status, body: (await answer.json()) as Inputs }
      },
  },
  {
    name: 'by a command on the store of a running relay',
    // The upstream is asked by a running relay only: this one row goes the other way.
    ask:
      ({ world }, token, cwd) =>
      (id, inputs) =>
        id === 'objects.adopt'
          ? byCommand(id, inputs, cwd, { RELAY_ADMIN_TOKEN: token }, ['--url', world.url])
          : byCommand(id, inputs, cwd, { RELAY_DATA_DIR: world.dataDir }, []),
  },
  {
    name: 'by a command that asks a relay elsewhere',
    ask:
      ({ world }, token, cwd) =>
      (id, inputs) =>
        byCommand(id, inputs, cwd, { RELAY_ADMIN_TOKEN: token }, ['--url', `${world.url}/v1`]),
  },
]

describe('every operation of the table', () => {
  for (const way of ways)
    test(way.name, async () => {
      const cwd = await mkdtemp(join(tmpdir(), 'relay-admin-'))
      try {
        await using upstream = await startTestEmulator({ keys: ['sk-test', accountKey] })
        await using world = await startWorld({
          upstream: `http://127.0.0.1:${new URL(upstream.url).port}/v1`,
          settings: { upstreamKey: new Secret('sk-test') },
        })
        const token = await adminToken(world.dataDir)
        const parts = { world, upstream, tenant: 'red' }
        const stage: Stage = { ...parts, ask: way.ask(parts, token, cwd) }
        const answers = new Map<OperationId, Told1>()
        const before: Before = (id) => answers.get(id) ?? assert.fail(`${id} has not run yet`)
        for (const [id, { inputs, then }] of Object.entries(steps) as [OperationId, Step][]) {
          const { status, body } = await stage.ask(id, await inputs(before, stage))
          assert.equal(status, 200, `${id}: ${JSON.stringify(body)}`)
          validators(id, body)
          answers.set(id, body as Told1)
          await then?.(body, before, stage)
        }
        assert.deepEqual([...answers.keys()].toSorted(), rows.map(({ id }) => id).toSorted())
      } finally {
        await rm(cwd, { recursive: true, force: true })
      }
    })
})
