// Realtime sessions as they are configured: what a caller says of one, and the whole of it that secrets and older paths answer.
import { invalid, invalidValue, missingParameter } from '../../errors.ts'
import { newId } from '../../ids.ts'
import { findModel } from '../../model-list.ts'
import type { Platform } from '../../platform.ts'
import {
  anyObject,
  anything,
  array,
  boolean,
  choice,
  either,
  integer,
  isObject,
  number,
  object,
  optional,
  readShape,
  string,
} from '../../shape.ts'
import type { JsonObject, Values } from '../../shape.ts'
import { variant } from '../../variant.ts'
import type { Variant } from '../../variant.ts'

const include = optional(array(choice('item.input_audio_transcription.logprobs')))

const realtimeShape = {
  model: optional(string({ min: 1 })),
  output_modalities: optional(array(choice('text', 'audio'), { min: 1 })),
  instructions: optional(string()),
  audio: optional(object({ input: optional(anyObject()), output: optional(anyObject()) })),
  include,
  tracing: optional(either(choice('auto'), anyObject())),
  tools: optional(array(anyObject())),
  tool_choice: optional(either(string(), anyObject())),
  parallel_tool_calls: optional(boolean()),
  reasoning: optional(anyObject()),
  max_output_tokens: optional(either(integer({ min: 1, max: 4096 }), choice('inf'))),
  truncation: optional(either(choice('auto', 'disabled'), anyObject())),
  prompt: optional(anyObject()),
}

const kinds = {
  realtime: realtimeShape,
  transcription: { audio: optional(object({ input: optional(anyObject()) })), include },
}

/** What a secret may be for. */
export const anySession = variant(kinds)

type Conversation = { readonly type: 'realtime' } & Values<typeof realtimeShape>

/** What a call may be for: `at` is the prefix of the parameters. */
export function readConversation({ type, ...given }: JsonObject, at: string): Conversation {
  if (type === undefined) throw missingParameter(`${at}type`)
  if (type !== 'realtime') throw invalidValue(`${at}type`, type, ['realtime'])
  return { type, ...readShape(realtimeShape, given, { at }) }
}

export type SessionConfig = Variant<typeof kinds>

const defaultModel = 'gpt-realtime'
const pcm = { type: 'audio/pcm', rate: 24_000 }

const silence = { type: 'server_vad', threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: 200 }
/** A conversation answers what it has heard; where nobody answers, there is nothing to create and nothing to interrupt. */
const conversationSilence = { ...silence, idle_timeout_ms: null, create_response: true, interrupt_response: true }

export function requireRealtimeModel(platform: Platform, model: string | undefined, param: string): void {
  if (model !== undefined && findModel(platform, model) === undefined)
    throw invalid(`The requested model '${model}' does not exist.`, param, 'model_not_found')
}

/** The session that a secret stands for; a conversation, unless it says something else. */
export function sessionOf(config: SessionConfig | undefined, expiresAt: number): JsonObject {
  const common = { id: newId('realtimeSession'), expires_at: expiresAt }
  if (config?.type === 'transcription')
    return {
      type: 'transcription',
      object: 'realtime.transcription_session',
      ...common,
      audio: { input: { format: pcm, ...withVad(silence, config.audio?.input) } },
      ...(config.include === undefined ? {} : { include: config.include }),
    }
  const { type: _type, audio, model = defaultModel, tools = [], ...given }: Partial<Conversation> = config ?? {}
  return {
    type: 'realtime',
    object: 'realtime.session',
    ...common,
    model,
    output_modalities: ['audio'],
    instructions: 'You are a helpful, friendly assistant. Keep your answers short.',
    tool_choice: 'auto',
    max_output_tokens: 'inf',
    tracing: null,
    truncation: 'auto',
    prompt: null,
    ...defined(given),
    tools: tools.map(withoutAuthorization),
    audio: {
      input: { format: pcm, ...withVad(conversationSilence, audio?.input) },
      output: { format: pcm, voice: 'alloy', speed: 1, ...audio?.output },
    },
  }
}

const defined = (given: JsonObject): JsonObject => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))

/** A turn is detected by silence, unless that is switched off with null. */
function withVad(vad: JsonObject, input: JsonObject = {}): JsonObject {
  const given = input['turn_detection']
  if (given === null) return input
  const base = isObject(given) && given['type'] === 'semantic_vad' ? {} : vad
  return { ...input, turn_detection: { ...base, ...(isObject(given) ? given : {}) } }
}

const withoutAuthorization = ({ authorization: _secret, ...tool }: JsonObject): JsonObject => tool

/** The flat parameters of the older paths. */
export const legacyShape = {
  // Quirk: the document demands a secret of the request, which nobody has yet.
  client_secret: optional(anyObject()),
  model: optional(string({ min: 1 })),
  modalities: optional(array(choice('text', 'audio'), { min: 1 })),
  instructions: optional(string()),
  voice: optional(either(string(), anyObject())),
  input_audio_format: optional(choice('pcm16', 'g711_ulaw', 'g711_alaw')),
  output_audio_format: optional(choice('pcm16', 'g711_ulaw', 'g711_alaw')),
  input_audio_transcription: optional(anyObject()),
  input_audio_noise_reduction: optional(anyObject()),
  include,
  speed: optional(number({ min: 0.25, max: 1.5 })),
  tracing: optional(either(choice('auto'), anyObject())),
  turn_detection: optional(anyObject()),
  tools: optional(array(anyObject())),
  tool_choice: optional(string()),
  temperature: optional(number({ min: 0.6, max: 1.2 })),
  max_response_output_tokens: optional(either(integer({ min: 1, max: 4096 }), choice('inf'))),
  truncation: optional(anything()),
  prompt: optional(anyObject()),
}

export const legacySession = ({
  client_secret: _secret,
  turn_detection: vad,
  tools = [],
  ...given
}: Values<typeof legacyShape>): JsonObject => ({
  id: newId('realtimeSession'),
  object: 'realtime.session',
  model: defaultModel,
  modalities: ['audio', 'text'],
  instructions: 'You are a helpful, friendly assistant. Keep your answers short.',
  voice: 'alloy',
  input_audio_format: 'pcm16',
  output_audio_format: 'pcm16',
  turn_detection: { ...silence, ...vad },
  tool_choice: 'auto',
  temperature: 0.8,
  max_response_output_tokens: 'inf',
  speed: 1,
  ...defined(given),
  tools: tools.map(withoutAuthorization),
})

export const legacyTranscriptionShape = {
  input_audio_format: legacyShape.input_audio_format,
  input_audio_transcription: optional(anyObject()),
  input_audio_noise_reduction: optional(anyObject()),
  turn_detection: optional(anyObject()),
  include,
  modalities: legacyShape.modalities,
  client_secret: optional(anyObject()),
}

export const legacyTranscriptionSession = ({
  client_secret: _secret,
  turn_detection: vad,
  ...given
}: Values<typeof legacyTranscriptionShape>): JsonObject => ({
  id: newId('realtimeSession'),
  object: 'realtime.transcription_session',
  modalities: ['audio', 'text'],
  input_audio_format: 'pcm16',
  turn_detection: { ...silence, ...vad },
  ...defined(given),
})
