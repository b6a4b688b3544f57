// docs/reference/settings.md: every setting of the process, from the table that reads them.
import { settingKeys, settingOf } from '../../src/config/settings.ts'
import { code, generated, table } from './markdown.ts'

export function settingsReference(): string {
  return `# Settings

${generated('src/config/settings.ts')}
A value comes from the first of these that has one: a flag of \`relay start\`, an environment variable, the YAML file
(\`relay.yaml\` in the current folder, or the one \`--config\` names), the default. \`relay config explain\` shows every value
and where it came from; secrets only as set or unset. A wrong value ends the start with one sentence a problem.

\`\`\`yaml
# relay.yaml
port: 8080
upstreamUrl: https://api.openai.com/v1
deadlineGenerationMs: 1200000
\`\`\`

${table(
  ['Setting', 'Environment', 'Flag', 'Default', 'Meaning'],
  settingKeys.map((key) => {
    const { env, flag, default: fallback, help } = settingOf(key)
    return [code(key), env.map(code).join(' or '), flag === null ? 'none' : code(flag), fallback === null ? 'unset' : code(fallback), help]
  }),
)}
Settings without a flag are secrets: a command line can be read by every user of the machine. Times are milliseconds, sizes
bytes.

${settingKeys.map(takes).join('')}`
}

function takes(key: (typeof settingKeys)[number]): string {
  return `- ${code(key)} takes ${settingOf(key).kind.takes}.\n`
}
