// Videos as they are kept: what callers see, and beside it what the picture is made of.
import { notFound } from '../../errors.ts'
import type { ApiError } from '../../errors.ts'
import type { Film } from '../../media/film.ts'
import type { Platform } from '../../platform.ts'
import type { Collection } from '../../state/objects.ts'

export type Video = {
  readonly id: string
  readonly object: 'video'
  readonly model: string
  readonly status: 'queued' | 'in_progress' | 'completed' | 'failed'
  readonly progress: number
  readonly created_at: number
  readonly completed_at: number | null
  readonly expires_at: number | null
  readonly prompt: string | null
  readonly size: string
  readonly seconds: string
  readonly remixed_from_video_id: string | null
  readonly error: { readonly code: string; readonly message: string } | null
}

export type StoredFilm = Film & { readonly id: string }

export const videosOf = (platform: Platform): Collection<Video> => platform.collection('video')
export const filmsOf = (platform: Platform): Collection<StoredFilm> => platform.collection('video.film')

export const missingVideo = (id: string, param: string | null = null): ApiError => notFound(`Video with id '${id}' not found.`, param)

export const contentVariants = ['video', 'thumbnail', 'spritesheet'] as const
export type ContentVariant = (typeof contentVariants)[number]

/** Content is made when it is first asked for, and kept. */
export const contentId = (videoId: string, variant: ContentVariant): string => `${videoId}.${variant}`

export function deleteContent(platform: Platform, videoId: string): void {
  for (const variant of contentVariants) platform.blobs.delete(contentId(videoId, variant))
}
