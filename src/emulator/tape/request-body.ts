// What a request body says, apart from how it is written: JSON by value, forms by their parts without the boundary, anything else by
// its bytes. Two requests with the same digest ask for the same.
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { buffer } from 'node:stream/consumers'
import { decoderOf } from '../body.ts'
import { isObject } from '../shape.ts'
import { createScrubber } from './scrub.ts'
import { readSpooled } from './spool.ts'
import type { Spooled } from './spool.ts'

export type BodyContent =
  | { readonly kind: 'none' }
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'form'; readonly parts: readonly FormPart[] }
  | { readonly kind: 'bytes'; readonly sizeBytes: number; readonly sha256: string }

export type FormPart =
  | { readonly name: string; readonly value: string }
  | { readonly name: string; readonly filename: string; readonly contentType: string; readonly sizeBytes: number; readonly sha256: string }

/** JSON beyond this is compared by its bytes: it would have to be held to be read. */
const jsonBytesMax = 32 << 20

type Options = {
  readonly headers: { readonly 'content-type'?: string | undefined; readonly 'content-encoding'?: string | undefined }
  /** Told of the files of a form; what it does not read is read for it. */
  readonly onFile?: (index: number, filename: string, content: Readable) => Promise<void>
}

/** Secrets are taken out first, so that a request fits its recording whatever key it carries. */
export async function readContent(spooled: Spooled, { headers, onFile }: Options): Promise<BodyContent> {
  if (spooled.sizeBytes === 0) return { kind: 'none' }
  const type = headers['content-type'] ?? ''
  const content = (): Readable => scrubbed(spooled, headers['content-encoding'])
  try {
    if (/\bjson\b/i.test(type) && spooled.sizeBytes <= jsonBytesMax)
      return { kind: 'json', value: JSON.parse((await buffer(content())).toString('utf8')) as unknown }
    if (/^multipart\/form-data\b/i.test(type)) return { kind: 'form', parts: await readParts(content(), type, onFile) }
  } catch {
    // Neither JSON nor a form, whatever it says it is.
  }
  const hash = createHash('sha256')
  let sizeBytes = 0
  for await (const chunk of scrubbed(spooled, undefined) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    sizeBytes += chunk.length
  }
  return { kind: 'bytes', sizeBytes, sha256: hash.digest('hex') }
}

export function digestOf(content: BodyContent): string {
  switch (content.kind) {
    case 'none':
      return 'none'
    case 'json':
      return `json ${sha256(canonical(content.value))}`
    case 'form':
      // Some languages send fields in any order; those of one name are in theirs.
      return `form ${sha256(canonical(content.parts.toSorted((one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : 0))))}`
    case 'bytes':
      return `bytes ${content.sha256}`
  }
}

export const sha256 = (text: string | Uint8Array): string => createHash('sha256').update(text).digest('hex')

/** The same value gives the same text, however its names are ordered. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (!isObject(value)) return JSON.stringify(value) ?? 'null'
  const entries = Object.keys(value)
    .toSorted()
    .map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`)
  return `{${entries.join()}}`
}

function scrubbed(spooled: Spooled, coding: string | undefined): Readable {
  const source = readSpooled(spooled)
  const decoder = coding === undefined || coding === 'identity' ? null : decoderOf(coding)
  const plain = decoder === null ? source : source.on('error', (error) => decoder.destroy(error)).pipe(decoder)
  return Readable.from(scrubbing(plain as AsyncIterable<Buffer>))
}

async function* scrubbing(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const scrubber = createScrubber()
  for await (const chunk of chunks) yield scrubber.push(chunk)
  yield scrubber.end()
}

async function readParts(content: Readable, contentType: string, onFile: Options['onFile']): Promise<readonly FormPart[]> {
  const { Busboy } = await import('@fastify/busboy')
  const parts: Promise<FormPart>[] = []
  const parser = new Busboy({ headers: { 'content-type': contentType }, preservePath: true, limits: { fieldSize: 16 << 20 } })
  parser.on('field', (name, value) => parts.push(Promise.resolve({ name, value })))
  parser.on('file', (name, stream, filename, _encoding, typeOfFile) => {
    const hash = createHash('sha256')
    let sizeBytes = 0
    stream.on('data', (chunk: Buffer) => {
      hash.update(chunk)
      sizeBytes += chunk.length
    })
    const isRead = new Promise<void>((resolve, reject) => stream.on('end', resolve).on('error', reject))
    const isKept = onFile?.(parts.length, filename, stream)
    const part = Promise.all([isRead, isKept]).then(() => ({
      name,
      filename,
      contentType: typeOfFile,
      sizeBytes,
      sha256: hash.digest('hex'),
    }))
    // Reported below; until then it is nobody's rejection.
    part.catch(() => undefined)
    parts.push(part)
  })
  await pipeline(content, parser)
  return Promise.all(parts)
}
