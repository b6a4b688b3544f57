// A run of an eval over time: its rows are counted, sampled and graded, some at each step.
import type { JobSteps } from '../../behaviour.ts'
import { grade, isPassing } from '../../graders/grade.ts'
import type { Grade } from '../../graders/grade.ts'
import { criterionTypes, readGrader } from '../../graders/grader.ts'
import type { SimpleGrader } from '../../graders/grader.ts'
import { newId } from '../../ids.ts'
import type { Platform } from '../../platform.ts'
import type { JsonObject } from '../../shape.ts'
import { BrokenRow, rowsOf } from './data-source.ts'
import { sampleRow } from './sampling.ts'
import { endRun, evalRuns, evalsOf, outputItemsOf } from './stored.ts'
import type { Eval, EvalRun, ModelUsage, OutputItem, Row } from './stored.ts'

/** A run is seen to advance this many times, or once a row where there are fewer. */
const rounds = 3

export const evalSteps: JobSteps = {
  'evals.start': async (platform, id) => {
    const run = runIn(platform, id, 'queued')
    if (run === undefined) return
    await failingOnBrokenRows(platform, run, async () => {
      let total = 0
      const rows = rowsOf(platform, run.data_source)
      while ((await rows.next()).done !== true) {
        if (platform.closing.aborted) return
        total++
      }
      const current = runIn(platform, id, 'queued')
      if (current === undefined) return
      evalRuns(platform).put({ ...current, status: 'in_progress', result_counts: { ...run.result_counts, total } }, run.eval_id)
      platform.jobs.schedule('evals.work', id)
    })
  },
  'evals.work': async (platform, id) => {
    const run = runIn(platform, id, 'in_progress')
    const owner = run === undefined ? undefined : evalsOf(platform).get(run.eval_id)
    if (run === undefined || owner === undefined) return
    await failingOnBrokenRows(platform, run, async () => {
      const skipped = doneOf(run)
      const until = skipped + Math.ceil(run.result_counts.total / rounds)
      let index = skipped
      for await (const row of rowsOf(platform, run.data_source, skipped)) {
        if (index === until) return platform.jobs.schedule('evals.work', id)
        // Cancelled or deleted meanwhile, or the emulator stops: what is graded stays, the rest is done after the next start.
        if (platform.closing.aborted || !(await workOn(platform, owner, id, row, index))) return
        index++
      }
      const current = runIn(platform, id, 'in_progress')
      if (current !== undefined) endRun(platform, current, 'completed')
    })
  },
}

const runIn = (platform: Platform, id: string, status: EvalRun['status']): EvalRun | undefined => {
  const run = evalRuns(platform).get(id)
  return run?.status === status ? run : undefined
}

const doneOf = ({ result_counts: { passed, failed, errored } }: EvalRun): number => passed + failed + errored

async function failingOnBrokenRows(platform: Platform, { id }: EvalRun, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof BrokenRow)) throw error
    const current = evalRuns(platform).get(id)
    if (current !== undefined) endRun(platform, current, 'failed', { code: 'invalid_data_source', message: error.message })
  }
}

/** Samples and grades one row; false where the run is no longer under way. */
async function workOn(platform: Platform, owner: Eval, runId: string, row: Row, index: number): Promise<boolean> {
  const before = runIn(platform, runId, 'in_progress')
  if (before === undefined) return false
  const sampled = await sampleRow(platform, before.data_source, row)
  const run = runIn(platform, runId, 'in_progress')
  if (run === undefined) return false
  const grades =
    sampled.error === null ? owner.testing_criteria.map((each) => gradeBy(platform, each, { item: row.item, sample: sampled.names })) : []
  const status = sampled.error !== null || grades.some((each) => each.grade.failure !== null) ? 'error' : statusOf(grades)
  const item: OutputItem = {
    id: newId('outputItem'),
    object: 'eval.run.output_item',
    created_at: platform.clock.seconds(),
    run_id: run.id,
    eval_id: run.eval_id,
    status,
    datasource_item_id: index,
    datasource_item: row.item,
    results: grades.map(resultOf),
    sample: sampled.shown,
  }
  const used = [...(sampled.usage === null ? [] : [sampled.usage]), ...grades.flatMap((each) => usageOf(each.grade))]
  platform.objects.together(() => {
    outputItemsOf(platform).put(item, run.id)
    evalRuns(platform).put(counted(run, status, grades, used), run.eval_id)
  })
  return true
}

type Graded = { readonly id: string; readonly by: SimpleGrader; readonly grade: Grade; readonly isPassed: boolean }

function gradeBy(platform: Platform, criterion: Eval['testing_criteria'][number], names: { item: JsonObject; sample: JsonObject }): Graded {
  const by = readGrader(criterion, 'testing_criteria', criterionTypes) as SimpleGrader
  const result = grade(platform, by, names)
  return { id: criterion.id, by, grade: result, isPassed: result.failure === null && isPassing(by, result.score) }
}

const statusOf = (grades: readonly Graded[]): 'pass' | 'fail' => (grades.every((each) => each.isPassed) ? 'pass' : 'fail')

function resultOf({ id, by, grade: { score, said, usage, failure }, isPassed }: Graded): JsonObject {
  const [model] = Object.keys(usage)
  const sample =
    said === null ? null : { model, output: [{ role: 'assistant', content: said }], usage: model === undefined ? null : usage[model] }
  return {
    name: id,
    type: by.type,
    score,
    passed: isPassed,
    sample,
    ...(failure === null ? {} : { error: { code: failure.kind, message: failure.details } }),
  }
}

const usageOf = ({ usage }: Grade): readonly ModelUsage[] =>
  Object.entries(usage).map(([model, tokens]) => ({ model_name: model, invocation_count: 1, ...tokens }))

/** The run with one more row in its counts. */
function counted(run: EvalRun, status: OutputItem['status'], grades: readonly Graded[], used: readonly ModelUsage[]): EvalRun {
  const counter = { pass: 'passed', fail: 'failed', error: 'errored' } as const
  const counts = run.result_counts
  const passed = new Map(grades.map(({ id, isPassed }) => [id, isPassed]))
  return {
    ...run,
    result_counts: { ...counts, [counter[status]]: counts[counter[status]] + 1 },
    per_testing_criteria_results: run.per_testing_criteria_results.map((each) => {
      const isPassed = passed.get(each.testing_criteria)
      if (isPassed === undefined) return each
      return isPassed ? { ...each, passed: each.passed + 1 } : { ...each, failed: each.failed + 1 }
    }),
    per_model_usage: used.reduce(withUsage, run.per_model_usage),
  }
}

function withUsage(all: readonly ModelUsage[], more: ModelUsage): readonly ModelUsage[] {
  const known = all.find(({ model_name: name }) => name === more.model_name)
  if (known === undefined) return [...all, more]
  const sum: ModelUsage = {
    model_name: known.model_name,
    invocation_count: known.invocation_count + more.invocation_count,
    prompt_tokens: known.prompt_tokens + more.prompt_tokens,
    completion_tokens: known.completion_tokens + more.completion_tokens,
    total_tokens: known.total_tokens + more.total_tokens,
    cached_tokens: known.cached_tokens + more.cached_tokens,
  }
  return all.map((each) => (each === known ? sum : each))
}
