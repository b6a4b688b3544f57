// A process that dies without a word in the middle of everything, and another that takes over its data.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import OpenAI from 'openai'
import { startRelayProcess, type RelayProcess } from '../harness/relay-process.ts'
import { all, jsonLines, model, named, until } from './stage.ts'

const token = 'rk_of-the-killed'
const lineCount = 60

const sdk = async (relay: RelayProcess): Promise<OpenAI> => new OpenAI({ apiKey: token, baseURL: `${await relay.url}/v1`, maxRetries: 0 })

test('what was under way when the process was killed is finished by the next one, once', async () => {
  await using undo = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'relay-killed-'))
  undo.defer(() => rm(dataDir, { recursive: true, force: true }))
  const start = (): Promise<RelayProcess> => startRelayProcess({ dataDir, env: { RELAY_TOKEN: token, RELAY_EMULATOR_JOB_MS: '100' } })

  const first = await start()
  undo.use(first)
  const before = await sdk(first)
  const ask = (text: string): object => ({ model, messages: [{ role: 'user', content: text }] })
  const lines = Array.from({ length: lineCount }, (_, index) => ({
    custom_id: `line-${index}`,
    method: 'POST',
    url: '/v1/chat/completions',
    body: ask(`Reply with exactly: pong ${index}`),
  }))
  const input = await before.files.create({ file: await named('batch.jsonl', jsonLines(lines)), purpose: 'batch' })
  const document = await before.files.create({ file: await named('heron.txt', 'The heron eats fish.'), purpose: 'assistants' })
  const examples = Array.from({ length: 10 }, (_, index) => ({
    messages: [
      { role: 'user', content: `${index}?` },
      { role: 'assistant', content: `${index}!` },
    ],
  }))
  const training = await before.files.create({ file: await named('train.jsonl', jsonLines(examples)), purpose: 'fine-tune' })
  const [batch, response, film, store, job] = await Promise.all([
    before.batches.create({ input_file_id: input.id, endpoint: '/v1/chat/completions', completion_window: '24h' }),
    before.responses.create({ model, background: true, input: 'Reply with exactly: still here' }),
    before.videos.create({ prompt: 'a heron', seconds: '4' }),
    before.vectorStores.create({ file_ids: [document.id] }),
    before.fineTuning.jobs.create({ model: 'gpt-4o-mini-2024-07-18', training_file: training.id }),
  ])
  await until(
    () => before.batches.retrieve(batch.id),
    ({ status }) => status === 'in_progress',
  )
  first.child.kill('SIGKILL')
  assert.deepEqual(await first.exited, { code: null, signal: 'SIGKILL' })

  const second = await start()
  undo.use(second)
  const client = await sdk(second)
  const done = await until(
    () => client.batches.retrieve(batch.id),
    ({ status }) => ['completed', 'failed'].includes(status),
  )
  assert.deepEqual([done.status, done.request_counts], ['completed', { total: lineCount, completed: lineCount, failed: 0 }])
  const output = await (await client.files.content(done.output_file_id ?? '')).text()
  const names = output
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { readonly custom_id: string }).custom_id)
  assert.deepEqual(names.toSorted(), lines.map((line) => line.custom_id).toSorted())

  const finished = await until(
    () => client.responses.retrieve(response.id),
    ({ status }) => status === 'completed' || status === 'failed',
  )
  assert.equal(finished.output_text, 'still here')
  await until(
    () => client.videos.retrieve(film.id),
    ({ status }) => status === 'completed',
  )
  await until(
    () => client.vectorStores.retrieve(store.id),
    ({ file_counts: counts }) => counts.completed === 1,
  )
  const tuned = await until(
    () => client.fineTuning.jobs.retrieve(job.id),
    ({ status }) => status === 'succeeded' || status === 'failed',
  )
  assert.equal(tuned.status, 'succeeded')
  const models = await all(client.models.list())
  assert.equal(models.filter(({ id }) => id === tuned.fine_tuned_model).length, 1)
  const files = await all(client.files.list())
  assert.equal(files.filter(({ purpose }) => purpose === 'batch_output').length, 1, 'one output and no error file')
})
