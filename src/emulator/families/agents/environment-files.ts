// The files that lie in an environment: put there before an agent starts, uploaded later, or written by the agent itself.
import { copyFileSync, linkSync } from 'node:fs'
import { invalid, invalidType } from '../../errors.ts'
import { newId } from '../../ids.ts'
import type { Platform } from '../../platform.ts'
import type { Query } from '../../query.ts'
import type { Collection } from '../../state/objects.ts'
import { newestFirst, readPageQuery } from '../../state/pages.ts'
import { requireFile } from '../../stored-files.ts'
import { agentError } from './agent-error.ts'
import type { FileInput } from './file-inputs.ts'

/** Its bytes are the blob of its id. */
export type EnvironmentFile = { readonly id: string; readonly environment_id: string; readonly path: string; readonly size_bytes: number }

/** A file as the environment that was set up with it shows it. */
export type HostedFile =
  | { readonly id: string; readonly type: 'file_id'; readonly file_id: string; readonly path: string; readonly size_bytes: number }
  | { readonly id: string; readonly type: 'inline'; readonly path: string; readonly size_bytes: number }

export const environmentFiles = (platform: Platform): Collection<EnvironmentFile> => platform.collection('agent.environment.file')

/** A file as lists and uploads answer it. */
export const fileView = ({ environment_id: environmentId, path, size_bytes: sizeBytes }: EnvironmentFile): object => ({
  object: 'agent.environment.file',
  environment_id: environmentId,
  path,
  size_bytes: sizeBytes,
})

export const requireSources = (platform: Platform, files: readonly FileInput[], at: string): void => {
  for (const [index, file] of files.entries()) if (file.type === 'file_id') requireFile(platform, file.file_id, `${at}[${index}].file_id`)
}

/** Copies a file of the Files API, or writes what came inline, over whatever lies at the path. */
export function placeFile(platform: Platform, environmentId: string, file: FileInput): EnvironmentFile {
  if (file.type === 'inline') return writeFile(platform, environmentId, file.path, Buffer.from(file.data, 'base64'))
  const { id: fileId, bytes } = requireFile(platform, file.file_id, 'file_id')
  const id = newId('agentEnvironmentFile')
  copyBlob(platform, fileId, id)
  return replace(platform, { id, environment_id: environmentId, path: file.path, size_bytes: bytes })
}

/** Blobs never change, so a copy is another name for the same bytes; where the disk knows no such thing, it is a copy. */
export function copyBlob({ blobs }: Platform, from: string, to: string): void {
  try {
    linkSync(blobs.path(from), blobs.path(to))
  } catch {
    copyFileSync(blobs.path(from), blobs.path(to))
  }
}

export function writeFile(platform: Platform, environmentId: string, path: string, content: Uint8Array): EnvironmentFile {
  const id = newId('agentEnvironmentFile')
  platform.blobs.put(id, content)
  return replace(platform, { id, environment_id: environmentId, path, size_bytes: content.length })
}

function replace(platform: Platform, file: EnvironmentFile): EnvironmentFile {
  const files = environmentFiles(platform)
  for (const other of files.list({ parent: file.environment_id })) {
    if (other.path.startsWith(`${file.path}/`) || file.path.startsWith(`${other.path}/`)) {
      platform.blobs.delete(file.id)
      throw agentError(`'${file.path}' cannot be written: '${other.path}' is there.`, 'path')
    }
    if (other.path !== file.path) continue
    files.delete(other.id, file.environment_id)
    platform.blobs.delete(other.id)
  }
  files.put(file, file.environment_id)
  return file
}

type TokenPage = { readonly data: readonly object[]; readonly has_more: boolean; readonly next: string | null }

/** Quirk: files are listed by path, and the cursor is an opaque token in `page`, not an id in `after`. */
export function listFiles(platform: Platform, environmentId: string, query: Query): TokenPage {
  const { limit, order } = readPageQuery(query, newestFirst)
  const directory = query.get('path')
  if (directory !== undefined && !/^\/workspace(?:\/|$)/.test(directory))
    throw invalid(`'path' must be an absolute directory inside /workspace, but got '${directory}'.`, 'path', 'invalid_value')
  const prefix = directory?.replace(/\/*$/, '/') ?? ''
  const all = [...environmentFiles(platform).list({ parent: environmentId })]
    .filter(({ path }) => path.startsWith(prefix))
    .toSorted((one, other) => (order === 'asc' ? 1 : -1) * comparePaths(one.path, other.path))
  const token = query.get('page')
  const after = token === undefined ? undefined : readToken(token)
  const from = after === undefined ? 0 : all.findIndex(({ path }) => (order === 'asc' ? 1 : -1) * comparePaths(path, after) > 0)
  const rest = from === -1 ? [] : all.slice(from)
  const data = rest.slice(0, limit)
  const last = data.at(-1)
  const hasMore = rest.length > limit
  return { data: data.map(fileView), has_more: hasMore, next: hasMore && last !== undefined ? writeToken(last.path) : null }
}

const tokenPrefix = 'path:'
const writeToken = (path: string): string => Buffer.from(tokenPrefix + path).toString('base64url')

function readToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString()
  if (!text.startsWith(tokenPrefix)) throw invalidType('page', 'a page token', token)
  return text.slice(tokenPrefix.length)
}

/** By the parts of the path, so that a folder's files stay together. */
function comparePaths(one: string, other: string): number {
  const [left, right] = [one.split('/'), other.split('/')]
  for (const [index, part] of left.entries()) {
    const against = right[index]
    if (against === undefined) return 1
    if (part !== against) return part < against ? -1 : 1
  }
  return left.length - right.length
}

export const forgetFiles = (platform: Platform, environmentId: string): void => {
  for (const { id } of environmentFiles(platform).list({ parent: environmentId })) platform.blobs.delete(id)
  environmentFiles(platform).deleteAll(environmentId)
}
