// The script of an emulator while it runs: which rule a request meets, which of its replies is due, and the file read again when it
// has changed.
import { statSync } from 'node:fs'
import { stagedError } from '../faults/fault.ts'
import type { Fault } from '../faults/fault.ts'
import type { Platform } from '../platform.ts'
import { plainReply } from '../text/reply.ts'
import type { Prompt, PromptMessage, PromptTool, Replier, Reply } from '../text/reply.ts'
import { DocumentError } from './document-error.ts'
import type { Conditions, Rule, Script, ScriptedReply } from './script.ts'

/** What asks for a reply, and is told what the script did about it. */
export type Origin = {
  /** Name of the operation; null inside a job. */
  readonly endpoint: string | null
  readonly onRule: (name: string) => void
  readonly onFault: (fault: Fault) => void
}

export type RuleReport = { readonly name: string; readonly matched: number }

export type Scripts = {
  /** Whether there is a script at all. */
  readonly isOn: () => boolean
  /** The platform as one call sees it: its replier asks the script. Throws the error a rule has for an operation that says no text. */
  readonly enter: (platform: Platform, origin: Origin) => Platform
  /** The replier of jobs, which belong to no operation any more. */
  readonly replyInJob: Replier
  /** Takes another script in the place of the file; null goes back to the file. */
  readonly replace: (text: string | null) => Promise<void>
  /** The rules and how often each has matched. */
  readonly report: () => readonly RuleReport[]
  /** Every sequence begins again. */
  readonly restart: () => void
}

type Options = { readonly file: string | null; readonly reply: Replier; readonly warn: Platform['warn'] }

/** @throws DocumentError where the file is no script */
export async function createScripts({ file, reply: ownReply, warn }: Options): Promise<Scripts> {
  const source = file === null ? null : await createSource(file, warn)
  let replacement: Script | null = null
  /** How often each rule has matched; those of a script that was read anew are new ones. */
  let counts = new WeakMap<Rule, number>()

  const rules = (): readonly Rule[] => (replacement ?? source?.())?.rules ?? []

  /** The reply that is due under the first rule that matches and has one left. */
  const choose = (matches: (conditions: Conditions) => boolean, origin: Origin): ScriptedReply | null => {
    for (const rule of rules()) {
      if (!matches(rule.when)) continue
      const count = counts.get(rule) ?? 0
      const due = dueReply(rule, count)
      if (due === null) continue
      counts.set(rule, count + 1)
      origin.onRule(rule.name)
      return due
    }
    return null
  }

  // A request may ask more than once: for each of `n` answers, and again with what tools of the platform have found. Then the prompts
  // begin with the very same message, or say which candidate they are.
  const chosenFor = new WeakMap<PromptMessage, ScriptedReply>()
  const replierFor = (origin: Origin): Replier => {
    let chosen: ScriptedReply | null = null
    return (prompt) => {
      const [first] = prompt.messages
      const before = first === undefined ? undefined : chosenFor.get(first)
      if (before !== undefined) chosen = before
      else if (prompt.candidate === 0) {
        const asked = askedOf(prompt)
        chosen = choose((conditions) => matchesPrompt(conditions, prompt.model, asked, origin.endpoint), origin)
        if (first !== undefined && chosen !== null) chosenFor.set(first, chosen)
      }
      return chosen === null ? ownReply(prompt) : scriptedReply(chosen, prompt, ownReply, origin)
    }
  }

  const isOn = (): boolean => source !== null || replacement !== null
  const replyInJob = replierFor({ endpoint: null, onRule: () => {}, onFault: () => {} })
  return {
    isOn,
    replyInJob: (prompt) => (isOn() ? replyInJob(prompt) : ownReply(prompt)),
    enter: (platform, origin) => {
      if (!isOn()) return platform
      if (origin.endpoint === null || !saysText.has(origin.endpoint)) {
        const chosen = choose((conditions) => namesEndpoint(conditions, origin.endpoint), origin)
        if (chosen?.fault !== undefined) origin.onFault(chosen.fault)
        if (chosen?.error !== undefined) throw errorOf(chosen.error)
      }
      return { ...platform, reply: replierFor(origin) }
    },
    replace: async (text) => {
      replacement = text === null ? null : await readScript(text)
    },
    report: () => rules().map((rule) => ({ name: rule.name, matched: counts.get(rule) ?? 0 })),
    restart: () => {
      counts = new WeakMap()
    },
  }
}

/** Loaded by those who have a script: nobody else waits for its grammar. */
async function readScript(text: string): Promise<Script> {
  const { loadScriptReader } = await import('./read-script.ts')
  return (await loadScriptReader())(text, 'the script')
}

/** Operations that ask the replier at once; rules meet the others before they begin. */
const saysText: ReadonlySet<string> = new Set(['chat.completions.create', 'completions.create', 'responses.create'])

function dueReply({ replies, afterLast }: Rule, count: number): ScriptedReply | null {
  if (count < replies.length) return replies[count] ?? null
  switch (afterLast) {
    case 'stay':
      return replies.at(-1) ?? null
    case 'repeat':
      return replies[count % replies.length] ?? null
    case 'pass':
      return null
  }
}

