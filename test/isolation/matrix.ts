// Walks the matrix: every place x every spelling x everybody who could ask. An answer about another's id must be the answer about an
// id that nobody has, and the upstream must not have heard of it.
import type { ResourceKind } from '../../src/catalog/kinds.ts'
import { kinds } from '../../src/catalog/kinds.ts'
import type { Got, GuardedAccount, Sent, Who } from '../harness/guarded-account.ts'
import { newId, spellingsOf, type Own, type Spelling, type Spot } from './spots.ts'

export type Side = 'red' | 'ops' | 'blue' | 'home'

export type Stage = {
  readonly world: GuardedAccount
  /** Red's, in project web: what the others are after. */
  readonly victim: Own
  readonly ownOf: (who: Who) => Own
}

export type Verdict = { attempts: number; readonly problems: string[] }

const allKinds = (Object.keys(kinds) as ResourceKind[]).filter((kind) => kind !== 'label')

/** Gives each side ids of every kind. What red really made is taken where there is any. */
export async function createStage(world: GuardedAccount, made: ReadonlyMap<ResourceKind, string>): Promise<Stage> {
  const ids = new Map<string, string>()
  for (const side of ['red', 'ops', 'blue', 'home'] as const) {
    for (const kind of allKinds) ids.set(`${side} ${kind}`, newId(kind))
    await world.own(
      side,
      allKinds.map((kind) => ({ kind, id: ids.get(`${side} ${kind}`) ?? '' })),
    )
  }
  const of =
    (side: Side): Own =>
    (kind) =>
      ids.get(`${side} ${kind}`) ?? ''
  return {
    world,
    victim: (kind) => made.get(kind) ?? of('red')(kind),
    ownOf: (who) => of(who === 'ops' || who === 'blue' || who === 'home' ? who : 'red'),
  }
}

/** Tries several at once: connections stay open, and each attempt is its own. */
export async function inParallel<T>(items: Iterable<T>, run: (item: T) => Promise<void>, count = 24): Promise<void> {
  const iterator = items[Symbol.iterator]()
  const work = async (): Promise<void> => {
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) await run(next.value)
  }
  await Promise.all(Array.from({ length: count }, work))
}

const changing = new Set([
  'x-relay-request-id',
  'date',
  'x-request-id',
  'openai-processing-ms',
  'retry-after',
  'keep-alive',
  'connection',
  'cf-ray',
])

/** An answer without what differs between any two, and without the id it is about. */
export function told({ status, headers, text }: Got, id: string): string {
  const kept = headers.flatMap((name, at) =>
    at % 2 === 0 && !changing.has(name.toLowerCase()) ? [`${name}: ${headers[at + 1] ?? ''}`] : [],
  )
  const spelled = [id, id.toUpperCase(), encodeURIComponent(id)]
  return [String(status), ...kept, spelled.reduce((body, each) => body.replaceAll(each, '<id>'), text)].join('\n')
}

/** @param askers each asks for red's id and for one nobody has */
export async function attack(
  stage: Stage,
  spots: readonly Spot[],
  { askers, spellings }: { readonly askers: readonly Who[]; readonly spellings: (spot: Spot) => readonly Spelling[] },
  verdict: Verdict,
): Promise<void> {
  const jobs = spots.flatMap((spot) =>
    spellings(spot)
      .filter(({ isFor }) => isFor === undefined || isFor(spot))
      .flatMap((spelling) => askers.map((who) => ({ spot, spelling, who }))),
  )
  await inParallel(jobs, async ({ spot, spelling, who }) => {
    const { resource, row } = spot
    const foreign = stage.victim(resource.kind)
    const missing = sameLength(newId(resource.kind), foreign)
    const own = stage.ownOf(who)
    const name = `${who}: ${row.id} ${resource.at} (${resource.kind}) ${spelling.name}`
    const aboutForeign = await stage.world.send(who, labelled(spelling.write(spot, foreign, own), name))
    const aboutMissing = await stage.world.send(who, labelled(spelling.write(spot, missing, own), name))
    verdict.attempts += 2
    const one = told(aboutForeign, foreign)
    const other = told(aboutMissing, missing)
    if (one !== other) verdict.problems.push(`${name}\n--- another's\n${one}\n--- nobody's\n${other}`)
    else if (aboutForeign.status >= 500) verdict.problems.push(`${name}: ${aboutForeign.status} ${aboutForeign.text}`)
    else if (spelling.name === 'plain' && !isRefusal(aboutForeign))
      verdict.problems.push(`${name}: ${aboutForeign.status} ${aboutForeign.text.slice(0, 200)}`)
  })
}

export function isRefusal({ status, text }: Got): boolean {
  if (status < 400) return false
  const { error } = JSON.parse(text) as { readonly error?: { readonly message?: unknown } }
  return typeof error?.message === 'string'
}

/** Both ids take the same room, so that lengths can be compared too. */
function sameLength(id: string, like: string): string {
  if (id.length >= like.length) return id.slice(0, like.length)
  return id + 'f'.repeat(like.length - id.length)
}

const attempt = 'x-attempt'

/** So that whatever reaches the upstream can be told from what it was sent for. */
const labelled = (sent: Sent, name: string): Sent => ({ ...sent, headers: { ...sent.headers, [attempt]: name } })

/** Ids of red that stand in what went upstream, and the attempts they came with. */
export function leaked({ world, victim }: Stage): readonly string[] {
  const sent = world.wire.sent().toString('latin1')
  return allKinds.map(victim).flatMap((id) => {
    const at = sent.indexOf(id)
    if (at < 0) return []
    const head = sent.slice(sent.lastIndexOf(' HTTP/1.1\r\n', at))
    return [`${id} by ${/x-attempt: ([^\r]*)/i.exec(head)?.[1] ?? 'an unknown request'}`]
  })
}

export const plainOf = (spot: Spot): readonly Spelling[] => spellingsOf(spot).slice(0, 1)
