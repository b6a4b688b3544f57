// Containers and their files, for the endpoints and for the tools that work in them. One that is not used for a while expires; that
// is noticed when it is next looked at.
import { constants } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { posix } from 'node:path'
import { invalid, notFound } from '../../errors.ts'
import { newId, randomHex } from '../../ids.ts'
import type { Platform } from '../../platform.ts'
import type { Draft } from '../../state/blobs.ts'
import type { Collection } from '../../state/objects.ts'
import { requireFile } from '../../stored-files.ts'

export const memoryLimits = ['1g', '4g', '16g', '64g'] as const
export type MemoryLimit = (typeof memoryLimits)[number]

export type NetworkPolicy = { readonly type: 'disabled' } | { readonly type: 'allowlist'; readonly allowed_domains: readonly string[] }

export type Container = {
  readonly id: string
  readonly object: 'container'
  readonly created_at: number
  readonly status: 'running' | 'expired'
  readonly expires_after: { readonly anchor: 'last_active_at'; readonly minutes: number }
  readonly last_active_at: number
  readonly memory_limit: MemoryLimit
  readonly network_policy?: NetworkPolicy
  readonly name: string
}

/** The parent is the container; the content is the blob of that id. */
export type ContainerFile = {
  readonly id: string
  readonly object: 'container.file'
  readonly created_at: number
  readonly bytes: number
  readonly container_id: string
  readonly path: string
  readonly source: 'user' | 'assistant'
}

export const containers = (platform: Platform): Collection<Container> => platform.collection('container')
export const containerFiles = (platform: Platform): Collection<ContainerFile> => platform.collection('container.file')

/** Where the files of a container lie, as code in it would see them. */
export const filesFolder = '/mnt/data'
const idleMinutes = 20

export type NewContainer = {
  readonly name: string
  readonly fileIds: readonly string[]
  readonly idleMinutes?: number | undefined
  readonly memoryLimit?: MemoryLimit | undefined
  readonly networkPolicy?: NetworkPolicy | undefined
}

/** A container with copies of these files. */
export async function createContainer(platform: Platform, wanted: NewContainer): Promise<Container> {
  for (const fileId of wanted.fileIds) requireFile(platform, fileId, 'file_ids')
  const createdAt = platform.clock.seconds()
  const container: Container = {
    id: newId('container'),
    object: 'container',
    created_at: createdAt,
    status: 'running',
    expires_after: { anchor: 'last_active_at', minutes: wanted.idleMinutes ?? idleMinutes },
    last_active_at: createdAt,
    memory_limit: wanted.memoryLimit ?? '1g',
    ...(wanted.networkPolicy === undefined ? {} : { network_policy: wanted.networkPolicy }),
    name: wanted.name,
  }
  containers(platform).put(container)
  for (const fileId of wanted.fileIds) await addCopy(platform, container.id, fileId, 'file_ids')
  return container
}

/** A container as it is now. An expired one is still known, but empty. */
export function shownContainer(platform: Platform, container: Container): Container {
  const isIdle = container.last_active_at + container.expires_after.minutes * 60 <= platform.clock.seconds()
  if (container.status === 'expired' || !isIdle) return container
  const expired: Container = { ...container, status: 'expired' }
  containers(platform).put(expired)
  dropFiles(platform, container.id)
  return expired
}

export function requireContainer(platform: Platform, id: string): Container {
  const container = containers(platform).get(id)
  if (container === undefined) throw notFound(`Container with id '${id}' not found.`)
  return shownContainer(platform, container)
}

/** For use: an expired container has none, and using one keeps it alive. */
export function useContainer(platform: Platform, id: string): Container {
  const container = requireContainer(platform, id)
  if (container.status === 'expired') throw invalid('Container is expired.')
  return touch(platform, container)
}

export function touch(platform: Platform, container: Container): Container {
  if (container.status === 'expired') return container
  const touched = { ...container, last_active_at: platform.clock.seconds() }
  containers(platform).put(touched)
  return touched
}

export function deleteContainer(platform: Platform, id: string): void {
  dropFiles(platform, id)
  containers(platform).delete(id)
}

function dropFiles(platform: Platform, containerId: string): void {
  for (const { id } of containerFiles(platform).list({ parent: containerId })) platform.blobs.delete(id)
  containerFiles(platform).deleteAll(containerId)
}

export function deleteContainerFile(platform: Platform, { id, container_id: containerId }: ContainerFile): void {
  containerFiles(platform).delete(id, containerId)
  platform.blobs.delete(id)
}

/** What a caller brings gets a name of its own, whatever else is there. */
const pathOf = (filename: string): string => posix.join(filesFolder, `${randomHex(32)}-${posix.basename(filename)}`)

function record(platform: Platform, file: Omit<ContainerFile, 'object' | 'created_at'>): ContainerFile {
  const { id, bytes, container_id: containerId, path, source } = file
  const kept: ContainerFile = {
    id,
    object: 'container.file',
    created_at: platform.clock.seconds(),
    bytes,
    container_id: containerId,
    path,
    source,
  }
  containerFiles(platform).put(kept, containerId)
  return kept
}

/** Puts a draft into a container. */
export function addDraft(platform: Platform, containerId: string, draft: Draft, filename: string): ContainerFile {
  const id = newId('containerFile')
  platform.blobs.keep(draft, id)
  return record(platform, { id, bytes: draft.sizeBytes, container_id: containerId, path: pathOf(filename), source: 'user' })
}

/** Puts a copy of an uploaded file into a container. */
export async function addCopy(platform: Platform, containerId: string, fileId: string, param: string): Promise<ContainerFile> {
  const { filename, bytes } = requireFile(platform, fileId, param)
  const id = newId('containerFile')
  await copyFile(platform.blobs.path(fileId), platform.blobs.path(id), constants.COPYFILE_FICLONE)
  return record(platform, { id, bytes, container_id: containerId, path: pathOf(filename), source: 'user' })
}

/** What a tool writes: under the name it wants, in place of a file of that name. */
export function writeFile(platform: Platform, containerId: string, name: string, content: Uint8Array): ContainerFile {
  const path = posix.join(filesFolder, name)
  for (const file of containerFiles(platform).list({ parent: containerId })) if (file.path === path) deleteContainerFile(platform, file)
  const id = newId('containerFile')
  platform.blobs.put(id, content)
  return record(platform, { id, bytes: content.length, container_id: containerId, path, source: 'assistant' })
}
