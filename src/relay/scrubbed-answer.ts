// An error or a redirect of the upstream, without what is not the caller's to know.
import { Refusal } from '../kernel/errors.ts'
import type { Ownership } from '../ownership/ownership.ts'
import { StoreUnavailable } from '../store/store.ts'
import { UpstreamFailure } from '../upstreams/wire/failure.ts'
import { startAnswer } from './body/answer-writer.ts'
import { ClientLeft } from './departure.ts'
import type { Forwarded, Outcome } from './exchange.ts'
import { scrub } from './scrub.ts'

/** An error longer than this is cut: no upstream writes one. */
const maxErrorBytes = 262_144

/** Errors are short: what is not the caller's to know is taken out of the whole of one. */
export async function answerScrubbed(forwarded: Forwarded, headers: readonly string[], ownership: Ownership): Promise<Outcome> {
  const { reply, replyHead, departure, tally, owner } = forwarded
  const left = new Promise<never>((_, reject) =>
    departure.onLeave(() => {
      reply.abort()
      reject(new ClientLeft())
    }),
  )
  const said = saidBy(forwarded)
  const kept: string[] = []
  const body = await Promise.race([reply.whole(maxErrorBytes), left])
    .then(async (text) => {
      for (let at = 0; at < headers.length; at += 2) {
        const [name = '', value = ''] = headers.slice(at, at + 2)
        if (name.toLowerCase() !== 'content-length') kept.push(name, await scrub(value, said, owner, ownership))
      }
      return Buffer.from(await scrub(text.toString('utf8'), said, owner, ownership))
    })
    .catch((error: unknown) => {
      if (error instanceof UpstreamFailure) throw new Refusal('upstream_failed', {}, { cause: error })
      if (error instanceof StoreUnavailable) throw new Refusal('store_unavailable', {}, { cause: error })
      throw error
    })
  kept.push('Content-Length', String(body.length))
  tally.answerBytes = body.length
  const writer = startAnswer(forwarded, replyHead.status, replyHead.reason, kept, true)
  if (body.length > 0) writer.write(body, true)
  writer.end()
  return (await departure.over) ? 'completed' : 'client-left'
}

/** What the caller wrote in the request themselves. */
function saidBy({ incoming, body }: Forwarded): (id: string) => boolean {
  const url = incoming.url ?? ''
  const held = body.kind === 'bytes' ? (body.inflated ?? body.bytes) : null
  return (id) => url.includes(id) || held?.includes(id) === true
}
