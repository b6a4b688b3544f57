// Evals, their runs and output items as they are kept.
import type { Platform } from '../../platform.ts'
import type { JsonObject } from '../../shape.ts'
import type { Collection } from '../../state/objects.ts'

export type Eval = {
  readonly id: string
  readonly object: 'eval'
  readonly name: string
  readonly data_source_config: JsonObject
  readonly testing_criteria: readonly Criterion[]
  readonly created_at: number
  readonly metadata: Readonly<Record<string, string>>
}

/** A grader as it was given, with an id that results name it by. */
export type Criterion = { readonly id: string } & JsonObject

export type DataSource = {
  readonly type: 'jsonl' | 'completions' | 'responses'
  readonly source: JsonObject
  readonly input_messages?: JsonObject
  readonly sampling_params?: JsonObject
  readonly model?: string
} & JsonObject

/** `sample` is what was answered already; without it the run has to ask a model. */
export type Row = { readonly item: JsonObject; readonly sample: JsonObject | null }

export type ModelUsage = {
  readonly model_name: string
  readonly invocation_count: number
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
  readonly cached_tokens: number
}

export type EvalRun = {
  readonly id: string
  readonly object: 'eval.run'
  readonly eval_id: string
  readonly report_url: string
  readonly status: 'queued' | 'in_progress' | 'completed' | 'failed' | 'canceled'
  readonly model: string
  readonly name: string
  readonly created_at: number
  readonly result_counts: { readonly total: number; readonly errored: number; readonly failed: number; readonly passed: number }
  readonly per_model_usage: readonly ModelUsage[]
  readonly per_testing_criteria_results: readonly { readonly testing_criteria: string; readonly passed: number; readonly failed: number }[]
  readonly data_source: DataSource
  readonly error: { readonly code: string; readonly message: string } | null
  readonly metadata: Readonly<Record<string, string>>
}

export type OutputItem = {
  readonly id: string
  readonly object: 'eval.run.output_item'
  readonly created_at: number
  readonly run_id: string
  readonly eval_id: string
  readonly status: 'pass' | 'fail' | 'error'
  readonly datasource_item_id: number
  readonly datasource_item: JsonObject
  readonly results: readonly JsonObject[]
  readonly sample: JsonObject
}

export const evalsOf = (platform: Platform): Collection<Eval> => platform.collection('eval')
/** Ids in the order of their last change, for lists that want it. */
export const touchedEvals = (platform: Platform): Collection<{ readonly id: string }> => platform.collection('eval.touched')
/** The parent of a run is its eval, of an item its run. */
export const evalRuns = (platform: Platform): Collection<EvalRun> => platform.collection('eval.run')
export const outputItemsOf = (platform: Platform): Collection<OutputItem> => platform.collection('eval.run.output_item')

export const isOver = ({ status }: EvalRun): boolean => status !== 'queued' && status !== 'in_progress'

/** Puts an eval, as the one that was changed last. */
export function keepEval(platform: Platform, each: Eval): void {
  platform.objects.together(() => {
    evalsOf(platform).put(each)
    touchedEvals(platform).delete(each.id)
    touchedEvals(platform).put({ id: each.id })
  })
}

export function endRun(
  platform: Platform,
  run: EvalRun,
  status: 'completed' | 'failed' | 'canceled',
  error: EvalRun['error'] = null,
): EvalRun {
  const ended: EvalRun = { ...run, status, error }
  evalRuns(platform).put(ended, run.eval_id)
  platform.events.announce(`eval.run.${status === 'completed' ? 'succeeded' : status}`, run.id)
  return ended
}

export function forgetRun(platform: Platform, { id, eval_id }: EvalRun): void {
  platform.objects.together(() => {
    evalRuns(platform).delete(id, eval_id)
    outputItemsOf(platform).deleteAll(id)
  })
}
