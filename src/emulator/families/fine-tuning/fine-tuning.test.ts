import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { toFile } from 'openai'
import type OpenAI from 'openai'
import type { FineTuningJob, JobCreateParams } from 'openai/resources/fine-tuning/jobs/jobs'
import type { PermissionListParams } from 'openai/resources/fine-tuning/checkpoints/permissions'
import { refusal, startTestEmulator } from '../../../../test/harness/emulator.ts'

const chatLine = (index: number): string =>
  JSON.stringify({
    messages: [
      { role: 'user', content: `What is ${index} plus ${index}?` },
      { role: 'assistant', content: `It is ${index * 2}.` },
    ],
  })
const lines = (count: number, line = chatLine): string => Array.from({ length: count }, (_, index) => line(index)).join('\n')

const upload = async (client: OpenAI, content: string, purpose: 'fine-tune' | 'batch' = 'fine-tune'): Promise<string> =>
  (await client.files.create({ file: await toFile(Buffer.from(content), 'train.jsonl'), purpose })).id

async function until(client: OpenAI, id: string, ...wanted: readonly string[]): Promise<FineTuningJob> {
  for (;;) {
    const job = await client.fineTuning.jobs.retrieve(id)
    if (wanted.includes(job.status)) return job
    assert.ok(!['succeeded', 'failed', 'cancelled'].includes(job.status), `${job.status}: ${JSON.stringify(job.error)}`)
    await sleep(5)
  }
}

test('a job goes through its states, also over a restart, and leaves a model that chats, checkpoints, events and a CSV of its steps', async () => {
  await using emulator = await startTestEmulator()
  let { client } = emulator
  const created = await client.fineTuning.jobs.create({
    model: 'gpt-4o-mini',
    training_file: await upload(client, lines(20)),
    validation_file: await upload(client, lines(3)),
    suffix: 'sums',
    seed: 7,
    metadata: { team: 'a' },
    method: { type: 'supervised', supervised: { hyperparameters: { n_epochs: 4 } } },
  })
  assert.deepEqual(
    [created.status, created.model, created.fine_tuned_model, created.hyperparameters.n_epochs, created.hyperparameters.batch_size],
    ['validating_files', 'gpt-4o-mini-2024-07-18', null, 4, 'auto'],
  )
  await until(client, created.id, 'running', 'succeeded')
  await emulator.restart()
  ;({ client } = emulator)
  const job = await until(client, created.id, 'succeeded')
  assert.match(String(job.fine_tuned_model), /^ft:gpt-4o-mini-2024-07-18:emulator:sums:\w{8}$/)
  assert.deepEqual([job.hyperparameters.n_epochs, job.hyperparameters.batch_size, job.seed, job.metadata], [4, 1, 7, { team: 'a' }])
  assert.ok(Number(job.trained_tokens) > 0 && Number(job.trained_tokens) % 4 === 0)
  assert.ok(Number(job.finished_at) >= job.created_at)

  const model = String(job.fine_tuned_model)
  assert.ok((await client.models.list()).data.some(({ id }) => id === model))
  const answer = await client.chat.completions.create({ model, messages: [{ role: 'user', content: 'Reply with exactly: pong' }] })
  assert.deepEqual([answer.model, answer.choices[0]?.message.content], [model, 'pong'])

  const checkpoints = await client.fineTuning.jobs.checkpoints.list(job.id)
  assert.deepEqual(
    checkpoints.data.map(({ step_number, fine_tuned_model_checkpoint: name }) => [step_number, name]),
    [
      [80, model],
      [60, `${model}:ckpt-step-60`],
      [40, `${model}:ckpt-step-40`],
    ],
  )
  assert.ok(Number(checkpoints.data[0]?.metrics.full_valid_loss) > 0)
  assert.equal((await client.models.retrieve(`${model}:ckpt-step-60`)).id, model)

  const [resultId = ''] = job.result_files
  assert.equal((await client.files.retrieve(resultId)).purpose, 'fine-tune-results')
  const [head, ...rows] = (await (await client.files.content(resultId)).text()).trimEnd().split('\n')
  assert.equal(head, 'step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy')
  assert.equal(rows.length, 80)
  assert.ok(rows.every((row) => row.split(',').every((value) => value !== '' && Number.isFinite(Number(value)))))

  const events = []
  for await (const event of client.fineTuning.jobs.listEvents(job.id, { limit: 5 })) events.push(event)
  assert.equal(events[0]?.message, 'The job has successfully completed')
  assert.equal(events.at(-1)?.message, `Created fine-tuning job: ${job.id}`)
  assert.equal(new Set(events.map(({ id }) => id)).size, events.length)
  const metrics = events.filter(({ type }) => type === 'metrics').map(({ message }) => message)
  assert.ok(metrics.some((message) => /^Step \d+\/80: training loss=\d\.\d\d, validation loss=\d\.\d\d$/.test(message)))
})

