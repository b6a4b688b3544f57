// The measurement of the ownership bench on Postgres: how often a request waits for the database before its first byte.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startServer } from '../../test/harness/postgres.ts'
import { relayPlan } from './contenders.ts'
import { startDelayingProxy } from './delaying-proxy.ts'
import type { OwnershipRow } from './ownership-report.ts'
import { call, type OwnershipBench } from './ownership-sqlite.ts'
import { temporaryDirectory } from './pinning.ts'
import { median } from './statistics.ts'
import { makeTenant } from './tenants.ts'

const delayMs = 150
const tries = 5

export async function measureRoundTrips({ load, cores, checkout, say }: OwnershipBench): Promise<OwnershipRow[]> {
  say('postgres ...')
  using directory = temporaryDirectory()
  const server = await startServer()
  if ('why' in server) {
    say(`no Postgres here: ${server.why}`)
    return []
  }
  await using stack = new AsyncDisposableStack()
  stack.defer(server.end)
  const direct = new URL(server.url)
  await using proxy = await startDelayingProxy({ host: direct.hostname, port: Number(direct.port) })
  const proxied = new URL(direct)
  proxied.hostname = '127.0.0.1'
  proxied.port = String(proxy.port)
  const context = { upstreamPort: load.upstreamPort, directory: directory.path, core: cores.contender }
  await using contender = await relayPlan(checkout, { environment: { DATABASE_URL: proxied.href } }).start(context)
  const state = { checkout, dataDir: join(directory.path, 'data'), databaseUrl: direct.href }
  const red = await makeTenant(state, 'red')
  await makeTenant(state, 'blue')
  await sleep(1000)

  const { port } = contender
  const json = 'application/json'
  const respond = (body: string): Promise<string> => call(port, red, 'POST', '/v1/responses', json, body)
  await load.run({ kind: 'answer', mode: 'response' })
  const responses: string[] = []
  for (let count = 0; count < 2 * tries + 2; count++)
    responses.push((JSON.parse(await respond('{"model":"gpt-4o-mini","input":"Hi"}')) as { readonly id: string }).id)
  // What was read a while ago is read again.
  await sleep(6000)

  let next = 0
  const fresh = (): string => responses[next++] ?? ''
  const known = responses.at(-1) ?? ''
  const continued = (id: string): Promise<string> => respond(`{"model":"gpt-4o-mini","input":"Hi","previous_response_id":"${id}"}`)
  const cases = [
    {
      title: 'chat, a token that is known, no id',
      target: 0,
      ask: () => call(port, red, 'POST', '/v1/chat/completions', json, '{"model":"gpt-4o-mini","messages":[]}'),
    },
    { title: 'response retrieved, asked for the first time', target: 1, ask: () => call(port, red, 'GET', `/v1/responses/${fresh()}`) },
    { title: 'response retrieved again', target: 1, ask: () => call(port, red, 'GET', `/v1/responses/${known}`) },
    { title: 'response made (an id is born)', target: 1, ask: () => respond('{"model":"gpt-4o-mini","input":"Hi"}') },
    { title: 'response continued, the first time (names one, one is born)', target: 1, ask: () => continued(fresh()) },
    { title: 'response continued again', target: 1, ask: () => continued(known) },
    { title: 'files listed, a page', target: 1, ask: () => call(port, red, 'GET', '/v1/files') },
  ]
  const rows: OwnershipRow[] = []
  for (const { title, target, ask } of cases) {
    const mode = title.startsWith('chat') ? 'json' : 'response'
    await load.run({ kind: 'answer', mode })
    proxy.delayBy(0)
    await sleep(200)
    const before = await timeOf(ask)
    const trips: number[] = []
    proxy.delayBy(delayMs)
    await sleep(2 * delayMs)
    for (let attempt = 1; attempt < tries; attempt++) trips.push(Math.max(0, Math.round(((await timeOf(ask)) - before) / delayMs)))
    rows.push({ section: 'Postgres: waits before the first byte', title, unit: 'round trips', figures: [median(trips)], target })
  }
  proxy.delayBy(0)
  return rows
}

async function timeOf(ask: () => Promise<string>): Promise<number> {
  const startedAt = performance.now()
  await ask()
  return performance.now() - startedAt
}
