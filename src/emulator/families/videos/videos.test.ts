import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { toFile } from 'openai'
import type OpenAI from 'openai'
import { refusal, startTestEmulator } from '../../../../test/harness/emulator.ts'
import type { TestEmulator } from '../../../../test/harness/emulator.ts'
import { imageFactsOf } from '../../media/image-facts.ts'
import { createMosaic } from '../../media/mosaic.ts'
import { readMovieFacts } from '../../media/movie-facts.ts'
import type { MovieFacts } from '../../media/movie-facts.ts'
import { encodePng } from '../../media/png.ts'

type Video = OpenAI.Videos.Video

/** Nothing goes on by itself: each test says when the next step is due. */
const paceMs = 60_000

const startSlow = (): Promise<TestEmulator> => startTestEmulator({ jobPaceMs: paceMs })

/** Polls as a client does, a step of the job each time; returns every state that was seen. */
async function watch(emulator: TestEmulator, id: string): Promise<Video[]> {
  const seen: Video[] = []
  for (;;) {
    const video = await emulator.client.videos.retrieve(id)
    if (seen.at(-1)?.status !== video.status || seen.at(-1)?.progress !== video.progress) seen.push(video)
    if (video.status === 'completed' || video.status === 'failed') return seen
    emulator.running.clock.advance(paceMs)
    await sleep(1)
  }
}

async function make(emulator: TestEmulator, order: Partial<OpenAI.Videos.VideoCreateParams> = {}): Promise<Video> {
  const { id } = await emulator.client.videos.create({ prompt: 'a cat', ...order })
  return (await watch(emulator, id)).at(-1) as Video
}

async function download(
  client: OpenAI,
  id: string,
  variant?: 'video' | 'thumbnail' | 'spritesheet',
): Promise<readonly [type: string | null, bytes: Buffer]> {
  const answer = await client.videos.downloadContent(id, variant === undefined ? {} : { variant })
  return [answer.headers.get('content-type'), Buffer.from(await answer.arrayBuffer())]
}

