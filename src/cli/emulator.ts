// `relay emulator`: the offline OpenAI alone, for whoever tests a client without a relay in between.
import { resolve } from 'node:path'
import { baseUrl, host, milliseconds, port, wholeNumber, type Kind } from '../config/kinds.ts'
import { SettingsError } from '../config/load.ts'
import { startEmulator } from '../emulator/emulator.ts'
import { closeOnSignals, listenFailure } from './listening.ts'

/** As commander gives them: text, or lists of text for flags that may repeat. */
export type EmulatorFlags = {
  readonly host: string
  readonly port: string
  readonly dataDir: string
  readonly jobMs: string
  readonly tokenMs: string
  readonly key: readonly string[]
  readonly model: readonly string[]
  readonly script?: string
  readonly seedFile?: string
  readonly fault: readonly string[]
  readonly seed: string
  readonly record?: string
  readonly upstream: string
  readonly replay?: string
  readonly strict?: boolean
  readonly speed?: string
}

/** How many times as fast as recorded. */
const speed: Kind<number> = {
  placeholder: 'factor',
  takes: 'a number such as 1, 0.5 or 10, or max',
  isSecret: false,
  parse: (text) => {
    const value = text === 'max' ? Infinity : /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : 0
    return value > 0 ? { value } : { fix: `use ${speed.takes}` }
  },
}

export async function emulate(flags: EmulatorFlags): Promise<void> {
  const options = readFlags(flags)
  // An empty variable counts as unset, as in the settings.
  const upstreamKey = (process.env['OPENAI_API_KEY'] ?? '') === '' ? null : (process.env['OPENAI_API_KEY'] ?? null)
  const emulator = await startEmulator({ ...options, upstreamKey }).catch((error: unknown) => {
    throw listenFailure(error, options)
  })
  for (const line of greeting(`${emulator.url}/v1`, options, upstreamKey !== null)) console.error(line)
  closeOnSignals(emulator.close, 'closing; a second signal ends at once')
}

function readFlags(flags: EmulatorFlags) {
  const problems: string[] = []
  const read = <T>(flag: string, kind: Kind<T>, text: string, otherwise: T): T => {
    const parsed = kind.parse(text, process.cwd())
    if ('value' in parsed) return parsed.value
    problems.push(`${flag} (flag) is ${JSON.stringify(text)}: ${parsed.fix}.`)
    return otherwise
  }
  const options = {
    host: read('--host', host, flags.host, ''),
    port: read('--port', port, flags.port, 0),
    jobPaceMs: read('--job-ms', milliseconds(0), flags.jobMs, 0),
    tokenPaceMs: read('--token-ms', milliseconds(0), flags.tokenMs, 0),
    dataDir: resolve(flags.dataDir),
    keys: flags.key,
    models: flags.model,
    scriptFile: flags.script === undefined ? null : resolve(flags.script),
    seedFile: flags.seedFile === undefined ? null : resolve(flags.seedFile),
    faults: flags.fault,
    faultSeed: read('--seed', wholeNumber(0, 4_294_967_295), flags.seed, 0),
    recordDirectory: flags.record === undefined ? null : resolve(flags.record),
    upstreamUrl: read('--upstream', baseUrl, flags.upstream, ''),
    replayDirectory: flags.replay === undefined ? null : resolve(flags.replay),
    isStrict: flags.strict ?? false,
    replaySpeed: read('--speed', speed, flags.speed ?? '1', 1),
  }
  if (flags.record !== undefined && flags.replay !== undefined)
    problems.push('--record (flag) and --replay (flag) exclude each other: record first, then replay without --record.')
  for (const name of ['strict', 'speed'] as const)
    if (flags[name] !== undefined && flags.replay === undefined)
      problems.push(`--${name} (flag) says how to replay: name the recordings with --replay, or take it out.`)
  if (problems.length > 0) throw new SettingsError(problems)
  return options
}

type Options = ReturnType<typeof readFlags>

function greeting(url: string, options: Options, hasUpstreamKey: boolean): readonly string[] {
  const keys = options.keys.length === 0 ? 'any key will do' : 'with a key you named'
  const { recordDirectory, replayDirectory, scriptFile, seedFile, faults } = options
  const lines: string[] = []
  if (recordDirectory === null) lines.push(`An offline OpenAI answers on ${url} (${keys}); its state is in ${options.dataDir}`)
  else {
    lines.push(`${options.upstreamUrl} answers on ${url} (${keys}); what is said is recorded in ${recordDirectory}`)
    lines.push(`  upstream: with ${hasUpstreamKey ? 'the key of OPENAI_API_KEY' : 'the key each client sends: OPENAI_API_KEY is not set'}`)
  }
  if (replayDirectory !== null)
    lines.push(`  replay:   ${replayDirectory}; anything else is ${options.isStrict ? 'an error' : 'answered by the emulator'}`)
  if (scriptFile !== null) lines.push(`  script:   ${scriptFile}, read again when it changes`)
  if (seedFile !== null) lines.push(`  seed:     ${seedFile}`)
  if (faults.length > 0) lines.push(`  faults:   ${faults.join(', ')}; seed ${options.faultSeed}`)
  return lines
}
