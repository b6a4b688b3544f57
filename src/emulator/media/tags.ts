// The text of a recording inside the recording, in the place that each format has for such a thing. Speech of the emulator carries
// its words there, and whatever carries words there is transcribed to them.

/** Vorbis comments and the comment of a WAV file are free text: ours says what it is. */
const field = 'TRANSCRIPT='

/** An ID3v2.4 tag with a USLT frame, which is made for the "text transcription" of what is heard. */
export function id3Tag(text: string): Buffer {
  // UTF-8, language unknown, no description.
  const content = Buffer.concat([Buffer.from([3]), Buffer.from('und\0'), Buffer.from(text)])
  const frame = Buffer.concat([Buffer.from('USLT'), synchsafe(content.length), Buffer.from([0, 0]), content])
  return Buffer.concat([Buffer.from('ID3\x04\0\0', 'latin1'), synchsafe(frame.length), frame])
}

/** Length of the ID3v2 tag at the beginning, 0 where there is none. */
export const id3Length = (bytes: Buffer): number =>
  bytes.length >= 10 && bytes.toString('latin1', 0, 3) === 'ID3' ? 10 + readSynchsafe(bytes, 6) : 0

export function readId3(bytes: Buffer): string | null {
  const end = Math.min(id3Length(bytes), bytes.length)
  const isFourth = bytes[3] === 4
  for (let at = 10; at + 10 <= end;) {
    const size = isFourth ? readSynchsafe(bytes, at + 4) : bytes.readUInt32BE(at + 4)
    const content = bytes.subarray(at + 10, Math.min(at + 10 + size, end))
    if (bytes.toString('latin1', at, at + 4) === 'USLT' && content[0] === 3) {
      const description = content.indexOf(0, 4)
      return description === -1 ? null : content.toString('utf8', description + 1)
    }
    if (size === 0) return null
    at += 10 + size
  }
  return null
}

/** The comment header of Vorbis, as FLAC and Opus have it. */
export function vorbisComment(text: string): Buffer {
  const vendor = Buffer.from('offline emulator')
  const comment = Buffer.from(field + text)
  return Buffer.concat([u32(vendor.length), vendor, u32(1), u32(comment.length), comment])
}

export function readVorbisComment(bytes: Buffer): string | null {
  if (bytes.length < 8) return null
  let at = 4 + bytes.readUInt32LE(0)
  if (at + 4 > bytes.length) return null
  const count = bytes.readUInt32LE(at)
  at += 4
  for (let index = 0; index < count && at + 4 <= bytes.length; index++) {
    const end = at + 4 + bytes.readUInt32LE(at)
    const text = readField(bytes.toString('utf8', at + 4, Math.min(end, bytes.length)))
    if (text !== null) return text
    at = end
  }
  return null
}

export const commentOf = (text: string): string => field + text

export const readField = (comment: string): string | null =>
  comment.slice(0, field.length).toUpperCase() === field ? comment.slice(field.length) : null

/** ID3v2.4, 6.2: seven bits a byte, so that no length looks like the beginning of a frame. */
const synchsafe = (value: number): Buffer => Buffer.from([(value >> 21) & 0x7f, (value >> 14) & 0x7f, (value >> 7) & 0x7f, value & 0x7f])

function readSynchsafe(bytes: Buffer, at: number): number {
  return bytes.subarray(at, at + 4).reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0)
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
