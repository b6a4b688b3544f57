// The success gates: a good relay passes them, and each has a mutant of the relay that turns it red.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { createClient } from '../src/check/client.ts'
import { runGate, type GateResult, type Settings } from '../src/check/gate.ts'
import { gates } from '../src/check/gates.ts'
import { Secret } from '../src/kernel/secret.ts'
import { startMutant, type Answered, type Mutation } from './harness/mutant.ts'
import { startWorld, type World } from './harness/world.ts'

const settings: Settings = { model: 'gpt-4o-mini', batchWaitMs: 20_000 }
const json = (status: number, value: unknown): Answered => ({
  status,
  contentType: 'application/json',
  body: Buffer.from(JSON.stringify(value)),
})
const refusal = (status: number): Answered =>
  json(status, { error: { message: 'no', type: 'invalid_request_error', param: null, code: null } })
const isContent = (path: string): boolean => path.endsWith('/content')
const failures = ({ steps }: GateResult): string =>
  steps
    .filter(({ isOk }) => !isOk)
    .map(({ name, detail }) => `${name}: ${detail}`)
    .join('; ')

async function run(id: string, baseUrl: string, token: string): Promise<GateResult> {
  const gate = gates.find((each) => each.id === id)
  assert.ok(gate !== undefined)
  return runGate(gate, createClient(baseUrl, token), settings, () => {})
}

