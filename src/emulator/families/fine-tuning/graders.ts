// Graders tried out on one sample, before a job is trained by them.
import { json } from '../../answer.ts'
import type { Family } from '../../behaviour.ts'
import { grade } from '../../graders/grade.ts'
import type { Failure } from '../../graders/grade.ts'
import { grader, readGrader, rewardTypes } from '../../graders/grader.ts'
import { sampleOf } from '../../graders/template.ts'
import { anyObject, optional, readShape, string } from '../../shape.ts'
import type { JsonObject } from '../../shape.ts'

export const graders = {
  'fine_tuning.alpha.graders.validate': async ({ json: body }) => json(readShape({ grader: grader(rewardTypes) }, await body())),
  'fine_tuning.alpha.graders.run': async ({ platform, json: body }) => {
    const startedAt = performance.now()
    const request = readShape({ grader: grader(rewardTypes), model_sample: string(), item: optional(anyObject()) }, await body())
    const by = readGrader(request.grader, 'grader', rewardTypes)
    const { score, failure, parts, usage } = grade(platform, by, { item: request.item ?? {}, sample: sampleOf(request.model_sample) })
    const [model] = Object.keys(usage)
    return json({
      reward: score,
      metadata: {
        name: by.name,
        type: by.type,
        errors: errorsOf(failure),
        execution_time: (performance.now() - startedAt) / 1000,
        scores: {},
        token_usage: model === undefined ? null : Object.values(usage).reduce((sum, each) => sum + each.total_tokens, 0),
        sampled_model_name: model ?? null,
      },
      sub_rewards: parts,
      model_grader_token_usage_per_model: usage,
    })
  },
} satisfies Family

const noErrors: JsonObject = {
  formula_parse_error: false,
  sample_parse_error: false,
  truncated_observation_error: false,
  unresponsive_reward_error: false,
  invalid_variable_error: false,
  other_error: false,
  python_grader_server_error: false,
  python_grader_server_error_type: null,
  python_grader_runtime_error: false,
  python_grader_runtime_error_details: null,
  model_grader_server_error: false,
  model_grader_refusal_error: false,
  model_grader_parse_error: false,
  model_grader_server_error_details: null,
}

function errorsOf(failure: { readonly kind: Failure; readonly details: string } | null): JsonObject {
  if (failure === null) return noErrors
  const details = `${failure.kind}_details`
  return { ...noErrors, [failure.kind]: true, ...(details in noErrors ? { [details]: failure.details } : {}) }
}
