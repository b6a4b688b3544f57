// `relay config explain`: what is set, and where it came from.
import { explainSettings } from '../config/explain.ts'
import { loadSettings, type Flags } from '../config/load.ts'
import { table } from './table.ts'

export async function explainConfig(flags: Flags, isJson: boolean): Promise<void> {
  const { settings, sources, notices } = await loadSettings({ flags, env: process.env, cwd: process.cwd() })
  const rows = explainSettings(settings, sources)
  if (isJson) return console.log(JSON.stringify(rows, null, 2))
  console.log(
    table(
      ['SETTING', 'VALUE', 'FROM', 'MEANING'],
      rows.map(({ setting, value, source, help }) => [setting, String(value ?? 'unset'), source, help]),
    ),
  )
  for (const notice of notices) console.error(`relay: ${notice}`)
}
