// The commands of `relay`, their arguments and help. What a command does is loaded when it runs, so that none waits for another.
import { Command, CommanderError } from 'commander'
import { settingKeys } from '../config/settings.ts'
import { addAdminCommands } from './admin-commands.ts'
import type { CheckFlags } from './check.ts'
import type { EmulatorFlags } from './emulator.ts'
import { exitCodes, report } from './failure.ts'
import { version } from '../kernel/version.ts'
import { addSettings, variableOf } from './setting-flags.ts'

type Json = { readonly json?: boolean }

/** Runs one command line; the answer is the exit code of the process. Nothing is thrown and nothing exits in between. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(args, { from: 'user' })
    return exitCodes.ok
  } catch (error) {
    // Commander has told already: help and version with 0, everything else is a wrong command line.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
    return report(error)
  }
}

/** The commands without running one: the reference is written from their help. */
export function program(): Command {
  const relay = new Command('relay')
    .description('Relay carries the whole OpenAI API to OpenAI, or anything compatible, behind tokens of your own.')
    .version(version(), '-V, --version', 'print the version')
    .helpCommand('help [command]', 'show the help of a command')
    .helpOption('-h, --help', 'show this help')
    .showHelpAfterError('Add --help to see how it is used.')
    // Through the console, for which a reader that leaves early (`relay start --help | head`) is no failure.
    .configureOutput({
      writeOut: (text) => console.log(text.replace(/\n$/, '')),
      writeErr: (text) => console.error(text.replace(/\n$/, '')),
      outputError: (text, write) => write(text.replace(/^error: /, 'relay: ')),
    })
    .exitOverride()
    .addHelpText(
      'after',
      `
Examples:
  $ relay start                              offline, answered by the embedded emulator
  $ OPENAI_API_KEY=sk-... relay start        carry requests to OpenAI
  $ relay token create ci                    one token for each client
  $ relay tenant create red                  a team of its own, which sees nothing of the others
  $ relay endpoints files                    what is carried
  $ relay config explain                     what is set, and where

Clients need two things: base URL http://127.0.0.1:8000/v1, and a relay token as their API key.`,
    )
  addStart(relay)
  addAdminCommands(relay)
  addEndpoints(relay)
  addCoverage(relay)
  addConfig(relay)
  addEmulator(relay)
  addCheck(relay)
  addBackup(relay)
  relay
    .command('version')
    .description('print the version')
    .action(() => console.log(version()))
  return relay
}

function addStart(relay: Command): void {
  const start = relay
    .command('start')
    .summary('start the relay')
    .description(
      `Starts the relay and keeps running. Every setting is a flag, a variable or a line of relay.yaml, in this order of precedence.
Secrets have no flag: ${variableOf('upstreamKey')} is the key of the upstream, ${variableOf('token')} a token for clients beside those of
\`relay token\`, ${variableOf('databaseUrl')} a Postgres for all state, ${variableOf('secret')} what relays on several machines share.`,
    )
    .addHelpText(
      'after',
      `
Examples:
  $ relay start                                                    offline, answered by the embedded emulator
  $ OPENAI_API_KEY=sk-... relay start                              carry requests to OpenAI
  $ OPENAI_API_KEY=none relay start --upstream-url http://127.0.0.1:11434/v1
                                                                   or to anything compatible
  $ relay start --host 0.0.0.0 --port 80                           for other machines

SIGTERM or Ctrl-C lets open exchanges finish; a second one ends at once.`,
    )
  const flagsOf = addSettings(start, settingKeys)
  start.action(async (options: Record<string, string>) => (await import('./start.ts')).start(flagsOf(options)))
}

function addBackup(relay: Command): void {
  const backup = relay
    .command('backup <file>')
    .summary('copy the database into one file, while the relay runs')
    .description(
      `Copies the SQLite database of the data folder into one file, as of this moment, while relays use it. The token pepper is
in it: whoever has the file has all but the secrets of the tokens. A Postgres is backed up with pg_dump.`,
    )
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  $ relay backup /var/backups/relay-$(date +%F).db')
  const backupFlags = addSettings(backup, ['dataDir', 'configFile'])
  backup.action(async (file: string, options: Record<string, string> & Json) =>
    (await import('./backup.ts')).backUpStore(backupFlags(options), file, options.json === true),
  )

  const restore = relay
    .command('restore <file>')
    .summary('make a backup the database of the data folder')
    .description(
      `Makes a backup the database of the data folder, with its token pepper. The relay has to be stopped. The file is checked
first, and what was in the folder is moved aside under a name that is printed.`,
    )
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  $ relay restore /var/backups/relay-2026-11-22.db --data-dir /var/lib/relay')
  const restoreFlags = addSettings(restore, ['dataDir', 'configFile'])
  restore.action(async (file: string, options: Record<string, string> & Json) =>
    (await import('./backup.ts')).restoreStore(restoreFlags(options), file, options.json === true),
  )
}

