// The length of MP3 (MPEG audio, layers I to III) and of AAC in ADTS: frame by frame, which is right for every bit rate.

type Frame = { readonly bytes: number; readonly seconds: number }

/** Bit rates in kbit/s by index: MPEG-1 layers I, II, III, and MPEG-2 layers I, II and III. */
const bitRates = {
  first: [
    [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  ],
  second: [
    [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  ],
} as const

const mpegRates = [44_100, 48_000, 32_000]
const adtsRates = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350]

/** Seconds of sound, 0 for what has no frame at its beginning. */
export function mpegSeconds(bytes: Buffer): number {
  let seconds = 0
  for (let at = 0; at + 7 <= bytes.length;) {
    const frame = frameAt(bytes, at)
    if (frame === null) {
      if (at === 0) return 0
      // Tags at the end, or noise in between: on to what may be a frame again.
      const next = bytes.indexOf(0xff, at + 1)
      if (next === -1) break
      at = next
    } else {
      seconds += frame.seconds
      at += frame.bytes
    }
  }
  return seconds
}

function frameAt(bytes: Buffer, at: number): Frame | null {
  const head = bytes.readUInt32BE(at)
  if (head >>> 21 !== 0x7ff) return null
  const layer = 4 - ((head >>> 17) & 3)
  return layer === 4 ? adtsFrame(bytes, at) : mpegFrame(head, layer)
}

/** Version, layer, bit rate, sample rate and padding lie in the four bytes of the header. */
function mpegFrame(head: number, layer: number): Frame | null {
  const version = (head >>> 19) & 3
  const rate = mpegRates[(head >>> 10) & 3]
  const bitRate = bitRates[version === 3 ? 'first' : 'second'][layer - 1]?.[((head >>> 12) & 15) - 1]
  if (version === 1 || rate === undefined || bitRate === undefined) return null
  // MPEG-2 halves the sample rates, 2.5 does so again.
  const sampleRate = rate / (version === 3 ? 1 : version === 2 ? 2 : 4)
  const samples = layer === 1 ? 384 : layer === 3 && version !== 3 ? 576 : 1152
  const padding = ((head >>> 9) & 1) * (layer === 1 ? 4 : 1)
  return { bytes: Math.floor((samples * bitRate * 125) / sampleRate) + padding, seconds: samples / sampleRate }
}

function adtsFrame(bytes: Buffer, at: number): Frame | null {
  const rate = adtsRates[(bytes.readUInt8(at + 2) >> 2) & 15]
  const length = (bytes.readUIntBE(at + 3, 3) >> 5) & 0x1fff
  return rate === undefined || length < 7 ? null : { bytes: length, seconds: 1024 / rate }
}
