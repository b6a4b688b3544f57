import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { toFile } from 'openai'
import type OpenAI from 'openai'
import type { EvalCreateParams } from 'openai/resources/evals/evals'
import type { RunCreateParams, RunRetrieveResponse } from 'openai/resources/evals/runs/runs'
import { refusal, startTestEmulator } from '../../../../test/harness/emulator.ts'

const exact = {
  type: 'string_check',
  name: 'exact',
  input: '{{ sample.output_text }}',
  reference: '{{ item.answer }}',
  operation: 'eq',
} as const
const answers: EvalCreateParams = {
  name: 'answers',
  data_source_config: { type: 'custom', item_schema: { type: 'object' }, include_sample_schema: true },
  testing_criteria: [exact],
  metadata: { team: 'a' },
}

const item = (question: string, answer: string): { item: Record<string, unknown> } => ({ item: { question, answer } })
const rows = [item('Reply with exactly: pong', 'pong'), item('Reply with exactly: ping', 'pong'), item('Reply with exactly: pang', 'pang')]

const asking = (type: 'completions' | 'responses', content: typeof rows): RunCreateParams['data_source'] => ({
  type,
  model: 'gpt-4o-mini',
  source: { type: 'file_content', content },
  input_messages: {
    type: 'template',
    template: [
      { role: 'developer', content: 'Be brief.' },
      { role: 'user', content: { type: 'input_text', text: '{{ item.question }}' } },
    ],
  },
})

async function finished(client: OpenAI, eval_id: string, runId: string): Promise<RunRetrieveResponse> {
  for (;;) {
    const run = await client.evals.runs.retrieve(runId, { eval_id })
    if (!['queued', 'in_progress'].includes(run.status)) return run
    await sleep(5)
  }
}

test('a run asks the model row by row, also over a restart, and shows what each grader said of each', async () => {
  await using emulator = await startTestEmulator()
  for (const type of ['completions', 'responses'] as const) {
    let { client } = emulator
    const { id: eval_id } = await client.evals.create(answers)
    const created = await client.evals.runs.create(eval_id, { name: 'first', data_source: asking(type, rows), metadata: { a: 'b' } })
    assert.deepEqual([created.status, created.object, created.model, created.result_counts.total], ['queued', 'eval.run', 'gpt-4o-mini', 0])
    await emulator.restart()
    ;({ client } = emulator)
    const run = await finished(client, eval_id, created.id)
    assert.deepEqual([run.status, run.name, run.metadata], ['completed', 'first', { a: 'b' }])
    assert.deepEqual(run.result_counts, { total: 3, passed: 2, failed: 1, errored: 0 })
    assert.deepEqual(
      run.per_testing_criteria_results.map(({ passed, failed }) => [passed, failed]),
      [[2, 1]],
    )
    assert.match(run.report_url, new RegExp(`${eval_id}.*${run.id}`))
    assert.equal(run.per_model_usage.length, 1)
    const [usage] = run.per_model_usage
    assert.deepEqual([usage?.model_name, usage?.invocation_count], ['gpt-4o-mini-2024-07-18', 3])
    assert.ok(Number(usage?.prompt_tokens) > 0 && Number(usage?.completion_tokens) > 0)
    const items = await client.evals.runs.outputItems.list(run.id, { eval_id })
    assert.deepEqual(
      items.data.map(({ status, datasource_item_id, results, sample }) => [
        status,
        datasource_item_id,
        results[0]?.passed,
        results[0]?.score,
        sample.output[0]?.content,
      ]),
      [
        ['pass', 0, true, 1, 'pong'],
        ['fail', 1, false, 0, 'ping'],
        ['pass', 2, true, 1, 'pang'],
      ],
    )
    assert.deepEqual(
      items.data[0]?.sample.input.map(({ role, content }) => [role, content]),
      [
        ['developer', 'Be brief.'],
        ['user', 'Reply with exactly: pong'],
      ],
    )
    const failing = await client.evals.runs.outputItems.list(run.id, { eval_id, status: 'fail' })
    assert.deepEqual(
      failing.data.map(({ id }) => id),
      [items.data[1]?.id],
    )
    const [one] = failing.data
    assert.deepEqual(await client.evals.runs.outputItems.retrieve(String(one?.id), { eval_id, run_id: run.id }), one)
    const { data } = (await (await emulator.send('GET', '/_emulator/events')).json()) as { data: { type: string; data: { id: string } }[] }
    assert.ok(data.some((event) => event.type === 'eval.run.succeeded' && event.data.id === run.id))
  }
})

