// The guide of the emulator is true: its files are written, its commands run, its programs run with the official SDK, and they say
// what the guide says they say. Its tables are compared with the code.
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse } from 'yaml'
import { emulatorDefaults } from '../src/emulator/options.ts'
import { faultWords } from '../src/emulator/faults/fault.ts'
import { filterNames } from '../src/emulator/journal.ts'
import { scriptFields, scriptSchema } from '../src/emulator/script/script.ts'
import { bareEnvironment, startRelayProcess, type RelayProcess } from './harness/relay-process.ts'
import { startTestEmulator } from './harness/emulator.ts'

const root = join(import.meta.dirname, '..')
let guide = ''
before(async () => {
  guide = await readFile(join(root, 'docs/guide/emulator.md'), 'utf8')
})

const hasCurl = spawnSync('curl', ['--version']).error === undefined

type Block = { readonly language: string; readonly note: string; readonly text: string }
type Section = { readonly title: string; readonly blocks: readonly Block[] }

/** The parts of the guide that show something. */
function sections(): readonly Section[] {
  return guide
    .split(/^## /m)
    .slice(1)
    .map((text) => ({
      title: text.slice(0, text.indexOf('\n')),
      blocks: [...text.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(([, language = '', note = '', code = '']) => ({
        language,
        note,
        text: code,
      })),
    }))
}

test('everything the guide shows happens as it shows it', { skip: hasCurl ? false : 'no curl here' }, async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'relay-guide-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  await using upstream = await startTestEmulator({ keys: ['sk-...'] })
  let shown = 0
  for (const { title, blocks } of sections()) {
    await context.test(title, async () => {
      await using stage = createStage(folder, `${upstream.url}/v1`)
      let program = ''
      let output: string | null = null
      for (const { language, note, text } of blocks) {
        switch (language) {
          case 'yaml':
            await writeFile(join(folder, note), text)
            break
          case 'sh':
            output = ''
            for (const line of text.trim().split('\n')) output += await stage.command(line, note === 'fails')
            break
          case 'ts':
            if (note !== 'again') program = text
            output = await stage.program(program)
            break
          case 'text':
            assert.ok(output !== null, `nothing said: ${text}`)
            assert.match(output.replaceAll('\r', '').trimEnd(), patternOf(text.trimEnd()))
            output = null
            shown++
            break
          default:
            assert.fail(`a block of ${language}, which nobody here runs`)
        }
      }
    })
  }
  assert.ok(shown >= 10, `${shown} outputs were compared`)
})

type Stage = {
  /** Runs a line of a shell and gives what it says; a `relay emulator` is started and stays. */
  readonly command: (line: string, isToFail: boolean) => Promise<string>
  readonly program: (text: string) => Promise<string>
} & AsyncDisposable

function createStage(folder: string, upstreamUrl: string): Stage {
  let running: { readonly emulator: RelayProcess; readonly port: string } | null = null
  const stop = async (): Promise<void> => {
    const last = running
    running = null
    last?.emulator.child.kill('SIGTERM')
    await last?.emulator.exited
  }
  const start = async (args: readonly string[], env: Record<string, string>): Promise<RelayProcess> => {
    await stop()
    const more = args.includes('--record') ? ['--upstream', upstreamUrl] : []
    return startRelayProcess({ args: [...args.map((each) => (each === '9000' ? '0' : each)), ...more], env, dataDir: folder })
  }
  const listening = async (args: readonly string[], env: Record<string, string>): Promise<void> => {
    const emulator = await start(args, env)
    await emulator.printed(/answers on http:\/\/127\.0\.0\.1:\d+/)
    running = { emulator, port: /answers on http:\/\/127\.0\.0\.1:(\d+)/.exec(emulator.stderr())?.[1] ?? '' }
  }
  const here = async (text: string): Promise<string> => {
    if (running === null) await listening(['emulator', '--port', '9000'], {})
    return text.replaceAll('127.0.0.1:9000', `127.0.0.1:${running?.port}`)
  }
  return {
    command: async (line, isToFail) => {
      const [, variables = '', rest = ''] = /^((?:[A-Z_]+=\S+ )*)(.*)$/.exec(line) ?? []
      if (!rest.startsWith('relay ')) return run('bash', ['-c', await here(line)], folder)
      const args = [...rest.slice('relay '.length).matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
      const env = Object.fromEntries(variables.split(' ').flatMap((each) => (each === '' ? [] : [each.split('=') as [string, string]])))
      if (!isToFail) {
        await listening(args, env)
        return ''
      }
      const failing = await start(args, env)
      assert.notEqual((await failing.exited).code, 0)
      return failing.stderr()
    },
    program: async (text) => {
      const file = join(folder, 'program.ts')
      await writeFile(file, await here(text))
      return run(process.execPath, [file], folder)
    },
    [Symbol.asyncDispose]: stop,
  }
}

const run = (command: string, args: readonly string[], cwd: string): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(command, args, { cwd, env: bareEnvironment(), timeout: 60_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${command} ${args.join(' ')}: ${stderr}`, { cause: error }))
    })
  })

/** An ellipsis stands for what differs from time to time. */
const patternOf = (expected: string): RegExp =>
  new RegExp(
    `^${expected
      .split('…')
      .map((part) => RegExp.escape(part))
      .join('[\\s\\S]*?')}$`,
  )

/** The first cells of the rows of the table that begins with this head. */
function column(head: string): readonly string[] {
  const [, table = ''] = guide.split(`\n| ${head} |`)
  const rows = table.split('\n\n')[0]?.split('\n').slice(2) ?? []
  return rows.map((row) => /^\| (.*?) \|/.exec(row)?.[1] ?? '')
}

test('the table of faults is the one the emulator reads', () => {
  const rows = Object.values(faultWords).map(({ takes, effect }) => {
    const forms = takes.split(/ or (?=\w+(?:=|$))/).map((form) => `\`${form}\``)
    return `| ${forms.join(' or ')} | ${effect} |`
  })
  const table = /<!-- faults -->\n([\s\S]*?)<!-- \/faults -->/.exec(guide)?.[1] ?? ''
  assert.equal(table, `| Fault | What happens |\n|---|---|\n${rows.join('\n')}\n`)
})

