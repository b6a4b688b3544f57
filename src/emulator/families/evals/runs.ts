// Runs of evals and what they put out.
import { json } from '../../answer.ts'
import type { Call, Family } from '../../behaviour.ts'
import { invalid, invalidValue, notFound } from '../../errors.ts'
import type { ApiError } from '../../errors.ts'
import { newId } from '../../ids.ts'
import { anyObject, metadata, optional, readShape, string } from '../../shape.ts'
import { oldestFirst, page, readPageQuery } from '../../state/pages.ts'
import { readDataSource } from './data-source.ts'
import { evalSteps } from './steps.ts'
import { endRun, evalRuns, evalsOf, forgetRun, isOver, outputItemsOf } from './stored.ts'
import type { Eval, EvalRun, OutputItem } from './stored.ts'

const statuses = ['queued', 'in_progress', 'completed', 'canceled', 'failed'] as const

/** Both paths, the older one without a verb of its own, cancel. */
const cancel = (call: Call): ReturnType<typeof json> => {
  const run = find(call)
  if (isOver(run)) throw invalid(`Cannot cancel eval run '${run.id}' with status '${run.status}'.`)
  for (const step of Object.keys(evalSteps)) call.platform.jobs.cancel(step, run.id)
  return json(endRun(call.platform, run, 'canceled'))
}

export const runs = {
  'evals.runs.create': async (call) => {
    const { platform } = call
    const body = await call.json()
    const owner = findEval(call)
    const request = readShape({ data_source: anyObject(), metadata: optional(metadata()), name: optional(string()) }, body)
    const source = readDataSource(platform, request.data_source)
    const id = newId('evalRun')
    const run: EvalRun = {
      object: 'eval.run',
      id,
      eval_id: owner.id,
      report_url: `https://platform.openai.com/evaluations/${owner.id}?run_id=${id}`,
      status: 'queued',
      model: source.model ?? '',
      name: request.name ?? source.model ?? owner.name,
      created_at: platform.clock.seconds(),
      result_counts: { total: 0, errored: 0, failed: 0, passed: 0 },
      per_model_usage: [],
      per_testing_criteria_results: owner.testing_criteria.map((each) => ({ testing_criteria: each.id, passed: 0, failed: 0 })),
      data_source: source,
      error: null,
      metadata: request.metadata ?? {},
    }
    evalRuns(platform).put(run, owner.id)
    platform.jobs.schedule('evals.start', id)
    return json(run, { status: 201 })
  },
  'evals.runs.list': (call) => {
    const status = call.query.get('status')
    if (status !== undefined && !(statuses as readonly string[]).includes(status)) throw invalidValue('status', status, statuses)
    return json(
      page(evalRuns(call.platform), readPageQuery(call.query, oldestFirst), {
        parent: findEval(call).id,
        where: (each) => status === undefined || each.status === status,
        unknown: missingRun,
      }),
    )
  },
  'evals.runs.retrieve': (call) => json(find(call)),
  'evals.runs.update': cancel,
  'evals.runs.cancel': cancel,
  'evals.runs.delete': (call) => {
    const run = find(call)
    forgetRun(call.platform, run)
    return json({ object: 'eval.run.deleted', deleted: true, run_id: run.id })
  },
  'evals.runs.output_items.list': (call) => {
    const status = call.query.get('status')
    if (status !== undefined && status !== 'pass' && status !== 'fail') throw invalidValue('status', status, ['fail', 'pass'])
    return json(
      page(outputItemsOf(call.platform), readPageQuery(call.query, oldestFirst), {
        parent: find(call).id,
        where: (each) => status === undefined || each.status === status,
        unknown: missingItem,
      }),
    )
  },
  'evals.runs.output_items.retrieve': (call) => json(findItem(call)),
} satisfies Family

function findEval(call: Call): Eval {
  const id = call.param('eval_id')
  const found = evalsOf(call.platform).get(id)
  if (found === undefined) throw notFound(`Eval with id '${id}' not found.`)
  return found
}

function find(call: Call): EvalRun {
  const id = call.param('run_id')
  const run = evalRuns(call.platform).get(id, findEval(call).id)
  if (run === undefined) throw missingRun(id)
  return run
}

function findItem(call: Call): OutputItem {
  const id = call.param('output_item_id')
  const item = outputItemsOf(call.platform).get(id, find(call).id)
  if (item === undefined) throw missingItem(id)
  return item
}

const missingRun = (id: string): ApiError => notFound(`Eval run with id '${id}' not found.`)
const missingItem = (id: string): ApiError => notFound(`Output item with id '${id}' not found.`)
