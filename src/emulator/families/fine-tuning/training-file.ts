// Reading training data: every line an example of the format that the method needs. Line by line, whatever the size.
import { readLines } from '../../jsonl.ts'
import type { Platform } from '../../platform.ts'
import { isObject } from '../../shape.ts'
import type { JsonObject } from '../../shape.ts'
import type { FineTuningJob } from './stored.ts'

export type TrainingData = { readonly examples: number; readonly tokens: number }

/** Why a job fails before it trains. */
export type Complaint = { readonly code: string; readonly message: string }

const examplesMin = 10

/** Null when the emulator stops in the middle: the step is done again after the next start. */
export async function readTrainingFile(
  platform: Platform,
  job: FineTuningJob,
  which: 'training_file' | 'validation_file',
): Promise<TrainingData | Complaint | null> {
  const fileId = job[which] ?? ''
  const noun = which === 'training_file' ? 'training' : 'validation'
  const bad = (problem: string): Complaint => ({
    code: `invalid_${which}`,
    message: `The job failed due to an invalid ${noun} file. ${problem}`,
  })
  // It may have been deleted since the job was made.
  if (platform.blobs.sizeBytes(fileId) === undefined) return bad(`No such File object: ${fileId}`)
  const problemOf = formatOf(job)
  let examples = 0
  let tokens = 0
  for await (const { text, number } of readLines(platform.blobs.path(fileId))) {
    if (platform.closing.aborted) return null
    const example = parse(text)
    if (example === null)
      return bad(`Expected file to have JSONL format, where every line is a valid JSON dictionary. Line ${number} is not.`)
    const problem = problemOf(example)
    if (problem !== null) return bad(`Invalid file format. Example ${number}${problem}`)
    examples++
    tokens += tokensOf(platform, example)
  }
  if (which === 'training_file' && examples < examplesMin)
    return {
      code: 'invalid_n_examples',
      message: `Training file has ${examples} example(s), but must have at least ${examplesMin} examples`,
    }
  if (examples === 0) return bad('The file has no examples.')
  return { examples, tokens }
}

function parse(line: string): JsonObject | null {
  try {
    const value = JSON.parse(line) as unknown
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

/** What is wrong with an example, as the end of a sentence; null where it can be learnt from. */
type Format = (example: JsonObject) => string | null

function formatOf({ model, method }: FineTuningJob): Format {
  if (method.type === 'dpo') return preferenceProblem
  if (method.type === 'reinforcement') return (example) => messagesProblem(example['messages'], 'messages')
  return /^(?:ft:)?(?:davinci|babbage)-002/.test(model) ? completionProblem : chatProblem
}

const completionProblem: Format = (example) =>
  typeof example['prompt'] === 'string' && typeof example['completion'] === 'string' ? null : ": expected 'prompt' and 'completion'."

const chatProblem: Format = ({ messages }) => {
  const problem = messagesProblem(messages, 'messages')
  if (problem !== null) return problem
  return (messages as readonly JsonObject[]).some(({ role }) => role === 'assistant')
    ? null
    : ': at least one message must be from the assistant.'
}

const preferenceProblem: Format = ({ input, preferred_output: preferred, non_preferred_output: rejected }) => {
  if (!isObject(input)) return ": missing 'input'."
  return (
    messagesProblem(input['messages'], 'input.messages') ??
    messagesProblem(preferred, 'preferred_output') ??
    messagesProblem(rejected, 'non_preferred_output')
  )
}

const roles: readonly unknown[] = ['system', 'developer', 'user', 'assistant', 'tool', 'function']

function messagesProblem(messages: unknown, at: string): string | null {
  if (!Array.isArray(messages) || messages.length === 0) return `: missing '${at}'.`
  for (const [index, message] of messages.entries()) {
    if (!isObject(message)) return `, message ${index + 1} is not an object.`
    if (message['role'] === undefined) return `, message ${index + 1} Discriminator 'role' is missing in value`
    if (!roles.includes(message['role'])) return `, message ${index + 1} has an unknown role: ${JSON.stringify(message['role'])}.`
    if (message['role'] === 'user' && message['content'] === undefined) return `, message ${index + 1} has no 'content'.`
  }
  return null
}

/** Only text is learnt: roles, names and keys cost nothing here. */
function tokensOf(platform: Platform, value: unknown): number {
  if (typeof value === 'string') return platform.tokens.count(value)
  if (Array.isArray(value)) return value.reduce((sum: number, each) => sum + tokensOf(platform, each), 0)
  if (!isObject(value)) return 0
  return Object.entries(value).reduce((sum, [key, each]) => (key === 'role' ? sum : sum + tokensOf(platform, each)), 0)
}
