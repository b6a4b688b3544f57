// The content of a video that is there: the film, its first picture, or a sheet of its pictures, as files on disk.
import { file } from '../../answer.ts'
import type { Answer } from '../../answer.ts'
import type { Platform } from '../../platform.ts'
import { invalid, invalidValue, notFound } from '../../errors.ts'
import { contentId, contentVariants, deleteContent, filmsOf, missingVideo } from './stored.ts'
import type { ContentVariant, Video } from './stored.ts'

const contentTypes: Readonly<Record<ContentVariant, string>> = { video: 'video/mp4', thumbnail: 'image/webp', spritesheet: 'image/jpeg' }

export async function contentOf(platform: Platform, video: Video, given = 'video'): Promise<Answer> {
  const variant = contentVariants.find((each) => each === given)
  if (variant === undefined) throw invalidValue('variant', given, contentVariants)
  if (video.status === 'failed') throw invalid('Video generation failed; there is no content to download.')
  // Quirk: until then there is nothing, which is not the same as a wrong request.
  if (video.status !== 'completed') throw notFound('Video is not ready yet, use GET /v1/videos/{video_id} to check status.')
  if (video.expires_at !== null && video.expires_at <= platform.clock.seconds()) {
    deleteContent(platform, video.id)
    throw notFound('Video content has expired.')
  }
  const id = contentId(video.id, variant)
  const sizeBytes = platform.blobs.sizeBytes(id) ?? (await make(platform, video.id, variant))
  return file(platform.blobs.path(id), sizeBytes, contentTypes[variant])
}

async function make(platform: Platform, videoId: string, variant: ContentVariant): Promise<number> {
  const film = filmsOf(platform).get(videoId)
  if (film === undefined) throw missingVideo(videoId)
  const { encodeFilm, encodeSpritesheet, encodeThumbnail } = await import('../../media/film.ts')
  const encode = { video: encodeFilm, thumbnail: encodeThumbnail, spritesheet: encodeSpritesheet }[variant]
  const content = encode(film)
  platform.blobs.put(contentId(videoId, variant), content)
  return content.length
}
