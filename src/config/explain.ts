// What `relay config explain` shows: every setting, its value and where it came from. Secrets are only set or unset.
import { Secret } from '../kernel/secret.ts'
import { settingKeys, settingOf, type SettingKey, type Settings, type Sources } from './settings.ts'

export type ExplainedSetting = {
  readonly setting: SettingKey
  readonly value: string | number | null
  readonly source: string
  readonly environment: readonly string[]
  readonly flag: string | null
  readonly help: string
}

/** One row a setting, in the order of the table. A secret has the value `set` or null. */
export function explainSettings(settings: Settings, sources: Sources): readonly ExplainedSetting[] {
  return settingKeys.map((key) => {
    const { env, flag, help } = settingOf(key)
    const value = settings[key]
    return {
      setting: key,
      value: value instanceof Secret ? 'set' : typeof value === 'object' && value !== null ? value.join(',') : value,
      source: sources[key],
      environment: env,
      flag,
      help,
    }
  })
}
