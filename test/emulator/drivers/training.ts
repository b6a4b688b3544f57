// Drivers: fine-tuning with its models and graders, evals and their runs.
import type OpenAI from 'openai'
import type { FineTuningJob } from 'openai/resources/fine-tuning/jobs/jobs'
import { all, jsonLines, model, named, until, type FamilyDrivers, type Stage } from '../stage.ts'

const exact = {
  type: 'string_check',
  name: 'exact',
  operation: 'eq',
  input: '{{sample.output_text}}',
  reference: '{{item.answer}}',
} as const

const trainingFile = ({ client, shared }: Stage): Promise<OpenAI.FileObject> =>
  shared('training file', async () => {
    const lines = Array.from({ length: 12 }, (_, index) => ({
      messages: [
        { role: 'user', content: `What is ${index} plus ${index}?` },
        { role: 'assistant', content: `It is ${index * 2}.` },
      ],
    }))
    return client.files.create({ file: await named('train.jsonl', jsonLines(lines)), purpose: 'fine-tune' })
  })

const newJob = async (stage: Stage, epochs = 3): Promise<FineTuningJob> =>
  stage.client.fineTuning.jobs.create({
    model: 'gpt-4o-mini-2024-07-18',
    training_file: (await trainingFile(stage)).id,
    suffix: 'sums',
    metadata: { team: 'a' },
    method: { type: 'supervised', supervised: { hyperparameters: { n_epochs: epochs } } },
  })

const jobIn = async (stage: Stage, ...states: readonly string[]): Promise<FineTuningJob> => {
  // Long enough that nobody's pause comes too late.
  const { id } = await newJob(stage, 50)
  return until(
    () => stage.client.fineTuning.jobs.retrieve(id),
    ({ status }) => states.includes(status),
  )
}

const finishedJob = (stage: Stage): Promise<FineTuningJob> =>
  stage.shared('finished job', async () => {
    const { id } = await newJob(stage)
    return until(
      () => stage.client.fineTuning.jobs.retrieve(id),
      ({ status }) => ['succeeded', 'failed'].includes(status),
    )
  })

const tunedModel = async (stage: Stage): Promise<string> => (await finishedJob(stage)).fine_tuned_model ?? 'none'

const permission = (stage: Stage): Promise<{ readonly id: string }> =>
  stage.shared('permission', async () => {
    const [made] = await all(stage.client.fineTuning.checkpoints.permissions.create(await tunedModel(stage), { project_ids: ['proj_abc'] }))
    if (made === undefined) throw new Error('no permission was made')
    return made
  })

const evaluation = ({ client, shared }: Stage): Promise<OpenAI.EvalCreateResponse> =>
  shared('eval', () =>
    client.evals.create({
      name: 'answers',
      metadata: { team: 'a' },
      data_source_config: { type: 'custom', item_schema: { type: 'object' }, include_sample_schema: true },
      testing_criteria: [exact],
    }),
  )

const newRun = async (stage: Stage): Promise<OpenAI.Evals.RunCreateResponse> =>
  stage.client.evals.runs.create((await evaluation(stage)).id, {
    name: 'first',
    data_source: {
      type: 'completions',
      model,
      source: { type: 'file_content', content: [{ item: { answer: 'pong' } }, { item: { answer: 'ping' } }] },
      input_messages: { type: 'template', template: [{ role: 'user', content: 'Reply with exactly: {{item.answer}}' }] },
    },
  })

const finishedRun = (stage: Stage): Promise<OpenAI.Evals.RunRetrieveResponse> =>
  stage.shared('finished run', async () => {
    const { id, eval_id } = await newRun(stage)
    return until(
      () => stage.client.evals.runs.retrieve(id, { eval_id }),
      ({ status }) => ['completed', 'failed'].includes(status),
    )
  })

const itemsOf = async (stage: Stage): Promise<OpenAI.Evals.Runs.OutputItemListResponse[]> => {
  const { id, eval_id } = await finishedRun(stage)
  return all(stage.client.evals.runs.outputItems.list(id, { eval_id }))
}

