// Starting processes on a core of their own: contenders on one, both ends of the load on another, so that neither takes the other's time.
import { execFileSync, spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'

export type Cores = { readonly contender: number | undefined; readonly load: number | undefined }

/** Two cores where taskset and two cores are there; otherwise the scheduler decides and the caller says so. */
export function chooseCores(): Cores {
  try {
    execFileSync('taskset', ['-p', String(process.pid)], { stdio: 'ignore' })
    if (availableParallelism() >= 2) return { contender: 0, load: 1 }
  } catch {
    // No taskset here.
  }
  return { contender: undefined, load: undefined }
}

export type StartOptions = {
  readonly core: number | undefined
  readonly command: string
  readonly args: readonly string[]
  readonly stdio: StdioOptions
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
}

const started = new Set<ChildProcess>()

const directories = new Set<string>()

// Ctrl-C or a crash of the bench must leave neither a server nor a file behind.
process.on('exit', () => {
  for (const child of started) child.kill(isNginx(child) ? 'SIGTERM' : 'SIGKILL')
  for (const directory of directories) rmSync(directory, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))

/** taskset replaces itself by the command, so the process id is the command's own and IPC reaches it. */
export function startPinned(options: StartOptions): ChildProcess {
  const [command, args] =
    options.core === undefined
      ? [options.command, options.args]
      : ['taskset', ['-c', String(options.core), options.command, ...options.args]]
  const child = spawn(command, args, {
    stdio: options.stdio,
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  started.add(child)
  child.once('exit', () => started.delete(child))
  return child
}

/** A killed master would leave its worker alone, and a relay that is only asked would first let its open exchanges finish. */
function isNginx(child: ChildProcess): boolean {
  return child.spawnargs.some((argument) => argument.endsWith('nginx'))
}

/** A directory that is gone when the scope ends, however it ends. */
export function temporaryDirectory(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'relay-bench-'))
  directories.add(path)
  return {
    path,
    [Symbol.dispose]: () => {
      rmSync(path, { recursive: true, force: true })
      directories.delete(path)
    },
  }
}

/** Asks the process to end, and ends it after five seconds of patience. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const impatience = setTimeout(() => child.kill('SIGKILL'), 5000)
  await exited
  clearTimeout(impatience)
}
