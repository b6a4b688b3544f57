// `relay emulator`: the offline OpenAI alone, for whoever tests a client without a relay in between.
import { resolve } from 'node:path'
import { host, milliseconds, port, type Kind } from '../config/kinds.ts'
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
}

export async function emulate(flags: EmulatorFlags): Promise<void> {
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
  }
  if (problems.length > 0) throw new SettingsError(problems)
  const emulator = await startEmulator(options).catch((error: unknown) => {
    throw listenFailure(error, options)
  })
  const keys = options.keys.length === 0 ? 'any key will do' : 'with a key you named'
  console.error(`An offline OpenAI answers on ${emulator.url}/v1 (${keys}); its state is in ${options.dataDir}`)
  closeOnSignals(emulator.close, 'closing; a second signal ends at once')
}
