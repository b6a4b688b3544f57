// Room 8: writes down what happened. Never refuses: the answer is already over.
import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Opened, Outcome } from './exchange.ts'

export type Settle = (opened: Opened, outcome: Outcome, code: string | null) => void

export function createSettle({
  log,
  metrics,
  tick,
}: {
  readonly log: Log
  readonly metrics: Metrics
  readonly tick: () => number
}): Settle {
  return ({ requestId, incoming, startedTick, tally }, outcome, code) => {
    const durationMs = tick() - startedTick
    const endpoint = tally.endpoint?.id ?? 'none'
    const firstByteMs = tally.firstByteTick === null ? null : tally.firstByteTick - startedTick
    metrics.exchange(endpoint, tally.status, outcome, durationMs, firstByteMs, tally.requestBytes, tally.answerBytes)
    log.exchange({
      requestId,
      upstreamRequestId: tally.upstreamRequestId,
      tokenId: tally.caller?.tokenId ?? null,
      endpoint,
      method: incoming.method ?? '',
      status: tally.status,
      outcome,
      code,
      model: tally.model,
      failure: tally.failure,
      attempts: tally.attempts,
      requestBytes: tally.requestBytes,
      answerBytes: tally.answerBytes,
      durationMs,
      firstByteMs,
    })
  }
}
