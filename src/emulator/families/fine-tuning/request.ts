// What a fine-tuning job is asked for.
import { randomInt } from 'node:crypto'
import { invalid, missingParameter } from '../../errors.ts'
import { grader, rewardTypes } from '../../graders/grader.ts'
import { newId } from '../../ids.ts'
import { findModel, snapshotOf } from '../../model-list.ts'
import type { Platform } from '../../platform.ts'
import { anyObject, array, choice, either, integer, metadata, number, object, optional, readShape, string } from '../../shape.ts'
import type { Field, JsonObject, Values } from '../../shape.ts'
import { findFile } from '../../stored-files.ts'
import { organization } from '../../vendor-headers.ts'
import type { FineTuningJob, Hyperparameters, MethodType } from './stored.ts'

const orAuto = (field: Field<number>): Field<'auto' | number | undefined> => optional(either(choice('auto'), field))

const common = {
  batch_size: orAuto(integer({ min: 1, max: 256 })),
  learning_rate_multiplier: orAuto(number({ min: 0 })),
  n_epochs: orAuto(integer({ min: 1, max: 50 })),
}

const hyperparametersOf = <S extends Readonly<Record<string, Field<unknown>>>>(shape: S): Field<Values<S> | undefined> =>
  optional(object(shape))

const methods = {
  supervised: optional(object({ hyperparameters: hyperparametersOf(common) })),
  dpo: optional(object({ hyperparameters: hyperparametersOf({ ...common, beta: orAuto(number({ min: 0, max: 2 })) }) })),
  reinforcement: optional(
    object({
      grader: grader(rewardTypes),
      response_format: optional(anyObject()),
      hyperparameters: hyperparametersOf({
        ...common,
        compute_multiplier: orAuto(number({ min: 0.00001, max: 10 })),
        eval_interval: orAuto(integer({ min: 1 })),
        eval_samples: orAuto(integer({ min: 1 })),
        reasoning_effort: optional(choice('default', 'low', 'medium', 'high')),
      }),
    }),
  ),
}

const shape = {
  model: string(),
  training_file: string(),
  hyperparameters: hyperparametersOf(common),
  integrations: optional(
    array(
      object({
        type: choice('wandb'),
        wandb: object({ project: string(), entity: optional(string()), name: optional(string()), tags: optional(array(string())) }),
      }),
      { max: 5 },
    ),
  ),
  metadata: optional(metadata()),
  method: optional(object({ type: choice('supervised', 'dpo', 'reinforcement'), ...methods })),
  seed: optional(integer({ min: 0, max: 2_147_483_647 })),
  suffix: optional(string({ min: 1, max: 64 })),
  validation_file: optional(string()),
}

/** The job as it is answered first. */
export function readJob(platform: Platform, body: JsonObject): FineTuningJob {
  const request = readShape(shape, body)
  const type = request.method?.type ?? 'supervised'
  requireTunable(platform, request.model, type)
  requireTrainingFile(platform, request.training_file, 'training_file')
  if (request.validation_file !== undefined) requireTrainingFile(platform, request.validation_file, 'validation_file')
  if (type === 'reinforcement' && request.method?.reinforcement === undefined) throw missingParameter('method.reinforcement')
  const given = request.method?.[type]
  const hyperparameters = { ...automatic, ...request.hyperparameters, ...given?.hyperparameters }
  return {
    id: newId('fineTuningJob'),
    object: 'fine_tuning.job',
    model: snapshotOf(request.model),
    created_at: platform.clock.seconds(),
    finished_at: null,
    fine_tuned_model: null,
    organization_id: organization,
    result_files: [],
    status: 'validating_files',
    validation_file: request.validation_file ?? null,
    training_file: request.training_file,
    hyperparameters: pick(hyperparameters),
    trained_tokens: null,
    error: null,
    user_provided_suffix: request.suffix ?? null,
    seed: request.seed ?? randomInt(2_147_483_647),
    estimated_finish: null,
    integrations: request.integrations ?? [],
    method: { type, [type]: { ...given, hyperparameters: { ...(type === 'dpo' ? { beta: 'auto' } : {}), ...hyperparameters } } },
    metadata: request.metadata ?? null,
    usage_metrics: null,
    shared_with_openai: false,
  }
}

const automatic: Hyperparameters = { n_epochs: 'auto', batch_size: 'auto', learning_rate_multiplier: 'auto' }

const pick = ({ n_epochs = 'auto', batch_size = 'auto', learning_rate_multiplier = 'auto' }: Values<typeof common>): Hyperparameters => ({
  n_epochs,
  batch_size,
  learning_rate_multiplier,
})

const reasoning = /^(?:o4-mini|gpt-5)(?:-\d{4}-\d{2}-\d{2})?$/
const others =
  /^(?:gpt-4o(?:-mini)?|gpt-4\.1(?:-mini|-nano)?|gpt-4|gpt-3\.5-turbo)(?:-\d{4}-\d{2}-\d{2}|-\d{4})?$|^(?:davinci|babbage)-002$/

/** A base model, or a fine-tuned one that is to be trained on. Models that reason learn by reinforcement, the others do not. */
function requireTunable(platform: Platform, model: string, type: MethodType): void {
  const base = model.startsWith('ft:') ? (model.split(':')[1] ?? '') : model
  const isTunable = reasoning.test(base) || others.test(base) || platform.settings.models.includes(base)
  if (!isTunable || findModel(platform, model) === undefined)
    throw invalid(`Model ${model} is not available for fine-tuning or does not exist.`, 'model', 'model_not_available')
  if ((type === 'reinforcement' && others.test(base)) || (type !== 'reinforcement' && reasoning.test(base)))
    throw invalid(`Model ${model} is not available for fine-tuning with the method '${type}'.`, 'method', 'model_not_available')
}

function requireTrainingFile(platform: Platform, id: string, param: string): void {
  const file = findFile(platform, id)
  // Quirk: 400 and these words, where other families answer 404.
  if (file === undefined) throw invalid(`invalid ${param}: ${id}`, param)
  if (file.purpose !== 'fine-tune')
    throw invalid(`Invalid file purpose: '${param}' must have the purpose 'fine-tune', but ${id} has '${file.purpose}'.`, param)
}