/** A finished video, so that gate D has one to download. */
async function makeVideo(world: World): Promise<void> {
  const client = createClient(world.url, world.token)
  const made = await client.postJson('/videos', { model: 'sora-2', prompt: 'a lighthouse', seconds: '4', size: '720x1280' })
  assert.equal(made.status, 200, made.body.toString())
  const { id } = JSON.parse(made.body.toString()) as { id: string }
  for (let tries = 0; tries < 400; tries++) {
    if ((JSON.parse((await client.get(`/videos/${id}`)).body.toString()) as { status: string }).status === 'completed') return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error('the video did not finish')
}

describe('a good relay', () => {
  for (const base of ['', '/v1', '/v1/'])
    test(`passes every gate at ${base === '' ? 'its root' : base}, and nothing is left behind`, async () => {
      await using world = await startWorld({ upstream: 'emulator' })
      await makeVideo(world)
      for (const { id } of gates) {
        const result = await run(id, `${world.url}${base}`, world.token)
        assert.notEqual(result.status, 'failed', failures(result))
        assert.equal(result.status, 'passed')
      }
      const client = createClient(world.url, world.token)
      for (const list of ['/files', '/containers'])
        assert.deepEqual((JSON.parse((await client.get(list)).body.toString()) as { data: unknown[] }).data, [], list)
    })

  test('a wrong token passes no gate: an error is never a success', async () => {
    await using world = await startWorld({ upstream: 'emulator' })
    for (const { id } of gates.filter((gate) => gate.id !== 'C')) assert.equal((await run(id, world.url, 'rk_wrong')).status, 'failed', id)
  })
})

type Document = {
  info: Record<string, unknown>
  servers: unknown[]
  paths: Record<string, Record<string, Record<string, unknown>>>
  components: { securitySchemes: Record<string, unknown>; schemas: Record<string, unknown> }
}

/** Edits one of the two documents on its way. */
function editing(at: string, edit: (document: Document) => void): Mutation {
  return {
    change: (answered, { path }) => {
      if (path !== at) return null
      if (answered.body.length === 0) return answered
      const document = JSON.parse(answered.body.toString()) as Document
      edit(document)
      return { ...answered, body: Buffer.from(JSON.stringify(document)) }
    },
  }
}

/** Some operation of a document, to break. */
function some({ paths }: Document): Record<string, unknown> {
  const operation = paths['/v1/models']?.['get']
  assert.ok(operation !== undefined)
  return operation
}

const full = '/openapi.json'
const forActions = '/openapi.actions.json'
const inC: readonly [fault: string, mutation: Mutation][] = [
  ...[full, forActions].flatMap((at): [string, Mutation][] => [
    [`serves no ${at}`, { instead: ({ path }) => (path === at ? refusal(404) : null) }],
    [`names an operation twice in ${at}`, editing(at, ({ paths }) => Object.assign(paths, { '/v1/again': paths['/v1/models'] }))],
    [`answers ${at} without operations`, editing(at, (document) => (document.paths = {}))],
    [`answers ${at} without a title`, editing(at, ({ info }) => delete info['title'])],
    [`names nothing an operation could be called by in ${at}`, editing(at, (document) => delete some(document)['operationId'])],
    [`forgets the answers of an operation in ${at}`, editing(at, (document) => (some(document)['responses'] = {}))],
    [`answers a status that is none in ${at}`, editing(at, (document) => (some(document)['responses'] = { fine: { description: 'x' } }))],
    [
      `leaves a path parameter out of ${at}`,
      editing(at, ({ paths }) =>
        Object.assign(paths, { '/v1/{id}': { get: { operationId: 'lost', responses: { 200: { description: 'x' } } } } }),
      ),
    ],
    [`refers to what is not in ${at}`, editing(at, (document) => delete document.components.schemas['Error'])],
  ]),
  [
    'has 31 operations for ChatGPT',
    editing(forActions, ({ paths }) => {
      for (let at = 0; at < 31; at++)
        paths[`/v1/more/${at}`] = { get: { operationId: `more${at}`, responses: { 200: { description: 'x' } } } }
    }),
  ],
  ['says too much of an operation', editing(forActions, (document) => (some(document)['description'] = 'x'.repeat(301)))],
  [
    'says too much of a parameter',
    editing(
      forActions,
      (document) => (some(document)['parameters'] = [{ name: 'q', in: 'query', description: 'x'.repeat(701), schema: { type: 'string' } }]),
    ),
  ],
  [
    'gives ChatGPT a form',
    editing(
      forActions,
      (document) =>
        (some(document)['requestBody'] = { content: { 'multipart/form-data': { schema: { type: 'object', properties: {} } } } }),
    ),
  ],
  [
    'gives ChatGPT bytes',
    editing(
      forActions,
      (document) => (some(document)['parameters'] = [{ name: 'q', in: 'query', schema: { type: 'string', format: 'binary' } }]),
    ),
  ],
  [
    'gives ChatGPT an object without properties',
    editing(
      forActions,
      (document) => (some(document)['requestBody'] = { content: { 'application/json': { schema: { type: 'object' } } } }),
    ),
  ],
  [
    'gives ChatGPT a path with a colon',
    editing(forActions, ({ paths }) =>
      Object.assign(paths, { '/v1/a:b': { get: { operationId: 'colon', responses: { 200: { description: 'x' } } } } }),
    ),
  ],
  [
    'gives ChatGPT a wildcard',
    editing(forActions, ({ paths }) =>
      Object.assign(paths, { '/v1/*': { get: { operationId: 'wild', responses: { 200: { description: 'x' } } } } }),
    ),
  ],
  ['gives ChatGPT two servers', editing(forActions, (document) => document.servers.push({ url: 'https://two.test' }))],
  ['gives ChatGPT a server that is none', editing(forActions, (document) => (document.servers = [{ url: '/' }]))],
  [
    'gives ChatGPT a key in the query',
    editing(forActions, ({ components }) => (components.securitySchemes = { key: { type: 'apiKey', in: 'query', name: 'key' } })),
  ],
]

const mutants: readonly (readonly [gate: string, fault: string, mutation: Mutation])[] = [
  [
    'A',
    'answers 415 to a cancel without a content type',
    { instead: ({ path, contentType }) => (path.endsWith('/cancel') && contentType === undefined ? refusal(415) : null) },
  ],
  [
    'A',
    'wants a length of every request',
    { instead: ({ method, path, hasLength }) => (method === 'POST' && path.endsWith('/cancel') && !hasLength ? refusal(411) : null) },
  ],
  [
    'A',
    'loses a byte of a file',
    { change: (answered, { path }) => (isContent(path) ? { ...answered, body: answered.body.subarray(1) } : null) },
  ],
  ['B', 'collects a stream before it sends it', { change: (answered, { path }) => (path === '/v1/responses' ? answered : null) }],
  [
    'B',
    'calls a stream JSON',
    { change: (answered, { path }) => (path === '/v1/responses' ? { ...answered, contentType: 'application/json' } : null) },
  ],
  ...inC.map(([fault, mutation]) => ['C', fault, mutation] as const),
  [
    'D',
    'reads binary content as text',
    {
      change: (answered, { path }) =>
        path.includes('/containers/') && isContent(path) && answered.status === 200
          ? { ...answered, body: Buffer.from(answered.body.toString('utf8')) }
          : null,
    },
  ],
  [
    'D',
    'turns a missing file of a container into a 500',
    { change: (answered, { path }) => (path.includes('missing') && answered.status >= 400 ? refusal(500) : null) },
  ],
  [
    'D',
    'ends a video without a byte',
    {
      change: (answered, { path }) =>
        path.startsWith('/v1/videos/') && isContent(path) && answered.status === 200 ? { ...answered, body: Buffer.alloc(0) } : null,
    },
  ],
  [
    'E',
    'gives out files of user_data',
    { change: (answered, { path }) => (isContent(path) && answered.status === 400 ? { ...answered, status: 200 } : null) },
  ],
  [
    'E',
    'says deleted without deleting',
    { instead: ({ method }) => (method === 'DELETE' ? json(200, { id: 'file-x', object: 'file', deleted: true }) : null) },
  ],
  [
    'F',
    'loses what a batch answered',
    { change: (answered, { path }) => (isContent(path) ? { ...answered, body: Buffer.from('{}\n') } : null) },
  ],
]

describe('a mutant of the relay', () => {
  for (const [gate, fault, mutation] of mutants)
    test(`that ${fault} fails gate ${gate}`, async () => {
      await using world = await startWorld({ upstream: 'emulator' })
      if (gate === 'D') await makeVideo(world)
      await using mutant = await startMutant(world.port, mutation)
      const result = await run(gate, mutant.url, world.token)
      assert.equal(result.status, 'failed')
      await using sound = await startMutant(world.port, {})
      const control = await run(gate, sound.url, world.token)
      assert.notEqual(control.status, 'failed', `the mutant without its fault: ${failures(control)}`)
    })
})

test('a deployment without documents is told so, and does not fail', async () => {
  await using world = await startWorld({ upstream: 'emulator' })
  await using mutant = await startMutant(world.port, { instead: ({ path }) => (path.startsWith('/openapi') ? refusal(404) : null) })
  assert.equal((await run('C', mutant.url, world.token)).status, 'not offered')
})

describe('relay check', () => {
  const relay = (
    args: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<{ code: number; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      execFile(
        process.execPath,
        [join(import.meta.dirname, '../src/main.ts'), 'check', ...args],
        { env: { PATH: process.env['PATH'], ...env } },
        (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
      )
    })

  test('takes its deployment from the environment, and answers programs and people', async () => {
    await using world = await startWorld({ upstream: 'emulator' })
    const good = await relay(['--only', 'A,C', '--json'], { RELAY_BASE_URL: `${world.url}/v1`, RELAY_TOKEN: world.token })
    assert.equal(good.code, 0, good.stderr)
    const report = JSON.parse(good.stdout) as { isOk: boolean; gates: GateResult[] }
    assert.deepEqual([report.isOk, ...report.gates.map(({ gate, status }) => `${gate} ${status}`)], [true, 'A passed', 'C passed'])
    const bad = await relay(['--base-url', world.url, '--token', 'rk_wrong', '--only', 'a'], {})
    assert.equal(bad.code, 1)
    assert.match(bad.stdout, /FAIL {2}A.*\n.*not so: opens an upload\n.*401/)
  })

  test('says what is wrong with its command line', async () => {
    for (const [args, complaint] of [
      [[], /RELAY_TOKEN/],
      [['--token', 'x', '--base-url', 'nonsense'], /--base-url/],
      [['--token', 'x', '--only', 'Z'], /There is no gate Z/],
      [['--token', 'x', '--batch-wait', 'long'], /--batch-wait/],
    ] as const) {
      const answer = await relay(args, {})
      assert.equal(answer.code, 2)
      assert.match(answer.stderr, complaint)
    }
  })
})

const key = process.env['OPENAI_API_KEY']
test(
  'the gates hold against OpenAI itself',
  {
    skip:
      process.env['INTEGRATION_OPENAI_API_KEY'] === '1' && key !== undefined
        ? false
        : 'needs INTEGRATION_OPENAI_API_KEY=1 and OPENAI_API_KEY',
  },
  async () => {
    await using world = await startWorld({
      upstream: 'emulator',
      settings: { upstreamKey: new Secret(key ?? ''), upstreamUrl: process.env['OPENAI_BASE_URL'] ?? 'https://api.openai.com/v1' },
    })
    for (const gate of gates) {
      const result = await runGate(
        gate,
        createClient(world.url, world.token),
        { ...settings, batchWaitMs: Number(process.env['BATCH_MAX_WAIT_SECONDS'] ?? 1800) * 1000 },
        () => {},
      )
      assert.notEqual(result.status, 'failed', failures(result))
    }
  },
)