test('a job can be paused, resumed where it was, and cancelled, and not twice', async () => {
  await using emulator = await startTestEmulator({ jobPaceMs: 100 })
  const { client } = emulator
  const training_file = await upload(client, lines(12))
  const { id } = await client.fineTuning.jobs.create({ model: 'gpt-4.1-mini', training_file })
  assert.match((await refusal(client.fineTuning.jobs.pause(id))).message, /cannot be paused: its status is 'validating_files'/)
  await until(client, id, 'running')
  const paused = await client.fineTuning.jobs.pause(id)
  assert.deepEqual([paused.status], ['paused'])
  const told = (await client.fineTuning.jobs.listEvents(id)).data.length
  await sleep(250)
  assert.equal((await client.fineTuning.jobs.listEvents(id)).data.length, told)
  assert.equal((await client.fineTuning.jobs.resume(id)).status, 'queued')
  await until(client, id, 'running')
  const cancelled = await client.fineTuning.jobs.cancel(id)
  assert.deepEqual([cancelled.status, cancelled.fine_tuned_model, cancelled.result_files], ['cancelled', null, []])
  assert.equal((await refusal(client.fineTuning.jobs.cancel(id))).status, 400)
  const { data } = (await (await emulator.send('GET', '/_emulator/events')).json()) as { data: { type: string; data: { id: string } }[] }
  assert.deepEqual(
    data.map(({ type, data: { id: about } }) => [type, about]),
    [['fine_tuning.job.cancelled', id]],
  )
})

test('training data that cannot be learnt from fails the job and says why', async () => {
  await using emulator = await startTestEmulator()
  const { client } = emulator
  const preference = JSON.stringify({
    input: { messages: [{ role: 'user', content: 'Hi' }] },
    preferred_output: [{ role: 'assistant', content: 'Hello!' }],
    non_preferred_output: [{ role: 'assistant', content: 'What?' }],
  })
  const cases: readonly (readonly [string, Partial<JobCreateParams>, string, RegExp])[] = [
    [lines(9), {}, 'invalid_n_examples', /has 9 example\(s\), but must have at least 10/],
    [`${lines(10)}\n{"messages": [`, {}, 'invalid_training_file', /Line 11 is not/],
    [
      lines(12, () => '{"messages":[{"content":"x"}]}'),
      {},
      'invalid_training_file',
      /Example 1, message 1 Discriminator 'role' is missing/,
    ],
    [lines(12, () => '{"messages":[{"role":"user","content":"x"}]}'), {}, 'invalid_training_file', /from the assistant/],
    [lines(12), { model: 'davinci-002' }, 'invalid_training_file', /expected 'prompt' and 'completion'/],
    [lines(12), { method: { type: 'dpo' } }, 'invalid_training_file', /missing 'input'/],
  ]
  for (const [content, more, code, message] of cases) {
    const { id } = await client.fineTuning.jobs.create({ model: 'gpt-4o-mini', training_file: await upload(client, content), ...more })
    const job = await until(client, id, 'failed')
    assert.deepEqual([job.error?.code, job.error?.param], [code, 'training_file'])
    assert.match(String(job.error?.message), message)
    assert.equal((await client.fineTuning.jobs.listEvents(id)).data[0]?.level, 'error')
  }
  const training_file = await upload(
    client,
    lines(12, () => preference),
  )
  const { id } = await client.fineTuning.jobs.create({ model: 'gpt-4o-mini', training_file, method: { type: 'dpo' } })
  const job = await until(client, id, 'succeeded')
  assert.equal(job.method?.dpo?.hyperparameters?.beta, 'auto')
  assert.equal(typeof job.method?.dpo?.hyperparameters?.n_epochs, 'number')
})

