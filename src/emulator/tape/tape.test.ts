import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import OpenAI from 'openai'
import { startTestEmulator } from '../../../test/harness/emulator.ts'
import type { TestEmulator } from '../../../test/harness/emulator.ts'
import type { EmulatorParts } from '../emulator.ts'
import type { EmulatorOptions } from '../options.ts'
import { project, organization } from '../vendor-headers.ts'
import type { Recording } from './recording.ts'

const upstreamKey = 'sk-upstream-0123456789abcdef'
const clientKey = 'sk-client-0123456789abcdef'

type Stage = {
  readonly directory: string
  readonly names: () => Promise<readonly string[]>
  readonly recording: (number: number) => Promise<Recording>
  readonly write: (number: number, recording: object) => Promise<void>
  /** A recorder in front of an emulator that stands for OpenAI. */
  readonly record: (
    upstream?: Partial<EmulatorOptions & EmulatorParts>,
  ) => Promise<{ recorder: TestEmulator; upstream: TestEmulator } & AsyncDisposable>
  readonly replay: (options?: Partial<EmulatorOptions & EmulatorParts>) => Promise<TestEmulator>
} & AsyncDisposable

async function startStage(): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), 'relay-tape-test-'))
  const names = async (): Promise<string[]> => (await readdir(directory)).toSorted()
  const nameOf = async (number: number): Promise<string> =>
    join(directory, (await names()).find((name) => Number.parseInt(name, 10) === number && /^[^.]*\.json$/.test(name)) ?? 'none')
  return {
    directory,
    names,
    recording: async (number) => JSON.parse(await readFile(await nameOf(number), 'utf8')) as Recording,
    write: async (number, recording) => writeFile(await nameOf(number), JSON.stringify(recording)),
    record: async (options = {}) => {
      const upstream = await startTestEmulator({ keys: [upstreamKey], ...options })
      const recorder = await startTestEmulator({ recordDirectory: directory, upstreamUrl: `${upstream.url}/v1`, upstreamKey })
      return {
        recorder,
        upstream,
        [Symbol.asyncDispose]: async () => {
          await recorder[Symbol.asyncDispose]()
          await upstream[Symbol.asyncDispose]()
        },
      }
    },
    replay: (options = {}) =>
      startTestEmulator({ replayDirectory: directory, isStrict: true, replaySpeed: Infinity, warn: () => {}, ...options }),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  }
}

