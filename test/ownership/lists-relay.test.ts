// Lists through a relay of several tenants: the same answers as the upstream would give if the account were the tenant's alone.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type OpenAI from 'openai'
import { kinds, type Kind, type ResourceKind } from '../../src/catalog/kinds.ts'
import type { Endpoint } from '../../src/catalog/endpoint.ts'
import { catalog } from '../../src/catalog/index.ts'
import { sdkOf } from '../harness/sdk.ts'
import { startTenants, type Answer, type TenantsWorld } from '../harness/tenants.ts'

type Json = Readonly<Record<string, unknown>>
const json = ({ status, text }: Answer): Json => {
  assert.ok(status < 300, `${status} ${text}`)
  return JSON.parse(text) as Json
}
const file = (name: string, purpose: string, content = 'text'): FormData => {
  const form = new FormData()
  form.set('purpose', purpose)
  form.set('file', new File([content], name))
  return form
}
const model = 'gpt-5-mini'
const said = (text: string): unknown => [{ role: 'user', content: [{ type: 'input_text', text }] }]
const assistants = { 'openai-beta': 'assistants=v2' }
const agents = { 'openai-beta': 'agents=v1' }

type Listed = {
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** What makes the n-th one. */
  readonly create: (send: (path: string, body: unknown) => Promise<Json>, n: number, client: OpenAI) => Promise<unknown>
  readonly queries?: readonly string[]
}

