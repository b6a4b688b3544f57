// Bits into bytes, in the two orders that media formats use.

export type BitWriter = {
  /** Appends the lowest `count` bits of `value`, at most 24. */
  readonly put: (value: number, count: number) => void
  /** Bits in an unfinished byte. */
  readonly pending: () => number
  /** Fills the last byte with `padding` bits and returns everything. */
  readonly finish: (padding?: 0 | 1) => Buffer
}

/** The first bit is the highest of its byte: JPEG, H.264. */
export const highestFirst = (): BitWriter => {
  const out = byteSink()
  let held = 0
  let count = 0
  const put: BitWriter['put'] = (value, width) => {
    held = (held << width) | (value & (2 ** width - 1))
    count += width
    while (count >= 8) {
      count -= 8
      out.push((held >>> count) & 0xff)
    }
    held &= 2 ** count - 1
  }
  return {
    put,
    pending: () => count,
    finish: (padding = 0) => {
      if (count > 0) put(padding === 1 ? 0xff : 0, 8 - count)
      return out.bytes()
    },
  }
}

/** The first bit is the lowest of its byte: WebP. */
export const lowestFirst = (): BitWriter => {
  const out = byteSink()
  let held = 0
  let count = 0
  const put: BitWriter['put'] = (value, width) => {
    held |= (value & (2 ** width - 1)) << count
    count += width
    while (count >= 8) {
      out.push(held & 0xff)
      held >>>= 8
      count -= 8
    }
  }
  return {
    put,
    pending: () => count,
    finish: () => {
      if (count > 0) put(0, 8 - count)
      return out.bytes()
    },
  }
}

function byteSink(): { readonly push: (byte: number) => void; readonly bytes: () => Buffer } {
  let buffer = Buffer.allocUnsafe(4096)
  let length = 0
  return {
    push: (byte) => {
      if (length === buffer.length) buffer = Buffer.concat([buffer, Buffer.allocUnsafe(buffer.length)])
      buffer[length++] = byte
    },
    bytes: () => buffer.subarray(0, length),
  }
}
