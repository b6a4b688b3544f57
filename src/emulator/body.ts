// Reading a request body into memory: decoded, bounded, and parsed in OpenAI's words.
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import { ApiError, invalid, unreadableJson } from './errors.ts'
import { isObject } from './shape.ts'
import type { JsonObject } from './shape.ts'

const jsonBytesMax = 256 << 20

const decoders: Readonly<Record<string, () => NodeJS.ReadWriteStream & Readable>> = {
  gzip: createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
}

/** Null for a coding nobody here knows. */
export const decoderOf = (coding: string): (NodeJS.ReadWriteStream & Readable) | null => decoders[coding]?.() ?? null

/** What a body is read from: the request itself, or what was kept of one that somebody else had to read first. */
export type RequestBody = Readable & Pick<IncomingMessage, 'method' | 'headers' | 'complete'>

/** The body without its content coding. */
export function decoded(request: RequestBody): Readable {
  const coding = request.headers['content-encoding']
  if (coding === undefined || coding === 'identity') return request
  const decoder = decoderOf(coding)
  if (decoder === null) throw new ApiError(415, `Unsupported content encoding: '${coding}'.`)
  return request.pipe(decoder)
}

export async function readAll(request: RequestBody): Promise<Buffer> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  try {
    for await (const chunk of decoded(request) as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length
      if (sizeBytes > jsonBytesMax) throw new ApiError(413, 'Request body too large.')
      chunks.push(chunk)
    }
  } catch (error) {
    // A broken coding is the client's mistake, like broken JSON.
    throw error instanceof ApiError ? error : unreadableJson()
  }
  const only = chunks[0]
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks)
}

export function parseJson(body: Buffer): JsonObject {
  if (body.length === 0) return {}
  let value: unknown
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch {
    throw unreadableJson()
  }
  if (!isObject(value)) throw invalid('Invalid body: expected a JSON object.')
  return value
}