type Asked = { readonly user: string | null; readonly results: readonly PromptMessage[]; readonly turn: number }

function askedOf({ messages }: Prompt): Asked {
  const given = messages.filter(({ isHosted }) => isHosted !== true)
  const firstResult = given.findLastIndex(({ role }) => role !== 'tool') + 1
  // One answer may stand in several messages in a row: a text and its calls are items of their own in Responses.
  const answers = given.filter(({ role }, index) => role === 'assistant' && given[index - 1]?.role !== 'assistant').length
  return {
    user: given.findLast(({ role }) => role === 'user')?.text ?? null,
    results: given.slice(firstResult),
    turn: answers + 1,
  }
}

const isAmong = (wanted: Conditions['models'], value: string): boolean => wanted === null || wanted.some((matches) => matches(value))

function matchesPrompt(conditions: Conditions, model: string, { user, results, turn }: Asked, endpoint: string | null): boolean {
  if (!isAmong(conditions.models, model)) return false
  if (conditions.endpoints !== null && (endpoint === null || !isAmong(conditions.endpoints, endpoint))) return false
  if (conditions.turn !== null && conditions.turn !== turn) return false
  if (conditions.user !== null && (user === null || !conditions.user(user))) return false
  // A rule about what the user said has been answered once results are there: else a reply that calls a tool would call it for ever.
  const wanted = conditions.toolResult ?? (conditions.user === null ? null : false)
  if (wanted === null) return true
  if (typeof wanted === 'boolean') return wanted === results.length > 0
  return results.some(
    ({ toolName, text }) => (wanted.tool === null || wanted.tool === toolName) && (wanted.text === null || wanted.text(text)),
  )
}

/** Of an operation without a prompt only its name is known, and a rule has to mean it. */
function namesEndpoint({ models, endpoints, user, toolResult, turn }: Conditions, endpoint: string | null): boolean {
  if (models !== null || user !== null || toolResult !== null || turn !== null) return false
  return endpoints !== null && endpoint !== null && isAmong(endpoints, endpoint)
}

function scriptedReply(given: ScriptedReply, prompt: Prompt, ownReply: Replier, { onFault }: Origin): Reply {
  if (given.fault !== undefined) onFault(given.fault)
  if (given.error !== undefined) throw errorOf(given.error)
  const isSilent = given.text === undefined && given.tool_calls === undefined && given.refusal === undefined
  const base: Reply = isSilent ? ownReply(prompt) : { ...plainReply(given.text ?? ''), refusal: given.refusal ?? null }
  return {
    ...base,
    toolCalls: given.tool_calls?.map((call) => callOf(call, prompt)) ?? base.toolCalls,
    reasoning: given.reasoning ?? base.reasoning,
    usage:
      given.usage === undefined ? base.usage : { inputTokens: given.usage.input_tokens ?? 0, outputTokens: given.usage.output_tokens ?? 0 },
    tokenPaceMs: given.ms_per_token ?? base.tokenPaceMs,
  }
}

type GivenCall = NonNullable<ScriptedReply['tool_calls']>[number]

/** A tool that was not offered is called all the same: models do that, and clients have to live with it. */
function callOf({ name = '', arguments: given = {} }: GivenCall, { tools }: Prompt): Reply['toolCalls'][number] {
  const unknown: PromptTool = { kind: 'function', name, description: '', schema: {} }
  const tool = tools.find((each) => each.name === name && each.kind !== 'hosted') ?? unknown
  return { tool, input: typeof given === 'string' ? given : JSON.stringify(given) }
}

function errorOf({ status = 500, message, type, code, param, retry_after: retryAfter }: NonNullable<ScriptedReply['error']>): Error {
  return stagedError(status, { message, type, code, param, retryAfter: retryAfter ?? null })
}

/** The script as the file has it now. */
type Source = () => Script

/** The file is looked at when it is needed: no watcher can miss a change, and the next request after one sees it. */
async function createSource(file: string, warn: Platform['warn']): Promise<Source> {
  const [{ loadScriptReader }, { readText }] = await Promise.all([import('./read-script.ts'), import('./read-document.ts')])
  const readScriptText = await loadScriptReader()
  const read = (): Script => readScriptText(readText(file, 'script'), file)
  const versionOf = (): string => {
    const found = statSync(file, { bigint: true, throwIfNoEntry: false })
    return found === undefined ? 'gone' : `${found.mtimeNs} ${found.size} ${found.ino}`
  }
  let version = versionOf()
  let script = read()
  return () => {
    const current = versionOf()
    if (current === version) return script
    version = current
    try {
      script = read()
      warn('the script was read again', script.rules.length === 1 ? '1 rule' : `${script.rules.length} rules`)
    } catch (error) {
      if (!(error instanceof DocumentError)) throw error
      warn('the script has changed and cannot be read, the rules of before stay', error.message)
    }
    return script
  }
}
