// The servers that are compared, each started as its users start it, on a port of its own and all on the same core.
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync, readSync } from 'node:fs'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join, resolve as absolute } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createMessageReader } from './framing.ts'
import { configureNginx } from './nginx.ts'
import { chatRequest, operatorKey, relayToken } from './payloads.ts'
import { startPinned, stop } from './pinning.ts'
import { cpuMicroseconds, residentBytes, waitedMicroseconds } from './processes.ts'

export type ContenderName = 'nginx' | 'nginx, no log' | 'bare' | 'relay' | 'other' | 'direct'

/** What has to be known to start a contender; starting it is repeatable (start time and memory need fresh processes). */
export type ContenderPlan = { readonly name: ContenderName; start(options: StartContext): Promise<Contender> }

export type StartContext = { readonly upstreamPort: number; readonly directory: string; readonly core: number | undefined }

export type Contender = AsyncDisposable & {
  readonly name: ContenderName
  readonly port: number
  /** A second port of the same process that does the same job without an access log (nginx only). */
  readonly quietPort?: number
  /** From the start of the process to its first 200. */
  readonly firstAnswerMs: number
  readonly cpuMicroseconds: () => number
  readonly waitedMicroseconds: () => number
  readonly residentBytes: () => number
  /** How the process ended, when nobody asked it to. */
  readonly end: () => string | undefined
}

export function nginxPlan(path: string): ContenderPlan {
  return {
    name: 'nginx',
    start: async (context) => {
      const [logging, quiet] = [await freePort(), await freePort()]
      const args = configureNginx(context.directory, { logging, quiet, upstream: context.upstreamPort })
      const contender = await launch({ name: 'nginx', port: logging, command: path, args, env: process.env, context })
      return { ...contender, quietPort: quiet }
    },
  }
}

export function barePlan(flags: readonly string[] = []): ContenderPlan {
  return {
    name: 'bare',
    start: async (context) => {
      const port = await freePort()
      const args = [...flags, fileURLToPath(new URL('./bare.ts', import.meta.url))]
      return launch({ name: 'bare', port, command: process.execPath, args, env: relayEnvironment(port, context), context })
    },
  }
}

export type RelayPlanOptions = {
  readonly name?: ContenderName
  /** Beside those of its `npm start`. */
  readonly flags?: readonly string[]
  readonly environment?: NodeJS.ProcessEnv
}

/** The relay of a checkout, built into its `dist`. */
export function relayPlan(
  checkout: string,
  { name = 'relay', flags: extraFlags = [], environment = {} }: RelayPlanOptions = {},
): ContenderPlan {
  const entry = absolute(checkout, 'dist', 'main.js')
  if (!existsSync(entry)) throw new Error(`${entry} is missing: run "npm run build" first`)
  const manifest = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as { scripts?: Record<string, string> }
  const flags = [...nodeFlags(manifest.scripts?.['start'] ?? ''), ...extraFlags]
  return {
    name,
    start: async (context) => {
      const port = await freePort()
      const args = [...flags, entry, 'start']
      const env = { ...relayEnvironment(port, context), ...environment }
      return launch({ name, port, command: process.execPath, args, env, context })
    },
  }
}

/** The flags a start script hands to Node: `node --a --b=1 dist/main.js start` has two. */
export function nodeFlags(script: string): string[] {
  const words = script.split('&&').at(-1)?.trim().split(/\s+/) ?? []
  const node = words.indexOf('node')
  if (node === -1) return []
  const rest = words.slice(node + 1)
  const entry = rest.findIndex((word) => !word.startsWith('-'))
  return entry === -1 ? rest : rest.slice(0, entry)
}

function relayEnvironment(port: number, context: StartContext): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: context.directory,
    RELAY_HOST: '127.0.0.1',
    RELAY_PORT: String(port),
    RELAY_TOKEN: relayToken,
    RELAY_DATA_DIR: join(context.directory, 'data'),
    OPENAI_API_KEY: operatorKey,
    OPENAI_BASE_URL: `http://127.0.0.1:${context.upstreamPort}/v1`,
  }
}

type Launch = {
  readonly name: ContenderName
  readonly port: number
  readonly command: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly context: StartContext
}

async function launch({ name, port, command, args, env, context }: Launch): Promise<Contender> {
  mkdirSync(context.directory, { recursive: true })
  const output = openSync(join(context.directory, 'output.log'), 'a')
  const startedAt = performance.now()
  const child = startPinned({
    core: context.core,
    command,
    args,
    env,
    // Not in a checkout: a settings file there would change what is measured.
    cwd: context.directory,
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  const pid = child.pid
  if (pid === undefined) throw new Error(`${command} could not be started`)
  const end = (): string | undefined => {
    if (child.exitCode === null && child.signalCode === null) return undefined
    return `${name} ended with ${child.signalCode ?? `code ${child.exitCode}`}; it said:\n${lastWords(join(context.directory, 'output.log'))}`
  }
  const deadline = performance.now() + 15_000
  while (!(await answersOk(port))) {
    const ended = end()
    if (ended !== undefined) throw new Error(ended)
    if (performance.now() > deadline) {
      await stop(child)
      throw new Error(`${name} does not answer 200 within 15 s`)
    }
    await sleep(2)
  }
  return {
    name,
    port,
    firstAnswerMs: performance.now() - startedAt,
    cpuMicroseconds: () => cpuMicroseconds(pid),
    waitedMicroseconds: () => waitedMicroseconds(pid),
    residentBytes: () => residentBytes(pid),
    end,
    [Symbol.asyncDispose]: () => stop(child),
  }
}

/** The end of a log that may be hundreds of megabytes long. */
function lastWords(path: string): string {
  const file = openSync(path, 'r')
  const bytes = Buffer.alloc(2000)
  const length = readSync(file, bytes, 0, bytes.length, Math.max(0, fstatSync(file).size - bytes.length))
  closeSync(file)
  return bytes.toString('utf8', 0, length)
}

/** One whole exchange; false for a refused connection or any other status. */
export async function answersOk(port: number, token?: string): Promise<boolean> {
  return (await statusOf(port, token)) === '200'
}

export function statusOf(port: number, token?: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let status: string | undefined
    const socket = connect({ host: '127.0.0.1', port })
    const read = createMessageReader({
      onHead: (head) => {
        status = head.slice(9, 12)
      },
      onBody: () => undefined,
      onEnd: () => socket.destroy(),
    })
    socket.on('connect', () => socket.write(chatRequest({ isStreaming: false, ...(token === undefined ? {} : { token }) })))
    socket.on('data', (bytes) => read(bytes, bytes.length))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => resolve(status))
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
