// Kills a relay in the middle of creates and deletes, again and again, and looks each time whether anything was lost or leaked: what a
// tenant was told of is its own ever after, nobody sees what another made, and what nobody was told of is nobody's or its maker's.
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { startKillableRelay, makeTenants, type KillableRelay } from '../harness/killable-relay.ts'
import { settleLeftovers } from './settling.ts'
import { boundary, formOf, part } from './spots.ts'

type Side = 'web' | 'blue'
const sides: readonly Side[] = ['web', 'blue']

/** A way to make something: what is sent, and where it is asked for again. */
type Making = {
  readonly path: string
  readonly type: string
  readonly body: (name: string) => Buffer
  readonly id: RegExp
  readonly list: string | null
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
const jsonType = 'application/json'
const makings: readonly Making[] = [
  {
    path: '/v1/files',
    type: `multipart/form-data; boundary=${boundary}`,
    body: (name) =>
      formOf(part('name="purpose"', 'user_data'), part(`name="file"; filename="${name}"`, 'text', 'Content-Type: text/plain\r\n')),
    id: /"id": ?"(file-[\w-]+)"/,
    list: '/v1/files',
  },
  { path: '/v1/vector_stores', type: jsonType, body: (name) => json({ name }), id: /"id": ?"(vs_\w+)"/, list: '/v1/vector_stores' },
  { path: '/v1/containers', type: jsonType, body: (name) => json({ name }), id: /"id": ?"(cntr_\w+)"/, list: '/v1/containers' },
  { path: '/v1/conversations', type: jsonType, body: (name) => json({ metadata: { name } }), id: /"id": ?"(conv_\w+)"/, list: null },
  {
    path: '/v1/responses',
    type: jsonType,
    body: (name) => json({ model: 'gpt-4o-mini', input: name }),
    id: /"id": ?"(resp_\w+)"/,
    list: null,
  },
  {
    path: '/v1/responses',
    type: jsonType,
    body: (name) => json({ model: 'gpt-4o-mini', input: name, stream: true }),
    id: /"id": ?"(resp_\w+)"/,
    list: null,
  },
]

type Told = { readonly side: Side; readonly path: string; readonly id: string; state: 'live' | 'maybe' | 'gone' }

export type Outcome = {
  readonly rounds: number
  readonly sent: number
  readonly told: number
  readonly deleted: number
  /** Creates of which nobody was told, and objects of theirs that are nobody's. */
  readonly left: number
  readonly orphans: number
  /** What must not be; empty when all is well. */
  readonly problems: readonly string[]
}

export async function killAgainAndAgain(options: {
  readonly rounds: number
  readonly databaseUrl?: string | null
  readonly tell?: (round: number, told: number) => void
}): Promise<Outcome> {
  await using relay = await startKillableRelay(options.databaseUrl ?? null)
  const tokens = await makeTenants(relay.admin)
  const all: Told[] = []
  const problems: string[] = []
  let sent = 0
  let deleted = 0
  for (let round = 1; round <= options.rounds; round++) {
    const fresh: Told[] = []
    const work: Promise<void>[] = []
    const endsAfter = Math.floor(Math.random() * sides.length * makings.length)
    let answered = 0
    for (const side of sides)
      for (const { path, type, body, id } of makings) {
        sent++
        const making = ask(relay, tokens[side], 'POST', path, type, body(`${side}-${round}`)).then(({ text }) => {
          answered++
          // Told of is what has arrived, also when the rest never did.
          const made = id.exec(text)?.[1]
          if (made !== undefined) fresh.push({ side, path, id: made, state: 'live' })
        })
        work.push(making)
      }
    const victims = sides.flatMap((side) => all.filter((each) => each.side === side && each.state === 'live').slice(-1))
    for (const victim of victims) {
      victim.state = 'maybe'
      work.push(
        ask(relay, tokens[victim.side], 'DELETE', `${victim.path}/${victim.id}`).then(({ status, isWhole }) => {
          answered++
          if (status === 200 && isWhole) victim.state = 'gone'
        }),
      )
    }
    // At any moment of the round, also on a machine that is busy: after so many answers, and a little.
    await until(() => answered >= endsAfter || answered === work.length)
    await sleep(Math.random() * 8)
    await relay.kill()
    await Promise.all(work)
    await relay.start()
    all.push(...fresh)
    deleted += victims.length
    for (const each of [...fresh, ...victims]) await look(relay, tokens, each, problems)
    options.tell?.(round, all.length)
  }
  await compareLists(relay, tokens, all, problems)
  await relay.kill()
  const { before: left, after, orphans, errors } = await settleLeftovers(relay, options.databaseUrl ?? null)
  if (after > 0) problems.push(`${after} of ${left} creates that were announced are not settled an hour later`)
  for (const error of errors) problems.push(`reconciliation failed: ${String(error)}`)
  await relay.start()
  // Whatever was given to somebody by now is their own.
  for (const each of all) await look(relay, tokens, each, problems)
  await compareLists(relay, tokens, all, problems)
  return { rounds: options.rounds, sent, told: all.length, deleted, left, orphans, problems }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(1)
}

async function look(relay: KillableRelay, tokens: Record<Side, string>, each: Told, problems: string[]): Promise<void> {
  const { side, path, id, state } = each
  const own = await ask(relay, tokens[side], 'GET', `${path}/${id}`)
  const other = await ask(relay, tokens[side === 'web' ? 'blue' : 'web'], 'GET', `${path}/${id}`)
  // A stream that broke off leaves nothing upstream: that is no loss of ours.
  if (state === 'live' && own.status === 404 && !(await relay.emulator.send('GET', `${path}/${id}`)).ok) {
    each.state = 'gone'
    return
  }
  const allowed = state === 'live' ? [200] : state === 'gone' ? [404] : [200, 404]
  if (!allowed.includes(own.status)) problems.push(`${id} of ${side}, ${state}: its owner gets ${own.status} ${own.text.slice(0, 200)}`)
  if (other.status !== 404) problems.push(`${id} of ${side}: the other gets ${other.status} ${other.text.slice(0, 200)}`)
  // Denied once, denied for ever.
  if (state === 'maybe' && own.status === 404) each.state = 'gone'
}

/** Lists name all that a tenant was told of, and nothing the other has made. */
async function compareLists(relay: KillableRelay, tokens: Record<Side, string>, all: readonly Told[], problems: string[]): Promise<void> {
  for (const side of sides)
    for (const path of new Set(makings.flatMap(({ list }) => list ?? []))) {
      const seen = new Map<string, string>()
      for (let after = ''; ;) {
        const { text } = await ask(relay, tokens[side], 'GET', `${path}?limit=100${after}`)
        const page = JSON.parse(text) as {
          readonly data: readonly { readonly id: string; readonly name?: string; readonly filename?: string }[]
          readonly has_more: boolean
        }
        for (const { id, name, filename } of page.data) seen.set(id, name ?? filename ?? '')
        if (!page.has_more) break
        after = `&after=${page.data.at(-1)?.id}`
      }
      for (const [id, name] of seen) if (!name.startsWith(`${side}-`)) problems.push(`${side} is shown ${id}, which is ${name}`)
      for (const { id, state } of all.filter((each) => each.side === side && each.path === path))
        if (state !== 'maybe' && seen.has(id) !== (state === 'live'))
          problems.push(`${id} of ${side} is ${state} and ${seen.has(id) ? '' : 'not '}in its list`)
    }
}

type Asked = { readonly status: number; readonly text: string; readonly isWhole: boolean }

/** One request on a connection of its own; what had come when the connection broke counts. */
function ask(relay: KillableRelay, token: string, method: string, path: string, type?: string, body?: Buffer): Promise<Asked> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let status = 0
    const finish = (isWhole: boolean): void => resolve({ status, text: Buffer.concat(chunks).toString('utf8'), isWhole })
    const outgoing = request(
      `${relay.url()}${path}`,
      { method, agent: false, headers: { authorization: `Bearer ${token}`, ...(type === undefined ? {} : { 'content-type': type }) } },
      (answer) => {
        status = answer.statusCode ?? 0
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('end', () => finish(answer.complete))
        answer.on('error', () => finish(false))
        answer.on('close', () => finish(answer.complete))
      },
    )
    outgoing.on('error', () => finish(false))
    outgoing.end(body)
  })
}
