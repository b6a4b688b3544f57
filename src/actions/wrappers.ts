// The table of the actions: which JSON body becomes which calls of the catalog. Data only; what a row does stands under
// its id in handlers.ts. Permissions, ownership, limits and logs of a wrapper are those of the calls it makes.
import type { EndpointId } from '../catalog/index.ts'
import type { Field, Shape } from '../kernel/field.ts'

type Row = {
  readonly id: `actions.${string}`
  /** Name in the OpenAPI documents. */
  readonly operationId: string
  readonly method: 'GET' | 'POST'
  readonly path: `/v1/${string}`
  readonly summary: string
  /** Rows of the catalog it calls. Empty for the proxy, whose envelope names one. */
  readonly calls: readonly EndpointId[]
  readonly query: Readonly<Record<string, Field>>
  /** Null: it takes no body. A closed shape is held against the body; an open one tells the reader, and the upstream judges. */
  readonly request: Shape | null
  readonly answer: Shape
  /** `answer`: whole within `actionsAnswerMs` and 100,000 characters. `open`: the answer of the call, as it comes. */
  readonly pace: 'answer' | 'open'
}

/** Most characters of an answer (OpenAI, "GPT Actions: production notes"). */
export const maxAnswerCharacters = 100_000
/** Most bytes of one file in an answer or, as base64, in a request. */
export const maxInlineBytes = 10_485_760
export const maxFiles = 10

const text = (description: string, more: Partial<Field> = {}): Field => ({ type: 'string', description, ...more })
const whole = (description: string, minimum: number, maximum: number): Field => ({ type: 'integer', description, minimum, maximum })
const anything = (description: string): Field => ({ type: 'object', description, properties: {}, additionalProperties: true })
const closed = (required: readonly string[], properties: Shape['properties']): Shape => ({ type: 'object', properties, required, additionalProperties: false })
const open = (required: readonly string[], properties: Shape['properties']): Shape => ({ type: 'object', properties, required, additionalProperties: true })

const fileRefs: Field = {
  type: 'array', description: 'Files of the conversation. ChatGPT fills them in; each is fetched from its download link.',
  items: text('A file of the conversation, or the https link to it.', { format: 'openai-file' }), minItems: 1, maxItems: maxFiles,
}
const base64 = (description: string): Field => text(description, { format: 'byte' })
const fileName = text('Name of the file, with its extension.', { maxLength: 512 })
const mimeType = text('Media type of the file, such as text/plain.', { maxLength: 200 })
const purpose = text('What the file is for.', { enum: ['assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals'] })
const expiresAfter: Field = { type: 'object', description: 'When the file expires.', properties: { anchor: text('From when on.', { enum: ['created_at'] }), seconds: whole('After how long.', 3600, 2_592_000) }, required: ['anchor', 'seconds'], additionalProperties: false }
const textOffset = whole('Where to go on: `next_offset` of the answer before.', 0, 1_000_000_000_000)
const as = text('`text` for pages of text, `file` to hand the file to the conversation.', { enum: ['text', 'file'] })

