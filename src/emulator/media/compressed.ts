// MP3, AAC and Opus without encoders: two frames of each, a hum and a silence, repeated in the rhythm of the text. Every frame can be
// decoded without the ones before, and the hum has a whole number of periods in a frame, so it goes on smoothly.
//
// How the frames were made: two seconds of a tone (250 Hz for MP3, 234.375 Hz for AAC, 200 Hz for Opus; overtones at 1/2 and 1/4) and
// of silence, through
//   lame --nores -b 32 -m m --cbr -t --resample 24
//   ffmpeg -c:a aac -b:a 32k -ac 1
//   ffmpeg -c:a libopus -b:a 16k -vbr on -application lowdelay -frame_duration 20
// and of each the frame that came most often.
import { oggPages } from './ogg.ts'
import type { OggPacket } from './ogg.ts'
import { voicing } from './rhythm.ts'
import type { Rhythm } from './rhythm.ts'
import { id3Tag, vorbisComment } from './tags.ts'

type Frames = { readonly hum: Buffer; readonly silence: Buffer }

const framesOf = (hum: string, silence: string): Frames => ({ hum: Buffer.from(hum, 'base64'), silence: Buffer.from(silence, 'base64') })

/** MPEG-2 layer III, 24 kHz, 32 kbit/s, mono: 576 samples in 96 bytes, header included. */
const mp3 = framesOf('//NExAANYnYIAAXKFMI8ggMIJPCMNCDB8vwilTgwqU9X9fjH9X8Y3/p+/q3jB3jQ3/1f7/Hff//4//7ff476NGT+kA==', '//NExAAAAANI')
const mp3FrameBytes = 96
const mp3FrameMs = (576 / 24_000) * 1000

export function encodeMp3(rhythm: Rhythm, text: string): Buffer {
  const [hum, silence] = [mp3.hum, mp3.silence].map((frame) => Buffer.concat([frame, Buffer.alloc(mp3FrameBytes - frame.length)]))
  return Buffer.concat([id3Tag(text), ...sequence(rhythm, mp3FrameMs, hum, silence)])
}

/** AAC-LC, 24 kHz, mono: 1024 samples a frame, without header. */
const aac = framesOf(
  'APg3rcPxO9d//xT/563/0f8/8c/+/4Z13vc4qE45ypHOtVW7vIAGgKmdrVUA4VPjZnfH0zgWlkdFx52NgmAs+3vbYaYUACvqgjy+RtAGBJPpKXD/fRKRSJTtGVFKUjSJJSSlEufSnZKQSlJQJFEgEpSBQkSooAUpJQUpQKKASUSSUSFEkqEqEikpChShJIlRKSkJSUkolGhIopKVOoASJU69JRlGkCQCUeA=',
  'ARggBw==',
)
const aacFrameMs = (1024 / 24_000) * 1000

export const encodeAac = (rhythm: Rhythm, text: string): Buffer =>
  Buffer.concat([id3Tag(text), ...sequence(rhythm, aacFrameMs, adts(aac.hum), adts(aac.silence))])

/** 13818-7, 6.2: sync word, LC, sampling frequency 6 (24 kHz), one channel, the length, and a buffer that says "variable". */
function adts(frame: Buffer): Buffer {
  const length = frame.length + 7
  const head = Buffer.from([0xff, 0xf1, 0x58, 0x40 | (length >> 11), (length >> 3) & 0xff, ((length & 7) << 5) | 0x1f, 0xfc])
  return Buffer.concat([head, frame])
}

/** Opus, mono, 20 ms a packet. */
const opus = framesOf('mMNR7GiXQe9vEfib0oO2JBE99NKTzRu5bVC5pOA/8qkfuHTl5RHUdU2So3E=', '+P/+')
const opusFrameMs = 20
/** Opus counts time in samples of 48 kHz, whatever goes in. */
const opusFrameSamples = 960
/** What a decoder drops at the beginning: 2.5 ms of this encoder's look-ahead. */
const preSkip = 120

export function encodeOpus(rhythm: Rhythm, text: string): Buffer {
  const head = Buffer.from('OpusHead\x01\x01\0\0\0\0\0\0\0\0\0', 'latin1')
  head.writeUInt16LE(preSkip, 10)
  head.writeUInt32LE(24_000, 12)
  const tags = Buffer.concat([Buffer.from('OpusTags'), vorbisComment(text)])
  const audio = sequence(rhythm, opusFrameMs, opus.hum, opus.silence).map((data, index): OggPacket => ({
    data,
    granule: (index + 1) * opusFrameSamples,
  }))
  return oggPages(
    [
      { data: head, granule: 0 },
      { data: tags, granule: 0 },
    ],
    audio,
  )
}

function sequence(rhythm: Rhythm, frameMs: number, hum: Buffer = Buffer.alloc(0), silence: Buffer = Buffer.alloc(0)): Buffer[] {
  return voicing(rhythm, frameMs).map((hasVoice) => (hasVoice ? hum : silence))
}
