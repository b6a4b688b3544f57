// The list of models is the account's: a caller sees the base models it may use and the fine-tuned ones that are its own.
import { isOwned } from '../catalog/kinds.ts'
import { Refusal } from '../kernel/errors.ts'
import { elementsOf, without } from '../kernel/json-elements.ts'
import type { Caller } from '../identity/caller.ts'
import type { AskUpstream } from '../ownership/upstream.ts'
import type { Ownership } from '../ownership/ownership.ts'
import type { Resolved } from './exchange.ts'
import type { OwnAnswer } from './list-answer.ts'
import { scrub } from './scrub.ts'

/** @throws what `ask` throws; StoreUnavailable; Refusal for an answer nobody can read */
export function createListModels(ask: AskUpstream, ownership: Ownership): (resolved: Resolved, signal: AbortSignal) => Promise<OwnAnswer> {
  const filter = createFilterModels(ownership)
  return async ({ accountId, upstreamPath, upstreamQuery, endpoint, caller, owner, label }, signal) => {
    const { status, body } = await ask(accountId, { method: 'GET', path: upstreamPath + upstreamQuery, beta: endpoint.beta, signal })
    if (status === 200) return { status, body: await filter(caller, body) }
    if (status === 401) throw new Refusal('upstream_credentials_refused')
    return { status, body: label === null ? body : Buffer.from(await scrub(body.toString('utf8'), () => false, owner, ownership)) }
  }
}

/**
 * @param body the whole answer of the upstream to GET /v1/models, not encoded
 * @returns the same bytes when nothing is left out
 * @throws Refusal upstream_failed for an answer nobody can read; StoreUnavailable
 */
export type FilterModels = (caller: Caller, body: Buffer) => Promise<Buffer>

/** Well under the number of parameters a statement may have. */
const maxIds = 256

export function createFilterModels(ownership: Ownership): FilterModels {
  return async (caller, body) => {
    const spans = readable(body) ? elementsOf(body, 'data') : null
    if (spans === null) throw new Refusal('upstream_failed')
    const ids = spans.map(({ start, end }) => idIn(body.toString('utf8', start, end)))
    const own = await ownFineTuned(caller, ids)
    const isSeen = (id: string): boolean => (!isOwned('model', id) || own.has(id)) && (caller.mayUse === null || caller.mayUse(id))
    return without(body, spans, (at) => !isSeen(ids[at] ?? ''))
  }

  async function ownFineTuned(caller: Caller, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const tuned = [...new Set(ids.filter((id) => isOwned('model', id)))]
    const own = new Set<string>()
    for (let at = 0; at < tuned.length; at += maxIds) {
      const part = tuned.slice(at, at + maxIds)
      const found = await ownership.find(
        caller,
        part.map((id) => ({ kind: 'model', id })),
      )
      part.forEach((id, index) => {
        const one = found[index] ?? null
        if (one !== null && one.access !== 'deleting') own.add(id)
      })
    }
    return own
  }
}

function readable(body: Buffer): boolean {
  try {
    JSON.parse(body.toString('utf8'))
    return true
  } catch {
    return false
  }
}

/** What has no id cannot be said to be the caller's: it is taken for a fine-tuned model of nobody. */
function idIn(text: string): string {
  const { id } = JSON.parse(text) as { readonly id?: unknown }
  return typeof id === 'string' ? id : 'ft:'
}
