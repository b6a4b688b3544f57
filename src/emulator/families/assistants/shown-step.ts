// Steps as callers see them: the texts that a search found are shown only to those who ask for them.
import type { Call } from '../../behaviour.ts'
import { isObject } from '../../shape.ts'
import type { JsonObject } from '../../shape.ts'
import type { RunStep } from './stored.ts'

export type ShowStep = (step: RunStep) => RunStep

const textsOfResults = 'step_details.tool_calls[*].file_search.results[*].content'

/** How the caller of a request wants steps to be shown. */
export const showStepsTo = (call: Call): ShowStep => (call.query.all('include').includes(textsOfResults) ? (step) => step : withoutTexts)

function withoutTexts(step: RunStep): RunStep {
  const { step_details: details } = step
  if (details.type === 'message_creation') return step
  return { ...step, step_details: { type: 'tool_calls', tool_calls: details.tool_calls.map((each) => ({ ...each, ...searchOf(each) })) } }
}

function searchOf({ file_search: search }: JsonObject): JsonObject {
  if (!isObject(search) || !Array.isArray(search['results'])) return {}
  return {
    file_search: { ...search, results: (search['results'] as readonly JsonObject[]).map(({ content: _content, ...result }) => result) },
  }
}
