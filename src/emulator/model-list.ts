// The models the emulator knows: ids, what they serve, how much they read. Unknown ids are refused as OpenAI refuses them.
import { ApiError, invalid } from './errors.ts'
import type { Platform } from './platform.ts'

export type Model = { readonly id: string; readonly object: 'model'; readonly created: number; readonly owned_by: string }

/** What a model is for: the endpoints that take it. */
export type ModelUse = 'chat' | 'completion' | 'embedding' | 'moderation' | 'image' | 'speech' | 'transcription' | 'video' | 'realtime'

const idsOf: Readonly<Record<ModelUse, string>> = {
  chat: `gpt-6-astra gpt-6.1-sol gpt-6.1-terra gpt-6-sol gpt-6-luna gpt-5.6-sol gpt-5.6-terra gpt-5.6-luna gpt-5.5 gpt-5.5-2026-04-23
    gpt-5.5-pro gpt-5.5-pro-2026-04-23 gpt-5.4 gpt-5.4-mini gpt-5.4-nano gpt-5.4-mini-2026-03-17 gpt-5.4-nano-2026-03-17 gpt-5.3-chat-latest
    gpt-5.2 gpt-5.2-2025-12-11 gpt-5.2-chat-latest gpt-5.2-pro gpt-5.2-pro-2025-12-11 gpt-5.1 gpt-5.1-2025-11-13 gpt-5.1-codex
    gpt-5.1-codex-max gpt-5.1-mini gpt-5.1-chat-latest gpt-5 gpt-5-mini gpt-5-nano gpt-5-2025-08-07 gpt-5-mini-2025-08-07
    gpt-5-nano-2025-08-07 gpt-5-chat-latest gpt-5-codex gpt-5-pro gpt-5-pro-2025-10-06 gpt-4.1 gpt-4.1-mini gpt-4.1-nano
    gpt-4.1-2025-04-14 gpt-4.1-mini-2025-04-14 gpt-4.1-nano-2025-04-14 o4-mini o4-mini-2025-04-16 o4-mini-deep-research
    o4-mini-deep-research-2025-06-26 o3 o3-2025-04-16 o3-mini o3-mini-2025-01-31 o3-pro o3-pro-2025-06-10 o3-deep-research
    o3-deep-research-2025-06-26 o1 o1-2024-12-17 o1-pro o1-pro-2025-03-19 o1-mini o1-mini-2024-09-12 gpt-4o gpt-4o-2024-11-20
    gpt-4o-2024-08-06 gpt-4o-2024-05-13 gpt-4o-mini gpt-4o-mini-2024-07-18 gpt-audio gpt-audio-1.5 gpt-audio-mini
    gpt-audio-mini-2025-10-06 gpt-audio-mini-2025-12-15 gpt-4o-audio-preview gpt-4o-audio-preview-2025-06-03 gpt-4o-mini-audio-preview
    gpt-4o-search-preview gpt-4o-mini-search-preview chatgpt-4o-latest codex-mini-latest computer-use-preview gpt-4-turbo
    gpt-4-turbo-2024-04-09 gpt-4-turbo-preview gpt-4-0125-preview gpt-4-1106-preview gpt-4 gpt-4-0613 gpt-3.5-turbo gpt-3.5-turbo-16k
    gpt-3.5-turbo-1106 gpt-3.5-turbo-0125`,
  completion: 'gpt-3.5-turbo-instruct gpt-3.5-turbo-instruct-0914 davinci-002 babbage-002',
  embedding: 'text-embedding-3-small text-embedding-3-large text-embedding-ada-002',
  moderation: 'omni-moderation-latest omni-moderation-2024-09-26 text-moderation-latest text-moderation-stable',
  image: `gpt-image-1.5 gpt-image-2 gpt-image-2-2026-04-21 gpt-image-2.5-sunburst gpt-image-2.5-sunburst-2026-09-08 gpt-image-2.5-flare
    gpt-image-2.5-flare-2026-09-08 gpt-image-2.6-sunburst gpt-image-2.6-flare gpt-image-1 gpt-image-1-mini chatgpt-image-latest
    dall-e-2 dall-e-3`,
  speech: 'tts-1 tts-1-hd tts-1-1106 tts-1-hd-1106 gpt-4o-mini-tts gpt-4o-mini-tts-2025-03-20 gpt-4o-mini-tts-2025-12-15',
  transcription: `whisper-1 gpt-transcribe gpt-live-transcribe gpt-4o-transcribe gpt-4o-mini-transcribe gpt-4o-mini-transcribe-2025-12-15
    gpt-4o-transcribe-diarize gpt-realtime-whisper`,
  video: 'sora-2 sora-2-pro sora-2-2025-10-06 sora-2-2025-12-08 sora-2-pro-2025-10-06',
  realtime: `gpt-live-1 gpt-realtime gpt-realtime-1.5 gpt-realtime-2 gpt-realtime-2.1 gpt-realtime-2.1-mini gpt-realtime-2025-08-28
    gpt-realtime-mini gpt-realtime-mini-2025-10-06 gpt-realtime-mini-2025-12-15 gpt-4o-realtime-preview gpt-4o-mini-realtime-preview`,
}