test('rows with their own samples are graded as they are, from the request or a file', async () => {
  await using emulator = await startTestEmulator()
  const { client } = emulator
  const { id: eval_id } = await client.evals.create({
    ...answers,
    testing_criteria: [
      exact,
      { ...exact, type: 'text_similarity', name: 'near', evaluation_metric: 'fuzzy_match', pass_threshold: 0.5 },
      {
        type: 'label_model',
        name: 'mood',
        model: 'gpt-4o',
        labels: ['cheerful', 'gloomy'],
        passing_labels: ['cheerful'],
        input: [{ role: 'user', content: 'What is the mood of: {{ sample.output_text }}' }],
      },
    ],
  })
  const content = [
    { item: { answer: 'a cheerful day' }, sample: { output_text: 'a cheerful day' } },
    { item: { answer: 'a cheerful day' }, sample: { output_text: 'a gloomy day' } },
  ]
  const file = await client.files.create({
    file: await toFile(Buffer.from(content.map((row) => JSON.stringify(row)).join('\n')), 'rows.jsonl'),
    purpose: 'evals',
  })
  for (const source of [{ type: 'file_content', content } as const, { type: 'file_id', id: file.id } as const]) {
    const { id } = await client.evals.runs.create(eval_id, { data_source: { type: 'jsonl', source } })
    const run = await finished(client, eval_id, id)
    assert.deepEqual(run.result_counts, { total: 2, passed: 1, failed: 1, errored: 0 })
    assert.deepEqual(
      run.per_testing_criteria_results.map(({ passed, failed }) => [passed, failed]),
      [
        [1, 1],
        [2, 0],
        [1, 1],
      ],
    )
    assert.deepEqual(
      run.per_model_usage.map(({ model_name, invocation_count }) => [model_name, invocation_count]),
      [['gpt-4o-2024-11-20', 2]],
    )
    const items = await client.evals.runs.outputItems.list(id, { eval_id })
    assert.deepEqual(
      items.data[1]?.results.map(({ type, passed }) => [type, passed]),
      [
        ['string_check', false],
        ['text_similarity', true],
        ['label_model', false],
      ],
    )
  }
})

test('what was stored before can be judged: chat completions and responses', async () => {
  await using emulator = await startTestEmulator()
  const { client } = emulator
  for (const word of ['pong', 'pang'])
    await client.chat.completions.create({
      model: 'gpt-4o',
      store: true,
      metadata: { run: word },
      messages: [{ role: 'user', content: `Reply with exactly: ${word}` }],
    })
  await client.responses.create({ model: 'gpt-4o', input: 'Reply with exactly: pong' })
  const { id: eval_id } = await client.evals.create({
    data_source_config: { type: 'stored_completions' },
    testing_criteria: [{ ...exact, reference: 'pong' }],
  })
  const run = async (data_source: RunCreateParams['data_source']): Promise<RunRetrieveResponse['result_counts']> =>
    (await finished(client, eval_id, (await client.evals.runs.create(eval_id, { data_source })).id)).result_counts
  assert.deepEqual(await run({ type: 'completions', source: { type: 'stored_completions' } }), {
    total: 2,
    passed: 1,
    failed: 1,
    errored: 0,
  })
  assert.deepEqual(await run({ type: 'completions', source: { type: 'stored_completions', metadata: { run: 'pang' } } }), {
    total: 1,
    passed: 0,
    failed: 1,
    errored: 0,
  })
  assert.deepEqual(
    await run({
      type: 'completions',
      model: 'gpt-4o-mini',
      source: { type: 'stored_completions', limit: 1 },
      input_messages: { type: 'item_reference', item_reference: 'item.input' },
    }),
    { total: 1, passed: 1, failed: 0, errored: 0 },
  )
  assert.deepEqual(await run({ type: 'responses', source: { type: 'responses' } }), { total: 1, passed: 1, failed: 0, errored: 0 })
})