/** Every kind with a list that clients can make objects of. */
const listed: Readonly<Partial<Record<ResourceKind, Listed>>> = {
  file: {
    path: '/v1/files',
    create: (send, n) => send('/v1/files', file(`${n}.txt`, n % 2 === 0 ? 'user_data' : 'assistants')),
    queries: ['purpose=assistants', 'purpose=assistants&limit=1', 'purpose=vision', 'purpose='],
  },
  batch: {
    path: '/v1/batches',
    create: async (send) => {
      const line = { custom_id: '1', method: 'POST', url: '/v1/embeddings', body: { model: 'text-embedding-3-small', input: 'a' } }
      const input = await send('/v1/files', file('in.jsonl', 'batch', JSON.stringify(line)))
      return send('/v1/batches', { input_file_id: input['id'], endpoint: '/v1/embeddings', completion_window: '24h' })
    },
  },
  vector_store: { path: '/v1/vector_stores', create: (send, n) => send('/v1/vector_stores', { name: `store ${n}` }) },
  container: {
    path: '/v1/containers',
    create: (send, n) => send('/v1/containers', { name: n % 2 === 0 ? 'even' : 'odd' }),
    queries: ['name=even', 'name=even&limit=1', 'name=none'],
  },
  chat_completion: {
    path: '/v1/chat/completions',
    create: (send, n) =>
      send('/v1/chat/completions', {
        model,
        store: true,
        metadata: { n: String(n), team: 'a' },
        messages: [{ role: 'user', content: `${n}` }],
      }),
    queries: [`model=${model}`, 'model=gpt-4o', 'metadata[team]=a&limit=2', 'metadata%5Bn%5D=3', 'metadata[team]=a&metadata[n]=9'],
  },
  eval: {
    path: '/v1/evals',
    create: (send, n) =>
      send('/v1/evals', {
        name: `eval ${n}`,
        data_source_config: { type: 'custom', item_schema: { type: 'object' } },
        testing_criteria: [{ type: 'string_check', name: 'exact', operation: 'eq', input: 'a', reference: 'b' }],
      }),
  },
  fine_tuning_job: {
    path: '/v1/fine_tuning/jobs',
    create: async (send, n) => {
      const line = JSON.stringify({
        messages: [
          { role: 'user', content: 'a' },
          { role: 'assistant', content: 'b' },
        ],
      })
      const training = await send('/v1/files', file('train.jsonl', 'fine-tune', `${line}\n`.repeat(12)))
      return send('/v1/fine_tuning/jobs', {
        model: 'gpt-4o-mini-2024-07-18',
        training_file: training['id'],
        ...(n === 2 ? {} : { metadata: { n: String(n) } }),
      })
    },
    queries: ['metadata[n]=1', 'metadata=null'],
  },
  video: { path: '/v1/videos', create: (send, n) => send('/v1/videos', { model: 'sora-2', prompt: `film ${n}`, seconds: '4' }) },
  assistant: { path: '/v1/assistants', headers: assistants, create: (send, n) => send('/v1/assistants', { model, name: `clerk ${n}` }) },
  agent: { path: '/v1/agents', headers: agents, create: (send, n) => send('/v1/agents', { model, name: `clerk ${n}` }) },
  vault: {
    path: '/v1/vaults',
    headers: agents,
    create: (send, n) => send('/v1/vaults', { name: `keys ${n}`, metadata: { n: String(n) } }),
    queries: ['metadata[n]=2'],
  },
  agent_environment_template: {
    path: '/v1/agents/environments/templates',
    headers: agents,
    create: (send, n) => send('/v1/agents/environments/templates', { name: `plain ${n}`, network: { access: 'disabled' } }),
  },
  agent_environment: {
    path: '/v1/agents/environments',
    headers: agents,
    create: async (send, n) => {
      await send('/v1/agents/environments', { environment: { type: 'openai_hosted', network: { access: 'disabled' } } })
      // Born in the answer of a session, which tells no more of it than its id.
      const environment = { type: 'self_hosted', workspace_directory: '/srv/app' }
      if (n === 3) await send('/v1/agents/sessions', { agent: { model }, environment, input: said('Reply with exactly: pong') })
    },
    queries: ['type=openai_hosted', 'type=self_hosted'],
  },
  agent_session: {
    path: '/v1/agents/sessions',
    headers: agents,
    create: (send, n) =>
      send('/v1/agents/sessions', {
        agent: { model },
        environment: { type: 'none' },
        input: said(`Reply with exactly: ${n}`),
        metadata: { n: String(n) },
      }),
    queries: ['metadata[n]=2'],
  },
  agent_automation: {
    path: '/v1/agents/automations',
    headers: agents,
    create: (send, n) =>
      send('/v1/agents/automations', {
        ...{ type: 'periodic', name: `daily ${n}`, expression: '0 9 * * *', timezone: 'Europe/Paris' },
        target: { type: 'new_session', agent: { model }, environment: { type: 'none' }, input: said('Reply with exactly: pong') },
      }),
  },
  skill: {
    path: '/v1/skills',
    create: (_send, n, client) => {
      const text = `---\nname: sums-${n}\ndescription: Adds numbers.\n---\n\nUse it.\n`
      return client.skills.create({ files: [new File([text], `sums-${n}/SKILL.md`)] })
    },
  },
  voice_consent: {
    path: '/v1/audio/voice_consents',
    create: async (_send, n, client) => {
      const spoken = await client.audio.speech.create({
        model: 'gpt-4o-mini-tts',
        voice: 'alloy',
        input: 'I agree.',
        response_format: 'wav',
      })
      return client.audio.voiceConsents.create({
        name: `Ada ${n}`,
        language: 'en',
        recording: new File([Buffer.from(await spoken.arrayBuffer())], 'a.wav', { type: 'audio/wav' }),
      })
    },
  },
}

type Seen = { readonly id: string; readonly status?: string }

