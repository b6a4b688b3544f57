// What it costs that every object has an owner: CPU of the same requests with and without tenants, pages of lists among many
// objects, memory with a million of them, round trips to Postgres. docs/performance.md says how to read it.
import { loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startLoadProcess } from './bench/load-process.ts'
import { measureRoundTrips } from './bench/ownership-postgres.ts'
import { measureCpu, measureLists, measureMemory, type Extent, type OwnershipBench } from './bench/ownership-sqlite.ts'
import { ownershipTable, type OwnershipRow } from './bench/ownership-report.ts'
import { chooseCores } from './bench/pinning.ts'

const usage = `npm run bench:ownership -- [options]

  --quick       fewer and shorter rounds, and a tenth of the objects in memory
  --only a,b    only these: cpu, lists, memory, postgres
  --before DIR  the built checkout of a relay without ownership, as the base of the CPU ratios;
                without it the base is this relay with one tenant
  --json        one JSON document on standard output instead of the table
`
const sections = ['cpu', 'lists', 'memory', 'postgres'] as const
const full: Extent = { generations: 2, rounds: 4, warmUps: 10, durationMs: 700, pages: 400, objects: 1_000_000 }
const quick: Extent = { generations: 1, rounds: 2, warmUps: 5, durationMs: 400, pages: 100, objects: 100_000 }

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: sections.join(',') },
    before: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) process.stdout.write(usage)
else process.exitCode = await main()

async function main(): Promise<number> {
  const only = new Set(values.only.split(','))
  for (const name of only) if (!sections.some((each) => each === name)) throw new Error(`"${name}" is none of ${sections.join(', ')}`)
  const cores = chooseCores()
  await using load = await startLoadProcess(cores)
  const bench: OwnershipBench = {
    load,
    cores,
    checkout: fileURLToPath(new URL('..', import.meta.url)),
    before: values.before ?? null,
    extent: values.quick ? quick : full,
    say: (text) => void process.stderr.write(`${text}\n`),
  }
  const measure = { cpu: measureCpu, lists: measureLists, memory: measureMemory, postgres: measureRoundTrips }
  const rows: OwnershipRow[] = []
  for (const name of sections) if (only.has(name)) rows.push(...(await measure[name](bench)))
  if (values.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`)
  else process.stdout.write(`\n${ownershipTable(rows)}\n\nNode ${process.version}, load average now ${(loadavg()[0] ?? 0).toFixed(2)}\n`)
  return 0
}
