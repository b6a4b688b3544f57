// What a run answers: its thread read as a prompt, tools of the platform used where they help, and the reply turned into steps.
import { ApiError } from '../../errors.ts'
import { newId } from '../../ids.ts'
import type { Platform } from '../../platform.ts'
import { isObject, textOr } from '../../shape.ts'
import type { JsonObject } from '../../shape.ts'
import type { OutputFormat, Prompt, PromptMessage, PromptTool, Reply, ToolChoice } from '../../text/reply.ts'
import { cutText, reasoningTokens } from '../generation.ts'
import { calculationIn } from '../responses/hosted-tools/calculations.ts'
import { fileSearch } from '../responses/hosted-tools/file-search.ts'
import { textPart } from './messages.ts'
import { assistantsOf, messagesIn, stepsOf, threadsOf } from './stored.ts'
import type { FunctionCall, Plan, Run, RunStep, ThreadMessage } from './stored.ts'

/** A call of a tool that the platform runs itself, as its step shows it. */
export type HostedCall = { readonly id: string; readonly type: string } & JsonObject

export type Thought = Omit<Plan, 'id' | 'stepId' | 'messageId'> & { readonly hosted: readonly HostedCall[] }

type Used = { readonly call: HostedCall; readonly finding: string; readonly citations: readonly JsonObject[] }

export async function think(platform: Platform, run: Run): Promise<Thought> {
  const prompt = promptOf(platform, run)
  try {
    const first = platform.reply(prompt)
    // Functions of the caller come first: only where none is called, the platform looks for itself.
    const used = first.toolCalls.length > 0 || prompt.messages.at(-1)?.role !== 'user' ? [] : await useTools(platform, run, prompt)
    if (used.length === 0) return thoughtOf(platform, run, prompt, first, [])
    const findings = used.map(({ call, finding }): PromptMessage => ({ role: 'tool', text: finding, toolName: call.type, isHosted: true }))
    const told: Prompt = { ...prompt, toolChoice: 'none', messages: [...prompt.messages, ...findings] }
    return thoughtOf(platform, run, told, platform.reply(told), used)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const code = error.status === 429 ? 'rate_limit_exceeded' : error.status < 500 ? 'invalid_prompt' : 'server_error'
    return { ...nothing(platform, prompt), failure: { code, message: error.message } }
  }
}

function thoughtOf(platform: Platform, run: Run, prompt: Prompt, reply: Reply, used: readonly Used[]): Thought {
  const calls = reply.toolCalls.map(({ tool, input }): FunctionCall => ({
    id: newId('toolCall'),
    type: 'function',
    function: { name: tool.name, arguments: input },
  }))
  const cut = cutText(platform, reply.refusal ?? reply.text, { maxTokens: run.max_completion_tokens ?? Infinity })
  const spoken = calls.reduce((sum, call) => sum + 8 + platform.tokens.count(call.function.arguments), 0)
  const written = (calls.length > 0 ? spoken : cut.tokens.length) + reasoningTokens(run.model, run.reasoning_effort ?? undefined)
  const base = nothing(platform, prompt)
  const read = reply.usage?.inputTokens ?? base.usage.prompt_tokens
  const completion = reply.usage?.outputTokens ?? written
  return {
    hosted: used.map(({ call }) => call),
    content:
      calls.length > 0
        ? []
        : [
            cited(
              cut.text,
              used.flatMap(({ citations }) => citations),
            ),
          ],
    isCut: calls.length === 0 && cut.end === 'length',
    calls,
    failure: null,
    usage: { ...base.usage, prompt_tokens: read, completion_tokens: completion, total_tokens: read + completion },
    tokenPaceMs: reply.tokenPaceMs ?? platform.settings.tokenPaceMs,
  }
}

function nothing({ tokens, settings }: Platform, { messages }: Prompt): Thought {
  const read = messages.reduce((sum, { text }) => sum + 4 + tokens.count(text), 3)
  return {
    hosted: [],
    content: [],
    isCut: false,
    calls: [],
    failure: null,
    usage: { prompt_tokens: read, completion_tokens: 0, total_tokens: read, prompt_token_details: { cached_tokens: 0 } },
    tokenPaceMs: settings.tokenPaceMs,
  }
}

/** Quirk: citations stand in the text as marks, and annotations say where and of which file. */
function cited(text: string, citations: readonly JsonObject[]): JsonObject {
  let value = text
  const annotations = citations.map((citation, index) => {
    const mark = `【${index}:0†${textOr(citation['filename'])}】`
    const start = value.length
    value += mark
    return {
      type: 'file_citation',
      text: mark,
      start_index: start,
      end_index: start + mark.length,
      file_citation: { file_id: citation['file_id'] },
    }
  })
  return textPart(value, annotations)
}

function promptOf(platform: Platform, run: Run): Prompt {
  const said = [...messagesIn(platform).list({ parent: run.thread_id })].filter(({ run_id: runId }) => runId !== run.id)
  const results = resultsOf([...stepsOf(platform).list({ parent: run.id })])
  const { last_messages: last } = run.truncation_strategy
  const kept = last === null ? said : said.slice(-last)
  const instructions: PromptMessage[] = run.instructions === '' ? [] : [{ role: 'system', text: run.instructions }]
  const spoken = fitting(platform, kept.map(readMessage), run.max_prompt_tokens)
  return {
    model: run.model,
    messages: [...instructions, ...spoken, ...results],
    tools: run.tools.flatMap(readTool),
    // A choice is for the beginning of a run: with results at hand it answers.
    toolChoice: results.length > 0 ? 'auto' : readChoice(run.tool_choice),
    allowsParallelCalls: run.parallel_tool_calls,
    format: readFormat(run.response_format),
    candidate: 0,
  }
}

