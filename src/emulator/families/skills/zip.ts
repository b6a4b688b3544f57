// Zip archives, as far as skills need them: written without compression from files on disk, and read without unpacking.
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { crc32, inflateRawSync } from 'node:zlib'

/** A file to be packed: its path within the archive and where its bytes lie. */
export type ZipSource = { readonly name: string; readonly path: string; readonly sizeBytes: number }

/** A file within an archive. */
export type ZipEntry = {
  readonly name: string
  readonly sizeBytes: number
  readonly packedBytes: number
  readonly method: number
  readonly headerAt: number
}

export class BrokenZip extends Error {
  override readonly name = 'BrokenZip'
}

const localSignature = 0x04034b50
const centralSignature = 0x02014b50
const endSignature = 0x06054b50
const utf8Names = 0x0800
/** 1 January 1980, where the format begins: the same files give the same bytes. */
const dosDate = 0x0021

/** The bytes of an archive of these files (APPNOTE 4.3). */
export async function* zip(sources: readonly ZipSource[]): AsyncGenerator<Buffer> {
  const directory: Buffer[] = []
  let at = 0
  for (const source of sources) {
    const name = Buffer.from(source.name)
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt16LE(utf8Names, 2)
    fields.writeUInt16LE(dosDate, 8)
    fields.writeUInt32LE(await checksum(source.path), 10)
    fields.writeUInt32LE(source.sizeBytes, 14)
    fields.writeUInt32LE(source.sizeBytes, 18)
    fields.writeUInt16LE(name.length, 22)
    yield Buffer.concat([uint32(localSignature), fields, name])
    yield* createReadStream(source.path) as AsyncIterable<Buffer>
    directory.push(Buffer.concat([uint32(centralSignature), Buffer.from([20, 0]), fields, Buffer.alloc(10), uint32(at), name]))
    at += 30 + name.length + source.sizeBytes
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(endSignature, 0)
  end.writeUInt16LE(sources.length, 8)
  end.writeUInt16LE(sources.length, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(at, 16)
  yield Buffer.concat([central, end])
}

async function checksum(path: string): Promise<number> {
  let sum = 0
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) sum = crc32(chunk, sum)
  return sum
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

const endBytesMax = 22 + 0xffff
const directoryBytesMax = 4 << 20

/** The files of an archive on disk; folders are none. Throws `BrokenZip`. */
export async function readZip(path: string): Promise<readonly ZipEntry[]> {
  await using file = await open(path)
  const { size } = await file.stat()
  const tail = await read(file, Math.max(0, size - endBytesMax), Math.min(size, endBytesMax))
  const endAt = tail.lastIndexOf(uint32(endSignature))
  if (endAt === -1 || endAt + 22 > tail.length) throw new BrokenZip('The archive has no end record.')
  const count = tail.readUInt16LE(endAt + 10)
  const directoryBytes = tail.readUInt32LE(endAt + 12)
  if (directoryBytes > directoryBytesMax) throw new BrokenZip('The archive has too large a directory.')
  const directory = await read(file, tail.readUInt32LE(endAt + 16), directoryBytes)
  const entries: ZipEntry[] = []
  for (let at = 0, index = 0; index < count; index++) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== centralSignature) throw new BrokenZip('The archive is damaged.')
    const nameBytes = directory.readUInt16LE(at + 28)
    const name = directory.toString('utf8', at + 46, at + 46 + nameBytes)
    if (!name.endsWith('/'))
      entries.push({
        name,
        method: directory.readUInt16LE(at + 10),
        packedBytes: directory.readUInt32LE(at + 20),
        sizeBytes: directory.readUInt32LE(at + 24),
        headerAt: directory.readUInt32LE(at + 42),
      })
    at += 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32)
  }
  return entries
}

/** The bytes of one small file of an archive. */
export async function readZipEntry(path: string, entry: ZipEntry, bytesMax: number): Promise<Buffer> {
  if (entry.sizeBytes > bytesMax || entry.packedBytes > bytesMax) throw new BrokenZip(`${entry.name} is too large.`)
  await using file = await open(path)
  const header = await read(file, entry.headerAt, 30)
  if (header.readUInt32LE(0) !== localSignature) throw new BrokenZip('The archive is damaged.')
  const packed = await read(file, entry.headerAt + 30 + header.readUInt16LE(26) + header.readUInt16LE(28), entry.packedBytes)
  if (entry.method === 0) return packed
  if (entry.method !== 8) throw new BrokenZip(`${entry.name} is packed by a method that is not supported.`)
  try {
    return inflateRawSync(packed, { maxOutputLength: bytesMax })
  } catch {
    throw new BrokenZip(`${entry.name} cannot be unpacked.`)
  }
}

async function read(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  const { bytesRead } = await file.read(bytes, 0, length, at)
  if (bytesRead < length) throw new BrokenZip('The archive ends too early.')
  return bytes
}
