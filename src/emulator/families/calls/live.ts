// Live sessions over HTTP: opened by an offer, answered when they ring, handed on, ended, forked, and listened to afterwards.
import { bytes, empty, json } from '../../answer.ts'
import type { Answer } from '../../answer.ts'
import type { Call as Request, Family } from '../../behaviour.ts'
import { ApiError, invalid, notFound } from '../../errors.ts'
import { newId } from '../../ids.ts'
import { findModel, useOf } from '../../model-list.ts'
import type { Platform } from '../../platform.ts'
import { anyObject, anything, array, boolean, choice, integer, object, optional, readShape, string, textOr } from '../../shape.ts'
import type { Shape } from '../../shape.ts'
import { variant } from '../../variant.ts'
import { calls, liveSessions } from './stored.ts'
import type { LiveSession } from './stored.ts'
import { answerOffer } from './webrtc.ts'

/** The inside of audio, delegation and triggers belongs to the media transport, which is not here. */
const sessionShape = {
  model: string({ min: 1 }),
  audio: optional(anyObject()),
  client: optional(anyObject()),
  delegation: optional(anyObject()),
  input: optional(array(anyObject(), { max: 128 })),
  instructions: optional(string()),
  safety_identifier: optional(string()),
  store: optional(boolean()),
  triggers: optional(array(anything())),
}

const transport = variant({ webrtc: { sdp: string({ min: 1 }) } })

export const live = {
  'live.sessions.create': async ({ platform, json: body }) => {
    const request = readShape({ session: object(sessionShape), transport }, await body())
    requireLiveModel(platform, request.session.model)
    return open(platform, request.transport.sdp, { session: request.session, isStored: request.session.store ?? false })
  },
  'live.sessions.fork': async (call) => {
    const { platform } = call
    const overrides = { client: optional(anyObject()), delegation: optional(anyObject()), store: optional(boolean()) }
    const request = readShape({ session: optional(object(overrides)), transport }, await call.json())
    const stored = findStored(call)
    const given = Object.entries(request.session ?? {}).filter(([, value]) => value !== undefined)
    return open(platform, request.transport.sdp, {
      session: { ...stored.session, ...Object.fromEntries(given) },
      isStored: request.session?.store ?? stored.isStored,
    })
  },
  'live.sessions.accept': async (call) => {
    const { platform } = call
    const accepted: Shape = { ...sessionShape, type: choice('live') }
    const { session } = readShape({ session: object(accepted) }, await call.json())
    requireLiveModel(platform, textOr(session['model']))
    const found = find(call)
    if (found.twin !== null) calls(platform).delete(found.twin)
    liveSessions(platform).put({ ...found, status: 'active', twin: null, session, isStored: session['store'] === true })
    return empty()
  },
  'live.sessions.hangup': (call) => end(call),
  'live.sessions.refer': async (call) => {
    const { target_uri: target } = readShape({ target_uri: string({ min: 1 }) }, await call.json())
    if (target.trim() === '') throw invalid("Invalid 'target_uri': expected a URI that is not blank.", 'target_uri')
    return end(call)
  },
  'live.sessions.reject': async (call) => {
    readShape({ status_code: integer({ min: 300, max: 699 }) }, await call.json())
    return end(call)
  },
  'live.sessions.content': async (call) => {
    const { session } = findStored(call)
    const { speak } = await import('../../media/speech.ts')
    const recording = speak({ text: textOr(session['instructions'], 'Hello'), voice: 'marin', speed: 1, format: 'wav' })
    return bytes(recording.bytes, recording.contentType)
  },
} satisfies Family

type Opened = Pick<LiveSession, 'session' | 'isStored'>

function open(platform: Platform, offer: string, { session, isStored }: Opened): Answer {
  const sdp = answerOffer(offer, 'transport.sdp')
  const id = newId('liveSession')
  liveSessions(platform).put({ id, status: 'active', session, isStored, isOver: false, twin: null })
  platform.events.announce('live.transport.connected', id, { session_id: id, type: 'webrtc' })
  return json({ session: { id }, transport: { type: 'webrtc', sdp } })
}

function requireLiveModel(platform: Platform, model: string): void {
  if (findModel(platform, model) === undefined || useOf(model) !== 'realtime')
    throw invalid(`The requested model '${model}' does not exist.`, 'session.model', 'model_not_found')
}

function find(call: Request): LiveSession {
  const session = liveSessions(call.platform).get(call.param('session_id'))
  if (session === undefined || session.isOver) throw missing(call)
  return session
}

function findStored(call: Request): LiveSession {
  const session = liveSessions(call.platform).get(call.param('session_id'))
  if (session === undefined) throw missing(call)
  if (!session.isStored) throw notFound(`Live session with id '${session.id}' was not stored.`)
  return session
}

const missing = (call: Request): ApiError =>
  new ApiError(404, `Live session with id '${call.param('session_id')}' not found.`, { code: 'session_not_found' })

function end(call: Request): Answer {
  const { platform } = call
  const session = find(call)
  if (session.twin !== null) calls(platform).delete(session.twin)
  if (session.isStored) liveSessions(platform).put({ ...session, isOver: true })
  else liveSessions(platform).delete(session.id)
  return empty()
}
