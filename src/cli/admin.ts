// Performs a command of the admin table: on the store of the settings, beside a running relay or without one, or over the admin
// API of a relay elsewhere. Either way what comes out is the same.
import { checkGiven } from '../admin/admin.ts'
import type { Given } from '../admin/context.ts'
import { givenAt, type Asked } from './admin-asked.ts'
import { performRemotely } from './admin-remote.ts'
import { printAnswer } from './admin-print.ts'
import { exitCodes, Failure } from './failure.ts'

/** Longer than any key. */
const maxSecretBytes = 65_536

export async function administer({ operation, given, secrets, flags, url, isJson }: Asked): Promise<void> {
  const whole: Given = { ...given, ...(await read(secrets)) }
  // Here already, so that a mistake in the command line is one wherever the work is done.
  for (const place of ['path', 'query', 'body'] as const) checkGiven(operation, place, givenAt(operation, place, whole))
  const performed =
    url === null
      ? await (await import('./admin-local.ts')).performLocally(operation, whole, flags)
      : await performRemotely(operation, whole, url)
  printAnswer(operation, performed, isJson)
}

async function read(secrets: Asked['secrets']): Promise<Given> {
  const values: Record<string, string> = {}
  for (const [name, variable] of Object.entries(secrets)) {
    const text = variable === null ? await standardInput(name) : process.env[variable]
    if (text === undefined || text.trim() === '')
      throw new Failure(`There is no ${name} in ${variable ?? 'standard input'}.`, { exitCode: exitCodes.usage })
    values[name] = text.trim()
  }
  return values
}

async function standardInput(name: string): Promise<string> {
  if (process.stdin.isTTY) console.error(`The ${name}, then Ctrl-D:`)
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxSecretBytes)
      throw new Failure(`The ${name} in standard input is larger than ${maxSecretBytes} bytes.`, { exitCode: exitCodes.usage })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
