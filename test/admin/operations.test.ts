// Every operation of the admin table does what it says, over HTTP and by command, on a running relay, on SQLite and on Postgres; and
// answers as it documents.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { OperationId } from '../../src/admin/operations.ts'
import { Secret } from '../../src/kernel/secret.ts'
import { adminDocument } from '../../src/openapi/admin-document.ts'
import { adminToken, askHttp, rowOf, rows, runOperation, type Inputs, type Told } from '../harness/admin.ts'
import { startTestEmulator } from '../harness/emulator.ts'
import { freshDatabase } from '../harness/postgres.ts'
import { startWorld, type World } from '../harness/world.ts'
import { accountKey, steps, type Before, type Stage, type Step, type Texts } from './scenario.ts'

const answersAsDocumented = createValidators()

test('every operation over HTTP', (context) =>
  walk(context, null, ({ world, token }) => async (id, inputs) => {
    const answer = await askHttp(world.url, token, id, inputs)
    return { status: answer.status, body: (await answer.json()) as Inputs }
  }))

test('every operation by a command on the store of a running relay', (context) => walk(context, null, onTheStore))

test('every operation by a command on the Postgres of a running relay', async (context) => {
  const database = await freshDatabase(context)
  if (database !== null) await walk(context, database, onTheStore)
})

test('every operation by a command that asks a relay elsewhere', (context) => walk(context, null, elsewhere))

/** The parts an operator has at hand. */
type Hand = { readonly world: World; readonly token: string; readonly cwd: string; readonly env: Readonly<Record<string, string>> }
type Way = (hand: Hand) => Stage['ask']

async function walk(context: TestContext, database: string | null, way: Way): Promise<void> {
  const cwd = await mkdtemp(join(tmpdir(), 'relay-admin-'))
  context.after(() => rm(cwd, { recursive: true, force: true }))
  await using upstream = await startTestEmulator({ keys: ['sk-test', accountKey] })
  await using world = await startWorld({
    upstream: `http://127.0.0.1:${new URL(upstream.url).port}/v1`,
    settings: { upstreamKey: new Secret('sk-test'), databaseUrl: database === null ? null : new Secret(database) },
  })
  const env = { RELAY_DATA_DIR: world.dataDir, ...(database === null ? {} : { DATABASE_URL: database }) }
  const token = await adminToken(world.dataDir, 'test', env)
  const stage: Stage = { world, upstream, tenant: 'red', ask: way({ world, token, cwd, env }) }
  const answers = new Map<OperationId, Texts>()
  const before: Before = (id) => answers.get(id) ?? assert.fail(`${id} has not run yet`)
  for (const [id, { inputs, then }] of Object.entries(steps) as [OperationId, Step][]) {
    const { status, body } = await stage.ask(id, await inputs(before, stage))
    assert.equal(status, 200, `${id}: ${JSON.stringify(body)}`)
    answersAsDocumented(id, body)
    answers.set(id, body as Texts)
    await then?.(body, before, stage)
  }
  assert.deepEqual(new Set(answers.keys()), new Set(rows.map(({ id }) => id)))
}

/** The upstream is asked by a running relay only: this one row goes the other way. */
function onTheStore(hand: Hand): Stage['ask'] {
  return (id, inputs) => (id === 'objects.adopt' ? elsewhere(hand)(id, inputs) : byCommand(id, inputs, hand.cwd, hand.env, []))
}

/** With `/v1` at its end, as people have the address of a relay at hand. */
function elsewhere({ world, token, cwd }: Hand): Stage['ask'] {
  return (id, inputs) => byCommand(id, inputs, cwd, { RELAY_ADMIN_TOKEN: token }, ['--url', `${world.url}/v1`])
}

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
