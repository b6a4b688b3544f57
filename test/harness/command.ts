// One run of the command line in a process of its own, with nothing of the developer's environment.
import { spawn } from 'node:child_process'
import { bareEnvironment } from './relay-process.ts'

const main = new URL('../../src/main.ts', import.meta.url).pathname

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

export type CommandOptions = {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  /** What it reads from standard input. */
  readonly input?: string
}

export function runCommand(args: readonly string[], { cwd, env = {}, input = '' }: CommandOptions): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], { cwd, env: { ...bareEnvironment(), ...env } })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()))
    child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
    // A command that reads nothing may be gone by now.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}
