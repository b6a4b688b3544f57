// Writes multipart/form-data (RFC 7578) as a stream: fields first, then files, so that whoever reads it knows what it is
// about before the bytes come.
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'

export type FormFile = {
  /** Field of the form. */
  readonly field: string
  readonly name: string
  readonly mimeType: string
  readonly content: Buffer | { readonly stream: Readable; readonly bytes: number | null }
}

export type Form = { readonly contentType: string; readonly stream: Readable; readonly bytes: number | null }

/** @param fields name and value, in order; a name may repeat */
export function writeForm(fields: readonly (readonly [string, string])[], files: readonly FormFile[]): Form {
  // 128 random bits: no content can hold it but by chance (RFC 2046 5.1.1).
  const boundary = `relay-${randomBytes(16).toString('hex')}`
  const heads = files.map((file) =>
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(file.field)}"; filename="${quoted(file.name)}"\r\nContent-Type: ${file.mimeType}\r\n\r\n`,
    ),
  )
  const lead = Buffer.from(
    fields.map(([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"\r\n\r\n${value}\r\n`).join(''),
  )
  const end = Buffer.from(`--${boundary}--\r\n`)
  let bytes: number | null = lead.length + end.length
  files.forEach(({ content }, at) => {
    const size = Buffer.isBuffer(content) ? content.length : content.bytes
    bytes = bytes === null || size === null ? null : bytes + (heads[at]?.length ?? 0) + size + 2
  })

  async function* parts(): AsyncGenerator<Buffer> {
    if (lead.length > 0) yield lead
    for (const [at, { content }] of files.entries()) {
      yield heads[at] ?? Buffer.alloc(0)
      if (Buffer.isBuffer(content)) yield content
      else for await (const chunk of content.stream) yield chunk as Buffer
      yield Buffer.from('\r\n')
    }
    yield end
  }

  return { contentType: `multipart/form-data; boundary=${boundary}`, stream: Readable.from(parts(), { objectMode: false }), bytes }
}

/** HTML, "multipart/form-data encoding algorithm": what browsers do with the three characters that would end a name. */
const quoted = (text: string): string => text.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
