// What the emulator costs, so that it is never what a test waits for: chat requests a second on one core, and the time from
// the start of a process to its first answer, alone and inside a relay. Prints numbers beside their targets, judges nothing.
// Usage: npm run bench:emulator [-- --seconds 5 --starts 5]
import { execFileSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createClient, type Client, type Failures } from './bench/client.ts'
import { chooseCores, startPinned, stop, temporaryDirectory } from './bench/pinning.ts'
import { cpuMicroseconds, residentBytes } from './bench/processes.ts'
import { median } from './bench/statistics.ts'

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '5' }, starts: { type: 'string', default: '5' } } })
const durationMs = Number(values.seconds) * 1000
const connections = 16
const program = fileURLToPath(new URL('../bin/relay.mjs', import.meta.url))
const token = 'rk_bench-token-of-the-emulator'
const body = JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Reply with exactly: pong' }] })
const streamBody = body.replace('{', '{"stream":true,')

const cores = chooseCores()
// The load shares no core with what it measures, where there are two.
if (cores.load !== undefined) execFileSync('taskset', ['-cp', String(cores.load), String(process.pid)], { stdio: 'ignore' })

type Running = { readonly child: ChildProcess; readonly port: number; readonly firstAnswerMs: number; readonly cpuMs: number }

/** Starts a command on a free port and asks until it answers. */
async function startServer(command: 'emulator' | 'start', directory: string): Promise<Running> {
  const port = await freePort()
  const startedAt = performance.now()
  const child = startPinned({
    core: cores.contender,
    command: process.execPath,
    args: [program, command, '--port', String(port), '--data-dir', directory],
    stdio: ['ignore', 'ignore', 'ignore'],
    env: { PATH: process.env['PATH'], HOME: directory, RELAY_TOKEN: token, RELAY_LOG: 'off' },
    cwd: directory,
  })
  while (child.exitCode === null) {
    const answer = await post(port, body).catch(() => null)
    if (answer?.ok !== true) {
      await sleep(5)
      continue
    }
    const firstAnswerMs = performance.now() - startedAt
    return { child, port, firstAnswerMs, cpuMs: cpuMicroseconds(child.pid ?? 0) / 1000 }
  }
  throw new Error(`relay ${command} ended with ${child.exitCode} before it answered`)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

const post = (port: number, content: string): Promise<Response> =>
  fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: content,
  })

async function starts(command: 'emulator' | 'start'): Promise<readonly Running[]> {
  const all: Running[] = []
  for (let round = 0; round < Number(values.starts); round++) {
    using directory = temporaryDirectory()
    const running = await startServer(command, directory.path)
    all.push(running)
    await stop(running.child)
  }
  return all
}

type Throughput = { readonly perSecond: number; readonly cpuMicros: number; readonly failures: Failures }

/** Each connection asks again as soon as it is answered. */
async function throughput({ port, child }: Running, content: string): Promise<Throughput> {
  const request = Buffer.from(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${token}\r\n` +
      `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(content)}\r\n\r\n${content}`,
  )
  const failures: Failures = new Map()
  const expect = { bodyBytes: (await (await post(port, content)).arrayBuffer()).byteLength }
  const run = async (forMs: number): Promise<number> => {
    const endsAt = performance.now() + forMs
    let completed = 0
    await new Promise<void>((resolve) => {
      let left = connections
      const onAnswer = (client: Client, isCorrect: boolean): void => {
        if (isCorrect) completed++
        if (performance.now() < endsAt) return isCorrect ? client.send(request) : void setTimeout(() => client.send(request), 5)
        client.destroy()
        if (--left === 0) resolve()
      }
      for (let index = 0; index < connections; index++) createClient({ port, expect, failures, onAnswer }).send(request)
    })
    return completed
  }
  await run(durationMs / 4)
  failures.clear()
  const cpuBefore = cpuMicroseconds(child.pid ?? 0)
  const startedAt = performance.now()
  const completed = await run(durationMs)
  return {
    perSecond: completed / ((performance.now() - startedAt) / 1000),
    cpuMicros: (cpuMicroseconds(child.pid ?? 0) - cpuBefore) / completed,
    failures,
  }
}

const round = (value: number): string => Math.round(value).toLocaleString('en')
const say = (what: string, measured: string, target = ''): void => console.log(`${what.padEnd(42)}${measured.padStart(38)}   ${target}`)

console.log(`node ${process.version}, ${cores.contender === undefined ? 'cores shared with the load' : 'server and load on a core each'}\n`)
for (const command of ['emulator', 'start'] as const) {
  const all = await starts(command)
  const times = all.map((each) => each.firstAnswerMs)
  const cpuMs = median(all.map((each) => each.cpuMs))
  const name = command === 'emulator' ? 'first answer of the emulator' : 'first answer of a relay with its emulator'
  say(
    name,
    `${round(median(times))} ms (${round(Math.min(...times))} to ${round(Math.max(...times))}, ${round(cpuMs)} ms CPU)`,
    'target 500 ms',
  )
}
using directory = temporaryDirectory()
const emulator = await startServer('emulator', directory.path)
for (const [name, content, target] of [
  ['chat requests', body, 'target 2,000/s'],
  ['chat streams', streamBody, ''],
] as const) {
  const { perSecond, cpuMicros, failures } = await throughput(emulator, content)
  // The first is what came, the second what one core could do if nothing else wanted it.
  say(name, `${round(perSecond)}/s, ${round(cpuMicros)} µs CPU = ${round(1e6 / cpuMicros)}/s`, target)
  for (const [reason, count] of failures) say(`  failed: ${reason}`, String(count))
}
say('resident memory after that', `${round(residentBytes(emulator.child.pid ?? 0) / 1e6)} MB`)
await stop(emulator.child)
