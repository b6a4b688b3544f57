// What is measured and how: each measurement runs the contenders in turn, round after round, and keeps one figure per contender and round.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { answersOk, statusOf, type Contender, type ContenderName, type ContenderPlan } from './contenders.ts'
import type { LoadTask } from './load.ts'
import type { LoadProcess } from './load-process.ts'
import type { LoadResult } from './loads.ts'
import { operatorKey, relayToken } from './payloads.ts'
import { temporaryDirectory, type Cores } from './pinning.ts'
import type { Extent } from './options.ts'
import { rotate } from './statistics.ts'

export type Target = { readonly ratio: number } | { readonly value: number }

export type Measurement = {
  readonly id: string
  readonly title: string
  readonly unit: string
  readonly target?: Target
  /** One figure per round, in the same order for every contender: figures of one place were taken right after one another. */
  readonly rounds: ReadonlyMap<ContenderName, readonly number[]>
}

export type Bench = {
  readonly load: LoadProcess
  readonly plans: readonly ContenderPlan[]
  readonly cores: Cores
  readonly extent: Extent
  /** Wrong answers seen while measuring, by contender and reason. */
  readonly wrong: Map<string, number>
  /** Share of each of nginx's windows in which it wanted its core and did not get it: nginx is one thread, so others had it. */
  readonly waits: number[]
}

const bytesPerMegabyte = 1_000_000

/** Starts every contender in a directory of its own; all are alive while `use` runs, and gone with their files after it. */
export async function withContenders<T>(bench: Bench, use: (contenders: readonly Contender[]) => Promise<T>): Promise<T> {
  using directory = temporaryDirectory()
  await using stack = new AsyncDisposableStack()
  const contenders: Contender[] = []
  for (const plan of bench.plans) contenders.push(stack.use(await startContender(bench, plan, directory.path)))
  return await use(contenders)
}

function startContender(bench: Bench, plan: ContenderPlan, directory: string): Promise<Contender> {
  return plan.start({ upstreamPort: bench.load.upstreamPort, directory: join(directory, plan.name), core: bench.cores.contender })
}

/** The contenders are worth comparing only when they do the same job: say no to a stranger, and swap the token for the operator's key. */
export async function verify(bench: Bench, contenders: readonly Contender[]): Promise<void> {
  for (const { name, port } of contenders) {
    const refused = await statusOf(port, 'a token nobody made')
    if (refused !== '401') throw new Error(`${name} answers ${refused} to a wrong token instead of 401`)
    if (!(await answersOk(port))) throw new Error(`${name} does not answer 200 to the right token`)
    const head = await bench.load.lastHead()
    if (!head.includes(operatorKey) || head.includes(relayToken))
      throw new Error(`${name} does not replace the token by the operator's key`)
  }
}

export async function measureStart(bench: Bench): Promise<Measurement[]> {
  const rounds = emptyRounds(bench.plans.map((plan) => plan.name))
  for (let round = 0; round < bench.extent.starts; round++) {
    using directory = temporaryDirectory()
    for (const plan of rotate(bench.plans, round)) {
      await using contender = await startContender(bench, plan, directory.path)
      rounds.get(plan.name)?.push(contender.firstAnswerMs)
    }
  }
  return [{ id: 'start', title: 'First answer after the start of the process', unit: 'ms', target: { value: 500 }, rounds }]
}

/** Resident memory of fresh processes: the heap an earlier load has grown would hide what the streams cost. */
export async function measureMemory(bench: Bench): Promise<Measurement[]> {
  const names = bench.plans.map((plan) => plan.name)
  const idle = emptyRounds(names)
  const steps = bench.extent.openStreams.map((streams) => ({ streams, rounds: emptyRounds(names) }))
  for (const plan of bench.plans) {
    using directory = temporaryDirectory()
    await using contender = await startContender(bench, plan, directory.path)
    await sleep(500)
    idle.get(plan.name)?.push(contender.residentBytes() / bytesPerMegabyte)
    for (const { streams, rounds } of steps) {
      const result = await bench.load.run({ kind: 'hold', port: contender.port, streams })
      noteWrong(bench, contender, result)
      await sleep(bench.extent.settleMs)
      rounds.get(plan.name)?.push(contender.residentBytes() / bytesPerMegabyte)
    }
    await bench.load.run({ kind: 'release' })
  }
  return [
    { id: 'memory-idle', title: 'Resident memory, idle', unit: 'MB', rounds: idle },
    ...steps.map(({ streams, rounds }) => ({
      id: `memory-${streams}`,
      title: `Resident memory, ${streams.toLocaleString('en')} open streams`,
      unit: 'MB',
      ...(streams === 5000 ? { target: { value: 350 } } : {}),
      rounds,
    })),
  ]
}

type Cost = {
  readonly id: string
  readonly title: string
  readonly unit: string
  readonly target: Target
  readonly rounds: number
  readonly warmUps: number
  readonly task: (port: number) => LoadTask
  readonly figure: (cpuMicroseconds: number, result: LoadResult) => number
  /** Also through nginx's port without access log, where there is one. */
  readonly isQuietToo: boolean
}

