// What all generating endpoints share: cutting a reply where it has to end, counting it, and pacing its stream.
import type { Platform } from '../platform.ts'
import type { SseEvent } from '../answer.ts'
import { isReasoning } from '../model-list.ts'

export type Cut = { readonly text: string; readonly tokens: readonly string[]; readonly end: 'stop' | 'length' }

/** Ends a text at its first stop sequence, and at its longest allowed length. */
export function cutText(
  { tokens }: Platform,
  text: string,
  { stop = [], maxTokens = Infinity }: { readonly stop?: readonly string[]; readonly maxTokens?: number },
): Cut {
  const stops = stop.map((sequence) => (sequence === '' ? -1 : text.indexOf(sequence))).filter((at) => at !== -1)
  const until = stops.length > 0 ? text.slice(0, Math.min(...stops)) : text
  const all = tokens.split(until)
  if (all.length <= maxTokens) return { text: until, tokens: all, end: 'stop' }
  const kept = all.slice(0, maxTokens)
  return { text: kept.join(''), tokens: kept, end: 'length' }
}

const effortTokens: Readonly<Record<string, number>> = { none: 0, minimal: 0, low: 64, medium: 128, high: 256, xhigh: 512, max: 1024 }

/** How many tokens a model thinks: none where it cannot, or is told not to. */
export const reasoningTokens = (model: string, effort: string | undefined): number =>
  isReasoning(model) ? (effortTokens[effort ?? 'medium'] ?? 128) : 0

/** Lets the events of a stream out one by one. Without a pace they go out as fast as the client reads. */
export function paced(
  platform: Platform,
  events: Iterable<SseEvent>,
  paceMs: number,
  signal: AbortSignal,
): Iterable<SseEvent> | AsyncIterable<SseEvent> {
  return paceMs > 0 ? slowly(platform, events, paceMs, signal) : events
}

async function* slowly({ clock }: Platform, events: Iterable<SseEvent>, paceMs: number, signal: AbortSignal): AsyncGenerator<SseEvent> {
  for (const event of events) {
    // Leaving the loop closes `events`: generation stops with the client.
    if (signal.aborted) return
    yield event
    await clock.sleep(paceMs, signal)
  }
}

export type TokenLogprob = {
  readonly token: string
  readonly logprob: number
  readonly bytes: readonly number[]
  readonly top_logprobs: readonly Omit<TokenLogprob, 'top_logprobs'>[]
}

/** Plausible and always the same: the likelier a token, the shorter it is; alternatives come after it. */
export function logprobsOf(tokens: readonly string[], top: number): TokenLogprob[] {
  return tokens.map((token) => {
    const logprob = -((token.length * 37) % 100) / 1000
    const alternatives = Array.from({ length: top }, (_, index) =>
      index === 0 ? entry(token, logprob) : entry(`${token}${index}`, logprob - index),
    )
    return { ...entry(token, logprob), top_logprobs: alternatives }
  })
}

const entry = (token: string, logprob: number): Omit<TokenLogprob, 'top_logprobs'> => ({ token, logprob, bytes: [...Buffer.from(token)] })
