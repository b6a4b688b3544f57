// The relay as an operator starts it: its command line in a process of its own, for signals, memory, output and exit codes.
import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const main = new URL('../../src/main.ts', import.meta.url).pathname

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null }

export type RelayProcess = {
  readonly child: ChildProcess
  readonly dataDir: string
  /** Everything it said so far. */
  readonly stdout: () => string
  readonly stderr: () => string
  /** Resolves when the text was printed on either; rejects when it exits before. */
  readonly printed: (text: string | RegExp) => Promise<void>
  /** The base URL without `/v1`, once it answers `/health`. */
  readonly url: Promise<string>
  readonly exited: Promise<Exit>
  readonly rssBytes: () => number
  /** The highest RSS since the start or the last `forgetPeak`, from the kernel (VmHWM). */
  readonly rssPeakBytes: () => number
  readonly forgetPeak: () => void
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

export type RelayProcessOptions = {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Kept for another start when given. */
  readonly dataDir?: string
  readonly nodeArgs?: readonly string[]
}

const patienceMs = 60_000

/** The environment a child gets: nothing of ours but the path, so that a developer's own OPENAI_API_KEY stays out. */
export const bareEnvironment = (): Record<string, string> => ({ PATH: process.env['PATH'] ?? '', HOME: tmpdir(), TMPDIR: tmpdir() })

export async function startRelayProcess({
  args = ['start', '--port', '0'],
  env = {},
  dataDir,
  nodeArgs = [],
}: RelayProcessOptions = {}): Promise<RelayProcess> {
  const folder = dataDir ?? (await mkdtemp(join(tmpdir(), 'relay-process-')))
  const child = spawn(process.execPath, [...nodeArgs, main, ...args], {
    cwd: folder,
    env: { ...bareEnvironment(), RELAY_DATA_DIR: join(folder, 'data'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  const wakers = new Set<() => void>()
  const wake = (): void => {
    for (const each of [...wakers]) each()
  }
  child.stdout.on('data', (bytes: Buffer) => {
    stdout += bytes.toString()
    wake()
  })
  child.stderr.on('data', (bytes: Buffer) => {
    stderr += bytes.toString()
    wake()
  })
  const exited = new Promise<Exit>((resolve) => child.once('close', (code, signal) => resolve({ code, signal })))
  let hasExited = false
  exited
    .then(() => {
      hasExited = true
      wake()
    })
    .catch(() => {})

  const printed = async (text: string | RegExp): Promise<void> => {
    const deadline = performance.now() + patienceMs
    while (!(typeof text === 'string' ? (stdout + stderr).includes(text) : text.test(stdout + stderr))) {
      if (hasExited || performance.now() > deadline)
        throw new Error(`${hasExited ? 'exited' : 'waited too long'} without ${String(text)}\nstdout: ${stdout}\nstderr: ${stderr}`)
      await Promise.race([new Promise<void>((resolve) => wakers.add(resolve)), sleep(200)])
      wakers.clear()
    }
  }

  const findUrl = async (): Promise<string> => {
    await printed(/http:\/\/[^\s"']+:\d+/)
    const url = /http:\/\/[^\s"'/]+:\d+/.exec(stdout + stderr)?.[0] ?? ''
    for (let attempt = 0; ; attempt++) {
      const isUp = await fetch(`${url}/health`).then(
        (answer) => answer.ok,
        () => false,
      )
      if (isUp) return url
      if (hasExited || attempt > 300) throw new Error(`never healthy\nstdout: ${stdout}\nstderr: ${stderr}`)
      await sleep(50)
    }
  }

  const status = (field: string): number => {
    const line = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${child.pid ?? 0}/status`, 'utf8'))
    return Number(line?.[1] ?? Number.NaN) * 1024
  }

  let url: Promise<string> | null = null
  return {
    child,
    dataDir: folder,
    stdout: () => stdout,
    stderr: () => stderr,
    printed,
    get url() {
      return (url ??= findUrl())
    },
    exited,
    rssBytes: () => status('VmRSS'),
    rssPeakBytes: () => status('VmHWM'),
    // proc(5): 5 resets the peak resident set size to the current one.
    forgetPeak: () => writeFileSync(`/proc/${child.pid ?? 0}/clear_refs`, '5'),
    [Symbol.asyncDispose]: async () => {
      if (!hasExited) child.kill('SIGKILL')
      await exited
      if (dataDir === undefined) await rm(folder, { recursive: true, force: true })
    },
  }
}
