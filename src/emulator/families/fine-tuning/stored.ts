// Fine-tuning jobs as they are kept, with their events and checkpoints, and how far a job has come.
import { newId } from '../../ids.ts'
import type { Platform } from '../../platform.ts'
import type { JsonObject } from '../../shape.ts'
import type { Collection } from '../../state/objects.ts'

export type JobStatus = 'validating_files' | 'queued' | 'running' | 'paused' | 'succeeded' | 'failed' | 'cancelled'

export type Hyperparameters = {
  readonly n_epochs: 'auto' | number
  readonly batch_size: 'auto' | number
  readonly learning_rate_multiplier: 'auto' | number
}

export type MethodType = 'supervised' | 'dpo' | 'reinforcement'

export type FineTuningJob = {
  readonly id: string
  readonly object: 'fine_tuning.job'
  readonly model: string
  readonly created_at: number
  readonly finished_at: number | null
  readonly fine_tuned_model: string | null
  readonly organization_id: string
  readonly result_files: readonly string[]
  readonly status: JobStatus
  readonly validation_file: string | null
  readonly training_file: string
  readonly hyperparameters: Hyperparameters
  readonly trained_tokens: number | null
  readonly error: { readonly code: string; readonly message: string; readonly param: string | null } | null
  readonly user_provided_suffix: string | null
  readonly seed: number
  readonly estimated_finish: number | null
  readonly integrations: readonly JsonObject[]
  readonly method: { readonly type: MethodType } & JsonObject
  readonly metadata: Readonly<Record<string, string>> | null
  readonly usage_metrics: null
  readonly shared_with_openai: false
}

type JobEvent = {
  readonly id: string
  readonly object: 'fine_tuning.job.event'
  readonly created_at: number
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly type: 'message' | 'metrics'
  readonly data: JsonObject
}

type Checkpoint = {
  readonly id: string
  readonly object: 'fine_tuning.job.checkpoint'
  readonly created_at: number
  readonly fine_tuned_model_checkpoint: string
  readonly fine_tuning_job_id: string
  readonly metrics: JsonObject
  readonly step_number: number
}

/** What training works with, once the files are read; `round` counts the parts of it that are done. */
export type Progress = {
  readonly id: string
  readonly tokens: number
  readonly epochs: number
  readonly steps: number
  readonly round: number
}

export const fineTuningJobs = (platform: Platform): Collection<FineTuningJob> => platform.collection('fine_tuning.job')
/** Their parent is the job. */
export const jobEvents = (platform: Platform): Collection<JobEvent> => platform.collection('fine_tuning.job.event')
export const jobCheckpoints = (platform: Platform): Collection<Checkpoint> => platform.collection('fine_tuning.job.checkpoint')
export const jobProgress = (platform: Platform): Collection<Progress> => platform.collection('fine_tuning.job.progress')

export const isOver = (status: JobStatus): boolean => status === 'succeeded' || status === 'failed' || status === 'cancelled'

type Told = { readonly level?: JobEvent['level']; readonly metrics?: JsonObject }

export function addEvent(platform: Platform, jobId: string, message: string, { level = 'info', metrics }: Told = {}): void {
  jobEvents(platform).put(
    {
      id: newId('fineTuningEvent'),
      object: 'fine_tuning.job.event',
      created_at: platform.clock.seconds(),
      level,
      message,
      type: metrics === undefined ? 'message' : 'metrics',
      data: metrics ?? {},
    },
    jobId,
  )
}

/** Ends a job: as it will be from now on, with what its events say about it, told to the webhooks. */
export function endJob(platform: Platform, job: FineTuningJob & { readonly status: 'succeeded' | 'failed' | 'cancelled' }): void {
  fineTuningJobs(platform).put({ ...job, finished_at: platform.clock.seconds(), estimated_finish: null })
  jobProgress(platform).delete(job.id)
  platform.events.announce(`fine_tuning.job.${job.status}`, job.id)
}
