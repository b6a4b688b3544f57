// `relay check`: runs the success gates against any deployment, with live progress, a verdict, and an exit code.
import { createClient } from '../check/client.ts'
import { runGate, type GateResult } from '../check/gate.ts'
import { gates } from '../check/gates.ts'
import { exitCodes, Failure } from './failure.ts'

export type CheckFlags = {
  readonly baseUrl?: string
  readonly token?: string
  readonly model?: string
  readonly only?: string
  readonly batchWait?: string
  readonly json?: boolean
}

const defaults = { baseUrl: 'http://127.0.0.1:8000', model: 'gpt-4o-mini', batchWait: '1800' } as const

/** @throws Failure with exit code 1 when a gate fails, 2 when the command line is wrong */
export async function check(flags: CheckFlags): Promise<void> {
  const baseUrl = flags.baseUrl ?? process.env['RELAY_BASE_URL'] ?? defaults.baseUrl
  const token = flags.token ?? process.env['RELAY_TOKEN'] ?? ''
  if (token === '') throw usage('No token: set RELAY_TOKEN, or give --token. `relay token create check` makes one.')
  if (!URL.canParse(baseUrl) || !/^https?:/.test(baseUrl))
    throw usage(`${baseUrl} is no http(s) URL: give --base-url http://host:port, with or without /v1.`)
  const wait = Number(flags.batchWait ?? process.env['BATCH_MAX_WAIT_SECONDS'] ?? defaults.batchWait)
  if (!Number.isFinite(wait) || wait <= 0) throw usage('The time to wait for a batch is a number of seconds: --batch-wait 600.')
  const chosen = choose(flags.only)

  const client = createClient(baseUrl, token)
  const settings = { model: flags.model ?? process.env['RELAY_CHECK_MODEL'] ?? defaults.model, batchWaitMs: wait * 1000 }
  const isLive = process.stderr.isTTY && flags.json !== true
  const results: GateResult[] = []
  for (const gate of chosen) {
    const progress = (step: string): void => void (isLive && process.stderr.write(`\r\u001b[2K${gate.id}  ${gate.title}: ${step}`))
    const result = await runGate(gate, client, settings, progress)
    if (isLive) process.stderr.write('\r\u001b[2K')
    if (flags.json !== true) console.log(lines(result))
    results.push(result)
  }
  const failed = results.filter(({ status }) => status === 'failed')
  if (flags.json === true) console.log(JSON.stringify({ baseUrl, isOk: failed.length === 0, gates: results }, null, 2))
  else console.log(failed.length === 0 ? `\n${baseUrl} passes.` : `\n${baseUrl} fails ${failed.map(({ gate }) => gate).join(', ')}.`)
  if (failed.length > 0) throw new Failure(`${failed.length} of ${results.length} gates failed`)
}

function choose(only: string | undefined): typeof gates {
  if (only === undefined) return gates
  const ids = only
    .toUpperCase()
    .split(',')
    .map((id) => id.trim())
  const unknown = ids.filter((id) => !gates.some((gate) => gate.id === id))
  if (unknown.length > 0) throw usage(`There is no gate ${unknown.join(', ')}: the gates are ${gates.map(({ id }) => id).join(', ')}.`)
  return gates.filter(({ id }) => ids.includes(id))
}

function lines({ gate, title, status, steps, durationMs }: GateResult): string {
  const verdict = { passed: 'pass', failed: 'FAIL', 'not offered': 'none' }[status]
  const failures = steps.filter(({ isOk }) => !isOk).map(({ name, detail }) => `        not so: ${name}\n        ${detail}`)
  const note = status === 'not offered' ? '  (not offered by this deployment)' : ''
  return [`${verdict}  ${gate}  ${title}  ${(durationMs / 1000).toFixed(1)} s, ${steps.length} steps${note}`, ...failures].join('\n')
}

const usage = (message: string): Failure => new Failure(message, { exitCode: exitCodes.usage })