test('the tables name every condition, field, filter and control there is, and no other', async () => {
  const named = (head: string): readonly string[] => column(head).map((cell) => cell.replaceAll('`', ''))
  type Described = { readonly properties: Readonly<Record<string, { readonly items?: Described } & Described>> }
  const rule = (scriptFields.schema as Described).properties['rules']?.items?.properties ?? {}
  assert.deepEqual(named('Condition | Holds when'), Object.keys(rule['when']?.properties ?? {}))
  assert.deepEqual(named('Field | Meaning'), Object.keys(rule['reply']?.properties ?? {}))
  assert.deepEqual(named('Filter | Shows exchanges').toSorted(), filterNames.toSorted())
  const source = await readFile(join(root, 'src/emulator/controls.ts'), 'utf8')
  const controls = [...source.matchAll(/'((?:GET|POST|PUT|DELETE) \/_emulator\/[\w/]+)'/g)].map(([, name = '']) => name)
  assert.deepEqual(named('Request | What it does').toSorted(), controls.toSorted())
})

test('the schema takes the script of the guide, and not the broken one', () => {
  const validate = new Ajv2020().compile(scriptSchema)
  const script = (name: string): unknown =>
    parse(
      sections()
        .flatMap(({ blocks }) => blocks)
        .find(({ note }) => note === name)?.text ?? '',
    )
  assert.ok(validate(script('weather.yaml')), JSON.stringify(validate.errors))
  assert.equal(validate(script('broken.yaml')), false)
})

test('the numbers of the guide are those of the code', async () => {
  assert.match(guide, new RegExp(`the last ${emulatorDefaults.journalEntriesMax.toLocaleString('en-US')} exchanges`))
  const line = await readFile(join(root, 'src/cli/command-line.ts'), 'utf8')
  assert.match(line, new RegExp(`'--job-ms <ms>', .*'${/by steps, (\d+) ms each/.exec(guide)?.[1]}'`))
})
