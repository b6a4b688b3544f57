// Objects to begin with: a list of steps, each a file or a request to the API itself, so that whatever is seeded is what a client
// could have made. Later steps name what earlier ones made: `{handbook}` stands for its id.
import { createReadStream } from 'node:fs'
import { access } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { Readable } from 'node:stream'
import type { Platform } from '../platform.ts'
import { DocumentError } from '../script/document-error.ts'
import { list, mapping, record, text, unusable, word } from '../script/fields.ts'
import type { Field, Path, Read, Report } from '../script/fields.ts'
import { loadDocumentReader, readText } from '../script/read-document.ts'
import { isObject } from '../shape.ts'
import type { Collection } from '../state/objects.ts'
import { createFile, filePurposes } from '../stored-files.ts'

type Step = { readonly name: string | null; readonly make: Making }
type Making =
  | {
      readonly kind: 'file'
      readonly filename: string
      readonly purpose: (typeof filePurposes)[number]
      readonly content: { readonly path: string } | { readonly text: string }
    }
  | { readonly kind: 'request'; readonly path: string; readonly body: unknown }

const fileFields = {
  path: text('Where its content lies, from the folder of the seed.'),
  text: text('Its content, written out.'),
  filename: text('What it is called; of a path its last part, unless said otherwise.'),
  purpose: word('What it is for.', ...filePurposes),
}

const stepFields = {
  name: text('Later steps write {name} where they mean the id of what this one made.'),
  file: record('A file of the Files API.', fileFields),
  post: text('Path of a request that makes something, such as /v1/vector_stores.'),
  body: mapping('Its JSON.'),
}

const seedFields = record('Objects to begin with.', { steps: list('One after the other.', record('A file, or a request.', stepFields)) })

/** What was seeded, by name. */
type Seeded = { readonly id: string; readonly objectId: string }
const seeded = (platform: Platform): Collection<Seeded> => platform.collection('emulator.seeded')

export const seededIds = (platform: Platform): Readonly<Record<string, string>> =>
  Object.fromEntries([...seeded(platform).list()].map(({ id, objectId }) => [id, objectId]))

/** Seeds from a file, unless the state holds what an earlier start has seeded. */
export async function seedFromFile(platform: Platform, file: string): Promise<void> {
  if ([...seeded(platform).list()].length === 0) await seed(platform, readText(file, 'seed'), { name: file, folder: dirname(file) })
}

/**
 * Makes what a seed says and gives the ids of what has a name. A seed without a folder of its own may not name files.
 * @throws DocumentError
 */
export async function seed(
  platform: Platform,
  source: string,
  { name, folder }: { readonly name: string; readonly folder: string | null },
): Promise<Readonly<Record<string, string>>> {
  const read = await loadDocumentReader()
  const steps = read(source, { name, field: seedFields, make: (given, report) => stepsOf(given, report, folder) })
  const ids: Record<string, string> = { ...seededIds(platform) }
  for (const [index, step] of steps.entries()) {
    const id = await make(platform, step.make, ids, `${name}, steps[${index}]${step.name === null ? '' : ` "${step.name}"`}`)
    // Unnamed ones count too: a start has to know that it has seeded.
    seeded(platform).put({ id: step.name ?? `steps[${index}]`, objectId: id })
    ids[step.name ?? `steps[${index}]`] = id
  }
  return ids
}

function stepsOf(
  { steps }: Read<{ readonly steps: Field<readonly Read<typeof stepFields>[]> }>,
  report: Report,
  folder: string | null,
): readonly Step[] {
  if (steps === undefined) {
    report([], 'has no steps: write `steps:` and a list of them')
    return unusable()
  }
  return steps.map((step, index) => ({ name: step.name ?? null, make: makingOf(step, ['steps', index], report, folder) }))
}

function makingOf({ file, post, body = {} }: Read<typeof stepFields>, at: Path, report: Report, folder: string | null): Making {
  if ((file === undefined) === (post === undefined)) {
    report(at, 'has to make one thing: a `file`, or what a `post` makes')
    return unusable()
  }
  if (file === undefined) return { kind: 'request', path: post ?? '', body }
  const { path, text: written, filename, purpose } = file
  if ((path === undefined) === (written === undefined)) report([...at, 'file'], 'needs its content: a `path`, or a `text` written out')
  if (path !== undefined && folder === null) report([...at, 'file', 'path'], 'cannot be read for somebody else: write its `text` out')
  if (purpose === undefined) report([...at, 'file'], `has no purpose: use ${filePurposes.join(', ')}`)
  if (path === undefined && filename === undefined) report([...at, 'file'], 'has no filename: give it one')
  return {
    kind: 'file',
    filename: filename ?? basename(path ?? ''),
    purpose: purpose ?? 'user_data',
    content: path === undefined ? { text: written ?? '' } : { path: resolve(folder ?? '', path) },
  }
}

async function make(platform: Platform, making: Making, ids: Readonly<Record<string, string>>, place: string): Promise<string> {
  if (making.kind === 'file') {
    const { content, filename, purpose } = making
    if ('path' in content)
      await access(content.path).catch((error: unknown) => {
        throw new DocumentError(`${place}: there is no file ${content.path}, or it cannot be read.`, { cause: error })
      })
    const draft = await platform.blobs.draft(
      'path' in content ? createReadStream(content.path) : Readable.from([Buffer.from(content.text)]),
    )
    return createFile(platform, { draft, filename, purpose }).id
  }
  const { status, body } = await platform.perform({ method: 'POST', path: resolved(making.path, ids), body: resolvedIn(making.body, ids) })
  const id = isObject(body) ? body['id'] : undefined
  if (status < 300 && typeof id === 'string') return id
  const error = isObject(body) && isObject(body['error']) ? String(body['error']['message']) : 'it made nothing with an id'
  throw new DocumentError(`${place}: the API answers ${status}: ${error}`)
}

const resolved = (given: string, ids: Readonly<Record<string, string>>): string =>
  given.replaceAll(/\{([^{}]+)\}/g, (whole, name: string) => (Object.hasOwn(ids, name) ? (ids[name] ?? whole) : whole))

function resolvedIn(value: unknown, ids: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') return resolved(value, ids)
  if (Array.isArray(value)) return value.map((each) => resolvedIn(each, ids))
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, resolvedIn(each, ids)])) : value
}
