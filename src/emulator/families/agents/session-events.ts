// The events of a session: kept in order, and followed by whoever streams them, from where the turn under way began.
import type { SseEvent } from '../../answer.ts'
import { newId } from '../../ids.ts'
import type { Platform } from '../../platform.ts'
import type { JsonObject } from '../../shape.ts'
import type { Collection } from '../../state/objects.ts'
import { activeTurn, sessions } from './session-store.ts'
import type { Unsent } from './session-store.ts'

type Kept = { readonly id: string; readonly event: Unsent; readonly paceMs: number }

const kept = (platform: Platform): Collection<Kept> => platform.collection('agent.session.event')

/** Adds to the events of a session; `paceMs` is the pause that streams make behind each of them. */
export function publish(platform: Platform, sessionId: string, events: Iterable<Unsent>, paceMs = 0): void {
  const all = kept(platform)
  for (const event of events) all.put({ id: newId('agentSessionEvent'), event, paceMs }, sessionId)
  wake(platform, sessionId)
}

/** Events are for following, items for looking back: those of turns before the last one are dropped. */
export function forgetEvents(platform: Platform, sessionId: string, isOld: (event: Unsent) => boolean = () => true): void {
  const all = kept(platform)
  for (const { id, event } of all.list({ parent: sessionId })) {
    if (!isOld(event)) break
    all.delete(id, sessionId)
  }
  wake(platform, sessionId)
}

type FollowOptions = {
  readonly sessionId: string
  readonly signal: AbortSignal
  readonly hasObfuscation: boolean
  /** From the first event of the session, and only to the end of its first turn. */
  readonly isCreation: boolean
}

/**
 * Whoever comes while a turn is under way is told of it from its beginning, with the same event ids; whoever comes in between learns
 * how the session stands.
 */
export async function* follow(
  platform: Platform,
  { sessionId, signal, hasObfuscation, isCreation }: FollowOptions,
): AsyncGenerator<SseEvent> {
  const asSse = (id: string, { type, ...rest }: Unsent): SseEvent => ({
    event: type,
    data: { type, event_id: id, ...rest, ...(hasObfuscation ? padding(rest) : {}) },
  })
  let last: string | undefined
  if (!isCreation) {
    const start = startOf(platform, sessionId)
    last = start.after
    const session = sessions(platform).get(sessionId)
    if (!start.isTurn && session !== undefined)
      yield asSse(newId('agentSessionEvent'), { type: `agent.session.${session.status}`, session })
  }
  let hasTurnEnded = false
  for (;;) {
    let isNews = false
    for (const { id, event, paceMs } of kept(platform).list({ parent: sessionId, ...(last === undefined ? {} : { after: last }) })) {
      if (signal.aborted) return
      isNews = true
      last = id
      yield asSse(id, event)
      if (paceMs > 0) await platform.clock.sleep(paceMs, signal)
      hasTurnEnded ||= isEndOfRootTurn(event)
      if (isCreation && (event.type === 'agent.session.failed' || (event.type === 'agent.session.idle' && hasTurnEnded))) return
    }
    if (isNews) continue
    if (signal.aborted || sessions(platform).get(sessionId) === undefined) return
    await news(platform, sessionId, signal)
  }
}

function isEndOfRootTurn({ type, turn }: Unsent): boolean {
  const isEnd = /^agent\.session\.turn\.(?:completed|failed|cancelled)$/.test(type)
  return isEnd && (turn as { readonly subagent_id: string | null }).subagent_id === null
}

/** Behind which event a new follower begins: before the first one of the active turn, or at the end. */
function startOf(platform: Platform, sessionId: string): { readonly after: string | undefined; readonly isTurn: boolean } {
  const turn = activeTurn(platform, sessionId)
  let after: string | undefined
  for (const { id, event } of kept(platform).list({ parent: sessionId })) {
    if (turn !== undefined && event.type === 'agent.session.turn.created' && event['turn_id'] === turn.id) return { after, isTurn: true }
    after = id
  }
  return { after, isTurn: false }
}

const paddingText = 'Zk3vQ8aXw1b6TgLrMn5Yc2Pd9HfJs7Ue'

/** Fills events up to whole steps of length, so that their size tells less about what is in them. */
const padding = (event: JsonObject): JsonObject => ({
  obfuscation: paddingText.slice(0, 32 - (JSON.stringify(event).length % 31)),
})

/** Those who wait for the next event, by session. */
const waiting = new WeakMap<Platform, Map<string, Set<() => void>>>()

function wake(platform: Platform, sessionId: string): void {
  for (const call of waiting.get(platform)?.get(sessionId) ?? []) call()
}

function news(platform: Platform, sessionId: string, signal: AbortSignal): Promise<void> {
  const bySession = waiting.get(platform) ?? new Map<string, Set<() => void>>()
  waiting.set(platform, bySession)
  const all = bySession.get(sessionId) ?? new Set()
  bySession.set(sessionId, all)
  return new Promise((resolve) => {
    const done = (): void => {
      all.delete(done)
      if (all.size === 0) bySession.delete(sessionId)
      signal.removeEventListener('abort', done)
      resolve()
    }
    all.add(done)
    signal.addEventListener('abort', done, { once: true })
  })
}
