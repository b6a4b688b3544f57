// The measurements of the ownership bench on SQLite: CPU of requests, pages of lists, memory.
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { relayPlan, type Contender } from './contenders.ts'
import type { ExchangeKind, LoadTask } from './load.ts'
import type { LoadProcess } from './load-process.ts'
import type { LoadResult } from './loads.ts'
import type { OwnershipRow } from './ownership-report.ts'
import { relayToken } from './payloads.ts'
import { temporaryDirectory, type Cores } from './pinning.ts'
import { median, percentile, rotate } from './statistics.ts'
import { fillObjects, idsOf, makeTenant, objectId, openDatabase } from './tenants.ts'

export type Extent = {
  /** How often the relays are started anew: one process of the same program differs from the next. */
  readonly generations: number
  readonly rounds: number
  readonly warmUps: number
  readonly durationMs: number
  readonly pages: number
  readonly objects: number
}

export type OwnershipBench = {
  readonly load: LoadProcess
  readonly cores: Cores
  readonly checkout: string
  /** Checkout of a relay without ownership. */
  readonly before: string | null
  readonly extent: Extent
  readonly say: (text: string) => void
}

const loads: readonly { readonly exchange: ExchangeKind | 'upload'; readonly title: string }[] = [
  { exchange: 'chat', title: 'chat JSON (no id)' },
  { exchange: 'stream', title: 'chat SSE, 200 events (no id)' },
  { exchange: 'response', title: 'response JSON (an id is born)' },
  { exchange: 'continued', title: 'response JSON, continued (names one, one is born)' },
  { exchange: 'file', title: 'file retrieved (names an id)' },
  { exchange: 'upload', title: 'file of 100 MB uploaded (a form that is read, an id is born)' },
]
const uploadBytes = 100_000_000
const connections = 32

type Lane = {
  readonly contender: Contender
  readonly token: string
  readonly ids: Readonly<Record<'file' | 'response', readonly string[]>>
}

/** The same requests through a relay without ownership and through one with two tenants and a scoped token. */
export async function measureCpu({ load, cores, checkout, before, extent, say }: OwnershipBench): Promise<OwnershipRow[]> {
  const figures = new Map(loads.map(({ exchange }) => [exchange, { scoped: [] as number[], base: [] as number[] }]))
  for (let generation = 1; generation <= extent.generations; generation++) {
    say(`cpu (${generation} of ${extent.generations}) ...`)
    using directory = temporaryDirectory()
    await using stack = new AsyncDisposableStack()
    const start = async (name: string, of: string): Promise<{ contender: Contender; dataDir: string }> => {
      const context = { upstreamPort: load.upstreamPort, directory: join(directory.path, name), core: cores.contender }
      return { contender: stack.use(await relayPlan(of).start(context)), dataDir: join(context.directory, 'data') }
    }
    const base = await start('base', before ?? checkout)
    const scoped = await start('scoped', checkout)
    const token = await makeTenant({ checkout, dataDir: scoped.dataDir }, 'red')
    await makeTenant({ checkout, dataDir: scoped.dataDir }, 'blue')
    // A running relay learns of a change within half a second.
    await sleep(1000)
    const lanes: readonly (readonly ['scoped' | 'base', Lane])[] = [
      ['scoped', await prepare(load, scoped.contender, token)],
      ['base', await prepare(load, base.contender, relayToken)],
    ]
    for (const { exchange } of loads) {
      // What is compiled late takes tens of thousands of requests to be compiled at all; a large body takes none.
      for (let warmUp = 0; warmUp < (exchange === 'upload' ? 1 : extent.warmUps); warmUp++)
        for (const [, lane] of lanes) checked(await load.run(taskOf(lane, exchange, 1000)))
      for (let round = 0; round < extent.rounds; round++) {
        for (const [name, lane] of rotate(lanes, round)) {
          const from = lane.contender.cpuMicroseconds()
          const result = checked(await load.run(taskOf(lane, exchange, extent.durationMs)))
          // What was put off to after the answer (log lines, writes nobody waits for) belongs to the price.
          await sleep(100)
          const units = exchange === 'upload' ? (1000 * result.completed * uploadBytes) / 1e9 : result.completed
          figures.get(exchange)?.[name].push((lane.contender.cpuMicroseconds() - from) / units)
        }
      }
    }
  }
  const section = `CPU of a request, beside ${before === null ? 'one tenant' : 'no ownership'}`
  return loads.map(({ exchange, title }) => ({
    ...{ section, title, unit: exchange === 'upload' ? 'CPU ms/GB' : 'CPU µs', target: 1.3 },
    figures: figures.get(exchange)?.scoped ?? [],
    base: figures.get(exchange)?.base ?? [],
  }))
}

