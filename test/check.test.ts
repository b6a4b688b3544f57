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
        assert.ok(result.status === 'passed' || id === 'C')
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

const openapi = (...ids: string[]): Answered =>
  json(200, { openapi: '3.1.0', paths: Object.fromEntries(ids.map((operationId, at) => [`/p${at}`, { get: { operationId } }])) })

const mutants: readonly [gate: string, fault: string, mutation: Mutation][] = [
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
  ['C', 'names an operation twice', { instead: ({ path }) => (path === '/openapi.json' ? openapi('a', 'b', 'a') : null) }],
  ['C', 'answers a document without operations', { instead: ({ path }) => (path === '/openapi.json' ? openapi() : null) }],
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
    assert.deepEqual([report.isOk, ...report.gates.map(({ gate, status }) => `${gate} ${status}`)], [true, 'A passed', 'C not offered'])
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
