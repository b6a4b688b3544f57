// A video takes its time: queued, then in progress with a number that grows, then there, or refused by the safety system.
import type { JobSteps } from '../../behaviour.ts'
import { isBlockedPrompt } from '../blocked-prompt.ts'
import { videosOf } from './stored.ts'
import type { Video } from './stored.ts'

const progressAStep = 25
/** How long content can be downloaded. */
const contentSeconds = 24 * 3600

export const videoSteps: JobSteps = {
  'videos.start': (platform, id) => {
    const video = videosOf(platform).get(id)
    if (video?.status !== 'queued') return
    videosOf(platform).put({ ...video, status: 'in_progress' })
    platform.jobs.schedule('videos.render', id)
  },
  'videos.render': (platform, id) => {
    const video = videosOf(platform).get(id)
    if (video?.status !== 'in_progress') return
    if (isBlockedPrompt(video.prompt ?? '')) {
      const error = { code: 'moderation_blocked', message: 'Your request was blocked by our moderation system.' }
      videosOf(platform).put({ ...video, status: 'failed', error })
      platform.events.announce('video.failed', id)
      return
    }
    const progress = Math.min(100, video.progress + progressAStep)
    if (progress < 100) {
      videosOf(platform).put({ ...video, progress })
      platform.jobs.schedule('videos.render', id)
      return
    }
    const completedAt = platform.clock.seconds()
    const completed: Video = {
      ...video,
      status: 'completed',
      progress,
      completed_at: completedAt,
      expires_at: completedAt + contentSeconds,
    }
    videosOf(platform).put(completed)
    platform.events.announce('video.completed', id)
  },
}
