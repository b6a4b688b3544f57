// Environments by themselves: hosted ones made before a session needs them, and the files in any of them.
import { json } from '../../answer.ts'
import type { Family } from '../../behaviour.ts'
import { invalidValue, missingParameter } from '../../errors.ts'
import { array, optional, readShape, string } from '../../shape.ts'
import type { JsonObject } from '../../shape.ts'
import { variant } from '../../variant.ts'
import { vault } from '../vaults/vaults.ts'
import { agentError } from './agent-error.ts'
import { fileView, listFiles, placeFile } from './environment-files.ts'
import { environment, infoOf } from './environment-store.ts'
import type { Environment } from './environment-store.ts'
import { requireFileInput } from './file-inputs.ts'
import type { FileInput } from './file-inputs.ts'
import { setupShape } from './hosted-setup.ts'
import { once } from './idempotency.ts'
import { hostedFor } from './start-session.ts'

const shape = {
  environment: variant({ openai_hosted: { ...setupShape, environment_template_id: optional(string()) } }),
  vault_ids: optional(array(string(), { max: 10 })),
}

export const environments = {
  'agents.environments.list': environment.list,
  'agents.environments.retrieve': environment.retrieve,
  'agents.environments.create': async (call) => {
    const { platform } = call
    const body = await call.json()
    const request = readShape(shape, body)
    for (const [index, id] of (request.vault_ids ?? []).entries()) vault.require(platform, id, `vault_ids[${index}]`)
    const id = await once(call, 'agents.environments', body, async () => {
      const { type: _type, ...given } = request.environment
      const made = await hostedFor(platform, { container_size: undefined, environment_id: undefined, ...given }, 'environment.')
      environment.collection(platform).put(made)
      platform.jobs.schedule('agents.environment.prepare', made.id)
      return made.id
    })
    // The same request again gets the environment as it has become since.
    return json(infoOf(environment.require(platform, id, null)))
  },
  'agents.environments.files.list': (call) => {
    const { id } = requireLive(environment.find(call))
    return json({ object: 'list', ...listFiles(call.platform, id, call.query) })
  },
  'agents.environments.files.create': async (call) => {
    const file = readInput(await call.json())
    const { id } = requireLive(environment.find(call))
    return json(fileView(placeFile(call.platform, id, file)))
  },
} satisfies Family

const inputs = { file_id: { file_id: string(), path: string() }, inline: { data: string(), path: string() } }

/** Here the body itself is what elsewhere is one of a list of files. */
function readInput(body: JsonObject): FileInput {
  const { type, ...rest } = body
  if (type === undefined) throw missingParameter('type')
  if (type !== 'file_id' && type !== 'inline') throw invalidValue('type', type, Object.keys(inputs))
  const file: FileInput = type === 'file_id' ? { type, ...readShape(inputs.file_id, rest) } : { type, ...readShape(inputs.inline, rest) }
  requireFileInput(file, '')
  return file
}

/** Only what runs has live files. */
function requireLive(found: Environment): Environment {
  if (found.status !== 'ready' && found.status !== 'connected')
    throw agentError(`Environment '${found.id}' is ${found.status}: its files cannot be reached.`, null, 409)
  return found
}
