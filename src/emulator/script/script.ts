// A script: rules that say which request gets which reply. Here is what may stand in one; read-script.ts reads the file.
import { parseFault } from '../faults/fault.ts'
import type { Fault } from '../faults/fault.ts'
import { decimal, either, flag, list, mapping, parsed, record, text, unusable, whole, word } from './fields.ts'
import type { Field, Path, Read, Report } from './fields.ts'
import { compilePattern } from './pattern.ts'
import type { Pattern } from './pattern.ts'

export type Script = { readonly rules: readonly Rule[] }

export type Rule = {
  /** As given, or `rules[0]`. */
  readonly name: string
  readonly when: Conditions
  /** One for the first request that matches, one for the second, and so on. */
  readonly replies: readonly ScriptedReply[]
  readonly afterLast: 'stay' | 'repeat' | 'pass'
}

export type Conditions = {
  /** Null where the rule does not say. */
  readonly models: readonly Pattern[] | null
  readonly endpoints: readonly Pattern[] | null
  readonly user: Pattern | null
  readonly toolResult: ToolResultCondition | boolean | null
  readonly turn: number | null
}

export type ToolResultCondition = { readonly tool: string | null; readonly text: Pattern | null }

/** What is left out is as the emulator would have it. */
export type ScriptedReply = Read<typeof replyFields>

const one = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? (value as readonly T[]) : [value as T])

/** `gpt-4o*`: a star stands for anything, a question mark for one character. */
const glob = (wanted: string): Pattern =>
  compilePattern(
    `^${RegExp.escape(wanted)
      .replaceAll(String.raw`\*`, '.*')
      .replaceAll(String.raw`\?`, '.')}$`,
    's',
  )

const globs = (about: string): Field<readonly Pattern[]> => {
  const each = parsed(text(about), glob)
  return mapped(either(about, each, list(about, each)), one)
}

