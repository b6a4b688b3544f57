// Multipart bodies: fields in memory, files streamed to disk as they arrive, whatever their size and order.
import type { Readable } from 'node:stream'
import { decoded } from './body.ts'
import type { RequestBody } from './body.ts'
import { ApiError, invalid, missingParameter } from './errors.ts'
import type { JsonObject } from './shape.ts'
import type { Blobs, Draft } from './state/blobs.ts'

export type FormFile = {
  /** The field's name, without `[]`. */
  readonly name: string
  readonly filename: string
  readonly contentType: string
  readonly draft: Draft
}

export type Form = {
  /** Fields as an object: `expires_after[anchor]=x` nests, `include[]=a` makes arrays. Values are text; read with `isForm`. */
  readonly fields: JsonObject
  readonly files: readonly FormFile[]
  /** The one file of that name, or OpenAI's refusal. */
  readonly file: (name: string) => FormFile
} & AsyncDisposable

export async function readForm(request: RequestBody, blobs: Blobs): Promise<Form> {
  // Loaded with the first form: most processes never see one, and start-up should not wait for it.
  const { Busboy } = await import('@fastify/busboy')
  const files: Promise<FormFile>[] = []
  const parts: Readable[] = []
  const entries: (readonly [name: string, value: string])[] = []

  const discardAll = async (): Promise<void> => {
    for (const file of await Promise.allSettled(files)) if (file.status === 'fulfilled') await blobs.discard(file.value.draft)
  }

  try {
    await new Promise<void>((resolve, reject) => {
      const contentType = request.headers['content-type'] ?? ''
      const parser = new Busboy({
        headers: { ...request.headers, 'content-type': contentType },
        // Skills keep the folders of their files in the names.
        preservePath: true,
        limits: { fieldSize: 16 << 20 },
      })
      parser.on('field', (name, value) => entries.push([name, value]))
      parser.on('file', (name, stream, filename, _encoding, contentTypeOfFile) => {
        parts.push(stream)
        const kept = blobs
          .draft(stream)
          .then((draft) => ({ name: name.replace(/\[\]$/, ''), filename, contentType: contentTypeOfFile, draft }))
        // Its failure is reported by the form below, not as an unhandled rejection.
        kept.catch(reject)
        files.push(kept)
      })
      parser.on('error', reject)
      parser.on('finish', resolve)
      const body = decoded(request)
      body.on('error', reject)
      request.on('close', () => {
        if (!request.complete) parser.destroy(new Error('the client left'))
      })
      body.pipe(parser)
    })
    const done = await Promise.all(files)
    return {
      fields: nest(entries),
      files: done,
      file: (name) => done.find((each) => each.name === name) ?? refuseMissing(name),
      [Symbol.asyncDispose]: discardAll,
    }
  } catch (error) {
    // A form that breaks off leaves its last file open: nobody else would end it.
    for (const part of parts) part.destroy(error instanceof Error ? error : undefined)
    await discardAll()
    if (error instanceof ApiError) throw error
    throw invalid('Could not parse multipart form')
  }
}

const refuseMissing = (name: string): never => {
  throw missingParameter(name)
}

type Nested = { [name: string]: string | string[] | Nested }

function nest(entries: readonly (readonly [name: string, value: string])[]): JsonObject {
  const root = Object.create(null) as Nested
  for (const [name, value] of entries) {
    const [, first, brackets] = /^([^[]+)((?:\[[^\]]*\])*)$/.exec(name) ?? [name, name, '']
    const keys = [...(brackets ?? '').matchAll(/\[([^\]]*)\]/g)].map((match) => match[1] ?? '')
    place(root, first ?? name, keys, value)
  }
  return root
}

function place(into: Nested, name: string, keys: readonly string[], value: string): void {
  const [key, ...deeper] = keys
  if (key === undefined) {
    into[name] = value
  } else if (key === '') {
    const list = into[name]
    if (Array.isArray(list)) list.push(value)
    else into[name] = [value]
  } else {
    const inner = into[name]
    const nested = typeof inner === 'object' && !Array.isArray(inner) ? inner : (into[name] = Object.create(null) as Nested)
    place(nested, key, deeper, value)
  }
}