/** Objects of the token, made through the relay so that it knows whose they are. */
async function prepare(load: LoadProcess, contender: Contender, token: string): Promise<Lane> {
  const file: string[] = []
  const response: string[] = []
  await load.run({ kind: 'answer', mode: 'object' })
  for (let count = 0; count < 50; count++) file.push(await upload(contender.port, token))
  await load.run({ kind: 'answer', mode: 'response' })
  for (let count = 0; count < 50; count++)
    response.push(
      idIn(await call(contender.port, token, 'POST', '/v1/responses', 'application/json', '{"model":"gpt-4o-mini","input":"Hi"}')),
    )
  return { contender, token, ids: { file, response } }
}

function upload(port: number, token: string): Promise<string> {
  const body =
    '--bench\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nassistants\r\n' +
    '--bench\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\nHello\r\n--bench--\r\n'
  return call(port, token, 'POST', '/v1/files', 'multipart/form-data; boundary=bench', body).then(idIn)
}

const idIn = (body: string): string => (JSON.parse(body) as { readonly id: string }).id

function taskOf({ contender, token, ids }: Lane, exchange: ExchangeKind | 'upload', durationMs: number): LoadTask {
  if (exchange === 'upload') return { kind: 'upload', port: contender.port, uploads: 2, fileBytes: uploadBytes, token }
  const named = exchange === 'file' ? ids.file : ids.response
  return { kind: 'exchanges', exchange, port: contender.port, connections, durationMs, token, ids: named }
}

function checked(result: LoadResult): LoadResult {
  const [failure] = Object.entries(result.failures)
  if (failure !== undefined) throw new Error(`wrong answers: ${failure[0]} (${failure[1]} times)`)
  return result
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 })