export const trainingDrivers = {
  'models.delete': async (stage) => {
    const { id } = await newJob(stage)
    const job = await until(
      () => stage.client.fineTuning.jobs.retrieve(id),
      ({ status }) => status === 'succeeded',
    )
    await stage.client.models.retrieve(job.fine_tuned_model ?? '')
    await stage.client.models.delete(job.fine_tuned_model ?? '')
  },
  'fine_tuning.alpha.graders.run': ({ client }) =>
    client.fineTuning.alpha.graders.run({ grader: exact, item: { answer: 'pong' }, model_sample: 'pong' }),
  'fine_tuning.alpha.graders.validate': ({ client }) => client.fineTuning.alpha.graders.validate({ grader: exact }),
  'fine_tuning.checkpoints.permissions.list': async (stage) => {
    await permission(stage)
    await all(stage.client.fineTuning.checkpoints.permissions.list(await tunedModel(stage)))
  },
  'fine_tuning.checkpoints.permissions.create': permission,
  'fine_tuning.checkpoints.permissions.delete': async (stage) => {
    const fine_tuned_model_checkpoint = await tunedModel(stage)
    const { permissions } = stage.client.fineTuning.checkpoints
    const [made] = await all(permissions.create(fine_tuned_model_checkpoint, { project_ids: ['proj_def'] }))
    await permissions.delete(made?.id ?? '', { fine_tuned_model_checkpoint })
  },
  'fine_tuning.jobs.list': async (stage) => {
    await finishedJob(stage)
    await all(stage.client.fineTuning.jobs.list())
  },
  'fine_tuning.jobs.create': async (stage) => {
    await newJob(stage)
    const preferences = Array.from({ length: 10 }, (_, index) => ({
      input: { messages: [{ role: 'user', content: `${index}?` }] },
      preferred_output: [{ role: 'assistant', content: 'Yes.' }],
      non_preferred_output: [{ role: 'assistant', content: 'No.' }],
    }))
    const file = await stage.client.files.create({ file: await named('preferences.jsonl', jsonLines(preferences)), purpose: 'fine-tune' })
    const { id } = await stage.client.fineTuning.jobs.create({
      model: 'gpt-4o-mini-2024-07-18',
      training_file: file.id,
      method: { type: 'dpo', dpo: { hyperparameters: { beta: 0.1, n_epochs: 1 } } },
    })
    await stage.client.fineTuning.jobs.cancel(id)
  },
  'fine_tuning.jobs.retrieve': async (stage) => {
    await finishedJob(stage)
    const { client } = stage
    const few = await client.files.create({ file: await named('few.jsonl', jsonLines([{ messages: [] }])), purpose: 'fine-tune' })
    const { id } = await client.fineTuning.jobs.create({ model: 'gpt-4o-mini-2024-07-18', training_file: few.id })
    await until(
      () => client.fineTuning.jobs.retrieve(id),
      ({ status }) => status === 'failed',
    )
  },
  'fine_tuning.jobs.cancel': async (stage) => stage.client.fineTuning.jobs.cancel((await newJob(stage)).id),
  'fine_tuning.jobs.checkpoints.list': async (stage) => all(stage.client.fineTuning.jobs.checkpoints.list((await finishedJob(stage)).id)),
  'fine_tuning.jobs.events.list': async (stage) => all(stage.client.fineTuning.jobs.listEvents((await finishedJob(stage)).id)),
  'fine_tuning.jobs.pause': async (stage) => {
    const { id } = await jobIn(stage, 'running')
    await stage.client.fineTuning.jobs.pause(id)
    await stage.client.fineTuning.jobs.cancel(id)
  },
  'fine_tuning.jobs.resume': async (stage) => {
    const { id } = await jobIn(stage, 'running')
    await stage.client.fineTuning.jobs.pause(id)
    await stage.client.fineTuning.jobs.resume(id)
    await stage.client.fineTuning.jobs.cancel(id)
  },

  'evals.list': async (stage) => {
    await evaluation(stage)
    await all(stage.client.evals.list())
  },
  'evals.create': async (stage) => {
    await evaluation(stage)
    const input = [{ role: 'user' as const, content: 'How good is {{sample.output_text}}?' }]
    await stage.client.evals.create({
      name: 'many criteria',
      data_source_config: { type: 'stored_completions', metadata: { a: 'b' } },
      testing_criteria: [
        { type: 'label_model', name: 'label', model, input, labels: ['good', 'bad'], passing_labels: ['good'] },
        { type: 'score_model', name: 'score', model, input, range: [0, 10], pass_threshold: 5 },
        {
          type: 'text_similarity',
          name: 'similar',
          input: '{{sample.output_text}}',
          reference: 'pong',
          evaluation_metric: 'fuzzy_match',
          pass_threshold: 0.5,
        },
        { type: 'python', name: 'code', source: 'def grade(sample, item):\n    return 1.0\n' },
      ],
    })
  },
  'evals.delete': async ({ client }) => {
    const { id } = await client.evals.create({
      data_source_config: { type: 'logs', metadata: { a: 'b' } },
      testing_criteria: [{ ...exact, reference: 'pong' }],
    })
    await client.evals.delete(id)
  },
  'evals.retrieve': async (stage) => stage.client.evals.retrieve((await evaluation(stage)).id),
  'evals.update': async (stage) => stage.client.evals.update((await evaluation(stage)).id, { name: 'better answers' }),
  'evals.runs.list': async (stage) => {
    const { eval_id } = await finishedRun(stage)
    await all(stage.client.evals.runs.list(eval_id))
  },
  'evals.runs.create': newRun,
  'evals.runs.delete': async (stage) => {
    const { id, eval_id } = await newRun(stage)
    await until(
      () => stage.client.evals.runs.retrieve(id, { eval_id }),
      ({ status }) => status === 'completed',
    )
    await stage.client.evals.runs.delete(id, { eval_id })
  },
  'evals.runs.retrieve': finishedRun,
  'evals.runs.update': async (stage) => {
    // Cancelling as it was spelt before it had a path of its own; the SDK no longer has a method for it.
    const { id, eval_id } = await newRun(stage)
    await stage.client.post(`/evals/${eval_id}/runs/${id}`)
  },
  'evals.runs.cancel': async (stage) => {
    const { id, eval_id } = await newRun(stage)
    await stage.client.evals.runs.cancel(id, { eval_id })
  },
  'evals.runs.output_items.list': itemsOf,
  'evals.runs.output_items.retrieve': async (stage) => {
    const { id: run_id, eval_id } = await finishedRun(stage)
    await stage.client.evals.runs.outputItems.retrieve((await itemsOf(stage))[0]?.id ?? '', { eval_id, run_id })
  },
} satisfies FamilyDrivers
