// Holds answers to the types of the official SDK, which are newer than the document and know what it does not list. The
// answers become literals in a TypeScript file, each with the type its method promises, and the compiler reads it.
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

export type TypedAnswer = {
  /** Who says so in a report. */
  readonly name: string
  /** The SDK's name of the call: `beta.threads.create`. */
  readonly method: string
  /** The whole of an answer, or one event of a stream. */
  readonly kind: 'answer' | 'event'
  readonly value: unknown
  /** OpenAI's document says what the rest looks like: only what became required since is asked of the SDK. */
  readonly isDocumented: boolean
}

/** The compiler's words for "a property is missing": of one, of many. */
const missing = /is missing in type|is missing the following properties/

const root = new URL('../..', import.meta.url).pathname

const prelude = `
import type OpenAI from ${JSON.stringify(join(root, 'node_modules/openai/index.mjs'))}
type Page<Item> = { data: Item[]; object?: string; first_id?: string | null; last_id?: string | null; has_more?: boolean; [other: string]: unknown }
type Parsed<Result> = Result extends AsyncIterable<infer Item> ? Page<Item> : Exclude<Awaited<Result>, AsyncIterable<unknown>>
type Answer<Result> = [Parsed<Result>] extends [void] ? unknown : Parsed<Result>
type Event<Result> = Extract<Awaited<Result>, AsyncIterable<unknown>> extends AsyncIterable<infer Item> ? Item : unknown
`

const configuration = {
  compilerOptions: {
    target: 'esnext',
    lib: ['esnext', 'dom'],
    module: 'nodenext',
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
    strict: true,
    skipLibCheck: true,
    noEmit: true,
  },
  files: ['answers.ts'],
}

/** What the compiler says of each, by name; empty when all fit. */
export async function typeProblems(answers: readonly TypedAnswer[]): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'relay-sdk-types-'))
  try {
    const head = prelude.split('\n').length
    const lines = answers.map(({ method, kind, value }, index) => {
      const type = `${kind === 'event' ? 'Event' : 'Answer'}<ReturnType<OpenAI${method
        .split('.')
        .map((name) => `[${JSON.stringify(name)}]`)
        .join('')}>>`
      return `export const a${index}: ${type} = ${JSON.stringify(asParsed(value))}`
    })
    await writeFile(join(folder, 'answers.ts'), [prelude, ...lines, ''].join('\n'))
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(configuration))
    const compiler = spawn(join(root, 'node_modules/.bin/tsc'), ['-p', folder, '--pretty', 'false'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const said = await text(compiler.stdout)
    return readDiagnostics(said).flatMap(({ line, isMissing, message }) => {
      const answer = answers[line - head - 1]
      return answer?.isDocumented === true && !isMissing ? [] : [`${answer?.name ?? `line ${line}`}: ${message}`]
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function readDiagnostics(said: string): readonly { readonly line: number; readonly isMissing: boolean; readonly message: string }[] {
  return said
    .split(/\n(?=\S)/)
    .filter((each) => each.trim() !== '')
    .map((each) => {
      const [, line = '0', message = each] = /^\S*\((\d+),\d+\): error \w+: (.*)$/s.exec(each) ?? []
      // The first line repeats the whole type; the last says what is wrong in it.
      const told = message.trim().split('\n')
      return {
        line: Number(line),
        isMissing: missing.test(message),
        message: [told[0]?.slice(0, 160), ...told.slice(1).slice(-2)].join(' | '),
      }
    })
}

/** Responses of the SDK have a property that it adds itself. */
function asParsed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(asParsed)
  const entries = Object.entries(value).map(([key, inner]) => [key, asParsed(inner)] as const)
  return Object.fromEntries('object' in value && value.object === 'response' ? [...entries, ['output_text', '']] : entries)
}
