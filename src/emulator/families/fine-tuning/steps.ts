// A fine-tuning job over time: files are checked, it waits, it trains in rounds, and leaves a model, checkpoints and a result file.
import { Readable } from 'node:stream'
import type { JobSteps } from '../../behaviour.ts'
import { newId } from '../../ids.ts'
import { addModel } from '../../model-list.ts'
import type { Platform } from '../../platform.ts'
import { createFile } from '../../stored-files.ts'
import { known, metricsAt, resultLines } from './metrics.ts'
import { addEvent, endJob, fineTuningJobs, jobCheckpoints, jobProgress } from './stored.ts'
import type { FineTuningJob, Hyperparameters, JobStatus, Progress } from './stored.ts'
import { readTrainingFile } from './training-file.ts'
import type { Complaint, TrainingData } from './training-file.ts'

/** Training is seen to advance this many times. */
const rounds = 4
/** The checkpoints of the last epochs are kept. */
const checkpointsMax = 3

export const fineTuningSteps: JobSteps = {
  'fine_tuning.validate': async (platform, id) => {
    const job = jobIn(platform, id, 'validating_files')
    if (job === undefined) return
    const training = await readTrainingFile(platform, job, 'training_file')
    const validation = job.validation_file === null ? training : await readTrainingFile(platform, job, 'validation_file')
    // Cancelled while the files were read, or stopped in the middle of them.
    if (training === null || validation === null || jobIn(platform, id, 'validating_files') === undefined) return
    if ('code' in training) return fail(platform, job, training, 'training_file')
    if ('code' in validation) return fail(platform, job, validation, 'validation_file')
    const hyperparameters = resolve(job, training)
    const steps = Math.ceil(training.examples / hyperparameters.batch_size) * hyperparameters.n_epochs
    platform.objects.together(() => {
      jobProgress(platform).put({ id, tokens: training.tokens, epochs: hyperparameters.n_epochs, steps, round: 0 })
      fineTuningJobs(platform).put({ ...withHyperparameters(job, hyperparameters), status: 'queued' })
      addEvent(platform, id, 'Files validated, moving job to queued state')
    })
    platform.jobs.schedule('fine_tuning.start', id)
  },
  'fine_tuning.start': (platform, id) => {
    const job = jobIn(platform, id, 'queued')
    const progress = jobProgress(platform).get(id)
    if (job === undefined || progress === undefined) return
    const leftMs = (rounds - progress.round) * platform.settings.jobPaceMs
    platform.objects.together(() => {
      fineTuningJobs(platform).put({ ...job, status: 'running', estimated_finish: platform.clock.seconds() + Math.ceil(leftMs / 1000) })
      addEvent(platform, id, progress.round === 0 ? 'Fine-tuning job started' : 'Fine-tuning job resumed')
    })
    platform.jobs.schedule('fine_tuning.train', id)
  },
  'fine_tuning.train': async (platform, id) => {
    const job = jobIn(platform, id, 'running')
    const progress = jobProgress(platform).get(id)
    if (job === undefined || progress === undefined) return
    if (progress.round === rounds) return finish(platform, job, progress)
    platform.objects.together(() => {
      const at = (round: number): number => Math.ceil((progress.steps * round) / rounds)
      tellMetrics(platform, job, progress, at(progress.round), at(progress.round + 1))
      jobProgress(platform).put({ ...progress, round: progress.round + 1 })
    })
    platform.jobs.schedule('fine_tuning.train', id)
  },
}

const jobIn = (platform: Platform, id: string, status: JobStatus): FineTuningJob | undefined => {
  const job = fineTuningJobs(platform).get(id)
  return job?.status === status ? job : undefined
}

function fail(platform: Platform, job: FineTuningJob, { code, message }: Complaint, param: string): void {
  platform.objects.together(() => {
    addEvent(platform, job.id, message, { level: 'error' })
    endJob(platform, { ...job, status: 'failed', error: { code, message, param } })
  })
}

type Resolved = { readonly [Name in keyof Hyperparameters]: number }

