// Which other projects may use the checkpoint of a fine-tuned model.
import { json } from '../../answer.ts'
import type { Call, Family } from '../../behaviour.ts'
import { ApiError, invalidValue, notFound } from '../../errors.ts'
import { newId } from '../../ids.ts'
import { findModel } from '../../model-list.ts'
import type { Platform } from '../../platform.ts'
import type { Query } from '../../query.ts'
import { array, readShape, string } from '../../shape.ts'
import type { Collection } from '../../state/objects.ts'
import { newestFirst, page, pageOf, readPageQuery } from '../../state/pages.ts'

type Permission = {
  readonly id: string
  readonly object: 'checkpoint.permission'
  readonly created_at: number
  readonly project_id: string
}

/** Their parent is the checkpoint. */
const stored = (platform: Platform): Collection<Permission> => platform.collection('checkpoint.permission')

export const permissions = {
  'fine_tuning.checkpoints.permissions.create': async (call) => {
    const { platform } = call
    const { project_ids: projects } = readShape({ project_ids: array(string({ min: 1 }), { min: 1 }) }, await call.json())
    const checkpoint = requireCheckpoint(call)
    const given = [...stored(platform).list({ parent: checkpoint })]
    const permitted = [...new Set(projects)].map(
      (project_id): Permission =>
        given.find((each) => each.project_id === project_id) ?? {
          id: newId('checkpointPermission'),
          object: 'checkpoint.permission',
          created_at: platform.clock.seconds(),
          project_id,
        },
    )
    platform.objects.together(() => {
      for (const permission of permitted) stored(platform).put(permission, checkpoint)
    })
    return json(pageOf(permitted, false))
  },
  'fine_tuning.checkpoints.permissions.list': (call) => {
    const project = call.query.get('project_id')
    return json(
      page(stored(call.platform), readPageQuery(withShortOrder(call.query), { ...newestFirst, limit: 10 }), {
        parent: requireCheckpoint(call),
        where: (each) => project === undefined || each.project_id === project,
        unknown: missing,
      }),
    )
  },
  'fine_tuning.checkpoints.permissions.delete': (call) => {
    const id = call.param('permission_id')
    if (!stored(call.platform).delete(id, requireCheckpoint(call))) throw missing(id)
    return json({ id, object: 'checkpoint.permission', deleted: true })
  },
} satisfies Family

const missing = (id: string): ApiError => notFound(`No checkpoint permission found with id '${id}'.`)

function requireCheckpoint(call: Call): string {
  const id = call.param('fine_tuned_model_checkpoint')
  if (!id.startsWith('ft:') || findModel(call.platform, id) === undefined)
    throw new ApiError(404, `The model '${id}' does not exist`, { param: 'fine_tuned_model_checkpoint', code: 'model_not_found' })
  return id
}

/** Quirk: this list alone spells its order out. */
function withShortOrder(query: Query): Query {
  const given = query.get('order')
  const short = { ascending: 'asc', descending: 'desc' }[given ?? 'descending']
  if (short === undefined) throw invalidValue('order', given, ['ascending', 'descending'])
  return { ...query, get: (name) => (name === 'order' ? short : query.get(name)) }
}
