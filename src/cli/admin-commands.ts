// The commands of the admin table: their arguments, options and help are those of its rows.
import { Argument, Option, type Command } from 'commander'
import type { Input } from '../admin/operation.ts'
import { operations } from '../admin/operations.ts'
import type { Asked } from './admin-asked.ts'
import { addSettings } from './setting-flags.ts'

const nouns: Readonly<Record<string, string>> = {
  tenant: 'teams that share this relay: each sees only what is its own',
  project: 'parts of a tenant, with objects of their own',
  token: 'make, list, rotate and revoke the tokens of clients; a running relay follows at once',
  member: 'the people of a tenant',
  account: 'upstream accounts: keys of their own for tenants and projects',
  share: 'let another project of a tenant read an object',
  audit: 'what was changed, when and by whom',
  'admin-token': 'the tokens of the admin API',
}

export function addAdminCommands(relay: Command): void {
  const groups = new Map<string, Command>()
  for (const operation of operations) {
    const [noun = '', verb = ''] = operation.command.split(' ')
    if (!/^[a-z]/.test(verb)) {
      addOperation(relay.command(noun), operation)
      continue
    }
    let group = groups.get(noun)
    if (group === undefined) groups.set(noun, (group = relay.command(noun).description(nouns[noun] ?? '')))
    addOperation(group.command(verb), operation)
  }
}

function addOperation(command: Command, operation: Asked['operation']): void {
  command.summary(inList(operation.summary)).description(operation.summary)
  const named = [...operation.command.matchAll(/([<[])(\w+)(\.\.\.)?[>\]]/g)]
  const args = named.map(([text, , name = '']) => {
    command.addArgument(new Argument(text, operation.input[name]?.description))
    return name
  })
  const required = new Set(named.filter(([, bracket]) => bracket === '<').map(([, , name]) => name))
  const options = Object.entries(operation.input)
    .filter(([name]) => !required.has(name))
    .map(([name, input]) => {
      const option = optionOf(name, input)
      if (operation.required.includes(name) && input.isSecret !== true) option.makeOptionMandatory()
      command.addOption(option)
      return { name, input, key: option.attributeName() }
    })
  command
    .option('--url <url>', 'ask a relay elsewhere, with the admin token of RELAY_ADMIN_TOKEN')
    .option('--json', operation.answers === 'all' ? 'print a JSON array' : 'print one JSON object')
    .addHelpText('after', `\nExamples:\n${operation.examples.map((example) => `  $ relay ${example}`).join('\n')}`)
  const flagsOf = addSettings(command, ['dataDir', 'configFile'])

  command.action(async (...parsed: unknown[]) => {
    const values = parsed[args.length] as Readonly<Record<string, unknown>>
    const given: Record<string, unknown> = {}
    const secrets: Record<string, string | null> = {}
    for (const { name, input, key } of options) {
      const value = values[key]
      if (input.isSecret === true) secrets[name] = typeof value === 'string' ? value : null
      else if (value !== undefined) given[name] = valueOf(input, value)
    }
    args.forEach((name, index) => {
      const value = parsed[index]
      // None of a list is none given.
      if (value !== undefined && !(Array.isArray(value) && value.length === 0)) given[name] = value
    })
    const { url, json } = values
    await (
      await import('./admin.ts')
    ).administer({ operation, given, secrets, flags: flagsOf(values), url: typeof url === 'string' ? url : null, isJson: json === true })
  })
}

function optionOf(name: string, input: Input): Option {
  const flag = `--${input.option ?? name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  if (input.isSecret === true)
    return new Option(`${flag}-env <variable>`, `${input.description} Read from this variable, or from standard input.`)
  if (input.type === 'boolean') return new Option(flag, input.description)
  const placeholder = input.enum?.join('|') ?? flag.slice(2)
  if (input.type !== 'array') return new Option(`${flag} <${placeholder}>`, input.description)
  return new Option(`${flag} <${placeholder}>`, `${input.description} May be repeated.`).argParser(
    (text: string, before: readonly string[] | undefined) => [...(before ?? []), text],
  )
}

/** As the other commands say theirs. */
const inList = (sentence: string): string => `${sentence.charAt(0).toLowerCase()}${sentence.slice(1).replace(/\.$/, '')}`

/** What is no whole number stays text, and the row says what it takes. */
const valueOf = (input: Input, value: unknown): unknown =>
  input.type === 'integer' && typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
