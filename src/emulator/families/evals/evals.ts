// Evals: what samples have to look like, and what they are judged by. Their runs are in runs.ts.
import { randomUUID } from 'node:crypto'
import { json } from '../../answer.ts'
import type { Call, Family } from '../../behaviour.ts'
import { invalidValue, missingParameter, notFound } from '../../errors.ts'
import type { ApiError } from '../../errors.ts'
import { criterionTypes, grader } from '../../graders/grader.ts'
import { newId } from '../../ids.ts'
import { anyObject, array, boolean, choice, metadata, optional, readShape, string, textOr } from '../../shape.ts'
import type { JsonObject } from '../../shape.ts'
import { oldestFirst, page, pageOfArray, readPageQuery } from '../../state/pages.ts'
import { runs } from './runs.ts'
import { evalRuns, evalsOf, forgetRun, keepEval, touchedEvals } from './stored.ts'
import type { Eval } from './stored.ts'

const shape = {
  data_source_config: anyObject(),
  testing_criteria: array(grader(criterionTypes)),
  metadata: optional(metadata()),
  name: optional(string()),
}

export const evals = {
  ...runs,
  'evals.create': async ({ platform, json: body }) => {
    const request = readShape(shape, await body())
    for (const [index, each] of request.testing_criteria.entries())
      if (each['type'] === 'text_similarity' && typeof each['pass_threshold'] !== 'number')
        throw missingParameter(`testing_criteria[${index}].pass_threshold`)
    const created: Eval = {
      object: 'eval',
      id: newId('eval'),
      name: request.name ?? 'Untitled eval',
      data_source_config: readConfig(request.data_source_config),
      testing_criteria: request.testing_criteria.map((each) => ({ ...each, id: `${textOr(each['name'])}-${randomUUID()}` })),
      created_at: platform.clock.seconds(),
      metadata: request.metadata ?? {},
    }
    keepEval(platform, created)
    return json(created, { status: 201 })
  },
  'evals.list': (call) => {
    const { platform } = call
    const query = readPageQuery(call.query, oldestFirst)
    const orderBy = call.query.get('order_by') ?? 'created_at'
    if (orderBy !== 'created_at' && orderBy !== 'updated_at') throw invalidValue('order_by', orderBy, ['created_at', 'updated_at'])
    if (orderBy === 'created_at') return json(page(evalsOf(platform), query, { unknown: missing }))
    const touched = [...touchedEvals(platform).list()].flatMap(({ id }) => evalsOf(platform).get(id) ?? [])
    return json(pageOfArray(touched, query, missing))
  },
  'evals.retrieve': (call) => json(find(call)),
  'evals.update': async (call) => {
    const request = readShape({ metadata: optional(metadata()), name: optional(string()) }, await call.json())
    const old = find(call)
    const updated: Eval = { ...old, name: request.name ?? old.name, metadata: request.metadata ?? old.metadata }
    keepEval(call.platform, updated)
    return json(updated)
  },
  'evals.delete': (call) => {
    const { platform } = call
    const { id } = find(call)
    platform.objects.together(() => {
      evalsOf(platform).delete(id)
      touchedEvals(platform).delete(id)
      for (const run of [...evalRuns(platform).list({ parent: id })]) forgetRun(platform, run)
    })
    return json({ object: 'eval.deleted', deleted: true, eval_id: id })
  },
} satisfies Family

function find(call: Call): Eval {
  const id = call.param('eval_id')
  const found = evalsOf(call.platform).get(id)
  if (found === undefined) throw missing(id)
  return found
}

const missing = (id: string): ApiError => notFound(`Eval with id '${id}' not found.`)

const at = 'data_source_config'
const anySample = { type: 'object' }

/** The config as it is answered: the schema of a row instead of that of an item. */
function readConfig(given: JsonObject): JsonObject {
  const type = given['type']
  switch (type) {
    case 'custom': {
      const { item_schema: item, include_sample_schema: withSample } = readShape(
        { type: choice('custom'), item_schema: anyObject(), include_sample_schema: optional(boolean()) },
        given,
        { at: `${at}.` },
      )
      return { type, schema: withSample === true ? rowSchema(item, sampleSchema) : rowSchema(item) }
    }
    case 'logs':
    case 'stored_completions': {
      const read = readShape({ type: choice(type), metadata: optional(anyObject()) }, given, { at: `${at}.` })
      return { type, metadata: read.metadata ?? {}, schema: rowSchema(anySample, anySample) }
    }
    case undefined:
      throw missingParameter(`${at}.type`)
    default:
      throw invalidValue(`${at}.type`, type, ['custom', 'logs', 'stored_completions'])
  }
}

const rowSchema = (item: JsonObject, sample?: JsonObject): JsonObject => ({
  type: 'object',
  properties: { item, ...(sample === undefined ? {} : { sample }) },
  required: sample === undefined ? ['item'] : ['item', 'sample'],
})

const sampleSchema: JsonObject = {
  type: 'object',
  properties: {
    model: { type: 'string' },
    output_text: { type: 'string' },
    output_json: {},
    finish_reason: { type: 'string' },
  },
  required: ['model', 'output_text'],
}