function costs({ json, burst, paced, upload }: Extent): Record<'json' | 'burst' | 'paced' | 'upload', Cost> {
  const perOperation = (cpu: number, result: LoadResult): number => cpu / result.completed
  return {
    json: {
      id: 'json',
      title: 'JSON request (2 KB to 1 KB)',
      unit: 'CPU µs',
      target: { ratio: 7 },
      ...json,
      task: (port) => ({ kind: 'json', port, connections: 32, durationMs: json.durationMs }),
      figure: perOperation,
      isQuietToo: true,
    },
    burst: {
      id: 'burst',
      title: 'SSE stream, 200 events at once',
      unit: 'CPU µs',
      target: { ratio: 2.5 },
      ...burst,
      task: (port) => ({ kind: 'burst', port, connections: 20, durationMs: burst.durationMs }),
      figure: perOperation,
      isQuietToo: false,
    },
    paced: {
      id: 'paced',
      title: 'SSE stream, 200 events 10 ms apart',
      unit: 'CPU µs',
      target: { ratio: 2.5 },
      ...paced,
      task: (port) => ({ kind: 'paced', port, streams: 100 }),
      figure: perOperation,
      isQuietToo: false,
    },
    upload: {
      id: 'upload',
      title: `Multipart upload, 2 x ${upload.fileBytes / bytesPerMegabyte} MB`,
      unit: 'CPU ms/GB',
      target: { ratio: 2.5 },
      ...upload,
      task: (port) => ({ kind: 'upload', port, uploads: 2, fileBytes: upload.fileBytes }),
      figure: (cpu, result) => cpu / 1000 / ((result.completed * upload.fileBytes) / 1e9),
      isQuietToo: false,
    },
  }
}

/** CPU time of the contender's process tree per operation, over windows in which only that contender has work. */
export async function measureCost(
  bench: Bench,
  id: 'json' | 'burst' | 'paced' | 'upload',
  contenders: readonly Contender[],
): Promise<Measurement[]> {
  const cost = costs(bench.extent)[id]
  const lanes = contenders.flatMap((contender) => [
    { name: contender.name, port: contender.port, contender },
    ...(cost.isQuietToo && contender.quietPort !== undefined
      ? [{ name: 'nginx, no log' as const, port: contender.quietPort, contender }]
      : []),
  ])
  for (let warmUp = 0; warmUp < cost.warmUps; warmUp++) {
    for (const lane of lanes) noteWrong(bench, lane.contender, await bench.load.run(cost.task(lane.port)))
  }
  const rounds = emptyRounds(lanes.map((lane) => lane.name))
  for (let round = 0; round < cost.rounds; round++) {
    for (const { name, port, contender } of rotate(lanes, round)) {
      const before = contender.cpuMicroseconds()
      const result = await watched(bench, contender, () => bench.load.run(cost.task(port)))
      // What was put off to after the answer (log lines, counters) belongs to the price.
      await sleep(50)
      rounds.get(name)?.push(cost.figure(contender.cpuMicroseconds() - before, result))
      noteWrong(bench, contender, result)
    }
  }
  return [{ id: cost.id, title: cost.title, unit: cost.unit, target: cost.target, rounds }]
}

/** Latency through a contender minus latency to the upstream itself in the same round. */
export async function measureLatency(bench: Bench, contenders: readonly Contender[]): Promise<Measurement[]> {
  const { rounds: count, durationMs } = bench.extent.latency
  const names = contenders.map((contender) => contender.name)
  const [p50, p99] = [emptyRounds(names), emptyRounds(names)]
  const [directP50, directP99]: [number[], number[]] = [[], []]
  const task = (port: number): LoadTask => ({ kind: 'latency', port, connections: 64, ratePerSecond: 1000, durationMs })
  for (const { port } of contenders) await bench.load.run(task(port))
  for (let round = 0; round < count; round++) {
    const { latencyMs: direct } = await bench.load.run(task(bench.load.upstreamPort))
    directP50.push(1000 * (direct?.p50 ?? Number.NaN))
    directP99.push(1000 * (direct?.p99 ?? Number.NaN))
    for (const contender of rotate(contenders, round)) {
      const { name, port } = contender
      const result = await watched(bench, contender, () => bench.load.run(task(port)))
      noteWrong(bench, contender, result)
      p50.get(name)?.push(1000 * ((result.latencyMs?.p50 ?? Number.NaN) - (direct?.p50 ?? Number.NaN)))
      p99.get(name)?.push(1000 * ((result.latencyMs?.p99 ?? Number.NaN) - (direct?.p99 ?? Number.NaN)))
    }
  }
  return [
    { id: 'latency-direct-p50', title: 'Latency at 1,000/s without a relay, p50', unit: 'µs', rounds: new Map([['direct', directP50]]) },
    { id: 'latency-direct-p99', title: 'Latency at 1,000/s without a relay, p99', unit: 'µs', rounds: new Map([['direct', directP99]]) },
    { id: 'latency-p50', title: 'Added latency at 1,000/s, p50', unit: 'µs', rounds: p50 },
    { id: 'latency-p99', title: 'Added latency at 1,000/s, p99', unit: 'µs', rounds: p99 },
  ]
}

async function watched(bench: Bench, contender: Contender, run: () => Promise<LoadResult>): Promise<LoadResult> {
  const before = contender.waitedMicroseconds()
  const result = await run()
  if (contender.name === 'nginx') bench.waits.push((contender.waitedMicroseconds() - before) / (1000 * result.elapsedMs))
  return result
}

function emptyRounds(names: readonly ContenderName[]): Map<ContenderName, number[]> {
  return new Map(names.map((name) => [name, []]))
}

/** Wrong answers spoil the figures of their contender; one that is gone spoils the run. */
function noteWrong(bench: Bench, contender: Contender, result: LoadResult): void {
  const end = contender.end()
  if (end !== undefined) throw new Error(end)
  for (const [reason, count] of Object.entries(result.failures)) {
    const key = `${contender.name}: ${reason}`
    bench.wrong.set(key, (bench.wrong.get(key) ?? 0) + count)
  }
}