/** One of ours, so that a client can see where it is; its slash stands for models that are named `owner/model`. */
const ownModel = 'relay/emulator'

const uses = new Map<string, ModelUse>([[ownModel, 'chat']])
for (const [use, ids] of Object.entries(idsOf)) for (const id of ids.split(/\s+/)) uses.set(id, use as ModelUse)

const known: ReadonlyMap<string, Model> = new Map([...uses.keys()].map((id, index) => [id, describe(id, index)]))

function describe(id: string, index: number): Model {
  return { id, object: 'model', created: 1_677_610_602 + index * 86_400, owned_by: id === ownModel ? 'relay' : 'system' }
}

/** Fine-tuned models live in the state, put there by the jobs that make them. */
const fineTuned = 'model'

export function findModel(platform: Platform, id: string): Model | undefined {
  const own = known.get(id)
  if (own !== undefined) return own
  if (platform.settings.models.includes(id)) return { id, object: 'model', created: 1_700_000_000, owned_by: 'system' }
  return id.startsWith('ft:') ? platform.collection<Model>(fineTuned).get(id.replace(/:ckpt-step-\d+$/, '')) : undefined
}

export function listModels(platform: Platform): readonly Model[] {
  const extra = platform.settings.models.flatMap((id) => (known.has(id) ? [] : (findModel(platform, id) ?? [])))
  return [...known.values(), ...extra, ...platform.collection<Model>(fineTuned).list()]
}

/** Makes a fine-tuned model usable. */
export const addModel = (platform: Platform, model: Model): void => platform.collection<Model>(fineTuned).put(model)

export const deleteModel = (platform: Platform, id: string): boolean => platform.collection<Model>(fineTuned).delete(id)

/** `ft:gpt-4o-mini-2024-07-18:org::abc` does what its base does; models of the settings chat. */
export const useOf = (id: string): ModelUse => uses.get(id.startsWith('ft:') ? (id.split(':')[1] ?? '') : id) ?? 'chat'

/** Models that think before they answer; they bring a reasoning item and reasoning tokens. */
export const isReasoning = (id: string): boolean => /^(?:ft:)?(?:o\d|gpt-(?:[5-9]|\d\d)(?!.*chat))/.test(id)

/** Tokens a model reads and writes at most. */
export function contextWindow(id: string): number {
  if (/^(?:ft:)?gpt-(?:[5-9]|\d\d)/.test(id)) return 400_000
  if (/^(?:ft:)?gpt-4\.1/.test(id)) return 1_047_576
  if (/^(?:ft:)?gpt-3\.5/.test(id)) return 16_385
  if (/^gpt-4(?:-0613)?$/.test(id)) return 8192
  return /^(?:ft:)?o\d/.test(id) ? 200_000 : 128_000
}

/** The dated model that an alias stands for (`gpt-4o`): answers name that one. The first of the list is the current one. */
export const snapshotOf = (id: string): string => snapshots.get(id) ?? id

const snapshots = new Map<string, string>()
for (const id of uses.keys()) {
  const alias = /^(.+)-\d{4}-\d{2}-\d{2}$/.exec(id)?.[1]
  if (alias !== undefined && uses.has(alias) && !snapshots.has(alias)) snapshots.set(alias, id)
}

/** The refusals of a model that cannot be used at an endpoint: chat and the older endpoints word it like this. */
export function requireModel(platform: Platform, id: string, use: ModelUse): void {
  if (findModel(platform, id) === undefined)
    throw new ApiError(404, `The model \`${id}\` does not exist or you do not have access to it.`, { code: 'model_not_found' })
  if (useOf(id) !== use) throw wrongUse(id, use)
}

/** Quirk: Responses answers 400, other words, and names the parameter. */
export function requireResponsesModel(platform: Platform, id: string, param = 'model'): void {
  if (findModel(platform, id) === undefined) throw invalid(`The requested model '${id}' does not exist.`, param, 'model_not_found')
  if (useOf(id) !== 'chat') throw invalid(`The requested model '${id}' cannot be used with the Responses API.`, param, 'unsupported_model')
}

function wrongUse(id: string, use: ModelUse): ApiError {
  switch (use) {
    case 'chat':
      return new ApiError(
        404,
        'This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to use v1/completions?',
        {
          param: 'model',
        },
      )
    case 'completion':
      return new ApiError(
        404,
        'This is a chat model and not supported in the v1/completions endpoint. Did you mean to use v1/chat/completions?',
        {
          param: 'model',
        },
      )
    case 'embedding':
      return new ApiError(403, 'You are not allowed to generate embeddings from this model')
    case 'image':
    case 'moderation':
    case 'realtime':
    case 'speech':
    case 'transcription':
    case 'video':
      return invalid(`Invalid value: '${id}'. This model cannot be used for ${use}.`, 'model', 'invalid_value')
  }
}