/** One exchange over a kept connection. @returns the body of a 200 */
export function call(port: number, token: string, method: string, path: string, contentType?: string, body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, ...(contentType === undefined ? {} : { 'content-type': contentType }) }
    const outgoing = request({ host: '127.0.0.1', port, method, path, agent, headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      answer.on('end', () =>
        answer.statusCode === 200 ? resolve(text) : reject(new Error(`${method} ${path} answers ${answer.statusCode}: ${text}`)),
      )
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

const few = 20
const many = 100_000

/** Pages of a tenant with 20 objects among 100,000 others, and of the one that owns the others. */
export async function measureLists({ load, cores, checkout, extent, say }: OwnershipBench): Promise<OwnershipRow[]> {
  say('lists ...')
  using directory = temporaryDirectory()
  const dataDir = join(directory.path, 'data')
  const tokens = await filled(checkout, dataDir, many + few, load, directory.path, cores, (number) => number % (many / few) === 7)
  const context = { upstreamPort: load.upstreamPort, directory: directory.path, core: cores.contender }
  await using contender = await relayPlan(checkout).start(context)
  await load.run({ kind: 'answer', mode: 'object' })
  const cases = [
    { title: 'files, the 20 of a tenant among 100,000 others', token: tokens.red, path: '/v1/files?limit=20' },
    {
      title: 'files, a page behind a cursor among 100,000 own',
      token: tokens.blue,
      path: `/v1/files?limit=20&after=${objectId('file', 50_000)}`,
    },
    { title: 'batches, 20 that can still change: each is asked for', token: tokens.red, path: '/v1/batches?limit=20' },
  ]
  const rows: OwnershipRow[] = []
  for (const { title, token, path } of cases) {
    const times: number[] = []
    let from = 0
    for (let page = -20; page < extent.pages; page++) {
      if (page === 0) from = contender.cpuMicroseconds()
      const startedAt = performance.now()
      const body = await call(contender.port, token, 'GET', path)
      if (page >= 0) times.push(performance.now() - startedAt)
      const { data } = JSON.parse(body) as { readonly data: readonly unknown[] }
      if (data.length !== 20) throw new Error(`${path} answers ${data.length} objects instead of 20`)
    }
    await sleep(100)
    const cpu = (contender.cpuMicroseconds() - from) / extent.pages / 1000
    times.sort((a, b) => a - b)
    const section = 'a page of a list'
    rows.push(
      { section, title: `${title}: time`, unit: 'ms', figures: times, target: 10 },
      { section, title: '  99th percentile', unit: 'ms', figures: [percentile(times, 0.99)] },
      { section, title: '  CPU', unit: 'ms', figures: [cpu] },
    )
  }
  return rows
}

/** A database with objects of two tenants, made by a relay that is gone again. */
async function filled(
  checkout: string,
  dataDir: string,
  count: number,
  load: LoadProcess,
  directory: string,
  cores: Cores,
  isRed: (number: number) => boolean,
): Promise<{ readonly red: string; readonly blue: string }> {
  {
    await using _ = await relayPlan(checkout).start({ upstreamPort: load.upstreamPort, directory, core: cores.contender })
  }
  const tokens = { red: await makeTenant({ checkout, dataDir }, 'red'), blue: await makeTenant({ checkout, dataDir }, 'blue') }
  const database = openDatabase(dataDir)
  try {
    const [red, blue] = [idsOf(database, 'red'), idsOf(database, 'blue')]
    fillObjects(database, 'file', count, (number) => (isRed(number) ? red : blue))
    fillObjects(database, 'batch', few, () => red)
  } finally {
    database.close()
  }
  return tokens
}

/** Resident memory of a relay whose tenants own a million objects: at its start, and once many of them were asked for. */
export async function measureMemory({ load, cores, checkout, extent, say }: OwnershipBench): Promise<OwnershipRow[]> {
  say(`memory (${extent.objects.toLocaleString('en')} objects are made first) ...`)
  using directory = temporaryDirectory()
  const dataDir = join(directory.path, 'data')
  const { blue } = await filled(checkout, dataDir, extent.objects, load, directory.path, cores, (number) => number % 2 === 1)
  await using contender = await relayPlan(checkout).start({
    upstreamPort: load.upstreamPort,
    directory: directory.path,
    core: cores.contender,
  })
  const megabytes = (): number => contender.residentBytes() / 1_000_000
  await sleep(500)
  const idle = megabytes()
  const ids = Array.from({ length: 20_000 }, (_, index) => objectId('file', 2 * ((index * 7919) % (extent.objects / 2))))
  const under: number[] = []
  for (let round = 0; round < 5; round++) {
    checked(await load.run({ kind: 'exchanges', exchange: 'file', port: contender.port, connections, durationMs: 3000, token: blue, ids }))
    under.push(megabytes())
  }
  for (let page = 0; page < extent.pages; page++)
    await call(contender.port, blue, 'GET', `/v1/files?limit=100&after=${objectId('file', 2 * ((page * 7919) % (extent.objects / 2)))}`)
  under.push(megabytes())
  const section = `memory, ${extent.objects.toLocaleString('en')} owned objects`
  return [
    { section, title: 'idle', unit: 'MB', figures: [idle], target: 300 },
    { section, title: 'while 20,000 of them are retrieved and listed, most', unit: 'MB', figures: [Math.max(...under)], target: 300 },
    { section, title: '  median of the samples', unit: 'MB', figures: [median(under)] },
  ]
}