function addEndpoints(relay: Command): void {
  relay
    .command('endpoints [family]')
    .description('list the operations that are carried')
    .option('--json', 'print the rows of the catalog as a JSON array')
    .addHelpText('after', '\nExamples:\n  $ relay endpoints vector_stores\n  $ relay endpoints --json | jq -r ".[].path"')
    .action(async (family: string | undefined, options: Json) =>
      (await import('./endpoints.ts')).listEndpoints(family ?? null, options.json === true),
    )
}

function addCoverage(relay: Command): void {
  relay
    .command('coverage')
    .description('show how ChatGPT reaches each operation: directly, through a wrapper, through the proxy, or not and why')
    .option('--json', 'print a JSON array')
    .addHelpText('after', '\nExample:\n  $ relay coverage --json | jq -r \'.[] | select(.bucket == "never") | .path + ": " + .how\'')
    .action(async (options: Json) => (await import('./coverage.ts')).showCoverage(options.json === true))
}

function addConfig(relay: Command): void {
  const explain = relay
    .command('config')
    .description('look at the settings')
    .command('explain')
    .description('show every setting, its value and where it came from; secrets only as set or unset')
    .option('--json', 'print a JSON array')
  const flagsOf = addSettings(explain, settingKeys)
  explain.action(async (options: Record<string, string> & Json) =>
    (await import('./config.ts')).explainConfig(flagsOf(options), options.json === true),
  )
}

function addEmulator(relay: Command): void {
  const collect = (text: string, before: readonly string[]): readonly string[] => [...before, text]
  relay
    .command('emulator')
    .summary('run the offline OpenAI alone')
    .description(
      `Runs the offline OpenAI alone, without relay and tokens, for testing a client: any key is accepted. It can follow a
script, break answers on purpose, and record and replay what a real upstream says.`,
    )
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'port to listen on; 0 lets the system choose', '9000')
    .option('--data-dir <path>', 'folder of its state', '.relay-emulator')
    .option('--job-ms <ms>', 'how long a job stays in each state', '300')
    .option('--token-ms <ms>', 'pause between two tokens of a stream', '0')
    .option('--key <key>', 'accept only this key; may be repeated', collect, [])
    .option('--model <id>', 'know this model too; may be repeated', collect, [])
    .option('--script <file>', 'YAML or JSON file that says which request gets which reply; read again when it changes')
    .option('--seed-file <file>', 'YAML or JSON file of objects to begin with')
    .option('--fault <fault:chance>', 'break this share of the answers, such as "overloaded:0.1"; may be repeated', collect, [])
    .option('--seed <number>', 'which answers those are: the same number, the same answers', '1')
    .option('--record <folder>', 'carry requests to the upstream, with the key of OPENAI_API_KEY, and record what is said')
    .option('--upstream <url>', 'what --record carries to', 'https://api.openai.com/v1')
    .option('--replay <folder>', 'answer from recordings, without a network')
    .option('--strict', 'with --replay: a request nobody recorded is an error, instead of answered by the emulator')
    .option('--speed <factor>', 'with --replay: how many times as fast as recorded, or max (default: as recorded)')
    .addHelpText(
      'after',
      `
Examples:
  $ relay emulator --port 9000 &
  $ OPENAI_BASE_URL=http://127.0.0.1:9000/v1 OPENAI_API_KEY=any npm test
  $ relay emulator --script script.yaml                         answers of your own
  $ relay emulator --fault "status=429; retry-after=1: 0.2" --seed 7
                                                                every fifth request is turned away, the same ones each time
  $ OPENAI_API_KEY=sk-... relay emulator --record recordings    what OpenAI says, kept without the key
  $ relay emulator --replay recordings --strict --speed max     and said again, offline

One request is broken with a header, x-emulator-fault: cut=120. What arrived is in GET /_emulator/journal.`,
    )
    .action(async (options: EmulatorFlags) => (await import('./emulator.ts')).emulate(options))
}

function addCheck(relay: Command): void {
  relay
    .command('check')
    .summary('prove that a deployment works')
    .description(
      `Runs the success gates against a running relay: uploads, streaming, OpenAPI, content, files, batches.
A gate asserts the content of success, cleans up what it made, and one that fails makes the exit code 1.`,
    )
    .option('--base-url <url>', 'the deployment, with or without /v1 (RELAY_BASE_URL; http://127.0.0.1:8000)')
    .option('--token <token>', 'a relay token (RELAY_TOKEN)')
    .option('--model <model>', 'the model to ask (RELAY_CHECK_MODEL; gpt-4o-mini)')
    .option('--only <gates>', 'some gates: A,B')
    .option('--batch-wait <seconds>', 'how long gate F waits for its batch (BATCH_MAX_WAIT_SECONDS; 1800)')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  $ RELAY_TOKEN=rk_... relay check
  $ relay check --base-url https://relay.example.com/v1 --token rk_... --only A,E --json`,
    )
    .action(async (flags: CheckFlags) => (await import('./check.ts')).check(flags))
}
