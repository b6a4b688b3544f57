// Flows of training: examples to a model that answers, an eval to its verdicts.
import assert from 'node:assert/strict'
import OpenAI from 'openai'
import { flow } from '../flow.ts'
import { all, jsonLines, model, named, until } from '../stage.ts'

flow('examples become a model that answers like any other, until it is deleted', async ({ client, middle }) => {
  const examples = Array.from({ length: 12 }, (_, index) => ({
    messages: [
      { role: 'user', content: `What is ${index} plus ${index}?` },
      { role: 'assistant', content: `It is ${index * 2}.` },
    ],
  }))
  const file = await client().files.create({ file: await named('train.jsonl', jsonLines(examples)), purpose: 'fine-tune' })
  const { id } = await client().fineTuning.jobs.create({ model: 'gpt-4o-mini-2024-07-18', training_file: file.id, suffix: 'sums' })
  const seen = new Set<string>()
  const read = async (): Promise<OpenAI.FineTuning.FineTuningJob> => {
    const job = await client().fineTuning.jobs.retrieve(id)
    seen.add(job.status)
    return job
  }
  await until(read, ({ status }) => status === 'running' || status === 'succeeded')
  await middle()
  const job = await until(read, ({ status }) => ['succeeded', 'failed', 'cancelled'].includes(status))
  assert.equal(job.status, 'succeeded')
  assert.deepEqual(
    [...seen].filter((status) => !['validating_files', 'queued', 'running', 'succeeded'].includes(status)),
    [],
  )
  const tuned = job.fine_tuned_model ?? ''
  assert.match(tuned, /^ft:gpt-4o-mini-2024-07-18:[^:]*:sums:/)
  assert.ok((await all(client().models.list())).some((each) => each.id === tuned))
  const ask = (): Promise<OpenAI.ChatCompletion> =>
    client().chat.completions.create({ model: tuned, messages: [{ role: 'user', content: 'Reply with exactly: pong' }] })
  const answer = await ask()
  assert.deepEqual([answer.model, answer.choices[0]?.message.content], [tuned, 'pong'])
  assert.ok((await all(client().fineTuning.jobs.listEvents(id))).length > 2)
  const [result = ''] = job.result_files
  assert.match(await (await client().files.content(result)).text(), /^step,/)
  assert.equal((await client().models.delete(tuned)).deleted, true)
  await assert.rejects(ask(), OpenAI.NotFoundError)
})

flow('an eval asks the model about each row and says who passed', async ({ client, middle }) => {
  const { id: eval_id } = await client().evals.create({
    name: 'answers',
    data_source_config: { type: 'custom', item_schema: { type: 'object' }, include_sample_schema: true },
    testing_criteria: [
      { type: 'string_check', name: 'exact', operation: 'eq', input: '{{sample.output_text}}', reference: '{{item.wanted}}' },
    ],
  })
  const rows = Array.from({ length: 9 }, (_, index) => ({
    item: { said: `word ${index}`, wanted: index % 3 === 0 ? 'another' : `word ${index}` },
  }))
  const { id } = await client().evals.runs.create(eval_id, {
    data_source: {
      type: 'responses',
      model,
      source: { type: 'file_content', content: rows },
      input_messages: { type: 'template', template: [{ role: 'user', content: 'Reply with exactly: {{item.said}}' }] },
    },
  })
  await middle()
  const run = await until(
    () => client().evals.runs.retrieve(id, { eval_id }),
    ({ status }) => ['completed', 'failed'].includes(status),
  )
  assert.deepEqual([run.status, run.result_counts], ['completed', { total: 9, passed: 6, failed: 3, errored: 0 }])
  const items = await all(client().evals.runs.outputItems.list(id, { eval_id, order: 'asc', limit: 4 }))
  assert.deepEqual(
    items.map(({ status }) => status),
    rows.map((_, index) => (index % 3 === 0 ? 'fail' : 'pass')),
  )
})