test('a run is cancelled by either path, and only while it runs', async () => {
  await using emulator = await startTestEmulator({ jobPaceMs: 2000 })
  const { client } = emulator
  const { id: eval_id } = await client.evals.create(answers)
  const cancels = [
    (id: string) => client.evals.runs.cancel(id, { eval_id }),
    async (id: string) => (await (await emulator.send('POST', `/v1/evals/${eval_id}/runs/${id}`)).json()) as { status: string },
  ]
  for (const cancel of cancels) {
    const { id } = await client.evals.runs.create(eval_id, { data_source: asking('completions', rows) })
    assert.equal((await cancel(id)).status, 'canceled')
    assert.match((await refusal(client.evals.runs.cancel(id, { eval_id }))).message, /status 'canceled'/)
  }
  assert.equal((await client.evals.runs.list(eval_id, { status: 'canceled' })).data.length, 2)
  assert.equal((await client.evals.runs.list(eval_id, { status: 'completed' })).data.length, 0)
})

test('rows that a grader cannot judge are errors, and rows that cannot be read fail the run', async () => {
  await using emulator = await startTestEmulator()
  const { client } = emulator
  const { id: eval_id } = await client.evals.create({ ...answers, testing_criteria: [{ ...exact, reference: '{{ item.nothing }}' }] })
  const unjudged = await client.evals.runs.create(eval_id, { data_source: asking('completions', rows.slice(0, 1)) })
  assert.equal((await finished(client, eval_id, unjudged.id)).result_counts.errored, 1)
  const file = await client.files.create({ file: await toFile(Buffer.from('{"item":{}}\nnonsense'), 'x.jsonl'), purpose: 'evals' })
  const broken = await client.evals.runs.create(eval_id, { data_source: { type: 'jsonl', source: { type: 'file_id', id: file.id } } })
  const run = await finished(client, eval_id, broken.id)
  assert.equal(run.status, 'failed')
  assert.match(run.error.message, /^Line 2 of file/)
  const refused = asking('completions', rows.slice(0, 1)) as { sampling_params?: object }
  const asked = await client.evals.runs.create(eval_id, {
    data_source: { ...refused, sampling_params: { temperature: 9 } } as RunCreateParams['data_source'],
  })
  assert.deepEqual((await finished(client, eval_id, asked.id)).result_counts, { total: 1, passed: 0, failed: 0, errored: 1 })
  const [failed] = (await client.evals.runs.outputItems.list(asked.id, { eval_id })).data
  assert.match(String(failed?.sample.error.message), /temperature/)
})