function factsOf(movie: Buffer): MovieFacts | null {
  const directory = mkdtempSync(join(tmpdir(), 'relay-video-test-'))
  try {
    writeFileSync(join(directory, 'movie.mp4'), movie)
    return readMovieFacts(join(directory, 'movie.mp4'))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const picture = (width: number, height: number): ReturnType<typeof toFile> =>
  toFile(encodePng(createMosaic({ seed: 'x', width, height })), 'a.png', { type: 'image/png' })

test('a video is queued, in progress with a number that grows, and then there', async () => {
  await using emulator = await startSlow()
  const { client } = emulator
  const { created_at: _, id, ...created } = await client.videos.create({ prompt: 'a cat', seconds: '8', size: '1280x720' })
  assert.match(id, /^video_/)
  assert.deepEqual(created, {
    object: 'video',
    model: 'sora-2',
    status: 'queued',
    progress: 0,
    completed_at: null,
    expires_at: null,
    prompt: 'a cat',
    size: '1280x720',
    seconds: '8',
    remixed_from_video_id: null,
    error: null,
  })
  const seen = await watch(emulator, id)
  assert.deepEqual([...new Set(seen.map(({ status }) => status))], ['queued', 'in_progress', 'completed'])
  const progress = seen.map((each) => each.progress)
  assert.deepEqual(
    progress,
    progress.toSorted((a, b) => a - b),
  )
  assert.ok(progress.length > 3 && progress.at(-1) === 100)
  assert.ok((seen.at(-1)?.expires_at ?? 0) > (seen.at(-1)?.completed_at ?? Infinity))
})

test('its content is a film of the length and size asked, a thumbnail and a sheet', async () => {
  await using emulator = await startSlow()
  const { client } = emulator
  const { id } = await make(emulator, { seconds: '4', size: '1280x720' })
  const [type, movie] = await download(client, id)
  assert.equal(type, 'video/mp4')
  assert.deepEqual(factsOf(movie), { seconds: 4, width: 1280, height: 720 })
  assert.ok((await download(client, id, 'video'))[1].equals(movie))
  const [thumbnailType, thumbnail] = await download(client, id, 'thumbnail')
  assert.deepEqual([thumbnailType, imageFactsOf(thumbnail)], ['image/webp', { format: 'webp', width: 1280, height: 720 }])
  const [sheetType, sheet] = await download(client, id, 'spritesheet')
  assert.deepEqual([sheetType, imageFactsOf(sheet)?.format], ['image/jpeg', 'jpeg'])
  const again = await make(emulator, { seconds: '4', size: '1280x720' })
  assert.ok((await download(client, again.id))[1].equals(movie), 'the same prompt is the same film')
  const wrong = await refusal(client.videos.downloadContent(id, { variant: 'poster' as never }))
  assert.deepEqual([wrong.status, wrong.param], [400, 'variant'])
})

test('there is no content before a video is there, of a failed one, or of an expired one', async () => {
  await using emulator = await startSlow()
  const { client } = emulator
  const { id } = await client.videos.create({ prompt: 'a cat' })
  const early = await refusal(client.videos.downloadContent(id))
  assert.deepEqual([early.status, early.message], [404, 'Video is not ready yet, use GET /v1/videos/{video_id} to check status.'])
  await watch(emulator, id)
  await download(client, id)
  emulator.running.clock.advance(25 * 3_600_000)
  assert.equal((await refusal(client.videos.downloadContent(id))).status, 404)
  const failed = await make(emulator, { prompt: 'gore' })
  assert.deepEqual([failed.status, failed.error?.code, failed.completed_at], ['failed', 'moderation_blocked', null])
  assert.equal((await refusal(client.videos.downloadContent(failed.id))).status, 400)
})

test('a video that was being made when the emulator stopped is finished after the next start', async () => {
  await using emulator = await startSlow()
  const { id } = await emulator.client.videos.create({ prompt: 'a cat' })
  while ((await emulator.client.videos.retrieve(id)).status === 'queued') {
    emulator.running.clock.advance(paceMs)
    await sleep(1)
  }
  await emulator.restart()
  const seen = await watch(emulator, id)
  assert.deepEqual([seen[0]?.status, seen.at(-1)?.status], ['in_progress', 'completed'])
  assert.deepEqual(factsOf((await download(emulator.client, id))[1]), { seconds: 4, width: 720, height: 1280 })
})

test('a remix and an edit are videos of their own that name the one they come from', async () => {
  await using emulator = await startSlow()
  const { client } = emulator
  const source = await make(emulator, { seconds: '8', size: '1280x720' })
  const [, original] = await download(client, source.id)
  for (const order of [
    client.videos.remix(source.id, { prompt: 'at night' }),
    client.videos.edit({ prompt: 'at night', video: { id: source.id } }),
  ]) {
    const started = await order
    assert.deepEqual([started.remixed_from_video_id, started.seconds, started.size, started.status], [source.id, '8', '1280x720', 'queued'])
    await watch(emulator, started.id)
    const [, movie] = await download(client, started.id)
    assert.deepEqual(factsOf(movie), factsOf(original))
    assert.ok(!movie.equals(original))
  }
})

test('an extension goes on where the video ended', async () => {
  await using emulator = await startSlow()
  const { client } = emulator
  const source = await make(emulator)
  const { id, seconds } = await client.videos.extend({ prompt: 'and then', seconds: '8', video: { id: source.id } })
  assert.equal(seconds, '12')
  await watch(emulator, id)
  const [, extended] = await download(client, id)
  assert.equal(factsOf(extended)?.seconds, 12)
  assert.ok((await download(client, id, 'thumbnail'))[1].equals((await download(client, source.id, 'thumbnail'))[1]))
  const uploaded = await client.videos.extend({
    prompt: 'and then',
    seconds: '4',
    video: await toFile(extended, 'a.mp4', { type: 'video/mp4' }),
  })
  assert.deepEqual([uploaded.seconds, uploaded.size], ['16', '720x1280'])
})

test('a picture to begin with comes as an upload, a file or a data URL, and has the size of the video', async () => {
  await using emulator = await startSlow()
  const { client } = emulator
  const made = async (reference?: OpenAI.Videos.VideoCreateParams['input_reference']): Promise<Buffer> => {
    const { id } = await make(emulator, reference === undefined ? {} : { input_reference: reference })
    return (await download(client, id, 'thumbnail'))[1]
  }
  const fromUpload = await made(await picture(720, 1280))
  const stored = await client.files.create({ file: await picture(720, 1280), purpose: 'vision' })
  const json = await emulator.send('POST', '/v1/videos', { prompt: 'a cat', input_reference: { file_id: stored.id } })
  const { id } = (await json.json()) as Video
  await watch(emulator, id)
  assert.ok((await download(client, id, 'thumbnail'))[1].equals(fromUpload))
  assert.ok(!(await made()).equals(fromUpload))
  const wrong = await refusal(client.videos.create({ prompt: 'a cat', input_reference: await picture(1280, 720) }))
  assert.deepEqual([wrong.status, wrong.message], [400, 'Inpaint image must match the requested width and height'])
  const unknown = await emulator.send('POST', '/v1/videos', { prompt: 'a cat', input_reference: { file_id: 'file-none' } })
  assert.equal(unknown.status, 404)
})

test('videos are listed newest first, page by page, and deleted once they are over', async () => {
  await using emulator = await startSlow()
  const { client } = emulator
  const ids: string[] = []
  for (const prompt of ['a', 'b', 'c']) ids.unshift((await client.videos.create({ prompt })).id)
  const [newest = ''] = ids
  assert.equal((await refusal(client.videos.delete(newest))).status, 400)
  assert.deepEqual(
    (await Array.fromAsync(client.videos.list({ limit: 2 }))).map(({ id }) => id),
    ids,
  )
  const page = await emulator.send('GET', '/v1/videos?order=asc&limit=2')
  assert.deepEqual(
    (({ data, ...rest }: { data: Video[] }) => ({ ...rest, ids: data.map(({ id }) => id) }))((await page.json()) as { data: Video[] }),
    { object: 'list', first_id: ids[2], last_id: ids[1], has_more: true, ids: [ids[2], ids[1]] },
  )
  await watch(emulator, newest)
  await download(client, newest)
  assert.deepEqual(await client.videos.delete(newest), { id: newest, object: 'video.deleted', deleted: true })
  for (const gone of [client.videos.retrieve(newest), client.videos.downloadContent(newest), client.videos.delete(newest)])
    assert.deepEqual(await refusal(gone), { status: 404, message: `Video with id '${newest}' not found.`, param: null, code: null })
  assert.deepEqual(readdirSync(join(emulator.dataDir, 'emulator', 'blobs')), [])
})

test('a character has a name, and is found again', async () => {
  await using emulator = await startSlow()
  const { client } = emulator
  const { id } = await make(emulator)
  const video = await toFile((await download(client, id))[1], 'a.mp4', { type: 'video/mp4' })
  const character = await client.videos.createCharacter({ name: 'Tom', video })
  assert.match(character.id ?? '', /^char_/)
  assert.deepEqual(await client.videos.getCharacter(character.id ?? ''), character)
  assert.equal((await refusal(client.videos.getCharacter('char_none'))).status, 404)
  const text = await toFile(Buffer.from('x'), 'a.mp4', { type: 'video/mp4' })
  assert.equal((await refusal(client.videos.createCharacter({ name: 'Tom', video: text }))).param, 'video')
})

test('what a model cannot make is refused in the words of OpenAI', async () => {
  await using emulator = await startSlow()
  const { client } = emulator
  const refusals: readonly (readonly [order: Partial<OpenAI.Videos.VideoCreateParams>, message: RegExp, param: string | null])[] = [
    [{ prompt: undefined as never }, /^Missing required parameter: 'prompt'\.$/, 'prompt'],
    [{ seconds: '5' as never }, /^Invalid value: '5'\. Supported values are: '4', '8', and '12'\.$/, 'seconds'],
    [
      { size: '480x480' as never },
      /^Invalid value: '480x480'\. Supported values are: '720x1280', '1280x720', '1024x1792', and '1792x1024'\.$/,
      'size',
    ],
    [{ size: '1024x1792' }, /^Invalid value: '1024x1792'\. Supported values are: '720x1280' and '1280x720'\.$/, 'size'],
    [{ model: 'gpt-4o' }, /cannot be used for video/, 'model'],
  ]
  for (const [order, message, param] of refusals) {
    const error = await refusal(client.videos.create({ prompt: 'a cat', ...order }))
    assert.match(error.message, message)
    assert.equal(error.param, param)
  }
  const json = await emulator.send('POST', '/v1/videos', { prompt: 'a cat', seconds: 4 })
  assert.equal(json.status, 400)
  assert.equal((await client.videos.create({ prompt: 'a cat', model: 'sora-2-pro', size: '1024x1792' })).size, '1024x1792')
  const { id } = await client.videos.create({ prompt: 'a cat' })
  assert.match((await refusal(client.videos.remix(id, { prompt: 'x' }))).message, /is not completed/)
  assert.equal((await refusal(client.videos.remix('video_none', { prompt: 'x' }))).status, 404)
  assert.equal((await refusal(client.videos.edit({ prompt: 'x', video: { id: 'video_none' } }))).param, 'video.id')
})
