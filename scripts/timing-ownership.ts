// Can a tenant tell by the clock whether an id is another tenant's or nobody's? Asks for both in a random order, as fast as a
// relay on the same machine answers, and compares the times. docs/performance.md has a result.
import { execFileSync } from 'node:child_process'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { relayPlan } from './bench/contenders.ts'
import { createMessageReader } from './bench/framing.ts'
import { startLoadProcess } from './bench/load-process.ts'
import { figure, alignColumns } from './bench/report.ts'
import { chooseCores, temporaryDirectory } from './bench/pinning.ts'
import { median, tellApart } from './bench/statistics.ts'
import { fillObjects, idsOf, makeTenant, objectId, openDatabase } from './bench/tenants.ts'

const usage = `npm run timing:ownership -- [--count 4000] (requests of each sort in each case)\n`
const { values } = parseArgs({ options: { count: { type: 'string', default: '4000' }, help: { type: 'boolean', default: false } } })

type Sort = 'foreign' | 'missing'
type Case = { readonly title: string; readonly request: (id: string, token: string) => string; readonly isRepeated: boolean }

const get = (path: string, token: string): string => `GET ${path} HTTP/1.1\r\nhost: relay\r\nauthorization: Bearer ${token}\r\n\r\n`
const post = (path: string, token: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\nhost: relay\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`

const cases: readonly Case[] = [
  { title: 'id in the path', request: (id, token) => get(`/v1/files/${id}`, token), isRepeated: false },
  { title: 'id in the path, the same one again and again', request: (id, token) => get(`/v1/files/${id}`, token), isRepeated: true },
  {
    title: 'id deep in a body',
    request: (id, token) =>
      post(
        '/v1/responses',
        token,
        `{"model":"gpt-4o-mini","input":[{"role":"user","content":[{"type":"input_text","text":"Read this."},{"type":"input_file","file_id":"${id}"}]}]}`,
      ),
    isRepeated: false,
  },
  { title: 'cursor of a list', request: (id, token) => get(`/v1/files?limit=20&after=${id}`, token), isRepeated: false },
]

if (values.help) process.stdout.write(usage)
else process.exitCode = await main(Number(values.count))

async function main(count: number): Promise<number> {
  const cores = chooseCores()
  if (cores.load !== undefined) execFileSync('taskset', ['-cp', String(cores.load), String(process.pid)], { stdio: 'ignore' })
  await using load = await startLoadProcess(cores)
  using directory = temporaryDirectory()
  const checkout = fileURLToPath(new URL('..', import.meta.url))
  const plan = relayPlan(checkout)
  const context = { upstreamPort: load.upstreamPort, directory: directory.path, core: cores.contender }
  const dataDir = join(directory.path, 'data')
  {
    await using _ = await plan.start(context)
  }
  const token = await makeTenant({ checkout, dataDir }, 'red')
  await makeTenant({ checkout, dataDir }, 'blue')
  // Every id is drawn from the same numbers: chance decides which exist.
  const warmUps = Math.min(2000, count)
  const needed = cases.length * (count + warmUps)
  const pools: Record<Sort, string[]> = { foreign: [], missing: [] }
  const database = openDatabase(dataDir)
  try {
    const blue = idsOf(database, 'blue')
    fillObjects(database, 'file', 3 * needed, (number) => {
      const isForeign = Math.random() < 0.5
      pools[isForeign ? 'foreign' : 'missing'].push(objectId('file', number))
      return isForeign ? blue : null
    })
  } finally {
    database.close()
  }
  for (const pool of Object.values(pools)) shuffle(pool)

  await using contender = await plan.start(context)
  const timed = await openTimed(contender.port)
  const lines = [['', 'foreign', 'missing', 'difference', 'told right', 'p', '']]
  let isTold = false
  for (const { title, request, isRepeated } of cases) {
    const fixed = { foreign: pools.foreign.pop() ?? '', missing: pools.missing.pop() ?? '' }
    const times: Record<Sort, number[]> = { foreign: [], missing: [] }
    const said = new Set<string>()
    const order = shuffle(Array.from({ length: 2 * count }, (_, index): Sort => (index % 2 === 0 ? 'foreign' : 'missing')))
    for (let turn = -warmUps; turn < order.length; turn++) {
      const sort = order[turn] ?? (Math.random() < 0.5 ? 'foreign' : 'missing')
      const id = isRepeated ? fixed[sort] : (pools[sort].pop() ?? '')
      const { ms, answer } = await timed.ask(request(id, token))
      said.add(answer.replaceAll(id, '<id>'))
      if (turn >= 0) times[sort].push(1000 * ms)
    }
    if (said.size > 1 || ![...said].every((answer) => /^HTTP\/1.1 4/.test(answer)))
      throw new Error(`${title}: the answers differ:\n${[...said].join('\n')}`)
    const { p, chance } = tellApart(times.foreign, times.missing)
    const isApart = p < 0.05 / cases.length
    isTold ||= isApart
    const [foreign, missing] = [median(times.foreign), median(times.missing)]
    lines.push([
      title,
      `${figure(foreign)} µs`,
      `${figure(missing)} µs`,
      `${figure(foreign - missing)} µs`,
      `${(100 * chance).toFixed(1)} %`,
      p.toFixed(4),
      isApart ? 'TOLD APART' : 'not told apart',
    ])
  }
  timed.end()
  process.stdout.write(
    `${alignColumns(lines, new Set([1, 2, 3, 4, 5]))}\n\n${count} requests of each sort in each case, in a random order; `,
  )
  process.stdout.write(`told right: how often a guess from one request of each sort is right (50 %: never better than chance)\n`)
  return isTold ? 1 : 0
}

/** One connection; `answer` is what came without the fields that differ in every answer. */
async function openTimed(port: number): Promise<{
  readonly ask: (request: string) => Promise<{ readonly ms: number; readonly answer: string }>
  readonly end: () => void
}> {
  let answer = ''
  let done = (): void => {}
  const read = createMessageReader({
    onHead: (head) => {
      answer = head.replace(/\r\n(?:x-request-id|x-relay-request-id|date):[^\r]*/gi, '')
    },
    onBody: (bytes, start, end) => {
      answer += bytes.toString('latin1', start, end)
    },
    onEnd: () => done(),
  })
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  socket.on('data', (bytes) => read(bytes, bytes.length))
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        const fail = (): void => reject(new Error('the relay closed the connection'))
        const startedAt = performance.now()
        done = () => {
          const ms = performance.now() - startedAt
          socket.off('close', fail)
          resolve({ ms, answer })
        }
        socket.once('close', fail)
        socket.write(request)
      }),
    end: () => socket.destroy(),
  }
}

function shuffle<T>(items: T[]): T[] {
  for (let at = items.length - 1; at > 0; at--) {
    const other = Math.floor(Math.random() * (at + 1))
    const moved = items[at] as T
    items[at] = items[other] as T
    items[other] = moved
  }
  return items
}
