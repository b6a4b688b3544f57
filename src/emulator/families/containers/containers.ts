// Containers: where code would run. Here nothing runs in them, but they keep files, are used by tools, and expire when they are idle.
import { empty, file as fileAnswer, json } from '../../answer.ts'
import type { Call, Family } from '../../behaviour.ts'
import { invalidValue, missingParameter, notFound } from '../../errors.ts'
import { anyObject, array, choice, integer, object, optional, readShape, string } from '../../shape.ts'
import type { Field, JsonObject } from '../../shape.ts'
import { newestFirst, page, readPageQuery } from '../../state/pages.ts'
import {
  addCopy,
  addDraft,
  containerFiles,
  containers as stored,
  createContainer,
  deleteContainer,
  deleteContainerFile,
  memoryLimits,
  requireContainer,
  shownContainer,
  touch,
  useContainer,
} from './stored.ts'
import type { ContainerFile, NetworkPolicy } from './stored.ts'

const allowlist = {
  type: choice('allowlist'),
  allowed_domains: array(string(), { min: 1 }),
  domain_secrets: optional(array(object({ domain: string({ min: 1 }), name: string({ min: 1 }), value: string({ min: 1 }) }), { min: 1 })),
}

/** Secrets are taken and never shown. */
export const networkPolicy = (): Field<NetworkPolicy> => ({
  ...anyObject(),
  read: (value, at) => {
    const given = value as JsonObject
    switch (given['type']) {
      case undefined:
        throw missingParameter(`${at}.type`)
      case 'disabled':
        return { type: 'disabled' }
      case 'allowlist': {
        const { allowed_domains: domains } = readShape(allowlist, given, { at: `${at}.` })
        return { type: 'allowlist', allowed_domains: domains }
      }
      default:
        throw invalidValue(`${at}.type`, given['type'], ['disabled', 'allowlist'])
    }
  },
})

const shape = {
  name: string(),
  file_ids: optional(array(string())),
  expires_after: optional(object({ anchor: choice('last_active_at'), minutes: integer({ min: 1 }) })),
  skills: optional(array(anyObject())),
  memory_limit: optional(choice(...memoryLimits)),
  network_policy: optional(networkPolicy()),
}

export const containers = {
  'containers.create': async ({ platform, json: body }) => {
    const request = readShape(shape, await body())
    return json(
      await createContainer(platform, {
        name: request.name,
        fileIds: request.file_ids ?? [],
        idleMinutes: request.expires_after?.minutes,
        memoryLimit: request.memory_limit,
        networkPolicy: request.network_policy,
      }),
    )
  },
  'containers.list': ({ platform, query }) => {
    const name = query.get('name')
    const found = page(stored(platform), readPageQuery(query, newestFirst), {
      where: (container) => name === undefined || container.name === name,
      unknown: (id) => notFound(`Container with id '${id}' not found.`),
    })
    return json({ ...found, data: found.data.map((container) => shownContainer(platform, container)) })
  },
  'containers.retrieve': (call) => json(touch(call.platform, requireContainer(call.platform, call.param('container_id')))),
  'containers.delete': (call) => {
    deleteContainer(call.platform, requireContainer(call.platform, call.param('container_id')).id)
    return empty()
  },
  'containers.files.create': async (call) => {
    const { platform } = call
    const { id } = useContainer(platform, call.param('container_id'))
    if (!call.isForm) {
      const { file_id: fileId } = readShape({ file_id: string() }, await call.json())
      return json(await addCopy(platform, id, fileId, 'file_id'))
    }
    await using form = await call.form()
    const { file_id: fileId } = readShape({ file_id: optional(string()) }, form.fields, { isForm: true, unknown: 'ignore' })
    // It may have been deleted while the file was on its way.
    useContainer(platform, id)
    if (fileId !== undefined) return json(await addCopy(platform, id, fileId, 'file_id'))
    const { draft, filename } = form.file('file')
    return json(addDraft(platform, id, draft, filename))
  },
  'containers.files.list': (call) => {
    const { id } = useContainer(call.platform, call.param('container_id'))
    return json(
      page(containerFiles(call.platform), readPageQuery(call.query, newestFirst), {
        parent: id,
        unknown: (fileId) => notFound(`File ${fileId} not found on container ${id}.`),
      }),
    )
  },
  'containers.files.retrieve': (call) => json(find(call)),
  'containers.files.content': (call) => {
    const { id, bytes } = find(call)
    return fileAnswer(call.platform.blobs.path(id), bytes, 'application/octet-stream')
  },
  'containers.files.delete': (call) => {
    deleteContainerFile(call.platform, find(call))
    return empty()
  },
} satisfies Family

function find(call: Call): ContainerFile {
  const { id } = useContainer(call.platform, call.param('container_id'))
  const fileId = call.param('file_id')
  const file = containerFiles(call.platform).get(fileId, id)
  if (file === undefined) throw notFound(`File ${fileId} not found on container ${id}.`)
  return file
}