const regex = parsed(text('A regular expression that has to match somewhere; `/…/i` for flags.'), (source): Pattern => {
  const [, inner = source, flags = ''] = /^\/(.*)\/([a-z]*)$/s.exec(source) ?? []
  try {
    return compilePattern(inner, flags)
  } catch (error) {
    throw new Error(`is no pattern: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
})

const textFields = {
  text: text('The whole text, exactly.'),
  contains: text('A part of the text, whatever its case.'),
  matches: regex,
}

/** All that is said of a text has to hold. */
function textCondition({ text: whole_, contains, matches }: Read<typeof textFields>): Pattern | null {
  const tests: Pattern[] = []
  if (whole_ !== undefined) tests.push((given) => given === whole_)
  if (contains !== undefined) tests.push((given) => given.toLowerCase().includes(contains.toLowerCase()))
  if (matches !== undefined) tests.push(matches)
  return tests.length === 0 ? null : (given) => tests.every((test) => test(given))
}

const exactly = mapped(
  text('The whole text, exactly.'),
  (wanted): Pattern | null =>
    (given) =>
      given === wanted,
)

const toolResultFields = { tool: text('Name of the tool that gave it.'), ...textFields }

const whenFields = {
  model: globs('Model of the request, or several; `*` stands for anything.'),
  endpoint: globs('Name of the operation as in the reference of endpoints, such as chat.completions.create; `*` stands for anything.'),
  user: either('The last message of the user.', exactly, mapped(record('What holds of the text.', textFields), textCondition)),
  tool_result: either(
    'A result of a tool that came last: whether there is one, or what it says.',
    flag('Whether there is one.'),
    mapped(record('What holds of one of them.', toolResultFields), (given): ToolResultCondition => ({
      tool: given.tool ?? null,
      text: textCondition(given),
    })),
  ),
  turn: whole('Which answer of the conversation it is, from 1.', { min: 1 }),
}

const toolCall = record('A call of a tool.', {
  name: text('Name of the tool.'),
  arguments: either(
    'What it is called with; a text is sent as it is, also where it is no JSON.',
    text('The text that is sent.'),
    mapping('Sent as JSON.'),
  ),
})

const errorFields = {
  status: whole('Status of the answer.', { min: 400, max: 599 }),
  message: text('What is said; by default what OpenAI says with this status.'),
  type: text('The error type.'),
  code: text('The error code.'),
  param: text('The parameter it is about.'),
  retry_after: either(
    'The header Retry-After, in seconds or as a date.',
    mapped(whole('Seconds.', { min: 0 }), String),
    text('A date as HTTP writes it.'),
  ),
}

const replyFields = {
  text: text('What the model says.'),
  tool_calls: list('The tools it calls.', toolCall),
  reasoning: text('The summary of its reasoning (Responses).'),
  refusal: text('What it says instead of an answer.'),
  usage: record('What it used.', {
    input_tokens: whole('Tokens read.', { min: 0 }),
    output_tokens: whole('Tokens written.', { min: 0 }),
  }),
  ms_per_token: decimal('Pause behind each token of a stream, in milliseconds.', { min: 0 }),
  error: record('An error instead of a reply.', errorFields),
  fault: parsed(text('What is broken about the answer, such as cut=120; as in the header x-emulator-fault.'), readFault),
}

function readFault(words: string): Fault {
  const fault = parseFault(words)
  if (fault.instead !== null) throw new Error('names a status: write `error: {status: 429, retry_after: 2}` beside it instead')
  return fault
}

const reply = record('What comes back; what is left out is as the emulator would have it.', replyFields)

const ruleFields = {
  name: text('Shown in messages and in the journal.'),
  when: record('What has to hold; nothing said, everything matches.', whenFields),
  reply,
  replies: list('One reply for the first request, one for the second, …', reply),
  after_last: word('Behind the last of several: it stays, all come again, or later rules decide.', 'stay', 'repeat', 'pass'),
}

export const scriptFields = record('A script of the emulator.', {
  rules: list('The first rule that matches a request decides.', record('A rule.', ruleFields)),
  $schema: text('Where editors find the schema of this file.'),
})

/** The JSON Schema of a script. */
export const scriptSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Script of the Relay emulator',
  ...scriptFields.schema,
}

/** What no single field can see: what belongs together and what excludes one another. */
export function scriptOf(
  given: Read<{ readonly rules: Field<readonly Read<typeof ruleFields>[]> }>,
  report: Report,
  endpointIds: readonly string[],
): Script {
  if (given.rules === undefined) {
    report([], 'has no rules: write `rules:` and a list of them')
    return unusable()
  }
  return { rules: given.rules.map((rule, index) => ruleOf(rule, ['rules', index], report, endpointIds)) }
}

function ruleOf({ name, when = {}, ...rule }: Read<typeof ruleFields>, at: Path, report: Report, endpointIds: readonly string[]): Rule {
  if ((rule.reply === undefined) === (rule.replies === undefined))
    report(at, rule.reply === undefined ? 'says nothing: give it a `reply`' : 'has both `reply` and `replies`: keep one')
  if (rule.after_last !== undefined && rule.replies === undefined)
    report([...at, 'after_last'], 'needs several replies: write `replies:` and a list of them')
  const replies = rule.replies ?? (rule.reply === undefined ? [] : [rule.reply])
  for (const [index, each] of replies.entries())
    checkReply(each, rule.replies === undefined ? [...at, 'reply'] : [...at, 'replies', index], report)
  if (when.endpoint !== undefined && !endpointIds.some((id) => when.endpoint?.some((matches) => matches(id))))
    report([...at, 'when', 'endpoint'], 'names no operation: `relay endpoints` lists them by their names, such as responses.create')
  return {
    name: name ?? `rules[${at[1]}]`,
    when: {
      models: when.model ?? null,
      endpoints: when.endpoint ?? null,
      user: when.user ?? null,
      toolResult: when.tool_result ?? null,
      turn: when.turn ?? null,
    },
    replies,
    afterLast: rule.after_last ?? 'stay',
  }
}

function checkReply(given: ScriptedReply, at: Path, report: Report): void {
  const { error, usage } = given
  const said = (['text', 'tool_calls', 'reasoning', 'refusal', 'usage', 'ms_per_token'] as const).filter(
    (name) => given[name] !== undefined,
  )
  if (error !== undefined && said.length > 0) report(at, `has an error and also ${said.join(', ')}: an error is all there is, keep one`)
  if (error !== undefined && error.status === undefined) report([...at, 'error'], 'has no status: give it one, such as `status: 429`')
  if (given.refusal !== undefined && (given.text !== undefined || given.tool_calls !== undefined))
    report([...at, 'refusal'], 'excludes text and tool_calls: a refusal is all that is said')
  if (usage !== undefined && (usage.input_tokens === undefined || usage.output_tokens === undefined))
    report([...at, 'usage'], 'is not whole: give both input_tokens and output_tokens')
  for (const [index, call] of (given.tool_calls ?? []).entries())
    if (call.name === undefined) report([...at, 'tool_calls', index], 'has no name: name the tool')
}

function mapped<A, B>(of: Field<A>, make: (value: A) => B): Field<B> {
  return {
    schema: of.schema,
    fits: of.fits,
    read: (value, at, report) => {
      const read = of.read(value, at, report)
      return read === undefined ? unusable() : make(read)
    },
  }
}
