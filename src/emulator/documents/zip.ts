// Reading zip archives (APPNOTE 6.3): enough for office documents, which are archives of XML.
import { inflateRawSync } from 'node:zlib'

const endOfDirectory = 0x06054b50
const directoryEntry = 0x02014b50
/** A member that says it is small and is not must not fill the memory. */
const memberBytesMax = 64 << 20

/** The members by name, unpacked when asked for. Throws where it is no archive. */
export function readZip(bytes: Buffer): ReadonlyMap<string, () => Buffer> {
  // The end record is the last 22 bytes, unless a comment follows it (4.3.16).
  let end = bytes.length - 22
  while (end >= 0 && bytes.readUInt32LE(end) !== endOfDirectory) end--
  if (end < 0) throw new Error('not a zip archive')
  const members = new Map<string, () => Buffer>()
  let at = bytes.readUInt32LE(end + 16)
  for (let count = bytes.readUInt16LE(end + 10); count > 0 && bytes.readUInt32LE(at) === directoryEntry; count--) {
    const method = bytes.readUInt16LE(at + 10)
    const packedBytes = bytes.readUInt32LE(at + 20)
    const nameBytes = bytes.readUInt16LE(at + 28)
    const headerAt = bytes.readUInt32LE(at + 42)
    const name = bytes.toString('utf8', at + 46, at + 46 + nameBytes)
    members.set(name, () => {
      // The local header repeats name and extra field with lengths of its own (4.3.7).
      const from = headerAt + 30 + bytes.readUInt16LE(headerAt + 26) + bytes.readUInt16LE(headerAt + 28)
      const packed = bytes.subarray(from, from + packedBytes)
      return method === 0 ? packed : inflateRawSync(packed, { maxOutputLength: memberBytesMax })
    })
    at += 46 + nameBytes + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32)
  }
  return members
}
