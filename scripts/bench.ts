// What the relay costs, beside nginx doing the same job in the same run: CPU per request, stream and gigabyte, memory, latency, start.
// docs/performance.md says how to read it.
import { loadavg, cpus, release } from 'node:os'
import { fileURLToPath } from 'node:url'
import { barePlan, nginxPlan, relayPlan, type Contender, type ContenderPlan } from './bench/contenders.ts'
import { startLoadProcess } from './bench/load-process.ts'
import {
  measureCost,
  measureLatency,
  measureMemory,
  measureStart,
  verify,
  withContenders,
  type Bench,
  type Measurement,
} from './bench/measurements.ts'
import { findNginx } from './bench/nginx.ts'
import { readOptions, usage, type BenchOptions, type Extent } from './bench/options.ts'
import { chooseCores } from './bench/pinning.ts'
import { openFilesLimit } from './bench/processes.ts'
import { median } from './bench/statistics.ts'
import { mergeGenerations, toRows, toTable } from './bench/report.ts'

const repository = fileURLToPath(new URL('..', import.meta.url))

try {
  const chosen = readOptions(process.argv.slice(2))
  if (chosen.isHelp) process.stdout.write(usage)
  else process.exitCode = await main(chosen)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

async function main({ only, isJson, ...options }: BenchOptions): Promise<number> {
  const say = (text: string): void => void process.stderr.write(`${text}\n`)
  if (process.platform !== 'linux') {
    say('the bench reads CPU time and memory from /proc: it needs Linux')
    return 1
  }
  const startedAt = Date.now()
  const nginx = findNginx()
  const cores = chooseCores()
  const notes: string[] = []
  if (nginx === undefined) notes.push('nginx is not installed (Debian: apt-get install nginx-light): no ratios in this run')
  if (cores.contender === undefined) notes.push('no taskset or a single core: contenders and load share their cores')
  const extent = withinOpenFiles(options.extent, notes)
  const plans: ContenderPlan[] = [
    ...(nginx === undefined ? [] : [nginxPlan(nginx.path)]),
    ...(options.isBare ? [barePlan()] : []),
    relayPlan(options.relay ?? repository),
    ...(options.other === undefined ? [] : [relayPlan(options.other, { name: 'other', flags: options.otherFlags })]),
  ]
  const machine = {
    node: process.version,
    nginx: nginx?.version ?? 'none',
    cpu: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`,
    kernel: release(),
    loadAverageBefore: loadavg()[0] ?? 0,
  }
  say(
    `Node ${machine.node}, ${machine.nginx}, ${machine.cpu}, Linux ${machine.kernel}, load average ${machine.loadAverageBefore.toFixed(2)}`,
  )

  await using load = await startLoadProcess(cores)
  const bench: Bench = { load, plans, cores, extent, wrong: new Map(), waits: [] }
  const measurements: Measurement[] = []
  if (only.has('start')) {
    say('start ...')
    measurements.push(...(await measureStart(bench)))
  }
  if (only.has('memory')) {
    say('memory ...')
    measurements.push(...(await measureMemory(bench)))
  }
  const running = (['json', 'burst', 'paced', 'upload', 'latency'] as const).filter((name) => only.has(name))
  const measure = (name: (typeof running)[number], contenders: readonly Contender[]): Promise<Measurement[]> =>
    name === 'latency' ? measureLatency(bench, contenders) : measureCost(bench, name, contenders)
  for (let generation = 1; generation <= extent.generations && running.length > 0; generation++) {
    await withContenders(bench, async (contenders) => {
      await verify(bench, contenders)
      for (const name of running) {
        say(`${name} (${generation} of ${extent.generations}) ...`)
        measurements.push(...(await measure(name, contenders)))
      }
    })
  }

  for (const [reason, count] of bench.wrong)
    notes.push(`WRONG ANSWERS ${reason} (${count} times): do not trust the figures of this contender`)
  const wait = median(bench.waits)
  if (wait > 0.03)
    notes.push(
      `other programs had nginx's core ${Math.round(100 * wait)} % of the time: latencies of this run say nothing, ratios of CPU time little`,
    )
  const rows = toRows(mergeGenerations(measurements))
  const seconds = Math.round((Date.now() - startedAt) / 1000)
  if (isJson) {
    process.stdout.write(
      `${JSON.stringify({ machine: { ...machine, loadAverageAfter: loadavg()[0] ?? 0 }, seconds, notes, rows }, null, 2)}\n`,
    )
  } else {
    const closing = [`${seconds} s, load average now ${(loadavg()[0] ?? 0).toFixed(2)}`, ...notes]
    process.stdout.write(`\n${toTable(rows)}\n\n${closing.join('\n')}\n`)
  }
  return bench.wrong.size === 0 ? 0 : 1
}

/** A relay holds two sockets a stream, and the load process both far ends of it. */
function withinOpenFiles(extent: Extent, notes: string[]): Extent {
  const limit = openFilesLimit()
  const openStreams = extent.openStreams.filter((streams) => {
    const needed = 2 * streams + 200
    if (needed <= limit) return true
    notes.push(
      `${streams} open streams need ${needed} open files in each of two processes; the limit is ${limit} (raise it with ulimit -Hn): left out`,
    )
    return false
  })
  return { ...extent, openStreams }
}
