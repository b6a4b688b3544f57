// Settings as flags of a command, and back.
import { Option, type Command } from 'commander'
import type { Flags } from '../config/load.ts'
import { settingOf, type SettingKey } from '../config/settings.ts'

/** Gives a command the flags of some settings; the function it returns picks them out of what was parsed. */
export function addSettings(command: Command, keys: readonly SettingKey[]): (options: Readonly<Record<string, unknown>>) => Flags {
  const options = keys.flatMap((key) => {
    const { flag, help, kind } = settingOf(key)
    if (flag === null) return []
    const fallback = settingOf(key).default
    const option = new Option(
      `${flag} <${kind.placeholder}>`,
      `${help} [${variableOf(key)}${fallback === null ? '' : `, default ${fallback}`}]`,
    )
    command.addOption(option)
    return [{ key, name: option.attributeName() }]
  })
  return (parsed) => {
    const flags: Flags = {}
    for (const { key, name } of options) {
      const text = parsed[name]
      if (typeof text === 'string') flags[key] = text
    }
    return flags
  }
}

export const variableOf = (key: SettingKey): string => settingOf(key).env[0]
