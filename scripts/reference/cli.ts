// docs/reference/cli.md: the help of every command, as `relay help` prints it.
import type { Command } from 'commander'
import { program } from '../../src/cli/command-line.ts'
import { generated } from './markdown.ts'

export function cliReference(): string {
  return `# Command line

${generated('src/cli/command-line.ts and src/admin/operations.ts')}
In a checkout write \`npm exec relay --\` where this page says \`relay\`. Exit codes: 0 done, 1 failed, 2 a mistake in the
command line or the settings.
${sections(program(), '').join('')}`
}

function sections(command: Command, parents: string): string[] {
  const name = `${parents}${command.name()}`
  const own = `\n## ${name}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`
  return [own, ...command.commands.flatMap((each) => sections(each, `${name} `))]
}

/** With the texts around it, which `helpInformation` leaves out, and at a fixed width. */
function helpOf(command: Command): string {
  const parts: string[] = []
  command.configureOutput({ writeOut: (text) => parts.push(text), getOutHelpWidth: () => 120, getOutHasColors: () => false })
  command.outputHelp()
  return parts.join('').trim()
}
