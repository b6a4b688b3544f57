// The realtime API over HTTP: secrets for browsers, and calls that are opened by an offer or answered when they ring.
import { readFile } from 'node:fs/promises'
import { bytes, empty, json } from '../../answer.ts'
import type { Answer } from '../../answer.ts'
import { parseJson } from '../../body.ts'
import type { Call as Request, Family } from '../../behaviour.ts'
import { ApiError, invalid, missingParameter, wrongKey } from '../../errors.ts'
import type { Form } from '../../form.ts'
import { newId } from '../../ids.ts'
import type { Platform } from '../../platform.ts'
import { anyObject, choice, integer, object, optional, readShape, string } from '../../shape.ts'
import type { JsonObject } from '../../shape.ts'
import type { Collection } from '../../state/objects.ts'
import {
  anySession,
  legacySession,
  legacyShape,
  legacyTranscriptionSession,
  legacyTranscriptionShape,
  readConversation,
  requireRealtimeModel,
  sessionOf,
} from './realtime-session.ts'
import { calls, liveSessions } from './stored.ts'
import type { Call } from './stored.ts'
import { answerOffer } from './webrtc.ts'

/** A secret lets a browser open calls with the session it was made for. Its id is the secret itself. */
type ClientSecret = { readonly id: string; readonly expiresAt: number; readonly session: JsonObject }

const secrets = (platform: Platform): Collection<ClientSecret> => platform.collection('realtime.client_secret')

const defaultLifeSeconds = 600
const legacyLifeSeconds = 60

const expiresAfter = optional(object({ anchor: optional(choice('created_at')), seconds: optional(integer({ min: 10, max: 7200 })) }))

export const realtime = {
  'realtime.client_secrets.create': async ({ platform, json: body }) => {
    const request = readShape({ expires_after: expiresAfter, session: optional(anySession) }, await body())
    if (request.session?.type === 'realtime') requireRealtimeModel(platform, request.session.model, 'session.model')
    const expiresAt = platform.clock.seconds() + (request.expires_after?.seconds ?? defaultLifeSeconds)
    const session = sessionOf(request.session, expiresAt)
    return json({ value: newSecret(platform, session, expiresAt), expires_at: expiresAt, session })
  },
  'realtime.translations.client_secrets.create': async ({ platform, json: body }) => {
    const translation = object({
      model: string({ min: 1 }),
      audio: optional(object({ input: optional(anyObject()), output: optional(anyObject()) })),
    })
    const request = readShape({ expires_after: expiresAfter, session: translation }, await body())
    const expiresAt = platform.clock.seconds() + (request.expires_after?.seconds ?? defaultLifeSeconds)
    const { model, audio } = request.session
    const session = {
      id: newId('realtimeSession'),
      type: 'translation',
      expires_at: expiresAt,
      model,
      audio: { input: { transcription: null, noise_reduction: null, ...audio?.input }, output: { language: 'en', ...audio?.output } },
    }
    return json({ value: newSecret(platform, session, expiresAt), expires_at: expiresAt, session })
  },
  'realtime.sessions.create': async ({ platform, json: body }) => {
    const request = readShape(legacyShape, await body())
    requireRealtimeModel(platform, request.model, 'model')
    return legacy(platform, legacySession(request))
  },
  'realtime.transcription_sessions.create': async ({ platform, json: body }) =>
    legacy(platform, legacyTranscriptionSession(readShape(legacyTranscriptionShape, await body()))),
  'realtime.calls.create': async (call) => {
    const { platform } = call
    const { offer, session } = await readOffer(call)
    const answer = answerOffer(offer)
    const id = newId('realtimeCall')
    calls(platform).put({ id, status: 'active', session, twin: null })
    // Quirk: the id of the call stands in this header and nowhere else.
    return bytes(Buffer.from(answer), 'application/sdp', { status: 201, headers: ['location', `/v1/realtime/calls/${id}`] })
  },
  'realtime.calls.accept': async (call) => {
    const { platform } = call
    const session = readConversation(await call.json(), '')
    requireRealtimeModel(platform, session.model, 'model')
    const found = find(call)
    if (found.twin !== null) liveSessions(platform).delete(found.twin)
    calls(platform).put({ ...found, status: 'active', twin: null, session })
    return empty()
  },
  'realtime.calls.hangup': (call) => end(call),
  'realtime.calls.refer': async (call) => {
    const { target_uri: target } = readShape({ target_uri: string({ min: 1 }) }, await call.json())
    if (target.trim() === '') throw invalid("Invalid 'target_uri': expected a URI that is not blank.", 'target_uri')
    return end(call)
  },
  'realtime.calls.reject': async (call) => {
    readShape({ status_code: optional(integer({ min: 300, max: 699 })) }, await call.json())
    return end(call)
  },
} satisfies Family

function newSecret(platform: Platform, session: JsonObject, expiresAt: number): string {
  const id = newId('ephemeralKey')
  secrets(platform).put({ id, expiresAt, session })
  return id
}

function legacy(platform: Platform, session: JsonObject): Answer {
  const expiresAt = platform.clock.seconds() + legacyLifeSeconds
  return json({ ...session, client_secret: { value: newSecret(platform, session, expiresAt), expires_at: expiresAt } })
}

type Offer = { readonly offer: string; readonly session: JsonObject }

/** A form brings the offer with a session; a bare offer is for whoever has a secret, which knows its session. */
async function readOffer(call: Request): Promise<Offer> {
  const own = sessionOfSecret(call)
  if (!call.isForm) {
    const offer = (await call.raw()).toString('utf8')
    if (offer === '') throw missingParameter('sdp')
    return { offer, session: own ?? { type: 'realtime', model: call.query.get('model') ?? 'gpt-realtime' } }
  }
  await using form = await call.form()
  const offer = await partOf(form, 'sdp')
  if (offer === undefined) throw missingParameter('sdp')
  const text = await partOf(form, 'session')
  if (text === undefined) return { offer, session: own ?? {} }
  const session = readConversation(parseJson(Buffer.from(text)), 'session.')
  requireRealtimeModel(call.platform, session.model, 'session.model')
  return { offer, session: { ...own, ...session } }
}

/** Parts with a type of their own come as files from some clients, as fields from others. */
async function partOf(form: Form, name: string): Promise<string | undefined> {
  const field = form.fields[name]
  if (typeof field === 'string') return field
  const part = form.files.find((each) => each.name === name)
  return part === undefined ? undefined : readFile(part.draft.path, 'utf8')
}

function sessionOfSecret(call: Request): JsonObject | null {
  const key = /^Bearer\s+(ek_\S+)$/i.exec(call.header('authorization') ?? '')?.[1]
  if (key === undefined) return null
  const secret = secrets(call.platform).get(key)
  if (secret === undefined || secret.expiresAt <= call.platform.clock.seconds()) throw wrongKey(key)
  return secret.session
}

function find(call: Request): Call {
  const found = calls(call.platform).get(call.param('call_id'))
  // Quirk: the id is not repeated.
  if (found === undefined) throw new ApiError(404, 'No session found for the provided call_id.', { code: 'call_id_not_found' })
  return found
}

function end(call: Request): Answer {
  const { id, twin } = find(call)
  calls(call.platform).delete(id)
  if (twin !== null) liveSessions(call.platform).delete(twin)
  return empty()
}