const readMessage = ({ role, content }: ThreadMessage): PromptMessage => ({
  role,
  text: content
    .map((part) => (isObject(part['text']) ? textOr(part['text']['value']) : ''))
    .filter((text) => text !== '')
    .join('\n'),
})

/** Old messages go first where a run may not read as much. */
function fitting({ tokens }: Platform, messages: readonly PromptMessage[], max: number | null): readonly PromptMessage[] {
  if (max === null) return messages
  let left = max
  const from = messages.findLastIndex(({ text }) => (left -= 4 + tokens.count(text)) < 0)
  return messages.slice(Math.min(from + 1, messages.length - 1))
}

/** What the caller's functions gave back in this run. */
function resultsOf(steps: readonly RunStep[]): readonly PromptMessage[] {
  return steps.flatMap(({ step_details: details }) =>
    details.type === 'message_creation'
      ? []
      : details.tool_calls.flatMap((call): PromptMessage[] => {
          const called = call['function']
          if (!isObject(called) || typeof called['output'] !== 'string') return []
          return [{ role: 'tool', text: called['output'], callId: call.id, toolName: textOr(called['name']) }]
        }),
  )
}

function readTool(tool: JsonObject): readonly PromptTool[] {
  const described = tool['function']
  if (tool['type'] !== 'function' || !isObject(described))
    return [{ kind: 'hosted', name: textOr(tool['type']), description: '', schema: {} }]
  const schema = isObject(described['parameters']) ? described['parameters'] : { type: 'object', properties: {} }
  return [{ kind: 'function', name: textOr(described['name']), description: textOr(described['description']), schema }]
}

function readChoice(wanted: unknown): ToolChoice {
  if (!isObject(wanted)) return wanted === 'none' || wanted === 'required' ? wanted : 'auto'
  return { name: textOr(isObject(wanted['function']) ? wanted['function']['name'] : wanted['type']) }
}

function readFormat(format: unknown): OutputFormat {
  if (!isObject(format) || format['type'] === 'text') return { type: 'text' }
  if (format['type'] === 'json_object') return { type: 'json_object' }
  const described = format['json_schema']
  return { type: 'json_schema', schema: isObject(described) && isObject(described['schema']) ? described['schema'] : {} }
}

/** A calculation needs no search; else files are looked into where there are some. */
async function useTools(platform: Platform, run: Run, prompt: Prompt): Promise<readonly Used[]> {
  const { toolChoice } = prompt
  const asked = prompt.messages.at(-1)?.text ?? ''
  const named = typeof toolChoice === 'object' ? toolChoice.name : null
  const allowed = (type: string): JsonObject | undefined =>
    toolChoice === 'none' || (named !== null && named !== type) ? undefined : run.tools.find((tool) => tool['type'] === type)
  const calculated = allowed('code_interpreter') === undefined ? [] : calculate(asked)
  const search = allowed('file_search')
  if (calculated.length > 0 || search === undefined) return calculated
  return await searchFiles(platform, run, prompt, search, named !== null)
}

function calculate(asked: string): readonly Used[] {
  const calculation = calculationIn(asked)
  if (calculation === null) return []
  const { code, logs } = calculation
  const call = { id: newId('toolCall'), type: 'code_interpreter', code_interpreter: { input: code, outputs: [{ type: 'logs', logs }] } }
  return [{ call, finding: logs.trim(), citations: [] }]
}

async function searchFiles(platform: Platform, run: Run, prompt: Prompt, tool: JsonObject, isForced: boolean): Promise<readonly Used[]> {
  const owners = [assistantsOf(platform).get(run.assistant_id), threadsOf(platform).get(run.thread_id)]
  const storeIds = [...new Set(owners.flatMap((owner) => owner?.tool_resources.file_search?.vector_store_ids ?? []))]
  if (storeIds.length === 0) return []
  const options = isObject(tool['file_search']) ? tool['file_search'] : {}
  const found = await fileSearch.run({
    platform,
    tool: { type: 'file_search', vector_store_ids: storeIds, max_num_results: options['max_num_results'] },
    asked: prompt.messages.at(-1)?.text ?? '',
    prompt,
    items: [],
    include: ['file_search_call.results'],
    isForced,
  })
  if (found === null) return []
  const [item] = found.items
  const results = item !== undefined && Array.isArray(item['results']) ? (item['results'] as readonly JsonObject[]) : []
  const call = {
    id: newId('toolCall'),
    type: 'file_search',
    file_search: {
      ranking_options: { ranker: 'default_2024_08_21', score_threshold: 0 },
      results: results.map(({ file_id, filename, score, text }) => ({
        file_id,
        file_name: filename,
        score,
        content: [{ type: 'text', text }],
      })),
    },
  }
  return [{ call, finding: found.finding ?? '', citations: found.cite('') }]
}