const fileAnswer = open(['id'], { id: text('Id of the file.'), object: text('file'), filename: text('Its name.'), bytes: { type: 'integer', description: 'Its size.' }, purpose: text('What it is for.') })
const uploadAnswer = open(['id'], { id: text('Id of the upload or part.'), object: text('upload or upload.part'), status: text('pending, completed or cancelled.') })
const filesAnswer = open([], {
  openaiFileResponse: { type: 'array', description: 'Files handed to the conversation.', items: { type: 'object', description: 'One file.', properties: { name: text('Name.'), mime_type: text('Media type.'), content: base64('Content.') } } },
})
const contentAnswer = open([], {
  ...filesAnswer.properties, object: text('relay.text'), content: text('The text of this page.'), offset: { type: 'integer', description: 'Where this page begins, in bytes.' },
  has_more: { type: 'boolean', description: 'Whether there is more.' }, next_offset: { type: 'integer', description: 'Send it as `offset` for the next page.' },
})
const videoAnswer = open(['id'], { id: text('Id of the video job.'), status: text('queued, in_progress, completed or failed.'), progress: { type: 'integer', description: 'Per cent.' } })
const imagesAnswer = open([], { created: { type: 'integer', description: 'Unix time.' }, data: { type: 'array', description: 'One entry an image.', items: anything('`url` or `revised_prompt`.') }, ...filesAnswer.properties })
const responseAnswer = open(['id', 'status'], {
  id: text('Id of the response.'), status: text('completed, or in_progress: then poll it by its id.'), output: { type: 'array', description: 'Items of the output.', items: anything('An item.') },
  output_text: text('The text of the output, where the whole response would be too long.'), has_more: { type: 'boolean', description: 'Whether there is more, or it is still under way.' },
  next_offset: { type: 'integer', description: 'Send it as `offset` when polling, for the rest of the text.' },
})
const responseRequest = open([], {
  model: text('Model, such as gpt-5.'), input: text('What to answer; a list of input items is taken as well.'), instructions: text('How to answer.'), previous_response_id: text('The response to go on from.'),
  tools: { type: 'array', description: 'Tools the model may use.', items: anything('A tool.') }, max_output_tokens: { type: 'integer', description: 'Most tokens of the output.' },
  background: { type: 'boolean', description: 'False keeps it in the foreground: then it must be done in time.' }, store: { type: 'boolean', description: 'False: not kept, and nothing to poll.' },
})
const imageInput: Shape['properties'] = {
  openaiFileIdRefs: { ...fileRefs, description: 'The image first, then the mask. ChatGPT fills them in.' }, image_url: text('https link of the image, from an allowed host.'), image_base64: base64('The image.'),
  model: text('Image model.'), n: whole('How many.', 1, 10), size: text('Size, such as 1024x1024.'), response_format: text('For models that take it.', { enum: ['url', 'b64_json'] }), user: text('Your end user.'),
}
const audioInput: Shape['properties'] = {
  openaiFileIdRefs: { ...fileRefs, maxItems: 1 }, data_base64: base64('The recording.'), filename: fileName, mime_type: mimeType, model: text('Model, such as gpt-4o-transcribe.'),
  prompt: text('Words that help it along.'), temperature: { type: 'number', description: 'From 0 to 1.', minimum: 0, maximum: 1 },
}
const transcript = open(['text'], { text: text('What was said.') })