/** What `auto` means: about a hundred examples seen at least, batches of a few thousandths of the data. */
function resolve({ model, hyperparameters }: FineTuningJob, { examples }: TrainingData): Resolved {
  const { n_epochs: epochs, batch_size: batch, learning_rate_multiplier: rate } = hyperparameters
  return {
    n_epochs: epochs === 'auto' ? Math.min(10, Math.max(3, Math.ceil(100 / examples))) : epochs,
    batch_size: batch === 'auto' ? Math.min(256, Math.max(1, Math.floor(examples / 500))) : batch,
    learning_rate_multiplier: rate === 'auto' ? (model.includes('gpt-4o-mini') ? 1.8 : 2) : rate,
  }
}

function withHyperparameters(job: FineTuningJob, hyperparameters: Resolved): FineTuningJob {
  const { type } = job.method
  const settings = job.method[type] as { readonly hyperparameters: object }
  return {
    ...job,
    hyperparameters,
    method: { ...job.method, [type]: { ...settings, hyperparameters: { ...settings.hyperparameters, ...hyperparameters } } },
  }
}

const eventsPerRound = 3

function tellMetrics(platform: Platform, job: FineTuningJob, { steps }: Progress, from: number, to: number): void {
  const stride = Math.max(1, Math.ceil((to - from) / eventsPerRound))
  for (let step = from + 1; step <= to; step += stride) {
    const metrics = metricsAt({ seed: job.seed, steps, hasValidation: job.validation_file !== null }, step)
    const validation = metrics.valid_loss === null ? '' : `, validation loss=${metrics.valid_loss.toFixed(2)}`
    addEvent(platform, job.id, `Step ${step}/${steps}: training loss=${metrics.train_loss.toFixed(2)}${validation}`, {
      metrics: { ...known(metrics), total_steps: steps },
    })
  }
}

async function finish(platform: Platform, job: FineTuningJob, progress: Progress): Promise<void> {
  const training = { seed: job.seed, steps: progress.steps, hasValidation: job.validation_file !== null }
  const draft = await platform.blobs.draft(Readable.from(resultLines(training), { objectMode: false }))
  // Cancelled or paused while the results were written.
  const current = jobIn(platform, job.id, 'running')
  if (current === undefined) return platform.blobs.discard(draft)
  const model = modelName(current)
  platform.objects.together(() => {
    const results = createFile(platform, { draft, filename: 'step_metrics.csv', purpose: 'fine-tune-results' })
    const perEpoch = progress.steps / progress.epochs
    for (let epoch = Math.max(1, progress.epochs - checkpointsMax + 1); epoch <= progress.epochs; epoch++) {
      const step = Math.round(perEpoch * epoch)
      const isLast = epoch === progress.epochs
      const metrics = metricsAt(training, step)
      const checkpoint = {
        id: newId('fineTuningCheckpoint'),
        object: 'fine_tuning.job.checkpoint',
        created_at: platform.clock.seconds(),
        // Quirk: the last checkpoint is the model itself.
        fine_tuned_model_checkpoint: isLast ? model : `${model}:ckpt-step-${step}`,
        fine_tuning_job_id: job.id,
        metrics: {
          ...known(metrics),
          ...(metrics.valid_loss === null
            ? {}
            : { full_valid_loss: metrics.valid_loss, full_valid_mean_token_accuracy: metrics.valid_mean_token_accuracy }),
        },
        step_number: step,
      } as const
      jobCheckpoints(platform).put(checkpoint, job.id)
      if (!isLast) addEvent(platform, job.id, `Checkpoint created at step ${step}`, { metrics: { step, checkpoint_id: checkpoint.id } })
    }
    addModel(platform, { id: model, object: 'model', created: platform.clock.seconds(), owned_by: job.organization_id })
    addEvent(platform, job.id, `New fine-tuned model created: ${model}`)
    addEvent(platform, job.id, 'The job has successfully completed')
    endJob(platform, {
      ...current,
      status: 'succeeded',
      fine_tuned_model: model,
      result_files: [results.id],
      trained_tokens: progress.tokens * progress.epochs,
    })
  })
}

/** `ft:<base>:<organization>:<suffix>:<id>`; a model that is trained on keeps the name of its base. */
function modelName({ id, model, user_provided_suffix: suffix }: FineTuningJob): string {
  const base = model.startsWith('ft:') ? (model.split(':')[1] ?? model) : model
  return `ft:${base}:emulator:${suffix ?? ''}:${id.slice(-8)}`
}