test('evals are created with 201, changed, listed in either order, and deleted with their runs', async () => {
  await using emulator = await startTestEmulator()
  const { client } = emulator
  const raw = await emulator.send('POST', '/v1/evals', answers)
  assert.equal(raw.status, 201)
  const first = (await raw.json()) as OpenAI.EvalCreateResponse & { testing_criteria: { id: string }[] }
  assert.match(String(first.testing_criteria[0]?.id), /^exact-[0-9a-f-]{36}$/)
  assert.deepEqual(Object.keys((first.data_source_config.schema as { properties: object }).properties), ['item', 'sample'])
  const second = await client.evals.create({ ...answers, name: 'second' })
  const updated = await client.evals.update(first.id, { name: 'renamed', metadata: { x: 'y' } })
  assert.deepEqual([updated.name, updated.metadata], ['renamed', { x: 'y' }])
  const ids = async (query: OpenAI.EvalListParams): Promise<string[]> => (await client.evals.list(query)).data.map(({ id }) => id)
  assert.deepEqual(await ids({}), [first.id, second.id])
  assert.deepEqual(await ids({ order: 'desc', limit: 1 }), [second.id])
  assert.deepEqual(await ids({ order_by: 'updated_at', order: 'desc' }), [first.id, second.id])
  assert.deepEqual(await ids({ after: first.id }), [second.id])
  const run = await client.evals.runs.create(first.id, { data_source: asking('completions', rows) })
  assert.deepEqual(await client.evals.runs.delete(run.id, { eval_id: first.id }), {
    object: 'eval.run.deleted',
    deleted: true,
    run_id: run.id,
  })
  assert.equal((await refusal(client.evals.runs.retrieve(run.id, { eval_id: first.id }))).status, 404)
  assert.deepEqual(await client.evals.delete(first.id), { object: 'eval.deleted', deleted: true, eval_id: first.id })
  assert.equal((await refusal(client.evals.retrieve(first.id))).status, 404)
})

test('what evals and runs are made of is checked', async () => {
  await using emulator = await startTestEmulator()
  const { client } = emulator
  const create = async (body: unknown): Promise<unknown> => client.evals.create({ ...answers, ...(body as object) })
  const evalCases: readonly (readonly [unknown, string, string])[] = [
    [{ data_source_config: null }, 'data_source_config', 'missing_required_parameter'],
    [{ data_source_config: { type: 'magic' } }, 'data_source_config.type', 'invalid_value'],
    [{ data_source_config: { type: 'custom' } }, 'data_source_config.item_schema', 'missing_required_parameter'],
    [{ testing_criteria: [{ type: 'multi' }] }, 'testing_criteria[0].type', 'invalid_value'],
    [{ testing_criteria: [{ ...exact, operation: 'is' }] }, 'testing_criteria[0].operation', 'invalid_value'],
    [
      { testing_criteria: [{ ...exact, type: 'text_similarity', evaluation_metric: 'bleu' }] },
      'testing_criteria[0].pass_threshold',
      'missing_required_parameter',
    ],
  ]
  for (const [body, param, code] of evalCases) {
    const error = await refusal(create(body))
    assert.deepEqual([error.status, error.param, error.code], [400, param, code])
  }
  const { id: eval_id } = await client.evals.create(answers)
  const run = (data_source: unknown): Promise<unknown> =>
    client.evals.runs.create(eval_id, { data_source: data_source as RunCreateParams['data_source'] })
  const good = asking('completions', rows) as object
  const runCases: readonly (readonly [unknown, string, number])[] = [
    [null, 'data_source', 400],
    [{ type: 'jsonl' }, 'data_source.source', 400],
    [{ type: 'jsonl', source: { type: 'stored_completions' } }, 'data_source.source.type', 400],
    [{ type: 'jsonl', source: { type: 'file_content', content: [{}] } }, 'data_source.source.content[0].item', 400],
    [{ type: 'jsonl', source: { type: 'file_id', id: 'file-nobody' } }, 'data_source.source.id', 404],
    [{ ...good, model: null }, 'data_source.model', 400],
    [{ ...good, input_messages: { type: 'template', template: [] } }, 'data_source.input_messages.template', 400],
    [{ ...good, input_messages: null }, 'data_source.input_messages', 400],
  ]
  for (const [source, param, status] of runCases) {
    const error = await refusal(run(source))
    assert.deepEqual([error.status, error.param], [status, param])
  }
  assert.equal((await refusal(client.evals.runs.create('eval_nobody', { data_source: asking('completions', rows) }))).status, 404)
})