test('what a job is asked for is checked', async () => {
  await using emulator = await startTestEmulator()
  const { client } = emulator
  const training_file = await upload(client, lines(12))
  const create = (body: unknown): Promise<unknown> =>
    client.fineTuning.jobs.create({ model: 'gpt-4o-mini', training_file, ...(body as object) })
  const cases: readonly (readonly [unknown, string, string | null])[] = [
    [{ model: null }, 'model', 'missing_required_parameter'],
    [{ training_file: null }, 'training_file', 'missing_required_parameter'],
    [{ training_file: 'file-nobody' }, 'training_file', null],
    [{ training_file: await upload(client, '{}', 'batch') }, 'training_file', null],
    [{ validation_file: 'file-nobody' }, 'validation_file', null],
    [{ model: 'gpt-9' }, 'model', 'model_not_available'],
    [{ model: 'whisper-1' }, 'model', 'model_not_available'],
    [{ model: 'o4-mini' }, 'method', 'model_not_available'],
    [{ suffix: 'x'.repeat(65) }, 'suffix', 'string_above_max_length'],
    [{ seed: -1 }, 'seed', 'integer_below_min_value'],
    [{ hyperparameters: { n_epochs: 51 } }, 'hyperparameters.n_epochs', 'integer_above_max_value'],
    [{ method: { type: 'magic' } }, 'method.type', 'invalid_value'],
    [{ model: 'o4-mini', method: { type: 'reinforcement' } }, 'method.reinforcement', 'missing_required_parameter'],
    [{ metadata: { a: 1 } }, 'metadata.a', 'invalid_type'],
    [{ epochs: 3 }, 'epochs', 'unknown_parameter'],
  ]
  for (const [body, param, code] of cases) {
    const error = await refusal(create(body))
    assert.deepEqual([error.status, error.param, error.code], [400, param, code], JSON.stringify(body))
  }
  const missing = await refusal(client.fineTuning.jobs.retrieve('ftjob-nobody'))
  assert.deepEqual([missing.status, missing.message, missing.code], [404, 'Could not find fine tune: ftjob-nobody', 'fine_tune_not_found'])
})

test('jobs are listed newest first by pages, and found by their metadata', async () => {
  await using emulator = await startTestEmulator()
  const { client } = emulator
  const training_file = await upload(client, lines(12))
  const ids: string[] = []
  for (const metadata of [{ team: 'a' }, { team: 'b' }, null])
    ids.unshift((await client.fineTuning.jobs.create({ model: 'gpt-4o', training_file, metadata })).id)
  const page = await client.fineTuning.jobs.list({ limit: 2 })
  assert.deepEqual([page.data.map(({ id }) => id), page.has_more], [ids.slice(0, 2), true])
  const all: string[] = []
  for await (const { id } of client.fineTuning.jobs.list({ limit: 1 })) all.push(id)
  assert.deepEqual(all, ids)
  assert.deepEqual(
    (await client.fineTuning.jobs.list({ metadata: { team: 'a' } })).data.map(({ id }) => id),
    [ids[2]],
  )
  const none = (await (await emulator.send('GET', '/v1/fine_tuning/jobs?metadata=null')).json()) as { data: { id: string }[] }
  assert.deepEqual(
    none.data.map(({ id }) => id),
    [ids[0]],
  )
})

