// What a skill is made of: files of one folder, or a zip of them, with a SKILL.md that says what it is. Kept as a zip.
import { open, readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { Call } from '../../behaviour.ts'
import { invalid, invalidType, missingParameter } from '../../errors.ts'
import type { ApiError } from '../../errors.ts'
import type { Platform } from '../../platform.ts'
import { boolean, optional, readShape } from '../../shape.ts'
import type { Draft } from '../../state/blobs.ts'
import { readManifest } from './manifest.ts'
import type { Manifest } from './manifest.ts'
import { BrokenZip, readZip, readZipEntry, zip } from './zip.ts'

/** A zip that belongs to nobody yet, and what its SKILL.md says. */
export type Bundle = { readonly draft: Draft; readonly manifest: Manifest; readonly isDefault: boolean }

const filesMax = 500
const fileBytesMax = 25 << 20
const zipBytesMax = 50 << 20
const manifestBytesMax = 1 << 20

type Found = { readonly draft: Draft; readonly manifest: Manifest }

/**
 * Reads the body of a request that brings a skill, and hands the bundle on while its files are there.
 * @example return withBundle(call, ({ draft, manifest }) => json(keep(draft, manifest)))
 */
export async function withBundle<T>(call: Call, use: (bundle: Bundle) => T): Promise<T> {
  const { platform } = call
  if (!call.isForm) {
    const body = await call.json()
    if (body['files'] === undefined || body['files'] === null) throw missingParameter('files')
    const { default: isDefault = false } = readShape({ default: optional(boolean()) }, body, { unknown: 'ignore' })
    const draft = await platform.blobs.draft(Readable.from([inlineZip(body['files'])]))
    return handOn(platform, draft, async () => use({ draft, manifest: await readBundled(draft), isDefault }))
  }
  await using form = await call.form()
  const { default: isDefault = false } = readShape({ default: optional(boolean()) }, form.fields, { isForm: true, unknown: 'ignore' })
  const files = form.files.filter(({ name }) => name === 'files').map(({ filename, draft }) => ({ ...draft, name: filename }))
  const { draft, manifest } = await bundleOf(platform, files)
  return await handOn(platform, draft, () => use({ draft, manifest, isDefault }))
}

/** Whatever happens, no draft is left behind; one that was kept is no draft any more. */
async function handOn<T>(platform: Platform, draft: Draft, use: () => T | Promise<T>): Promise<T> {
  try {
    return await use()
  } finally {
    await platform.blobs.discard(draft)
  }
}

/** One zip is kept byte for byte, files are packed into one. */
async function bundleOf(platform: Platform, files: readonly (Draft & { readonly name: string })[]): Promise<Found> {
  const [first] = files
  if (first === undefined) throw missingParameter('files')
  if (files.length === 1 && (await isZip(first.path))) return { draft: first, manifest: await readBundled(first) }
  requireGoodPaths(files)
  const written = files.find(({ name }) => isManifest(name))
  if (written === undefined) throw refused('it has no SKILL.md')
  if (written.sizeBytes > manifestBytesMax) throw refused('its SKILL.md is too large')
  const manifest = readManifest(await readFile(written.path, 'utf8'))
  return { draft: await platform.blobs.draft(Readable.from(zip(files), { objectMode: false })), manifest }
}

/** Looks into a zip without unpacking it. */
async function readBundled(draft: Draft): Promise<Manifest> {
  if (draft.sizeBytes > zipBytesMax) throw refused(`the zip is larger than ${zipBytesMax} bytes`)
  try {
    // What a Mac adds to every archive is no part of the skill.
    const entries = (await readZip(draft.path)).filter(({ name }) => !name.startsWith('__MACOSX/'))
    requireGoodPaths(entries)
    const entry = entries.find(({ name }) => isManifest(name))
    if (entry === undefined) throw refused('it has no SKILL.md')
    return readManifest((await readZipEntry(draft.path, entry, manifestBytesMax)).toString('utf8'))
  } catch (error) {
    throw error instanceof BrokenZip ? refused(error.message) : error
  }
}

const refused = (why: string): ApiError => invalid(`Invalid skill bundle: ${why}`.replace(/([^.])$/, '$1.'), 'files', 'invalid_skill')

/** At the top, or directly within the one folder that everything is in. */
const isManifest = (name: string): boolean => /^(?:[^/]+\/)?SKILL\.md$/i.test(name)

function requireGoodPaths(files: readonly { readonly name: string; readonly sizeBytes: number }[]): void {
  if (files.length > filesMax) throw refused(`it has ${files.length} files, and ${filesMax} are allowed`)
  const names = new Set<string>()
  for (const { name, sizeBytes } of files) {
    if (name.startsWith('/') || name.includes('\\') || name.split('/').some((part) => part === '..' || part === '.' || part === ''))
      throw refused(`'${name}' is no relative path`)
    if (names.has(name)) throw refused(`'${name}' is there twice`)
    names.add(name)
    if (sizeBytes > fileBytesMax) throw refused(`'${name}' is larger than ${fileBytesMax} bytes`)
  }
  const tops = new Set([...names].map((name) => name.split('/')[0]))
  if (tops.size > 1 && ![...names].some((name) => /^SKILL\.md$/i.test(name))) throw refused('its files are not in one top-level folder')
  if ([...names].filter(isManifest).length > 1) throw refused('it has more than one SKILL.md')
}

async function isZip(path: string): Promise<boolean> {
  await using file = await open(path)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0)
  return bytesRead === 4 && buffer.readUInt32LE(0) === 0x04034b50
}

/** In JSON a skill is a zip in base64, alone or in a list, with or without the head of a data URL. */
function inlineZip(files: unknown): Buffer {
  const only: unknown = Array.isArray(files) && files.length === 1 ? files[0] : files
  if (typeof only !== 'string') throw invalidType('files', 'a base64-encoded zip', files)
  return Buffer.from(only.replace(/^data:[^,]*,/, ''), 'base64')
}
