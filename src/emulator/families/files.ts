// Files: uploaded once, streamed to disk and back byte for byte, some of them never to be downloaded.
import { file as fileAnswer, json } from '../answer.ts'
import type { Call, Family } from '../behaviour.ts'
import { invalid, missingParameter, notFound } from '../errors.ts'
import { choice, integer, object, optional, readShape, string } from '../shape.ts'
import { newestFirst, page, readPageQuery } from '../state/pages.ts'
import { createFile, deleteFile, filePurposes, isExpired, requireFile, storedFiles } from '../stored-files.ts'
import type { FilePurpose, StoredFile } from '../stored-files.ts'

/** Lists of files are longer than others, and come whole unless asked otherwise. */
const filePages = { ...newestFirst, limit: 10_000, max: 10_000 }

export const expiresAfter = object({ anchor: choice('created_at'), seconds: integer({ min: 3600, max: 2_592_000 }) })

/** What may not be downloaded, ever: it was given to the model, not to be kept for the caller. */
const notDownloadable: ReadonlySet<FilePurpose> = new Set(['assistants', 'user_data', 'vision'])

export const files = {
  'files.create': async (call) => {
    await using form = await call.form()
    const fields = readShape({ purpose: optional(string()), expires_after: optional(expiresAfter) }, form.fields, {
      isForm: true,
      unknown: 'ignore',
    })
    const { filename, draft } = form.file('file')
    const purpose = readPurpose(fields.purpose)
    return json(createFile(call.platform, { draft, filename, purpose, expiresAfterSeconds: fields.expires_after?.seconds }))
  },
  'files.list': (call) => {
    const purpose = call.query.get('purpose')
    return json(
      page(storedFiles(call.platform), readPageQuery(call.query, filePages), {
        where: (each) => !isExpired(call.platform, each) && (purpose === undefined || each.purpose === purpose),
        unknown: (id) => notFound(`No such File object: ${id}`),
      }),
    )
  },
  'files.retrieve': (call) => json(find(call)),
  'files.delete': (call) => {
    const { id } = find(call)
    deleteFile(call.platform, id)
    return json({ object: 'file', id, deleted: true })
  },
  'files.content': (call) => {
    const { id, purpose, filename, bytes } = find(call)
    if (notDownloadable.has(purpose)) throw invalid(`Not allowed to download files of purpose: ${purpose}`)
    return fileAnswer(call.platform.blobs.path(id), bytes, 'application/octet-stream', {
      headers: ['content-disposition', contentDisposition(filename)],
    })
  },
} satisfies Family

const find = (call: Call): StoredFile => requireFile(call.platform, call.param('file_id'))

export function readPurpose(given: string | undefined): FilePurpose {
  if (given === undefined) throw missingParameter('purpose')
  const purpose = filePurposes.find((each) => each === given)
  // Quirk: a purpose is refused in the words of a schema validator.
  if (purpose === undefined)
    throw invalid(`'${given}' is not one of [${filePurposes.map((each) => `'${each}'`).join(', ')}] - 'purpose'`, 'purpose')
  return purpose
}

/** Names outside of ASCII travel percent-encoded beside a plain one (RFC 6266 4.3). */
function contentDisposition(filename: string): string {
  const plain = filename.replaceAll(/[^\x20-\x7e]|["\\]/g, '_')
  return `attachment; filename="${plain}"${plain === filename ? '' : `; filename*=UTF-8''${encodeURIComponent(filename)}`}`
}
