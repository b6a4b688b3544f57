// Models: OpenAI's, those of the settings, and fine-tuned ones, which alone can be deleted.
import { json } from '../answer.ts'
import type { Call, Family } from '../behaviour.ts'
import { ApiError } from '../errors.ts'
import { deleteModel, findModel, listModels } from '../model-list.ts'
import type { Model } from '../model-list.ts'

export const models = {
  'models.list': ({ platform }) => json({ object: 'list', data: listModels(platform) }),
  'models.retrieve': (call) => json(find(call)),
  'models.delete': (call) => {
    const { id } = find(call)
    if (!deleteModel(call.platform, id)) throw new ApiError(403, 'You have insufficient permissions for this operation.')
    return json({ id, object: 'model', deleted: true })
  },
} satisfies Family

function find(call: Call): Model {
  const id = call.param('model')
  const model = findModel(call.platform, id)
  // Quirk: here OpenAI quotes with straight marks, in chat completions with backticks.
  if (model === undefined) throw new ApiError(404, `The model '${id}' does not exist`, { param: 'model', code: 'model_not_found' })
  return model
}