/** The objects once nothing works on them any more: two looks at them can then be compared. */
async function quiet(kind: string, look: () => Promise<readonly Seen[]>): Promise<readonly Seen[]> {
  for (let time = 0; time < 1000; time++) {
    const all = await look()
    // A container runs for as long as it lives.
    if (
      kind === 'container' ||
      all.every(({ status = '' }) => !/^(validating|validating_files|queued|in_progress|running|finalizing)$/.test(status))
    )
      return all
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('the upstream works on and on')
}

/** Without what changes from one look to the next by itself, and with the names of the account hidden. */
const settled = (text: string): unknown =>
  JSON.parse(hiding(text), (name, value: unknown) => (name === 'last_active_at' || name === 'expires_at' ? 0 : value))
const hiding = (text: string): string => text.replaceAll(/"org-[^"*]*"/g, (name) => `"org-${'*'.repeat(name.length - 6)}"`)

describe('lists of several tenants', { concurrency: false }, () => {
  let stage: TenantsWorld
  let red: string
  let blue: string
  before(async () => {
    stage = await startTenants()
    red = await stage.tenant('red')
    blue = await stage.tenant('blue')
  })
  after(() => stage[Symbol.asyncDispose]())

  for (const [kind, { path, headers = {}, create, queries = [] }] of Object.entries(listed)) {
    test(`${kind}: a page is what the upstream would say if the account were the tenant's alone`, async () => {
      const through = async (at: string, body: unknown): Promise<Json> => json(await stage.send(red, 'POST', at, body, headers))
      const client = sdkOf({ url: stage.world.url, token: red })
      for (let n = 1; n <= 5; n++) {
        await create(through, n, client)
        // Objects of one second have no order anybody promised.
        stage.emulator.running.clock.advance(1_000)
      }
      const all = await quiet(kind, async () => json(await stage.direct('GET', path, undefined, headers))['data'] as readonly Seen[])
      assert.ok(all.length >= 5)
      const [first, second] = all.map(({ id }) => id)
      const { list }: Kind = kinds[kind as ResourceKind]
      const cursors = [`after=${first}`, `after=${second}&limit=2`, ...(list?.hasBefore === true ? [`before=${all[3]?.id}&limit=2`] : [])]
      // Where nobody documents an order, none is promised.
      const orders = list?.hasOrder === true ? ['limit=2&order=asc', 'order=desc', `limit=2&order=asc&after=${second}`] : []
      const wrong = [
        'limit=0',
        'limit=-1',
        'limit=20000',
        'limit=x',
        'limit=1.5',
        'limit=',
        ...(list?.hasOrder === true ? ['order=up', 'order=up&limit=0'] : []),
      ]
      for (const query of ['', 'limit=2', ...orders, ...cursors, ...wrong, ...queries]) {
        const where = `${path}?${query}`
        const [own, upstream] = [
          await stage.send(red, 'GET', where, undefined, headers),
          await stage.direct('GET', where, undefined, headers),
        ]
        assert.equal(own.status, upstream.status, `${where}: ${own.text}`)
        assert.deepEqual(settled(own.text), settled(upstream.text), where)
        assert.doesNotMatch(own.text, /org-[A-Za-z0-9]/)
        assert.deepEqual(Object.keys(JSON.parse(own.text) as Json), Object.keys(JSON.parse(upstream.text) as Json), where)
        assert.match(own.headers.get('content-type') ?? '', /^application\/json/)
        assert.match(own.headers.get('x-request-id') ?? '', /^req_/)
      }
      // Another tenant sees none of it, and learns nothing from a cursor.
      const foreign = await stage.send(blue, 'GET', path, undefined, headers)
      assert.deepEqual([json(foreign)['data'], json(foreign)['has_more']], [[], false])
      const [id = ''] = [first]
      const nowhere = id.replace(/.$/, (last) => (last === 'x' ? 'y' : 'x'))
      const [known, unknown, upstream] = [
        await stage.send(blue, 'GET', `${path}?after=${id}`, undefined, headers),
        await stage.send(blue, 'GET', `${path}?after=${nowhere}`, undefined, headers),
        await stage.direct('GET', `${path}?after=${nowhere}`, undefined, headers),
      ]
      assert.deepEqual([known.status, known.text], [unknown.status, unknown.text.replaceAll(nowhere, id)])
      assert.deepEqual([unknown.status, JSON.parse(unknown.text)], [upstream.status, JSON.parse(upstream.text)])
    })
  }

  test('the table above forgets no list a tenant may see', () => {
    const rows = (catalog as readonly Endpoint[]).filter(
      (row) => row.tenants === 'owned' && row.resources.some(({ act }) => act === 'list'),
    )
    const all = rows.flatMap(({ resources }) => resources.filter(({ act }) => act === 'list').map(({ kind }) => kind))
    // Threads of ChatKit are made by browsers, past any relay; models have a test of their own below.
    const elsewhere = ['model', 'chatkit_thread']
    assert.deepEqual(all.filter((kind) => !elsewhere.includes(kind)).toSorted(), Object.keys(listed).toSorted())
    for (const kind of all) assert.ok(kind === 'model' || (kinds[kind] as Kind).list !== undefined, kind)
  })

  test('the SDK walks its own objects and no others', async () => {
    const ids = new Map<string, string[]>()
    for (const token of [red, blue]) {
      const client = sdkOf({ url: stage.world.url, token })
      const made: string[] = []
      for (let n = 0; n < 25; n++) made.push((await client.vectorStores.create({ name: 'walked' })).id)
      ids.set(token, made)
    }
    const found: string[] = []
    for await (const { id, name } of sdkOf({ url: stage.world.url, token: blue }).vectorStores.list({ limit: 10 }))
      if (name === 'walked') found.push(id)
    assert.deepEqual(found.toSorted(), ids.get(blue)?.toSorted())
  })

  test('an object that is deleted leaves the list at once, and one deleted elsewhere soon', async () => {
    const client = sdkOf({ url: stage.world.url, token: blue })
    const [one, two, three] = [
      await client.vectorStores.create({}),
      await client.vectorStores.create({}),
      await client.vectorStores.create({}),
    ]
    await client.vectorStores.delete(one.id)
    await stage.direct('DELETE', `/v1/vector_stores/${two.id}`)
    const left = (await client.vectorStores.list({ limit: 100 })).data.map(({ id }) => id)
    assert.deepEqual([left.includes(one.id), left.includes(two.id), left.includes(three.id)], [false, false, true])
  })
})

describe('the list of models', { concurrency: false }, () => {
  test('shows the base models a token may use and the fine-tuned ones that are its own', async () => {
    await using stage = await startTenants()
    const red = await stage.tenant('red')
    const blue = await stage.tenant('blue')
    const client = sdkOf({ url: stage.world.url, token: red })
    const line = JSON.stringify({
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: 'b' },
      ],
    })
    const training = json(await stage.send(red, 'POST', '/v1/files', file('train.jsonl', 'fine-tune', `${line}\n`.repeat(12))))
    const { id } = await client.fineTuning.jobs.create({ model: 'gpt-4o-mini-2024-07-18', training_file: String(training['id']) })
    let tuned: string | null = null
    for (let time = 0; time < 1000 && tuned === null; time++) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      tuned = (await client.fineTuning.jobs.retrieve(id)).fine_tuned_model
    }
    assert.ok(tuned !== null)
    const names = async (token: string): Promise<readonly string[]> =>
      (json(await stage.send(token, 'GET', '/v1/models'))['data'] as readonly { readonly id: string }[]).map((each) => each.id)
    const all = (json(await stage.direct('GET', '/v1/models'))['data'] as readonly { readonly id: string }[]).map((each) => each.id)
    assert.ok(all.includes(tuned))
    assert.deepEqual(await names(red), all)
    assert.deepEqual(
      await names(blue),
      all.filter((name) => name !== tuned),
    )
    assert.equal(
      (await stage.send(red, 'GET', '/v1/models')).text,
      hiding((await stage.direct('GET', '/v1/models')).text),
      'byte for byte where nothing is left out',
    )

    const { secret } = await stage.directory.tokens.create('cli:tester', { tenant: 'red', models: ['gpt-4o*', 'ft:*'] })
    let seen: readonly string[] = []
    for (let time = 0; time < 500 && seen.length === 0; time++) {
      const answer = await stage.send(secret, 'GET', '/v1/models')
      if (answer.status === 200) seen = await names(secret)
      else await new Promise((resolve) => setTimeout(resolve, 20))
    }
    assert.deepEqual(
      seen,
      all.filter((name) => /^(gpt-4o|ft:)/.test(name)),
    )
  })

  test('a relay of one tenant passes lists on as they are', async () => {
    await using stage = await startTenants()
    for (const path of ['/v1/models', '/v1/files', '/v1/vector_stores']) {
      const [own, upstream] = [await stage.send(stage.world.token, 'GET', path), await stage.direct('GET', path)]
      assert.deepEqual([own.status, own.text], [upstream.status, upstream.text])
    }
    const old = await stage.direct('POST', '/v1/vector_stores', { name: 'there before' })
    assert.match((await stage.send(stage.world.token, 'GET', '/v1/vector_stores')).text, new RegExp(String(json(old)['id'])))
  })
})
