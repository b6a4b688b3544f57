// Room 6: sends the request and waits for the head of the answer. The only retry of the relay lives here.
import { Refusal } from '../kernel/errors.ts'
import type { Endpoint, Pace } from '../catalog/endpoint.ts'
import { UpstreamFailure } from '../upstreams/wire/failure.ts'
import type { ReplyHead } from '../upstreams/wire/head.ts'
import type { WireRequest } from '../upstreams/wire/pool.ts'
import { watchUpload } from './body/upload.ts'
import { ClientLeft } from './departure.ts'
import type { Forwarded, Routed } from './exchange.ts'
import { upstreamHeaderLines } from './headers.ts'
import { Reply } from './reply.ts'

export type ForwardOptions = {
  /** Longest silence of the upstream for each pace, ms. */
  readonly deadlines: Readonly<Record<Pace, number>>
  readonly clientSilenceMs: number
  readonly passAccountHeaders: boolean
  /** Tells the operator that the upstream refuses our key. */
  readonly onCredentialsRefused: () => void
}

type Answer = { readonly reply: Reply; readonly replyHead: ReplyHead }

export type Forward = (routed: Routed) => Promise<Forwarded>

export function createForward(options: ForwardOptions): Forward {
  return async (routed) => {
    const { departure, account, endpoint, tally } = routed
    const request = wireRequest(routed, options)
    for (;;) {
      tally.attempts++
      try {
        const { reply, replyHead } = await attempt(routed, tally.attempts === 1 ? request : { ...request, isFresh: true }, options)
        // It broke off in the same read as its head: nothing has gone out yet, so this can still be an honest refusal.
        if (reply.failure !== null) throw reply.failure
        if (replyHead.status === 401) {
          reply.abort()
          if (account.credentials.refused()) options.onCredentialsRefused()
          throw new Refusal('upstream_credentials_refused')
        }
        account.credentials.accepted()
        return { ...routed, reply, replyHead }
      } catch (error) {
        if (!(error instanceof UpstreamFailure)) throw error
        tally.failure = error.describe()
        if (departure.hasLeft()) throw new ClientLeft()
        if (!isReplayable(endpoint, request, error, tally.attempts)) throw refusalOf(error, request.silenceMs)
      }
    }
  }
}

/** A pooled connection that died before one byte of the answer: the upstream may never have seen the request (RFC 9110 9.2.2). */
function isReplayable(endpoint: Endpoint, request: WireRequest, failure: UpstreamFailure, attempts: number): boolean {
  return failure.isStale && endpoint.replay === 'safe' && request.body.kind === 'none' && attempts === 1
}

/**
 * Whether the upstream has all of a request that makes something, which it will make though nobody waits for it: the answer is
 * read to its end then, so that what was made has an owner.
 */
function isUnderWay({ intent, body, incoming }: Routed): boolean {
  if (intent === null) return false
  return body.kind !== 'stream' || (body.gate === null ? incoming.complete : body.gate.stream.readableEnded)
}

function attempt(routed: Routed, request: WireRequest, options: ForwardOptions): Promise<Answer> {
  const { incoming, outgoing, account, departure, body, tally } = routed
  const reply = Reply.open((sink) => account.pool.send(request, sink))
  return new Promise((resolve, reject) => {
    const giveUp = (reason: Error): void => {
      reply.abort()
      reject(reason)
    }
    departure.onLeave(() => {
      if (!isUnderWay(routed)) giveUp(new ClientLeft())
    })
    if (body.kind === 'stream' && body.gate !== null) {
      body.gate.onFail((refusal) => {
        giveUp(refusal)
        if (outgoing.headersSent) outgoing.destroy()
      })
    } else if (request.body.kind === 'stream') {
      watchUpload(incoming, options.clientSilenceMs, tally, departure.over, () => {
        giveUp(new Refusal('request_timeout', { seconds: String(options.clientSilenceMs / 1000) }))
        // With an answer under way nothing can be refused any more.
        if (outgoing.headersSent) outgoing.destroy()
      })
    }
    reply.headed.then((replyHead) => resolve({ reply, replyHead }), reject)
  })
}

/** The head is one string: small requests leave in a single write. Authorization comes from the account, framing from the body. */
function wireRequest(routed: Routed, options: ForwardOptions): WireRequest {
  const { incoming, account, upstreamPath, upstreamQuery, presented, head, endpoint, plan, body, label, isAlone } = routed
  const method = incoming.method ?? 'GET'
  // The operator's own choice stands, whatever the callers may choose.
  const passesAccount = options.passAccountHeaders && account.organization === null && account.project === null
  let lines = `${method} ${account.basePath}${upstreamPath}${upstreamQuery} HTTP/1.1\r\nHost: ${account.authority}\r\nAuthorization: Bearer ${account.key.reveal()}\r\n`
  if (account.organization !== null) lines += `OpenAI-Organization: ${account.organization}\r\n`
  if (account.project !== null) lines += `OpenAI-Project: ${account.project}\r\n`
  lines += upstreamHeaderLines(incoming.rawHeaders, head.connection, presented, {
    passesAccount,
    // What is read for new ids must not be compressed, nor what may name the objects of others.
    isPlain: label !== null || (!isAlone && (plan.answer !== null || plan.event !== null)),
    isRecoded: body.kind === 'bytes' && body.isRecoded,
    labels: label === null ? null : { names: plan.headers, label },
  })
  // RFC 9110 8.6: a method that usually carries content says so when there is none.
  if (body.kind === 'none') lines += method === 'GET' || method === 'DELETE' ? '' : 'Content-Length: 0\r\n'
  else if (body.kind === 'bytes') lines += `Content-Length: ${body.bytes.length}\r\n`
  else lines += body.bytes === null ? 'Transfer-Encoding: chunked\r\n' : `Content-Length: ${body.bytes}\r\n`
  return {
    head: `${lines}\r\n`,
    body: body.kind === 'stream' ? { kind: 'stream', stream: body.gate?.stream ?? incoming, bytes: body.bytes } : body,
    silenceMs: options.deadlines[endpoint.pace],
    isFresh: false,
  }
}

export function refusalOf(failure: UpstreamFailure, silenceMs: number): Refusal {
  if (failure.kind === 'silent') return new Refusal('upstream_timeout', { seconds: String(silenceMs / 1000) }, { cause: failure })
  return new Refusal(failure.kind === 'unreachable' ? 'upstream_unreachable' : 'upstream_failed', {}, { cause: failure })
}