const send = (
  { url }: TestEmulator,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Response> =>
  fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${clientKey}`,
      ...(body === undefined || body instanceof FormData ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: body instanceof FormData ? body : typeof body === 'string' ? body : JSON.stringify(body) }),
  })

/** Everything a client sees of an answer. */
async function seen(response: Response): Promise<object> {
  const headers = Object.fromEntries(
    [...response.headers].filter(([name]) => !['connection', 'keep-alive', 'transfer-encoding'].includes(name)),
  )
  return { status: response.status, headers, body: Buffer.from(await response.arrayBuffer()).toString('base64') }
}

const chat = { model: 'gpt-4o', messages: [{ role: 'user', content: 'count to 3' }] }

test('what was recorded is replayed byte for byte, without the upstream', async () => {
  await using stage = await startStage()
  const form = (): FormData => {
    const fields = new FormData()
    fields.set('purpose', 'batch')
    fields.set('file', new File(['{"a": 1}\n'.repeat(20_000)], 'lines.jsonl'))
    return fields
  }
  const requests = async (emulator: TestEmulator): Promise<object[]> => {
    const answers: object[] = []
    const add = async (answer: Promise<Response>): Promise<string> => {
      const whole = await answer
      const text = await whole.clone().text()
      answers.push(await seen(whole))
      return text
    }
    await add(send(emulator, 'GET', '/v1/models?limit=1'))
    await add(send(emulator, 'POST', '/v1/chat/completions', chat))
    await add(send(emulator, 'POST', '/v1/chat/completions', { ...chat, stream: true }))
    await add(send(emulator, 'POST', '/v1/responses', { model: 'gpt-4o', input: 'Grüße 🙂', stream: true }))
    const { id } = JSON.parse(await add(send(emulator, 'POST', '/v1/files', form()))) as { id: string }
    await add(send(emulator, 'GET', `/v1/files/${id}/content`))
    await add(send(emulator, 'POST', '/v1/audio/speech', { model: 'tts-1', voice: 'alloy', input: 'Hello.' }))
    await add(send(emulator, 'POST', '/v1/chat/completions', '{"model":'))
    await add(send(emulator, 'GET', '/v1/files/file-unknown'))
    return answers
  }
  let recorded: object[]
  {
    await using recording = await stage.record()
    recorded = await requests(recording.recorder)
  }
  await using replayer = await stage.replay()
  const replayed = await requests(replayer)
  // Accounts are nobody's business and cookies would be stale.
  const hidden = (answer: object): object =>
    JSON.parse(
      JSON.stringify(answer)
        .replace(organization, '[redacted]')
        .replace(project, '[redacted]')
        .replace(/"set-cookie":"[^"]*",?/, ''),
    ) as object
  assert.deepEqual(replayed, recorded.map(hidden))
  const { data } = (await (await send(replayer, 'GET', '/_emulator/journal')).json()) as {
    data: { recording: string; model: string | null }[]
  }
  assert.deepEqual(
    data.slice(0, 3).map(({ recording, model }) => [recording, model]),
    [
      ['0001-get-models.json', null],
      ['0002-post-chat-completions.json', 'gpt-4o'],
      ['0003-post-chat-completions.json', 'gpt-4o'],
    ],
  )
})

test('no key, cookie or organization reaches the folder, wherever it stood', async () => {
  await using stage = await startStage()
  await using recording = await stage.record()
  const { recorder } = recording
  const planted = 'sk-planted-in-a-text-0123456789'
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}): Promise<void> => {
    const response = await send(recorder, 'POST', path, body, headers)
    assert.equal(response.status, 200, await response.text())
  }
  await post(
    '/v1/chat/completions?api-key=planted-in-the-query',
    { ...chat, user: 'u', messages: [{ role: 'user', content: `My key is ${planted}` }] },
    {
      cookie: 'session=planted-cookie-value',
      'openai-organization': 'org-planted',
      'x-api-key': 'planted-api-key',
    },
  )
  await post('/v1/webhook_endpoints', { url: 'https://example.com/hook', name: 'x', event_types: ['batch.completed'] })
  const form = new FormData()
  form.set('purpose', 'user_data')
  form.set('file', new File([`secret: ${planted}\n`.repeat(10_000)], 'keys.txt'))
  await post('/v1/files', form)
  assert.equal((await stage.names()).length, 4)
  for (const name of await stage.names()) {
    const text = await readFile(join(stage.directory, name), 'utf8')
    for (const secret of [
      upstreamKey,
      clientKey,
      planted,
      'planted-in-the-query',
      'planted-cookie',
      '__cf_bm',
      'org-planted',
      'planted-api-key',
      organization,
      project,
    ])
      assert.ok(!text.includes(secret), `${name} holds ${secret}`)
    assert.doesNotMatch(text, /whsec_(?!x+")\w{8}/)
  }
  // What was sent all the same is matched all the same.
  await using replayer = await stage.replay()
  const again = { ...chat, user: 'u', messages: [{ role: 'user', content: `My key is ${planted}` }] }
  assert.equal((await send(replayer, 'POST', '/v1/chat/completions?api-key=planted-in-the-query', again)).status, 200)
})

test('the upstream gets its own key and every byte of the request, and is asked for readable answers', async () => {
  await using stage = await startStage()
  await using recording = await stage.record()
  const { recorder, upstream } = recording
  assert.equal((await send(recorder, 'POST', '/v1/chat/completions', chat, { 'x-mine': 'yes' })).status, 200)
  // Quirk of some clients: neither length nor coding, and no body.
  const socket = connect(recorder.running.port, '127.0.0.1')
  socket.write('POST /v1/uploads/upload_x/cancel HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\nConnection: close\r\n\r\n')
  let answer = ''
  socket.on('data', (bytes) => (answer += bytes.toString()))
  await once(socket, 'close')
  assert.match(answer, /^HTTP\/1\.1 404 /)
  const [asked, cancelled] = upstream.running.journal.read({ limit: 2 })
  assert.deepEqual([asked?.body, asked?.headers['x-mine'], asked?.headers['accept-encoding']], [chat, 'yes', 'identity'])
  assert.deepEqual([cancelled?.headers['content-length'], cancelled?.headers['transfer-encoding']], ['0', undefined])
  const { request } = await stage.recording(1)
  assert.ok(request.headers.includes('x-mine: yes'))
  assert.ok(request.headers.includes('authorization: Bearer [redacted]'))
  assert.deepEqual(request.body, { json: chat })
  assert.equal((await stage.recording(2)).request.body, null)
})

test('a stream is kept chunk by chunk with its timing, and comes at that pace, faster or at once', async () => {
  await using stage = await startStage()
  {
    await using recording = await stage.record({ tokenPaceMs: 5 })
    await (await send(recording.recorder, 'POST', '/v1/chat/completions', { ...chat, stream: true })).text()
  }
  const recorded = await stage.recording(1)
  const { body } = recorded.answer
  assert.ok(body !== null && 'chunks' in body && body.chunks.length > 3)
  const times = body.chunks.map(({ after_ms: afterMs }) => afterMs)
  assert.deepEqual(
    times,
    times.toSorted((one, other) => one - other),
  )
  assert.ok((times.at(-1) ?? 0) > 0)
  const hour = 3_600_000
  const chunks = [
    { after_ms: 0, text: 'data: {"a":1}\n\n' },
    { after_ms: hour, text: 'data: {"b":2}\n\n' },
    { after_ms: 2 * hour, text: 'data: [DONE]\n\n' },
  ]
  await stage.write(1, { ...recorded, answer: { ...recorded.answer, head_after_ms: hour, body: { chunks } } })
  {
    await using fast = await stage.replay()
    assert.equal(
      await (await send(fast, 'POST', '/v1/chat/completions', { ...chat, stream: true })).text(),
      chunks.map(({ text }) => text).join(''),
    )
  }
  for (const replaySpeed of [1, 10]) {
    await using exact = await stage.replay({ replaySpeed })
    const { clock } = exact.running
    /** Time passes in steps until something happens; gives how much had to pass. */
    const passing = async <T>(event: Promise<T>): Promise<readonly [T, number]> => {
      const isHere = event.then(() => true)
      let passedMs = 0
      while (!(await Promise.race([isHere, sleep(20, false)]))) {
        clock.advance(hour / 20)
        passedMs += hour / 20
      }
      return [await event, passedMs]
    }
    const [response, headMs] = await passing(send(exact, 'POST', '/v1/chat/completions', { ...chat, stream: true }))
    const reader = response.body?.getReader()
    assert.ok(reader)
    const texts: string[] = []
    const waits = [headMs]
    for (;;) {
      const [piece, passedMs] = await passing<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>(reader.read())
      if (piece.value === undefined) break
      texts.push(Buffer.from(piece.value).toString())
      waits.push(passedMs)
    }
    assert.deepEqual(
      texts,
      chunks.map(({ text }) => text),
    )
    // The head, the first chunk with it, the second, the third. Under load a step may be taken that was not needed.
    const [head, first, second, third] = waits
    for (const wait of [head, second, third])
      assert.ok((wait ?? 0) >= (hour / replaySpeed) * 0.9 - hour / 20, `${replaySpeed}: ${waits.join()}`)
    assert.ok((first ?? hour) < hour / 2, `${replaySpeed}: ${waits.join()}`)
  }
})

test('requests are the same by value: names in any order, forms without their boundary, queries sorted', async () => {
  await using stage = await startStage()
  const form = (fields: readonly (readonly [string, string | File])[], boundary: string): { body: string; type: string } => ({
    type: `multipart/form-data; boundary=${boundary}`,
    body: `${fields
      .map(
        ([name, value]) =>
          `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${typeof value === 'string' ? '' : `; filename="${value.name}"\r\nContent-Type: text/plain`}\r\n\r\n${typeof value === 'string' ? value : 'content'}\r\n`,
      )
      .join('')}--${boundary}--\r\n`,
  })
  const file = new File(['content'], 'a.txt')
  const first = form(
    [
      ['purpose', 'user_data'],
      ['file', file],
    ],
    'one',
  )
  {
    await using recording = await stage.record()
    const { recorder } = recording
    await send(recorder, 'POST', '/v1/embeddings', '{"model":"text-embedding-3-small","input":"x","dimensions":8}')
    await send(recorder, 'POST', '/v1/files', first.body, { 'content-type': first.type })
    await send(recorder, 'GET', '/v1/files?purpose=user_data&limit=3&order=asc')
  }
  await using replayer = await stage.replay()
  const statusOf = async (response: Promise<Response>): Promise<number> => (await response).status
  assert.equal(
    await statusOf(send(replayer, 'POST', '/v1/embeddings', '{ "dimensions": 8.0, "input": "x",\n "model": "text-embedding-3-small" }')),
    200,
  )
  assert.equal(await statusOf(send(replayer, 'GET', '/v1/files?order=asc&purpose=user%5Fdata&limit=3')), 200)
  const again = form(
    [
      ['file', file],
      ['purpose', 'user_data'],
    ],
    'another-boundary',
  )
  assert.equal(await statusOf(send(replayer, 'POST', '/v1/files', again.body, { 'content-type': again.type })), 200)
  for (const other of [
    send(replayer, 'POST', '/v1/embeddings', '{"model":"text-embedding-3-small","input":"x","dimensions":9}'),
    send(replayer, 'POST', '/v1/embeddings', '{"model":"text-embedding-3-small","input":["x"],"dimensions":8}'),
    send(replayer, 'GET', '/v1/files?purpose=user_data&limit=4&order=asc'),
    send(replayer, 'POST', '/v1/files', first.body.replace('content\r\n', 'Content\r\n'), { 'content-type': first.type }),
    send(replayer, 'POST', '/v1/files', first.body.replace('a.txt', 'b.txt'), { 'content-type': first.type }),
  ])
    assert.equal(await statusOf(other), 501)
})

test('repeated requests get their answers in recorded order; the last one stays, and a reset begins again', async () => {
  await using stage = await startStage()
  {
    await using recording = await stage.record({ jobPaceMs: 3_600_000 })
    const { id } = (await (await send(recording.recorder, 'POST', '/v1/conversations', {})).json()) as { id: string }
    await send(recording.recorder, 'GET', `/v1/conversations/${id}`)
    await send(recording.recorder, 'DELETE', `/v1/conversations/${id}`)
    await send(recording.recorder, 'GET', `/v1/conversations/${id}`)
  }
  const { request } = await stage.recording(2)
  await using replayer = await stage.replay()
  const three = async (): Promise<number[]> => {
    const statuses = []
    for (let count = 0; count < 3; count++) statuses.push((await send(replayer, 'GET', request.path)).status)
    return statuses
  }
  assert.deepEqual(await three(), [200, 404, 404])
  await send(replayer, 'POST', '/_emulator/reset')
  assert.deepEqual(await three(), [200, 404, 404])
})

test('strictly, what was not recorded fails loudly: what was asked, what is nearest, where they differ, and no retry', async () => {
  await using stage = await startStage()
  {
    await using recording = await stage.record()
    await send(recording.recorder, 'POST', '/v1/chat/completions', chat)
    await send(recording.recorder, 'POST', '/v1/chat/completions', { ...chat, model: 'gpt-4.1', n: 2 })
  }
  const warnings: string[] = []
  await using replayer = await stage.replay({ warn: (_what, error) => warnings.push(String(error)) })
  const messageOf = async (response: Promise<Response>): Promise<string> => {
    const answer = await response
    const { error } = (await answer.json()) as { error: { message: string; code: string } }
    assert.deepEqual([answer.status, error.code, answer.headers.get('x-should-retry')], [501, 'no_recording', 'false'])
    return error.message
  }
  const changed = { ...chat, messages: [{ role: 'user', content: 'count to 4' }] }
  const message = await messageOf(send(replayer, 'POST', '/v1/chat/completions', changed))
  assert.equal(
    message,
    'No recording fits POST /v1/chat/completions. The nearest is 0001-post-chat-completions.json: body.messages[0].content is "count to 3" there and "count to 4" here.',
  )
  assert.deepEqual(warnings, [message])
  assert.match(await messageOf(send(replayer, 'POST', '/v1/chat/completions?a=b', chat)), /query\.a is missing there and "b" here\.$/)
  assert.match(
    await messageOf(send(replayer, 'POST', '/v1/chat/completions', { ...chat, model: 'gpt-4.1' })),
    /0001.*: body\.model is "gpt-4o" there/,
  )
  assert.match(
    await messageOf(send(replayer, 'GET', '/v1/chat/completions')),
    /nearest is 0001-post-chat-completions\.json, which is POST \/v1\/chat\/completions\.$/,
  )
  await assert.rejects(replayer.client.models.list(), OpenAI.InternalServerError)
})

test('otherwise the emulator answers what was not recorded, the body unharmed however large it is', async () => {
  await using stage = await startStage()
  {
    await using recording = await stage.record()
    await send(recording.recorder, 'POST', '/v1/chat/completions', chat)
    await recording.recorder.client.files.create({ purpose: 'batch', file: new File(['recorded'], 'a.jsonl') })
  }
  await using replayer = await stage.replay({ isStrict: false })
  const { client } = replayer
  const other = await client.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Reply with exactly: own' }] })
  assert.equal(other.choices[0]?.message.content, 'own')
  const large = 'x'.repeat(3 << 20)
  const { id, bytes } = await client.files.create({ purpose: 'batch', file: new File([large], 'b.jsonl') })
  assert.equal(bytes, large.length)
  assert.equal(await (await client.files.content(id)).text(), large)
  assert.equal((await client.models.retrieve('gpt-4o')).id, 'gpt-4o')
  const entry = replayer.running.journal.read({ limit: 1, method: 'POST', path: '/v1/files' })[0]
  assert.deepEqual([entry?.recording, entry?.form?.files[0]?.bytes], [null, large.length])
  // Nothing that waited is left on disk.
  while ((await readdir(join(replayer.dataDir, 'emulator', 'drafts'))).length > 0) await sleep(10)
})

test('large bodies lie beside their recording', async () => {
  await using stage = await startStage()
  const input = 'large '.repeat(20_000)
  {
    await using recording = await stage.record()
    const { recorder } = recording
    await send(recorder, 'POST', '/v1/moderations', { model: 'omni-moderation-latest', input })
    const form = new FormData()
    form.set('purpose', 'batch')
    form.set('file', new File([input], 'big.jsonl'))
    const { id } = (await (await send(recorder, 'POST', '/v1/files', form)).json()) as { id: string }
    await (await send(recorder, 'GET', `/v1/files/${id}/content`)).text()
  }
  const names = await stage.names()
  assert.deepEqual(
    names.filter((name) => !/^[^.]*\.json$/.test(name)).map((name) => name.replace(/-file-\w+/, '')),
    ['0001-post-moderations.request.json', '0002-post-files.part2.jsonl', '0003-get-files-content.answer.bin'],
  )
  const { request } = await stage.recording(1)
  assert.ok(request.body !== null && 'file' in request.body)
  assert.deepEqual([request.body.file, request.body.digest.slice(0, 5)], [names[1], 'json '])
  assert.equal(await readFile(join(stage.directory, names.find((name) => name.endsWith('.answer.bin')) ?? ''), 'utf8'), input)
  await using replayer = await stage.replay()
  assert.equal((await send(replayer, 'POST', '/v1/moderations', { input, model: 'omni-moderation-latest' })).status, 200)
})

test('an upstream that breaks off is recorded as one, and breaks off again', async () => {
  await using stage = await startStage()
  const ask = async (emulator: TestEmulator): Promise<string> => {
    const response = await send(emulator, 'POST', '/v1/chat/completions', { ...chat, stream: true })
    let text = ''
    await assert.rejects(async () => {
      for await (const chunk of response.body ?? []) text += Buffer.from(chunk as Uint8Array).toString()
    })
    return text
  }
  let recorded: string
  {
    await using recording = await stage.record({ faults: ['cut=700: 1'] })
    recorded = await ask(recording.recorder)
  }
  assert.equal(recorded.length, 700)
  while ((await stage.names()).length === 0) await sleep(10)
  assert.equal((await stage.recording(1)).answer.end, 'cut')
  await using replayer = await stage.replay()
  assert.equal(await ask(replayer), recorded)
})

test('what a client did not stay for is not kept, but what it left with the last event is', async () => {
  await using stage = await startStage()
  await using recording = await stage.record({ tokenPaceMs: 50 })
  const { recorder } = recording
  const streamOf = async (user: string): Promise<AsyncIterable<OpenAI.ChatCompletionChunk>> =>
    recorder.client.chat.completions.create({ model: 'gpt-4o', stream: true, messages: [{ role: 'user', content: user }] })
  for await (const _ of await streamOf('count to 1000')) break
  // The SDK leaves with [DONE], 50 ms before this upstream ends its answer.
  for await (const chunk of await streamOf('count to 2')) assert.ok(chunk)
  while (recorder.running.journal.read({ limit: 10 }).length < 2) await sleep(10)
  assert.deepEqual(await stage.names(), ['0002-post-chat-completions.json'])
})

test('what a client left while the upstream was silent is not kept either', async () => {
  await using stage = await startStage()
  await using recording = await stage.record({ faults: ['silence=3600000@400: 1'] })
  const { recorder } = recording
  const response = await send(recorder, 'POST', '/v1/chat/completions', { ...chat, stream: true })
  const reader = response.body?.getReader()
  await reader?.read()
  await reader?.cancel()
  while (recorder.running.journal.read({ limit: 1 }).length < 1) await sleep(10)
  assert.equal(recorder.running.journal.read({ limit: 1 })[0]?.hasLeft, true)
  assert.deepEqual(await stage.names(), [])
})

test('a fault breaks what the client gets, not what is recorded', async () => {
  await using stage = await startStage()
  const asked = { ...chat, stream: true }
  {
    await using recording = await stage.record()
    const { recorder } = recording
    const response = await send(recorder, 'POST', '/v1/chat/completions', asked, { 'x-emulator-fault': 'cut=30' })
    await assert.rejects(response.text())
    while (recorder.running.journal.read({ limit: 1 }).length < 1) await sleep(10)
  }
  await using replayer = await stage.replay()
  assert.match(await (await send(replayer, 'POST', '/v1/chat/completions', asked)).text(), /data: \[DONE\]\n\n$/)
})

test('an upstream that cannot be reached is said so', async () => {
  await using stage = await startStage()
  const warnings: string[] = []
  await using recorder = await startTestEmulator({
    recordDirectory: stage.directory,
    // Port 1 answers nobody.
    upstreamUrl: 'http://127.0.0.1:1/v1',
    warn: (what) => warnings.push(what),
  })
  const response = await send(recorder, 'POST', '/v1/chat/completions', chat)
  assert.deepEqual([response.status, ((await response.json()) as { error: { code: string } }).error.code], [502, 'upstream_unreachable'])
  assert.deepEqual(warnings, ['the upstream could not be asked'])
  assert.deepEqual(await stage.names(), [])
})

test('a new session of recording goes on behind the old one', async () => {
  await using stage = await startStage()
  for (let session = 0; session < 2; session++) {
    await using recording = await stage.record()
    await send(recording.recorder, 'GET', '/v1/models')
  }
  assert.deepEqual(await stage.names(), ['0001-get-models.json', '0002-get-models.json'])
})

test('a folder without recordings, or with one that is none, ends the start', async () => {
  await using stage = await startStage()
  await assert.rejects(stage.replay(), /There are no recordings in .*: make some with --record/)
  await assert.rejects(stage.replay({ replayDirectory: join(stage.directory, 'nowhere') }), /cannot be read: ENOENT/)
  await writeFile(join(stage.directory, '0001-broken.json'), '{')
  await assert.rejects(stage.replay(), /The recording .*0001-broken\.json cannot be read/)
  await writeFile(join(stage.directory, '0001-broken.json'), '{}')
  await assert.rejects(stage.replay(), /it has no request and answer/)
})
