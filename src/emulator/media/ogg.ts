// Ogg (RFC 3533): packets into pages, with their check sums.

export type OggPacket = {
  readonly data: Buffer
  /** Position at its end, in samples. */
  readonly granule: number
}

/** A second of audio a page: a player can start in the middle. */
const packetsPerPage = 50
const segmentsMax = 255

/** Each header has a page of its own (RFC 7845, 3, asks for that), the audio shares pages. */
export function oggPages(headers: readonly OggPacket[], audio: readonly OggPacket[]): Buffer {
  const pages: Buffer[] = []
  for (const header of headers) {
    for (const part of partsOf(header))
      pages.push(page({ ...part, type: (pages.length === 0 ? first : 0) | part.type, number: pages.length }))
  }
  for (let at = 0; at < audio.length; at += packetsPerPage) {
    const packets = audio.slice(at, at + packetsPerPage)
    const isLast = at + packetsPerPage >= audio.length
    pages.push(
      page({
        lacing: packets.flatMap(({ data }) => lacingOf(data)),
        content: packets.map(({ data }) => data),
        granule: packets.at(-1)?.granule ?? 0,
        type: isLast ? last : 0,
        number: pages.length,
      }),
    )
  }
  return Buffer.concat(pages)
}

type Part = { readonly lacing: readonly number[]; readonly content: readonly Buffer[]; readonly granule: number; readonly type: number }

const continued = 1
const first = 2
const last = 4
/** Where no packet ends on a page. */
const nowhere = -1

/** A long header goes over several pages. */
function partsOf({ data, granule }: OggPacket): Part[] {
  const lacing = lacingOf(data)
  const parts: Part[] = []
  for (let at = 0; at < lacing.length; at += segmentsMax) {
    const isEnd = at + segmentsMax >= lacing.length
    parts.push({
      lacing: lacing.slice(at, at + segmentsMax),
      content: [data.subarray(at * segmentsMax, isEnd ? data.length : (at + segmentsMax) * segmentsMax)],
      granule: isEnd ? granule : nowhere,
      type: at === 0 ? 0 : continued,
    })
  }
  return parts
}

/** As many 255s as there are, and what is left, which may be nothing. */
const lacingOf = (data: Buffer): number[] => [...Array.from({ length: Math.floor(data.length / 255) }, () => 255), data.length % 255]

function page({ lacing, content, granule, type, number }: Part & { readonly number: number }): Buffer {
  const head = Buffer.alloc(27 + lacing.length)
  head.write('OggS', 'latin1')
  head[5] = type
  head.writeBigInt64LE(BigInt(granule), 6)
  head.writeUInt32LE(1, 14)
  head.writeUInt32LE(number, 18)
  head[26] = lacing.length
  head.set(lacing, 27)
  const whole = Buffer.concat([head, ...content])
  whole.writeUInt32LE(checkSum(whole), 22)
  return whole
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte << 24
  for (let bit = 0; bit < 8; bit++) rest = (rest << 1) ^ (rest < 0 ? 0x04c11db7 : 0)
  return rest >>> 0
})

function checkSum(bytes: Buffer): number {
  let rest = 0
  for (let at = 0; at < bytes.length; at++) rest = ((rest << 8) ^ (table[(rest >>> 24) ^ (bytes[at] ?? 0)] ?? 0)) >>> 0
  return rest
}
