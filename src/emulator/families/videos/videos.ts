// Videos: ordered, rendered over time, downloaded; remixed, edited and extended into new ones; and characters to appear in them.
import { json } from '../../answer.ts'
import type { Call, Family } from '../../behaviour.ts'
import { invalid, invalidValue, notFound } from '../../errors.ts'
import type { Form } from '../../form.ts'
import { newId } from '../../ids.ts'
import type { Film } from '../../media/film.ts'
import { requireModel } from '../../model-list.ts'
import type { Platform } from '../../platform.ts'
import { anything, choice, optional, readShape, string } from '../../shape.ts'
import type { JsonObject } from '../../shape.ts'
import type { Collection } from '../../state/objects.ts'
import { newestFirst, page, readPageQuery } from '../../state/pages.ts'
import { contentOf } from './content.ts'
import { completedSource, pixelsOf, readMovie, readPicture, readSource, seedOf, sizes, sizesOf } from './sources.ts'
import { deleteContent, filmsOf, missingVideo, videosOf } from './stored.ts'
import type { Video } from './stored.ts'

type Character = { readonly id: string; readonly name: string; readonly created_at: number }

const characters = (platform: Platform): Collection<Character> => platform.collection('character')

const prompt = string({ min: 1, max: 32_000 })
const longestSeconds = 120

export const videos = {
  'videos.create': (call) =>
    withBody(call, async (body, form) => {
      const { platform } = call
      const request = readShape(
        {
          prompt,
          model: optional(string()),
          seconds: optional(choice('4', '8', '12')),
          size: optional(choice(...sizes)),
          input_reference: optional(anything()),
        },
        body,
        { isForm: form !== null },
      )
      const model = request.model ?? 'sora-2'
      requireModel(platform, model, 'video')
      const size = request.size ?? '720x1280'
      if (!sizesOf(model).includes(size)) throw invalidValue('size', size, sizesOf(model))
      const picture = await readPicture(platform, request.input_reference, form, size)
      const scene = { seed: seedOf(request.prompt, picture), seconds: Number(request.seconds ?? 4) }
      return start(platform, { model, size, prompt: request.prompt, scenes: [scene], remixedFrom: null })
    }),
  'videos.remix': (call) =>
    withBody(call, (body, form) => {
      const request = readShape({ prompt }, body, { isForm: form !== null })
      const { id, model, size, film } = completedSource(call.platform, call.param('video_id'), null)
      return start(call.platform, { model, size, prompt: request.prompt, scenes: redrawn(film, request.prompt), remixedFrom: id })
    }),
  'videos.edit': (call) =>
    withBody(call, async (body, form) => {
      const request = readShape({ prompt, video: optional(anything()) }, body, { isForm: form !== null })
      const { id, model, size, film } = await readSource(call.platform, request.video, form)
      return start(call.platform, { model, size, prompt: request.prompt, scenes: redrawn(film, request.prompt), remixedFrom: id })
    }),
  'videos.extend': (call) =>
    withBody(call, async (body, form) => {
      const shape = { prompt, seconds: choice('4', '8', '12', '16', '20'), video: optional(anything()) }
      const request = readShape(shape, body, { isForm: form !== null })
      const { model, size, film } = await readSource(call.platform, request.video, form)
      // The new part goes on behind the old one.
      const scene = { seed: seedOf(request.prompt, ...film.scenes.map(({ seed }) => seed)), seconds: Number(request.seconds) }
      const scenes = [...film.scenes, scene]
      if (lengthOf(scenes) > longestSeconds)
        throw invalid(`Invalid 'seconds': the extended video would be longer than ${longestSeconds} seconds.`, 'seconds', 'invalid_value')
      return start(call.platform, { model, size, prompt: request.prompt, scenes, remixedFrom: null })
    }),
  'videos.list': ({ platform, query }) => json(page(videosOf(platform), readPageQuery(query, newestFirst), { unknown: missingVideo })),
  'videos.retrieve': (call) => json(find(call)),
  'videos.delete': (call) => {
    const { platform } = call
    const { id, status } = find(call)
    if (status !== 'completed' && status !== 'failed') throw invalid(`Cannot delete a video with status '${status}'.`)
    videosOf(platform).delete(id)
    filmsOf(platform).delete(id)
    deleteContent(platform, id)
    return json({ id, object: 'video.deleted', deleted: true })
  },
  'videos.content': (call) => contentOf(call.platform, find(call), call.query.get('variant')),
  'videos.characters.create': async ({ platform, form: readForm }) => {
    await using form = await readForm()
    const request = readShape({ name: string({ min: 1, max: 80 }) }, form.fields, { isForm: true })
    await readMovie(form.file('video'))
    const character: Character = { id: newId('character'), name: request.name, created_at: platform.clock.seconds() }
    characters(platform).put(character)
    return json(character)
  },
  'videos.characters.retrieve': ({ platform, param }) => {
    const id = param('character_id')
    const character = characters(platform).get(id)
    if (character === undefined) throw notFound(`Character with id '${id}' not found.`)
    return json(character)
  },
} satisfies Family

/** All of them take JSON and forms alike. */
async function withBody(
  call: Call,
  make: (body: JsonObject, form: Form | null) => Video | Promise<Video>,
): Promise<ReturnType<typeof json>> {
  if (!call.isForm) return json(await make(await call.json(), null))
  await using form = await call.form()
  return json(await make(form.fields, form))
}

function find(call: Call): Video {
  const id = call.param('video_id')
  const video = videosOf(call.platform).get(id)
  if (video === undefined) throw missingVideo(id)
  return video
}

type Scenes = Film['scenes']

const lengthOf = (scenes: Scenes): number => scenes.reduce((sum, { seconds }) => sum + seconds, 0)

/** The same lengths, other pictures. */
const redrawn = ({ scenes }: Film, words: string): Scenes => scenes.map(({ seed, seconds }) => ({ seed: seedOf(words, seed), seconds }))

type Order = {
  readonly model: string
  readonly size: string
  readonly prompt: string
  readonly scenes: Scenes
  readonly remixedFrom: string | null
}

function start(platform: Platform, order: Order): Video {
  const video: Video = {
    id: newId('video'),
    object: 'video',
    model: order.model,
    status: 'queued',
    progress: 0,
    created_at: platform.clock.seconds(),
    completed_at: null,
    expires_at: null,
    prompt: order.prompt,
    size: order.size,
    seconds: String(lengthOf(order.scenes)),
    remixed_from_video_id: order.remixedFrom,
    error: null,
  }
  platform.objects.together(() => {
    videosOf(platform).put(video)
    filmsOf(platform).put({ id: video.id, ...pixelsOf(order.size), scenes: order.scenes })
  })
  platform.jobs.schedule('videos.start', video.id)
  return video
}
