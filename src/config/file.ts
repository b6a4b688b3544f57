// Reads the YAML file of settings into text per setting, so that one set of parsers serves every source.
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { errorCode } from '../kernel/error-code.ts'
import { closest } from './closest.ts'
import { settingKeys, settingOf, type SettingKey } from './settings.ts'

export type SettingsFile = {
  /** As the operator named it, for messages. */
  readonly name: string
  /** What relative paths in it start from. */
  readonly folder: string
  readonly values: ReadonlyMap<SettingKey, string>
}

/** Null when there is no file and none was asked for. `problems` receives what is wrong, one sentence each. */
export async function readSettingsFile(
  { file, name, isRequired }: { readonly file: string; readonly name: string; readonly isRequired: string | null },
  problems: string[],
): Promise<SettingsFile | null> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ENOENT' && isRequired === null) return null
    const why = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`
    problems.push(`${isRequired ?? 'The file'} names ${file}, but ${why}: give the path of a YAML file this user may read.`)
    return null
  }
  return { name, folder: dirname(file), values: await parse(text, name, problems) }
}

async function parse(text: string, name: string, problems: string[]): Promise<Map<SettingKey, string>> {
  // Loaded here because it costs 20 ms and most relays have no file.
  const { isMap, isScalar, parseDocument } = await import('yaml')
  const values = new Map<SettingKey, string>()
  const document = parseDocument(text, { prettyErrors: true })
  for (const error of document.errors) {
    problems.push(`${name} is not valid YAML at line ${error.linePos?.[0].line ?? '?'}: ${firstLine(error.message)}`)
  }
  if (document.errors.length > 0 || document.contents === null) return values
  if (!isMap(document.contents)) {
    problems.push(`${name} holds no settings: write one \`name: value\` a line, such as \`port: 8000\`.`)
    return values
  }
  for (const { key, value } of document.contents.items) {
    const word = isScalar(key) ? String(key.value) : String(key)
    const known = settingKeys.find((each) => each === word)
    if (known === undefined) problems.push(`${word} (${name}) is no setting: ${suggestion(word)}.`)
    else if (known === 'configFile') problems.push(`configFile (${name}) cannot stand in a file: use --config or RELAY_CONFIG.`)
    else if (value !== null && !isScalar(value)) problems.push(`${word} (${name}) is a list or a mapping: write one value.`)
    else if (value !== null && value.value !== null) {
      // The source text of a number or boolean: `token: 0123` means these four digits, not 83 or 123.
      values.set(known, typeof value.value === 'string' ? value.value : (value.source ?? ''))
    }
  }
  return values
}

function suggestion(word: string): string {
  const byEnvironment = settingKeys.find((key) => settingOf(key).env.some((each) => each.toLowerCase() === word.toLowerCase()))
  const near = byEnvironment ?? closest(word.replaceAll(/[-_]/g, ''), settingKeys)
  return near === null ? 'remove it; `relay config explain` lists the settings' : `did you mean ${near}`
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '')
}
