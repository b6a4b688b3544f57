// Realtime calls and live sessions as they are kept. A call that rings by telephone is both, until one of the two APIs accepts it.
import { newId } from '../../ids.ts'
import type { Platform } from '../../platform.ts'
import type { JsonObject } from '../../shape.ts'
import type { Collection } from '../../state/objects.ts'

export type Call = {
  readonly id: string
  readonly status: 'ringing' | 'active'
  /** What it was opened or accepted with. */
  readonly session: JsonObject
  /** The other name under which a ringing call can be accepted. */
  readonly twin: string | null
}

export type LiveSession = Call & {
  /** Only stored ones can be forked and listened to afterwards. */
  readonly isStored: boolean
  /** It is not there any more, except for what it left behind. */
  readonly isOver: boolean
}

export const calls = (platform: Platform): Collection<Call> => platform.collection('realtime.call')
export const liveSessions = (platform: Platform): Collection<LiveSession> => platform.collection('live.session')

export type Ringing = { readonly call_id: string; readonly session_id: string }

/** Somebody calls: webhooks are told, and the call waits to be accepted or rejected. */
export function ring(platform: Platform, from: string): Ringing {
  const ringing: Ringing = { call_id: newId('realtimeCall'), session_id: newId('liveSession') }
  const call = { status: 'ringing', session: {} } as const
  calls(platform).put({ ...call, id: ringing.call_id, twin: ringing.session_id })
  liveSessions(platform).put({ ...call, id: ringing.session_id, twin: ringing.call_id, isStored: false, isOver: false })
  const headers = [
    { name: 'From', value: `sip:${from}@sip.example.com` },
    { name: 'To', value: 'sip:+15550199@sip.example.com' },
    { name: 'Call-ID', value: ringing.call_id },
  ]
  platform.events.announce('realtime.call.incoming', ringing.call_id, { call_id: ringing.call_id, sip_headers: headers })
  platform.events.announce('live.call.incoming', ringing.session_id, { session_id: ringing.session_id, sip_headers: headers })
  platform.events.announce('live.transport.incoming', ringing.session_id, {
    type: 'sip',
    session_id: ringing.session_id,
    sip_headers: headers,
  })
  return ringing
}
