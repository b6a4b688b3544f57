// Settings from flags, environment, file and defaults, in this order. Everything that is wrong is told at once.
import { resolve } from 'node:path'
import { closest } from './closest.ts'
import { readSettingsFile } from './file.ts'
import type { Kind } from './kinds.ts'
import { settingKeys, settingOf, type SettingKey, type Settings, type Sources } from './settings.ts'

/** The flags of one command line, as text by setting. */
export type Flags = Partial<Record<SettingKey, string>>
export type Environment = Readonly<Record<string, string | undefined>>

export type Loaded = {
  readonly settings: Settings
  readonly sources: Sources
  /** Not wrong, but probably not meant: told to the operator at the start. */
  readonly notices: readonly string[]
}

/** What an operator has to correct, one sentence a problem. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

type Found = { readonly text: string; readonly source: string; readonly label: string; readonly folder: string }

/** @example const { settings, sources } = await loadSettings({ flags: { port: '0' }, env: process.env, cwd: process.cwd() }) */
export async function loadSettings({
  flags,
  env,
  cwd,
}: {
  readonly flags: Flags
  readonly env: Environment
  readonly cwd: string
}): Promise<Loaded> {
  const problems: string[] = []
  const given = (key: SettingKey): Found | null => fromFlags(key, flags, cwd) ?? fromEnvironment(key, env, cwd)

  const named = given('configFile')
  const name = named?.text ?? 'relay.yaml'
  const file = await readSettingsFile({ file: resolve(cwd, name), name, isRequired: named?.label ?? null }, problems)

  const values: Partial<Record<SettingKey, unknown>> = {}
  const sources: Partial<Record<SettingKey, string>> = {}
  for (const key of settingKeys) {
    const row = settingOf(key)
    const text = file?.values.get(key)
    const fromFile =
      file === null || text === undefined
        ? null
        : { text, source: `file ${file.name}`, label: `${key} (${file.name})`, folder: file.folder }
    const found = given(key) ?? fromFile
    sources[key] = found?.source ?? 'default'
    if (found === null && row.default === null) values[key] = null
    else
      values[key] = read(
        row.kind,
        found ?? { text: row.default ?? '', source: 'default', label: `${key} (default)`, folder: cwd },
        problems,
      )
  }
  if (file !== null) values.configFile = resolve(cwd, name)

  if (problems.length > 0) throw new SettingsError(problems)
  // Sound because the loop filled every key with what the kind of its row made.
  const loaded = { settings: values as Settings, sources: sources as Sources }
  contradictions(loaded, problems)
  if (problems.length > 0) throw new SettingsError(problems)
  return { ...loaded, notices: [...misspelled(env)] }
}

function fromFlags(key: SettingKey, flags: Flags, folder: string): Found | null {
  const text = flags[key]
  const flag = settingOf(key).flag
  return text === undefined || flag === null ? null : { text, source: `flag ${flag}`, label: `${flag} (flag)`, folder }
}

/** An empty variable counts as unset: that is how shells, compose files and CI systems spell "not given". */
function fromEnvironment(key: SettingKey, env: Environment, folder: string): Found | null {
  const name = settingOf(key).env.find((each) => (env[each] ?? '') !== '')
  return name === undefined ? null : { text: env[name] ?? '', source: `environment ${name}`, label: `${name} (environment)`, folder }
}

function read(kind: Kind<unknown>, found: Found, problems: string[]): unknown {
  const parsed = kind.parse(found.text, found.folder)
  if ('value' in parsed) return parsed.value
  const shown = kind.isSecret ? 'is not usable' : `is ${quote(found.text)}`
  problems.push(`${found.label} ${shown}: ${parsed.fix}.`)
  return undefined
}

/** Short, on one line, and without the credentials someone may have put into a URL. */
function quote(text: string): string {
  const bare = text.replace(/\/\/.*@/s, '//…@').replace(/\?.*$/s, '?…')
  return JSON.stringify(bare.length > 100 ? `${bare.slice(0, 100)}…` : bare)
}

/** Values that are right each for itself and wrong together. */
function contradictions({ settings, sources }: Pick<Loaded, 'settings' | 'sources'>, problems: string[]): void {
  if (settings.maxHeldBytes < settings.maxJsonBytes) {
    problems.push(
      `maxHeldBytes (${sources.maxHeldBytes}) is ${settings.maxHeldBytes}, less than maxJsonBytes (${sources.maxJsonBytes}): allow at least ${settings.maxJsonBytes}, or one large body could never be held.`,
    )
  }
  if (settings.upstreamKey === null) return
  // Exporting the variables of a client in the shell of the relay is an easy slip, and an endless loop.
  const url = new URL(settings.upstreamUrl)
  const isSamePlace = isLoopback(url.hostname) && (isLoopback(settings.host) || settings.host === '0.0.0.0' || settings.host === '::')
  if (isSamePlace && Number(url.port === '' ? 80 : url.port) === settings.port) {
    problems.push(
      `upstreamUrl (${sources.upstreamUrl}) is "${settings.upstreamUrl}", this relay itself: name the upstream, or choose another port for the relay.`,
    )
  }
  if (url.hostname === 'api.openai.com' && settings.upstreamKey.reveal().startsWith('rk_')) {
    problems.push(`upstreamKey (${sources.upstreamKey}) is a token of a relay, which api.openai.com does not know: use a key of OpenAI.`)
  }
}

function isLoopback(name: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/.test(name)
}

/** Variables that look like ours with a slip in them. Others are left alone: orchestrators set RELAY_… of their own. */
function* misspelled(env: Environment): Iterable<string> {
  const known = settingKeys.flatMap((key) => settingOf(key).env)
  for (const name of Object.keys(env)) {
    if (!name.startsWith('RELAY_') || known.includes(name)) continue
    const near = closest(name, known)
    if (near !== null) yield `${name} (environment) is no setting and was not read: did you mean ${near}?`
  }
}
