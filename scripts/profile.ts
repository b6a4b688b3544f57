// Where the relay's time goes: runs one load of the bench against a relay with --cpu-prof and prints its hot functions.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { barePlan, relayPlan } from './bench/contenders.ts'
import { hotFiles, hotFunctions, type CpuProfile, type Hot } from './bench/cpu-profile.ts'
import type { LoadTask } from './bench/load.ts'
import { startLoadProcess } from './bench/load-process.ts'
import { chooseCores, temporaryDirectory } from './bench/pinning.ts'

const usage = `node scripts/profile.ts [json|burst|paced|upload] [options]

  --seconds 5   how long to sample, after two seconds of warm-up (paced and upload: one run each)
  --top 30      how many functions to print
  --relay DIR   the built checkout to profile instead of this one
  --bare        profile the bare node:http + undici relay instead
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '5' },
    top: { type: 'string', default: '30' },
    relay: { type: 'string', default: fileURLToPath(new URL('..', import.meta.url)) },
    bare: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) process.stdout.write(usage)
else await profile(positionals[0] ?? 'json', Number(values.seconds) * 1000, Number(values.top))

async function profile(kind: string, durationMs: number, top: number): Promise<void> {
  using temporary = temporaryDirectory()
  const directory = temporary.path
  const cores = chooseCores()
  await using load = await startLoadProcess(cores)
  const flags = ['--cpu-prof', `--cpu-prof-dir=${directory}`, '--cpu-prof-interval=200']
  const plan = values.bare ? barePlan(flags) : relayPlan(values.relay, { flags })
  const context = { upstreamPort: load.upstreamPort, directory: join(directory, 'relay'), core: cores.contender }
  const started = await plan.start(context)
  let result
  let [from, to] = [0, 0]
  {
    await using contender = started
    await load.run(taskOf(kind, contender.port, 2000))
    from = monotonicMicroseconds()
    result = await load.run(taskOf(kind, contender.port, durationMs))
    to = monotonicMicroseconds()
  }
  const file = readdirSync(directory).find((name) => name.endsWith('.cpuprofile'))
  if (file === undefined) throw new Error('no profile was written: did the relay end by itself on SIGTERM?')
  const functions = hotFunctions(JSON.parse(readFileSync(join(directory, file), 'utf8')) as CpuProfile, from, to)
  print(kind, result.completed, functions, top)
}

function taskOf(kind: string, port: number, durationMs: number): LoadTask {
  switch (kind) {
    case 'json':
      return { kind, port, connections: 32, durationMs }
    case 'burst':
      return { kind, port, connections: 20, durationMs }
    case 'paced':
      return { kind, port, streams: 100 }
    case 'upload':
      return { kind, port, uploads: 2, fileBytes: 400_000_000 }
    default:
      throw new Error(`"${kind}" is no load: json, burst, paced or upload`)
  }
}

function print(kind: string, completed: number, functions: readonly Hot[], top: number): void {
  const sampled = functions.reduce((sum, { selfMicroseconds }) => sum + selfMicroseconds, 0)
  const row = (microseconds: number, text: string): string =>
    `${(microseconds / completed).toFixed(2).padStart(10)} ${((100 * microseconds) / sampled).toFixed(1).padStart(6)} %  ${text}\n`
  const place = ({ functionName, file, line }: Hot): string => (file === '' ? functionName : `${functionName}  ${file}:${line}`)
  const isOurs = ({ file }: Hot): boolean => file.startsWith('dist/') || file.startsWith('src/')
  let text = `${kind}: ${completed} operations, ${(sampled / completed).toFixed(1)} µs each while sampled\n`
  text += `\nµs per operation, by the function itself\n`
  for (const hot of functions.slice(0, top)) text += row(hot.selfMicroseconds, place(hot))
  text += `\nµs per operation, by file\n`
  for (const { file, selfMicroseconds } of hotFiles(functions).slice(0, top)) text += row(selfMicroseconds, file)
  text += `\nµs per operation, our functions with all they call\n`
  const ours = functions.filter(isOurs).toSorted((a, b) => b.totalMicroseconds - a.totalMicroseconds)
  for (const hot of ours.slice(0, top)) text += row(hot.totalMicroseconds, place(hot))
  process.stdout.write(text)
}

function monotonicMicroseconds(): number {
  return Number(process.hrtime.bigint() / 1000n)
}
