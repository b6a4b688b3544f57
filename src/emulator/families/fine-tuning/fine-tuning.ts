// Fine-tuning: jobs, who may use their checkpoints, and graders on trial.
import type { Family } from '../../behaviour.ts'
import { graders } from './graders.ts'
import { jobs } from './jobs.ts'
import { permissions } from './permissions.ts'

export const fineTuning = { ...graders, ...jobs, ...permissions } satisfies Family