export const wrappers = [
  { id: 'actions.proxy', operationId: 'relayProxy', method: 'POST', path: '/v1/proxy', calls: [], query: {}, pace: 'open',
    summary: 'Call any operation that takes and answers JSON.',
    request: open(['method', 'path'], {
      method: text('Method of the operation.', { enum: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] }), path: text('Path of the operation, such as /v1/models. No host, no query.'),
      query: anything('Query parameters.'), body: anything('JSON body.'),
    }), answer: open([], {}) },
  { id: 'actions.responses.stream', operationId: 'responsesStream', method: 'POST', path: '/v1/responses:stream', calls: ['responses.create'], query: {}, pace: 'open',
    summary: 'Create a response and stream it.', request: responseRequest, answer: responseAnswer },
  { id: 'actions.responses.collect', operationId: 'actionsResponsesStream', method: 'POST', path: '/v1/actions/responses/stream', calls: ['responses.create'], query: {}, pace: 'answer',
    summary: 'Create a response. Answers it whole, or its id to poll when it takes longer.', request: responseRequest, answer: responseAnswer },
  { id: 'actions.responses.poll', operationId: 'actionsResponsesPoll', method: 'GET', path: '/v1/actions/responses/{response_id}', calls: ['responses.retrieve'], query: { offset: textOffset }, pace: 'answer',
    summary: 'Poll a response that took longer, or read the rest of a long one.', request: null, answer: responseAnswer },

  { id: 'actions.files.upload', operationId: 'actionsFilesUploadV1', method: 'POST', path: '/v1/actions/files/upload', calls: ['files.create'], query: {}, pace: 'answer',
    summary: 'Upload files of the conversation, or one file as base64.',
    request: closed(['purpose'], { purpose, openaiFileIdRefs: fileRefs, filename: fileName, mime_type: mimeType, data_base64: base64('The file, at most 10 MiB.'), expires_after: expiresAfter }), answer: open([], { ...fileAnswer.properties, data: { type: 'array', description: 'The files, where there were several.', items: anything('A file.') } }) },
  { id: 'actions.files.content', operationId: 'actionsFilesContent', method: 'GET', path: '/v1/actions/files/{file_id}/content', calls: ['files.content', 'files.retrieve'], query: { as, offset: textOffset }, pace: 'answer',
    summary: 'Read a file as pages of text, or hand it to the conversation.', request: null, answer: contentAnswer },
  { id: 'actions.files.contents', operationId: 'actionsFilesContents', method: 'POST', path: '/v1/actions/files/contents', calls: ['files.content', 'files.retrieve'], query: {}, pace: 'answer',
    summary: 'Hand several files to the conversation.', request: closed(['file_ids'], { file_ids: { type: 'array', description: 'Up to 10 ids of files, each at most 10 MiB.', items: text('Id of a file.'), minItems: 1, maxItems: maxFiles } }), answer: filesAnswer },

  { id: 'actions.uploads.create', operationId: 'actionsUploadsCreateV1Actions', method: 'POST', path: '/v1/actions/uploads', calls: ['uploads.create'], query: {}, pace: 'answer',
    summary: 'Open an upload of many parts.', request: closed(['purpose', 'filename', 'bytes', 'mime_type'], { purpose, filename: fileName, bytes: whole('Size of the whole file.', 0, 8_589_934_592), mime_type: mimeType, expires_after: expiresAfter }), answer: uploadAnswer },
  { id: 'actions.uploads.part', operationId: 'actionsUploadsAddPartV1Actions', method: 'POST', path: '/v1/actions/uploads/{upload_id}/parts', calls: ['uploads.parts.create'], query: {}, pace: 'answer',
    summary: 'Add one part to an upload.', request: closed([], { openaiFileIdRefs: { ...fileRefs, maxItems: 1 }, filename: fileName, mime_type: mimeType, data_base64: base64('The part, at most 10 MiB.') }), answer: uploadAnswer },
  { id: 'actions.uploads.complete', operationId: 'actionsUploadsCompleteV1Actions', method: 'POST', path: '/v1/actions/uploads/{upload_id}/complete', calls: ['uploads.complete'], query: {}, pace: 'answer',
    summary: 'Join the parts into a file.', request: closed(['part_ids'], { part_ids: { type: 'array', description: 'Ids of the parts, in order.', items: text('Id of a part.'), minItems: 1 }, md5: text('MD5 of the whole file, in hex.') }), answer: uploadAnswer },
  { id: 'actions.uploads.cancel', operationId: 'actionsUploadsCancelV1Actions', method: 'POST', path: '/v1/actions/uploads/{upload_id}/cancel', calls: ['uploads.cancel'], query: {}, pace: 'answer',
    summary: 'Give up an upload.', request: closed([], {}), answer: uploadAnswer },

  { id: 'actions.batches.create', operationId: 'actionsBatchesCreate', method: 'POST', path: '/v1/actions/batches', calls: ['files.create', 'batches.create'], query: {}, pace: 'answer',
    summary: 'Start a batch from a list of requests.',
    request: closed(['endpoint', 'requests'], {
      endpoint: text('Where every request goes.', { enum: ['/v1/responses', '/v1/chat/completions', '/v1/embeddings', '/v1/completions', '/v1/moderations', '/v1/images/generations', '/v1/images/edits', '/v1/videos'] }),
      requests: {
        type: 'array', description: 'One entry a request.', minItems: 1, maxItems: 50_000,
        items: { type: 'object', description: 'A request.', properties: { custom_id: text('Your name for it; request-1 and so on where it is left out.', { maxLength: 512 }), body: anything('Body of the request.') }, required: ['body'], additionalProperties: false },
      },
      completion_window: text('How long it may take.', { enum: ['24h'] }), metadata: anything('Up to 16 pairs of text.'),
    }), answer: open(['id'], { id: text('Id of the batch.'), status: text('State of the batch.'), input_file_id: text('The file that was made of the requests.') }) },
  { id: 'actions.batches.results', operationId: 'actionsBatchesResults', method: 'GET', path: '/v1/actions/batches/{batch_id}/results', calls: ['batches.retrieve', 'files.content'], pace: 'answer',
    query: { after: whole('Where to go on: `next_after` of the page before.', 0, 1_000_000), limit: whole('Most results of a page.', 1, 1000), source: text('Which of its two files.', { enum: ['output', 'error'] }) },
    summary: 'Read the results of a batch in pages.', request: null,
    answer: open(['status', 'data'], {
      object: text('list'), batch_id: text('Id of the batch.'), status: text('State of the batch.'), request_counts: anything('How many are done.'), source: text('output or error.'),
      data: { type: 'array', description: 'Results as the upstream wrote them.', items: anything('A result.') }, has_more: { type: 'boolean', description: 'Whether there is more.' }, next_after: { type: 'integer', description: 'Send it as `after` for the next page.' },
    }) },

  { id: 'actions.images.generate', operationId: 'actionsImagesGenerations', method: 'POST', path: '/v1/actions/images/generations', calls: ['images.generate'], query: {}, pace: 'answer',
    summary: 'Make images and hand them to the conversation.',
    request: open(['prompt'], { prompt: text('What to show.'), model: text('Image model.'), n: whole('How many.', 1, 10), size: text('Size, such as 1024x1024.'), quality: text('low, medium, high or auto.') }), answer: imagesAnswer },
  { id: 'actions.images.edit', operationId: 'actionsImagesEdits', method: 'POST', path: '/v1/actions/images/edits', calls: ['images.edit'], query: {}, pace: 'answer',
    summary: 'Edit an image by a prompt.', request: open(['prompt'], { prompt: text('What to change.'), ...imageInput, mask_url: text('https link of the mask.'), mask_base64: base64('The mask.') }), answer: imagesAnswer },
  { id: 'actions.images.variation', operationId: 'actionsImagesVariations', method: 'POST', path: '/v1/actions/images/variations', calls: ['images.variation'], query: {}, pace: 'answer',
    summary: 'Make variations of an image.', request: open([], imageInput), answer: imagesAnswer },

  { id: 'actions.audio.transcribe', operationId: 'actionsAudioTranscriptions', method: 'POST', path: '/v1/actions/audio/transcriptions', calls: ['audio.transcriptions.create'], query: {}, pace: 'answer',
    summary: 'Transcribe a recording.', request: closed(['model'], { ...audioInput, language: text('Language of the recording, such as en.') }), answer: transcript },
  { id: 'actions.audio.translate', operationId: 'actionsAudioTranslations', method: 'POST', path: '/v1/actions/audio/translations', calls: ['audio.translations.create'], query: {}, pace: 'answer',
    summary: 'Translate a recording into English text.', request: closed(['model'], audioInput), answer: transcript },
  { id: 'actions.audio.speak', operationId: 'actionsAudioSpeech', method: 'POST', path: '/v1/actions/audio/speech', calls: ['audio.speech.create'], query: {}, pace: 'answer',
    summary: 'Speak a text and hand the recording to the conversation.',
    request: closed(['input', 'model', 'voice'], { input: text('What to say.', { maxLength: 4096 }), model: text('Model, such as gpt-4o-mini-tts.'), voice: text('Voice, such as alloy.'), instructions: text('How to say it.'), response_format: text('Format.', { enum: ['mp3', 'opus', 'aac', 'flac', 'wav'] }), speed: { type: 'number', description: 'Speed.', minimum: 0.25, maximum: 4 } }),
    answer: filesAnswer },

  { id: 'actions.videos.create', operationId: 'actionsVideosCreateV1Actions', method: 'POST', path: '/v1/actions/videos', calls: ['videos.create'], query: {}, pace: 'answer',
    summary: 'Start a video job.', request: open(['prompt'], { prompt: text('What to show.'), model: text('Video model.'), size: text('Size, such as 1280x720.'), seconds: text('Length: 4, 8 or 12.') }), answer: videoAnswer },
  { id: 'actions.videos.remix', operationId: 'actionsVideosRemixV1Actions', method: 'POST', path: '/v1/actions/videos/{video_id}/remix', calls: ['videos.remix'], query: {}, pace: 'answer',
    summary: 'Remix a finished video.', request: open(['prompt'], { prompt: text('What to change.') }), answer: videoAnswer },
  { id: 'actions.videos.generate', operationId: 'actionsVideosGenerationsV1Actions', method: 'POST', path: '/v1/actions/videos/generations', calls: ['videos.create'], query: {}, pace: 'answer',
    summary: 'Start a video job, with a picture or clip to begin from.',
    request: open(['prompt'], {
      prompt: text('What to show.'), model: text('Video model.', { enum: ['sora-2', 'sora-2-pro'] }), size: text('Size.', { enum: ['720x1280', '1280x720', '1024x1792', '1792x1024'] }),
      seconds: text('Length: 4, 8 or 12; a number is taken as well.'), duration_seconds: { type: 'number', description: 'Another name of seconds.', maximum: 30 }, frames: whole('Kept for older callers; not sent.', 1, 300),
      openaiFileIdRefs: { ...fileRefs, maxItems: 1 }, data_base64: base64('What to begin from, at most 25 MiB.'), input_reference_base64: base64('Another name of data_base64.'), filename: fileName, mime_type: mimeType,
    }), answer: videoAnswer },
  { id: 'actions.videos.content', operationId: 'actionsVideosContent', method: 'GET', path: '/v1/actions/videos/{video_id}/content', calls: ['videos.content'], query: { variant: text('What of it.', { enum: ['video', 'thumbnail', 'spritesheet'] }) }, pace: 'answer',
    summary: 'Hand a finished video to the conversation.', request: null, answer: filesAnswer },

  { id: 'actions.vector_stores.attach', operationId: 'actionsVectorStoresUploadAndAttach', method: 'POST', path: '/v1/actions/vector_stores/{vector_store_id}/files', calls: ['files.create', 'vector_stores.files.create'], query: {}, pace: 'answer',
    summary: 'Upload files and attach them to a vector store.',
    request: closed([], { openaiFileIdRefs: fileRefs, filename: fileName, mime_type: mimeType, data_base64: base64('The file, at most 10 MiB.'), attributes: anything('Up to 16 pairs to filter by.'), chunking_strategy: anything('How to cut it.') }),
    answer: open(['data'], { object: text('list'), data: { type: 'array', description: 'One entry a file.', items: anything('A file of the vector store.') } }) },
  { id: 'actions.containers.content', operationId: 'actionsContainersFilesContent', method: 'GET', path: '/v1/actions/containers/{container_id}/files/{file_id}/content', calls: ['containers.files.content', 'containers.files.retrieve'], query: { as, offset: textOffset }, pace: 'answer',
    summary: 'Read a file of a container as text, or hand it to the conversation.', request: null, answer: contentAnswer },
] as const satisfies readonly Row[]

export type WrapperId = (typeof wrappers)[number]['id']

/** A row without its literal types. */
export type Wrapper = Omit<Row, 'id'> & { readonly id: WrapperId }
