// Custom voices, and the recordings in which somebody agrees to one. The recordings are checked and not kept: nothing reads them back.
import { json } from '../../answer.ts'
import type { Call, Family } from '../../behaviour.ts'
import { invalid, notFound } from '../../errors.ts'
import type { ApiError } from '../../errors.ts'
import type { FormFile } from '../../form.ts'
import { newId } from '../../ids.ts'
import type { Platform } from '../../platform.ts'
import { choice, optional, readShape, string } from '../../shape.ts'
import type { JsonObject } from '../../shape.ts'
import type { Collection } from '../../state/objects.ts'
import { newestFirst, page, readPageQuery } from '../../state/pages.ts'

type Consent = {
  readonly id: string
  readonly object: 'audio.voice_consent'
  readonly name: string
  readonly language: string
  readonly created_at: number
}

type Voice = {
  readonly id: string
  readonly object: 'audio.voice'
  readonly name: string
  readonly created_at: number
  readonly type: 'audio_sample' | 'prompt'
  /** Of voices that were described instead of recorded. */
  readonly prompt?: string
}

const consents = (platform: Platform): Collection<Consent> => platform.collection('audio.voice_consent')
const customVoices = (platform: Platform): Collection<Voice> => platform.collection('audio.voice')

const name = string({ min: 1 })

export const voices = {
  'audio.voice_consents.create': async ({ platform, form: readForm }) => {
    await using form = await readForm()
    const request = readShape({ name, language: string({ min: 1 }) }, form.fields, { isForm: true })
    checkRecording(form.file('recording'))
    const consent: Consent = { id: newId('voiceConsent'), object: 'audio.voice_consent', ...request, created_at: platform.clock.seconds() }
    consents(platform).put(consent)
    return json(consent)
  },
  'audio.voice_consents.list': ({ platform, query }) =>
    json(page(consents(platform), readPageQuery(query, newestFirst), { unknown: (id) => missingConsent(id, null) })),
  'audio.voice_consents.retrieve': (call) => json(findConsent(call)),
  'audio.voice_consents.update': async (call) => {
    const request = readShape({ name }, await call.json())
    const updated: Consent = { ...findConsent(call), name: request.name }
    consents(call.platform).put(updated)
    return json(updated)
  },
  'audio.voice_consents.delete': (call) => {
    const { id, object } = findConsent(call)
    consents(call.platform).delete(id)
    return json({ id, object, deleted: true })
  },
  'audio.voices.create': async (call) => {
    if (!call.isForm) return json(describeVoice(call.platform, await call.json(), false))
    await using form = await call.form()
    if (form.fields['type'] === 'prompt') return json(describeVoice(call.platform, form.fields, true))
    const request = readShape({ type: optional(choice('audio_sample', 'prompt')), name, consent: string() }, form.fields, { isForm: true })
    checkRecording(form.file('audio_sample'))
    if (consents(call.platform).get(request.consent) === undefined) throw missingConsent(request.consent, 'consent')
    return json(keepVoice(call.platform, { name: request.name, type: 'audio_sample' }))
  },
  'audio.voices.delete': (call) => {
    const id = call.param('voice_id')
    if (!customVoices(call.platform).delete(id)) throw missingVoice(id, null)
    return json({ id, object: 'audio.voice.deleted', deleted: true })
  },
} satisfies Family

const described = {
  type: choice('prompt'),
  name,
  prompt: string({ min: 1 }),
  model: optional(string()),
  script_hint: optional(string({ min: 1 })),
}

/** A voice by its description. A sample cannot come as JSON, so that nothing else is left there. */
function describeVoice(platform: Platform, body: JsonObject, isForm: boolean): Voice {
  const request = readShape(described, body, { isForm })
  if (request.prompt.trim() === '') throw invalid("Invalid 'prompt': it must not contain only whitespace.", 'prompt', 'invalid_value')
  return keepVoice(platform, { name: request.name, type: 'prompt', prompt: request.prompt })
}

function keepVoice(platform: Platform, about: Pick<Voice, 'name' | 'type' | 'prompt'>): Voice {
  const voice: Voice = { id: newId('voice'), object: 'audio.voice', created_at: platform.clock.seconds(), ...about }
  customVoices(platform).put(voice)
  return voice
}

/** A voice that speech can be made with, or OpenAI's refusal. */
export function requireSpeakingVoice(platform: Platform, id: string): void {
  const voice = customVoices(platform).get(id)
  if (voice === undefined) throw missingVoice(id, 'voice')
  if (voice.type === 'prompt')
    throw invalid('Voices created from text prompts are not supported by this endpoint.', 'voice', 'unsupported_value')
}

const recordingBytesMax = 10 << 20
const recordingTypes = ['mpeg', 'wav', 'x-wav', 'ogg', 'aac', 'flac', 'webm', 'mp4'].map((type) => `audio/${type}`)

function checkRecording({ name: field, contentType, draft }: FormFile): void {
  if (!recordingTypes.includes(contentType.replace(/;.*$/, '')))
    throw invalid(
      `Invalid file '${field}': unsupported mimetype ('${contentType}'). Supported file formats are ${recordingTypes.map((type) => `'${type}'`).join(', ')}.`,
      field,
      'unsupported_file_mimetype',
    )
  if (draft.sizeBytes > recordingBytesMax) throw invalid(`Invalid file '${field}': the file must not be larger than 10 MiB.`, field)
}

function findConsent(call: Call): Consent {
  const id = call.param('consent_id')
  const consent = consents(call.platform).get(id)
  if (consent === undefined) throw missingConsent(id, null)
  return consent
}

const missingConsent = (id: string, param: string | null): ApiError => notFound(`Voice consent with id '${id}' not found.`, param)
const missingVoice = (id: string, param: string | null): ApiError => notFound(`Voice with id '${id}' not found.`, param)
