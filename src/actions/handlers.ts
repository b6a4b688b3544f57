// What each wrapper does, by its id. Total: a row without a handler does not compile.
import type { Handler } from './action.ts'
import { createBatch, readBatchResults } from './handlers/batches.ts'
import { readContent, readContents, readVideo } from './handlers/contents.ts'
import { addUploadPart, attachFiles, uploadFiles } from './handlers/files.ts'
import { editImages, generateImages, generateVideo, hear, speak, varyImages } from './handlers/media.ts'
import { proxy, sameBody } from './handlers/plain.ts'
import { collectResponse, pollResponse, streamResponse } from './handlers/responses.ts'
import type { WrapperId } from './wrappers.ts'

export const handlers: Readonly<Record<WrapperId, Handler>> = {
  'actions.proxy': proxy,
  'actions.responses.stream': streamResponse,
  'actions.responses.collect': collectResponse,
  'actions.responses.poll': pollResponse,
  'actions.files.upload': uploadFiles,
  'actions.files.content': readContent('files.content', 'files.retrieve'),
  'actions.files.contents': readContents,
  'actions.uploads.create': sameBody('uploads.create'),
  'actions.uploads.part': addUploadPart,
  'actions.uploads.complete': sameBody('uploads.complete'),
  'actions.uploads.cancel': sameBody('uploads.cancel'),
  'actions.batches.create': createBatch,
  'actions.batches.results': readBatchResults,
  'actions.images.generate': generateImages,
  'actions.images.edit': editImages,
  'actions.images.variation': varyImages,
  'actions.audio.transcribe': hear('audio.transcriptions.create'),
  'actions.audio.translate': hear('audio.translations.create'),
  'actions.audio.speak': speak,
  'actions.videos.create': sameBody('videos.create'),
  'actions.videos.remix': sameBody('videos.remix'),
  'actions.videos.generate': generateVideo,
  'actions.videos.content': readVideo,
  'actions.vector_stores.attach': attachFiles,
  'actions.containers.content': readContent('containers.files.content', 'containers.files.retrieve'),
}