test('a checkpoint is shared with projects, listed in words of order, and taken back', async () => {
  await using emulator = await startTestEmulator()
  const { client } = emulator
  const { id } = await client.fineTuning.jobs.create({ model: 'gpt-4o', training_file: await upload(client, lines(12)) })
  const model = String((await until(client, id, 'succeeded')).fine_tuned_model)
  // The SDK asks for an admin key here; the emulator takes any.
  const { permissions } = client.withOptions({ adminAPIKey: 'sk-admin' }).fineTuning.checkpoints
  const created = await permissions.create(model, { project_ids: ['proj_a', 'proj_b'] })
  assert.deepEqual(
    created.data.map(({ project_id }) => project_id),
    ['proj_a', 'proj_b'],
  )
  await permissions.create(model, { project_ids: ['proj_b'] })
  const projects = async (query: PermissionListParams): Promise<string[]> =>
    (await permissions.list(model, query)).data.map(({ project_id }) => project_id)
  assert.deepEqual(await projects({}), ['proj_b', 'proj_a'])
  assert.deepEqual(await projects({ order: 'ascending', limit: 1 }), ['proj_a'])
  assert.deepEqual(await projects({ project_id: 'proj_b' }), ['proj_b'])
  const permissionId = String(created.data[0]?.id)
  assert.deepEqual(await permissions.delete(permissionId, { fine_tuned_model_checkpoint: model }), {
    id: permissionId,
    object: 'checkpoint.permission',
    deleted: true,
  })
  assert.deepEqual(await projects({}), ['proj_b'])
  assert.equal((await refusal(permissions.delete(permissionId, { fine_tuned_model_checkpoint: model }))).status, 404)
  assert.equal((await refusal(permissions.create('ft:gpt-4o:x::1', { project_ids: ['p'] }))).code, 'model_not_found')
})

test('graders can be tried: strings and similarities are computed, models answer as scripted, and mistakes show as errors', async () => {
  await using emulator = await startTestEmulator()
  const { graders } = emulator.client.fineTuning.alpha
  const check = {
    type: 'string_check',
    name: 'exact',
    operation: 'eq',
    input: '{{sample.output_text}}',
    reference: '{{item.answer}}',
  } as const
  const similar = { ...check, type: 'text_similarity', name: 'similar', evaluation_metric: 'rouge_1' } as const
  const run = (grader: unknown, model_sample: string, item: unknown = { answer: 'blue sky' }): ReturnType<typeof graders.run> =>
    graders.run({ grader: grader as typeof check, model_sample, item })
  assert.equal((await run(check, 'blue sky')).reward, 1)
  assert.equal((await run(check, 'blue')).reward, 0)
  assert.equal((await run(similar, 'blue sea')).reward, 0.5)
  const multi = await run(
    { type: 'multi', name: 'both', graders: { exact: check, near: similar }, calculate_output: '0.5 * exact + 0.5 * near' },
    'blue sea',
  )
  assert.deepEqual([multi.reward, multi.sub_rewards], [0.25, { exact: 0, near: 0.5 }])
  const asked = { type: 'score_model', name: 'judge', model: 'gpt-4o', range: [0, 10] }
  const told = await run({ ...asked, input: [{ role: 'user', content: 'Reply with exactly: 7' }] }, 'x')
  assert.equal(told.reward, 7)
  assert.equal(told.metadata.sampled_model_name, 'gpt-4o-2024-11-20')
  assert.ok(Number(told.metadata.token_usage) > 0)
  const judged = { ...asked, input: [{ role: 'user', content: 'How good is {{sample.output_text}} for {{item.answer}}?' }] }
  assert.ok((await run(judged, 'the sky is blue')).reward > (await run(judged, 'tax law')).reward)
  assert.equal((await run({ ...check, reference: '{{item.nothing}}' }, 'x')).metadata.errors.invalid_variable_error, true)
  const python = await run({ type: 'python', name: 'p', source: 'print(1)' }, 'x')
  assert.match(String(python.metadata.errors.python_grader_runtime_error_details), /grade/)
  assert.deepEqual(await graders.validate({ grader: check }), { grader: check })
  assert.equal((await refusal(graders.validate({ grader: { ...check, operation: 'is' as 'eq' } }))).param, 'grader.operation')
})
